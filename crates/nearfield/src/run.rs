//! A run with nothing left open: what `run.toml` in a run folder says.

use crate::run_file::{DataSpec, RunFile, TrainingSection};
use anyhow::{Result, bail, ensure};
use nearfield_int::arithmetic::Residual;
use nearfield_int::augment::Augmentation;
use nearfield_int::layers::activation::Activation;
use nearfield_int::network::StepSettings;
use nearfield_int::plan::Plan;
use nearfield_int::preprocess::{Normalization, Statistics};
use nearfield_int::presets;
use nearfield_int::spec::{HeadPadding, HeadSpec, LayerSpec, NetworkSpec, Shape};
use nearfield_train::data::{Dataset, Values};
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
    /// Fills in what `file` leaves open, for this training data.
    ///
    /// # Errors
    /// If a setting is out of range or the network does not fit the data.
    pub fn resolve(file: RunFile, data: &Dataset) -> Result<Self> {
        let profile = file.profile.unwrap_or_default();
        let published = profile == Profile::Published;
        let shape = file
            .preprocessing
            .shape
            .clone()
            .unwrap_or_else(|| data.shape.clone());
        let preprocessing = PreprocessingRun {
            normalize: file.preprocessing.normalize.unwrap_or_default(),
            statistics: file.preprocessing.statistics.unwrap_or(match data.values {
                Values::Decimal(_) => Statistics::Feature,
                _ => Statistics::Channel,
            }),
            samples: file.preprocessing.samples.unwrap_or(25_000),
            shape,
        };
        let source = file.data.clone().unwrap_or(DataSpec::Digits {});
        let (network_name, network) = network(&file, &source, &preprocessing.shape)?;
        let run = Run {
            name: file
                .name
                .unwrap_or_else(|| format!("{network_name}-{}", source.name())),
            seed: file.seed.unwrap_or(42),
            profile,
            split: Split {
                validation_percent: file.split.validation_percent.unwrap_or(match published {
                    true => 0,
                    false => 10,
                }),
                test_percent: file.split.test_percent.unwrap_or(20),
            },
            preprocessing,
            augmentation: Augmentation {
                crop_padding: file.augmentation.crop_padding.unwrap_or(0),
                flip: file.augmentation.flip.unwrap_or(false),
                per_batch: file.augmentation.per_batch.unwrap_or(published),
            },
            network,
            training: training(&file.training, &source, data.classes.len(), published),
            data: source,
        };
        run.check(data)?;
        Ok(run)
    }

    fn check(&self, data: &Dataset) -> Result<()> {
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
        Ok(nearfield_int::dataset::shape_of(&self.preprocessing.shape)?)
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

/// The network and its name.
fn network(file: &RunFile, source: &DataSpec, shape: &[usize]) -> Result<(String, NetworkRun)> {
    let section = &file.network;
    let published = file.profile == Some(Profile::Published);
    let dropout = section.dropout.unwrap_or(0);
    let (name, layers) = match (&section.preset, &section.layers) {
        (Some(_), Some(_)) => bail!("`network.preset` and `network.layers` exclude each other"),
        (None, Some(layers)) => ("network".to_owned(), layers.clone()),
        (Some(preset), None) => (preset.clone(), preset_layers(preset, dropout)?),
        (None, None) => usual_network(source, shape, dropout)?,
    };
    let usual = HeadSpec::default();
    let padding = if published {
        HeadPadding::Zero
    } else {
        HeadPadding::Never
    };
    let head = HeadSpec {
        features: section.head.features.unwrap_or(usual.features),
        pool: section.head.pool.unwrap_or(usual.pool),
        padding: section.head.padding.unwrap_or(padding),
    };
    let activation = section.activation.unwrap_or_default();
    Ok((
        name,
        NetworkRun {
            layers,
            activation,
            head,
        },
    ))
}

/// A network that suits the data where nothing is said.
fn usual_network(
    source: &DataSpec,
    shape: &[usize],
    dropout: u32,
) -> Result<(String, Vec<LayerSpec>)> {
    if *source == (DataSpec::Digits {}) {
        let layers = [256, 128].map(|units| LayerSpec::Linear { units });
        return Ok(("mlp".into(), layers.into()));
    }
    let is_image = shape.len() == 3 && shape[1].min(shape[2]) >= 8;
    let name = if is_image { "cnn" } else { "mlp1" };
    Ok((name.into(), preset_layers(name, dropout)?))
}

/// The layers of a preset.
///
/// # Errors
/// For an unknown name, with the one that may have been meant.
pub fn preset_layers(name: &str, dropout: u32) -> Result<Vec<LayerSpec>> {
    if let Some(layers) = presets::layers(name, dropout) {
        return Ok(layers);
    }
    let nearest = crate::suggest::nearest(name, presets::NAMES.into_iter());
    let meant = nearest.map_or(String::new(), |word| format!("; did you mean `{word}`?"));
    bail!(
        "there is no preset `{name}`, only {}{meant}",
        presets::NAMES.join(", ")
    )
}

fn training(
    section: &TrainingSection,
    source: &DataSpec,
    classes: usize,
    published: bool,
) -> Training {
    let classes = u32::try_from(classes).unwrap_or(u32::MAX);
    let usual = Usual::of(source);
    Training {
        batch: section.batch.unwrap_or(usual.batch),
        epochs: section.epochs.unwrap_or(usual.epochs),
        rate_inv: section.rate_inv.unwrap_or(usual.rate_inv),
        amplification: section.amplification.unwrap_or(classes.saturating_mul(64)),
        decay_forward: section.decay_forward.unwrap_or(usual.decay_forward),
        decay_head: section.decay_head.unwrap_or(usual.decay_head),
        rate_cut_factor: section.rate_cut_factor.unwrap_or(3),
        rate_cut: section.rate_cut.unwrap_or(usual.rate_cut),
        early_stop: section.early_stop.unwrap_or(usual.early_stop),
        linear_blocks_step_twice: section.linear_blocks_step_twice.unwrap_or(published),
        residual: section.residual.unwrap_or(if published {
            Residual::Wrap
        } else {
            Residual::Saturate
        }),
        last_batch: section.last_batch.unwrap_or(if published {
            LastBatch::Drop
        } else {
            LastBatch::Keep
        }),
        decide_on_test: section.decide_on_test.unwrap_or(published),
        model: section.model.unwrap_or(Model::Best),
    }
}

/// Settings that suit a kind of data where nothing else is said.
struct Usual {
    batch: usize,
    epochs: u32,
    rate_inv: u64,
    decay_forward: u32,
    decay_head: u32,
    rate_cut: Patience,
    early_stop: Patience,
}

impl Usual {
    /// The published protocol; for small sets, where an epoch has few steps, smaller batches
    /// and larger steps.
    fn of(source: &DataSpec) -> Self {
        let protocol = Usual {
            batch: 64,
            epochs: 150,
            rate_inv: 512,
            decay_forward: 12_000,
            decay_head: 3_000,
            rate_cut: Patience {
                from_epoch: 10,
                epochs: 15,
                points: 1,
            },
            early_stop: Patience {
                from_epoch: 30,
                epochs: 35,
                points: 1,
            },
        };
        match source {
            DataSpec::Digits {} => Usual {
                batch: 16,
                epochs: 40,
                rate_inv: 64,
                ..protocol
            },
            DataSpec::Csv { .. } => Usual {
                batch: 16,
                epochs: 60,
                rate_inv: 128,
                ..protocol
            },
            _ => protocol,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nearfield_train::data::digits;

    fn resolved(text: &str) -> Result<Run> {
        Run::resolve(RunFile::parse(text)?, &digits::load()?)
    }

    #[test]
    fn a_resolved_run_is_a_run_file_that_resolves_to_itself() {
        for text in [
            "",
            "profile = \"published\"\nseed = 7",
            "[network]\nlayers = [{ type = \"linear\", units = 5 }, { type = \"dropout\", percent = 10 }]\nactivation = { type = \"pocket_tanh\" }",
            "[augmentation]\ncrop_padding = 1\nflip = true",
        ] {
            let run = resolved(text).unwrap();
            assert_eq!(resolved(&run.to_toml().unwrap()).unwrap(), run, "{text}");
        }
    }

    #[test]
    fn the_profiles_turn_every_published_habit_off_and_on() {
        let switches = |text: &str| {
            let run = resolved(text).unwrap();
            (
                run.training.linear_blocks_step_twice,
                run.network.head.padding == HeadPadding::Zero,
                run.training.residual == Residual::Wrap,
                run.training.last_batch == LastBatch::Drop,
                run.training.decide_on_test,
                run.augmentation.per_batch,
            )
        };
        assert_eq!(switches(""), (false, false, false, false, false, false));
        assert_eq!(
            switches("profile = \"published\""),
            (true, true, true, true, true, true)
        );
        let mixed = "profile = \"published\"\n[training]\nresidual = \"saturate\"";
        assert_eq!(switches(mixed), (true, true, false, true, true, true));
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        for (text, expected) in [
            ("[training]\nbatch = 0", "training.batch"),
            ("[training]\nepochs = 0", "training.epochs"),
            ("[training]\nrate_inv = 0", "training.rate_inv"),
            ("[split]\nvalidation_percent = 0", "nothing can be decided"),
            ("[split]\nvalidation_percent = 100", "below 100"),
            (
                "[preprocessing]\nshape = [63]",
                "does not fit samples of 64 values",
            ),
            ("[network]\npreset = \"mpl1\"", "did you mean `mlp1`"),
            (
                "[network]\nactivation = { type = \"nitro_relu\", alpha_inv = 6 }",
                "alpha_inv",
            ),
            (
                "[preprocessing]\nshape = [64]\n[augmentation]\nflip = true",
                "only images",
            ),
            (
                "[network]\nlayers = [{ type = \"max_pool\", kernel = 9 }]",
                "layer 0 (max_pool)",
            ),
        ] {
            let error = format!("{:#}", resolved(text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
