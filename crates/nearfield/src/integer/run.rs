//! A run with nothing left open: what `run.toml` in a run folder says.

use crate::Result;
use crate::data::DataSection;
use crate::integer::samples::shape_of;
use crate::profile::Profile;
use nearfield_int::{
    Activation, Augmentation, HeadSpec, LayerSpec, NetworkSpec, Normalization, Residual, Shape,
    Statistics, StepSettings,
};
use nearfield_train::plateau::Patience;
use serde::{Deserialize, Serialize};

/// What becomes of a last batch that is not full, in training and in evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LastBatch {
    /// It counts like any other.
    Keep,
    /// It is left out.
    Drop,
}

/// Whose weights the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// Those after the epoch that decided best.
    Best,
    /// Those after the last step.
    Last,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Title and folder name.
    pub name: String,
    /// Seed of all random streams.
    pub seed: u64,
    /// Where the defaults came from.
    pub profile: Profile,
    /// Where the samples come from.
    pub data: DataSection,
    /// How samples are set aside.
    pub split: SplitRun,
    /// How stored values become inputs.
    pub preprocessing: PreprocessingRun,
    /// How training images are varied.
    pub augmentation: Augmentation,
    /// The network.
    pub network: NetworkRun,
    /// How it is trained.
    pub training: TrainingRun,
}

/// How samples are set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SplitRun {
    /// Per cent of the training samples on which decisions are taken.
    pub validation_percent: u32,
    /// Per cent of the samples for the test, where the data has no test samples of its own.
    pub test_percent: u32,
}

/// How stored values become inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreprocessingRun {
    /// `[features]` or `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// `mad` (mean 0, mean absolute deviation 51) or `none`.
    pub normalize: Normalization,
    /// Which values share their statistics.
    pub statistics: Statistics,
    /// Number of training samples from which statistics are taken.
    pub samples: usize,
}

/// The network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkRun {
    /// Layers from input to output, less the output layer.
    pub layers: Vec<LayerSpec>,
    /// Activation of every block.
    pub activation: Activation,
    /// Heads of the blocks.
    pub head: HeadSpec,
}

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrainingRun {
    /// Samples a step.
    pub batch: usize,
    /// Epochs at most.
    pub epochs: u32,
    /// Inverse learning rate at the start.
    pub rate_inv: u64,
    /// What forward layers divide their gradients by beside the learning rate.
    pub amplification: u32,
    /// Inverse decay of forward layers; 0 for none.
    pub decay_forward: u32,
    /// Inverse decay of heads and output layer; 0 for none.
    pub decay_head: u32,
    /// What the inverse learning rate is multiplied by at a cut.
    pub rate_cut_factor: u64,
    /// When it is cut.
    pub rate_cut: Patience,
    /// When training ends early.
    pub early_stop: Patience,
    /// Whether linear blocks behind convolutions learn twice a step.
    pub linear_blocks_step_twice: bool,
    /// What happens to loss gradients outside int8.
    pub residual: Residual,
    /// What becomes of a last batch that is not full.
    pub last_batch: LastBatch,
    /// Whether decisions are taken on the test samples, as published.
    pub decide_on_test: bool,
    /// Whose weights the model has.
    pub model: Model,
}

impl Run {
    /// How many of `samples` samples count: a last batch that is not full may be left out.
    pub fn counted(&self, samples: usize) -> usize {
        match self.training.last_batch {
            LastBatch::Keep => samples,
            LastBatch::Drop => samples / self.training.batch * self.training.batch,
        }
    }

    /// The name of the samples on which the run decides.
    pub fn decided_on(&self) -> &'static str {
        match self.training.decide_on_test {
            true => "test",
            false => "validation",
        }
    }

    /// Size of a sample.
    ///
    /// # Errors
    /// If it has neither one nor three dimensions.
    pub fn input(&self) -> Result<Shape> {
        shape_of(&self.preprocessing.shape)
    }

    /// The network's description, for this number of classes.
    ///
    /// # Errors
    /// As [`Run::input`].
    pub fn spec(&self, classes: usize) -> Result<NetworkSpec> {
        Ok(NetworkSpec {
            input: self.input()?,
            classes,
            activation: self.network.activation,
            head: self.network.head,
            layers: self.network.layers.clone(),
        })
    }

    /// What a step is made with.
    pub fn step_settings(&self, rate_inv: u64, step: u64, audit_ranges: bool) -> StepSettings {
        StepSettings {
            rate_inv,
            amplification: self.training.amplification,
            decay_forward: self.training.decay_forward,
            decay_head: self.training.decay_head,
            residual: self.training.residual,
            linear_blocks_step_twice: self.training.linear_blocks_step_twice,
            audit_ranges,
            seed: self.seed,
            step,
        }
    }

    /// The run as a run file.
    ///
    /// # Errors
    /// Never for a run that was resolved.
    pub fn to_toml(&self) -> Result<String> {
        Ok(toml::to_string(self)?)
    }
}
