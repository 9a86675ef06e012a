//! A run with nothing left open: what `run.toml` in a run folder says.

use crate::integer::run_file::DataSpec;
use anyhow::{Result, ensure};
use nearfield_data::Dataset;
use nearfield_int::arithmetic::Residual;
use nearfield_int::augment::Augmentation;
use nearfield_int::layers::activation::Activation;
use nearfield_int::network::StepSettings;
use nearfield_int::plan::Plan;
use nearfield_int::preprocess::{Normalization, Statistics};
use nearfield_int::spec::{HeadSpec, LayerSpec, NetworkSpec, Shape};
use nearfield_train::plateau::Patience;
use serde::{Deserialize, Serialize};

/// Which defaults a run starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Each block steps once, padding never wins a maximum, residuals saturate, every image
    /// counts, decisions are taken on validation samples, and the test set is looked at once.
    #[default]
    Honest,
    /// The published code's habits, each a switch of its own: linear blocks of a CNN step
    /// twice, head padding counts as zero, residuals wrap, last batches are dropped, crops and
    /// flips are drawn once a batch, and decisions are taken on the test set.
    Published,
}

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
    pub data: DataSpec,
    /// How samples are set aside.
    pub split: Split,
    /// How stored values become inputs.
    pub preprocessing: PreprocessingRun,
    /// How training images are varied.
    pub augmentation: Augmentation,
    /// The network.
    pub network: NetworkRun,
    /// How it is trained.
    pub training: Training,
}

/// How samples are set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Split {
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
pub struct Training {
    /// Samples a step.
    pub batch: usize,
    /// Most epochs.
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
    pub(crate) fn check(&self, data: &Dataset) -> Result<()> {
        let training = &self.training;
        ensure!(training.batch > 0, "`training.batch` must be at least 1");
        ensure!(training.epochs > 0, "`training.epochs` must be at least 1");
        ensure!(
            training.rate_inv > 0,
            "`training.rate_inv` must be at least 1"
        );
        ensure!(
            training.rate_cut_factor > 0,
            "`training.rate_cut_factor` must be at least 1"
        );
        ensure!(
            training.amplification > 0,
            "`training.amplification` must be at least 1"
        );
        ensure!(
            self.preprocessing.samples > 0,
            "`preprocessing.samples` must be at least 1"
        );
        ensure!(
            i64::try_from(self.seed).is_ok(),
            "`seed` must be below 2^63"
        );
        let (validation, test) = (self.split.validation_percent, self.split.test_percent);
        ensure!(
            validation < 100,
            "`split.validation_percent` must be below 100"
        );
        ensure!(
            (1..100).contains(&test),
            "`split.test_percent` must be from 1 to 99"
        );
        ensure!(
            training.decide_on_test || validation > 0,
            "without validation samples nothing can be decided: set `split.validation_percent`, \
             or `training.decide_on_test = true` to decide on the test set as published"
        );
        let shape = self.input()?;
        ensure!(
            shape.features() == data.features(),
            "`preprocessing.shape` {:?} does not fit samples of {} values",
            self.preprocessing.shape,
            data.features()
        );
        let is_image = shape.height > 1 || shape.width > 1;
        let augmented = self.augmentation.crop_padding > 0 || self.augmentation.flip;
        ensure!(
            is_image || !augmented,
            "only images can be cropped or flipped"
        );
        ensure!(
            self.augmentation.crop_padding <= shape.height.max(shape.width),
            "`augmentation.crop_padding` is larger than the images"
        );
        Plan::new(&self.spec(data.classes.len())?)?;
        Ok(())
    }

    /// Size of a sample.
    ///
    /// # Errors
    /// If it has neither one nor three dimensions.
    pub fn input(&self) -> Result<Shape> {
        Ok(crate::integer::dataset::shape_of(
            &self.preprocessing.shape,
        )?)
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
