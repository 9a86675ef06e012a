//! A run of encrypted training with nothing left open.

use crate::Result;
use crate::data::DataSection;
use crate::encrypted::order::{Order, Reshuffle};
use crate::encrypted::prepare::{Oversample, Prepared};
use crate::profile::Profile;
use nearfield_enc::{NetworkSpec, RateSpec, Schedule};
use serde::{Deserialize, Serialize};

/// Which epoch's accuracy is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// That of the last.
    #[default]
    Last,
    /// The best on the test set: an estimate that is too high.
    BestOnTest,
}

/// Names of schedules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleName {
    /// One rate.
    #[default]
    Constant,
    /// [`Schedule::reference`].
    Cosine,
}

/// How much security is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encryption {
    /// 128 bits.
    #[default]
    #[serde(rename = "128")]
    Bits128,
    /// A ring too small to be secure, to try things in.
    #[serde(rename = "insecure")]
    Insecure,
}

/// A run. As TOML it is a run file that resolves to itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// Title.
    pub name: String,
    /// Seed of splits, initial weights and orders; 42 where not given.
    pub seed: u64,
    /// Where the defaults came from.
    pub profile: Profile,
    /// Where samples come from.
    pub data: DataSection,
    /// How samples are set aside.
    pub split: SplitRun,
    /// What becomes of samples before training.
    pub preprocessing: PreprocessingRun,
    /// The network.
    pub network: NetworkRun,
    /// How it is trained.
    pub training: TrainingRun,
    /// How it is encrypted.
    pub encryption: EncryptionRun,
}

/// The network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkRun {
    /// Values in a sample: as the prepared data have them.
    pub features: usize,
    /// Units of the hidden layers; 32 where not given.
    pub hidden: Vec<usize>,
    /// Number of classes: as the prepared data have them.
    pub classes: usize,
}

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingRun {
    /// Samples in a step; 48 for images and 8 for tables.
    pub batch: usize,
    /// Steps of the whole training. In a file also as `epochs`, 3 where neither is given.
    pub steps: u64,
    /// The first learning rate; 0.001 for images and 0.005 for tables. Gradients are sums over
    /// the batch.
    pub rate: f64,
    /// Coupled decay of weights; 0 where not given.
    pub decay: f64,
    /// Nesterov momentum; 0.9 where not given.
    pub momentum: f64,
    /// How the rate goes on: `constant`, and `cosine` in the profile `reference`.
    pub schedule: ScheduleName,
    /// What is drawn again in every epoch. Encrypted trainings take `batches` alone.
    pub reshuffle: Reshuffle,
    /// Which epoch counts.
    pub report: Report,
}

/// How samples are set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SplitRun {
    /// Per cent of every class that are set aside for the test, where the data has no test
    /// samples; 20 where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_percent: Option<u32>,
}

/// What becomes of samples before training, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PreprocessingRun {
    /// Side that images are resized to first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<usize>,
    /// What images are cropped to then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop: Option<Crop>,
    /// Side of the squares of which the largest value is taken at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pool: Option<usize>,
    /// Whether samples of small classes come more than once.
    pub oversample: Oversample,
    /// Whether every feature is standardised before all are scaled alike; tables are, images not.
    pub standardize: bool,
}

/// Rows and columns of images that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// The first row and column.
    pub first: usize,
    /// How many.
    pub side: usize,
}

/// How a run is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EncryptionRun {
    /// How much security is asked for.
    pub security: Encryption,
    /// log2 of the ring degree: 16 for 128 bits; from 5 to 17 in an insecure ring, 12 where not
    /// given.
    pub log_degree: u32,
    /// What weights never exceed: they are divided by it before they are refreshed. 1 where not
    /// given; the twin tells how large they become.
    pub weight_range: f64,
    /// The same of velocities; 32 where not given.
    pub velocity_range: f64,
    /// Whether every refresh is an iterated bootstrapping: twice the time, for some more bits of
    /// weights. No, where not given.
    pub iterated: bool,
}

/// A run, with what it works on.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The run.
    pub run: Run,
    /// Its network.
    pub network: NetworkSpec,
    /// Its samples.
    pub prepared: Prepared,
    /// In what order they are learned from.
    pub order: Order,
    /// The learning rates of its steps.
    pub rates: RateSpec,
}

impl Run {
    /// The run as a run file.
    ///
    /// # Errors
    /// Never for a run that was resolved.
    pub fn to_toml(&self) -> Result<String> {
        Ok(toml::to_string(self)?)
    }
}

impl TrainingRun {
    /// Learning rates, where an epoch has `steps_an_epoch` steps.
    pub fn rates(&self, steps_an_epoch: u64) -> RateSpec {
        RateSpec {
            rate: self.rate,
            decay: self.decay,
            momentum: self.momentum,
            schedule: match self.schedule {
                ScheduleName::Constant => Schedule::Constant,
                ScheduleName::Cosine => Schedule::reference(steps_an_epoch),
            },
        }
    }
}
