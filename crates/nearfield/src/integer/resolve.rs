//! From what a person wrote to a run with nothing left open: profiles and defaults.

use crate::data::{DataSection, Loaded, Source, load};
use crate::integer::check::check;
use crate::integer::run::{
    LastBatch, Model, NetworkRun, PreprocessingRun, Run, SplitRun, TrainingRun,
};
use crate::integer::run_file::{RunFile, TrainingSection};
use crate::profile::Profile;
use crate::suggest::unknown_name;
use crate::{Error, Result};
use nearfield_data::{Dataset, Values};
use nearfield_int::{
    Augmentation, HeadPadding, HeadSpec, LayerSpec, Residual, Statistics, presets,
};
use nearfield_train::plateau::Patience;
use std::path::Path;

impl Run {
    /// Fills in what `file` leaves open, for this training data.
    ///
    /// # Errors
    /// If a setting is out of range or the network does not fit the data.
    pub fn resolve(file: RunFile, data: &Dataset) -> Result<Self> {
        let profile = file.profile.unwrap_or_default();
        let reference = profile == Profile::Reference;
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
        let section = data_section(&file);
        let source = section.source;
        let (network_name, network) = network(&file, source, &preprocessing.shape)?;
        let run = Run {
            name: file
                .name
                .unwrap_or_else(|| format!("{network_name}-{}", section.name())),
            seed: file.seed.unwrap_or(42),
            profile,
            split: SplitRun {
                validation_percent: file.split.validation_percent.unwrap_or(match reference {
                    true => 0,
                    false => 10,
                }),
                test_percent: file.split.test_percent.unwrap_or(20),
            },
            preprocessing,
            augmentation: Augmentation {
                crop_padding: file.augmentation.crop_padding.unwrap_or(0),
                flip: file.augmentation.flip.unwrap_or(false),
                per_batch: file.augmentation.per_batch.unwrap_or(reference),
            },
            network,
            training: training(&file.training, source, data.classes.len(), reference),
            data: section,
        };
        check(&run, data)?;
        Ok(run)
    }
}

/// Reads a run file and its data, and resolves the run.
///
/// # Errors
/// If file or data are damaged or do not fit each other.
pub fn read_run(path: &Path) -> Result<(Run, Loaded)> {
    resolve_with_data(RunFile::read(path)?)
}

/// Reads the data of a run file (the embedded digits, if it names none) and resolves the run.
///
/// # Errors
/// As [`read_run`].
pub fn resolve_with_data(file: RunFile) -> Result<(Run, Loaded)> {
    let loaded = load(&data_section(&file))?;
    Ok((Run::resolve(file, &loaded.train)?, loaded))
}

/// The data of a run file, with nothing left open.
fn data_section(file: &RunFile) -> DataSection {
    let mut data = file.data.clone().unwrap_or_default();
    if data.source == Source::Csv {
        data.label.get_or_insert_default();
        data.missing.get_or_insert_default();
    }
    data
}

/// The network and its name.
fn network(file: &RunFile, source: Source, shape: &[usize]) -> Result<(String, NetworkRun)> {
    let section = &file.network;
    let reference = file.profile == Some(Profile::Reference);
    let dropout = section.dropout.unwrap_or(0);
    let (name, layers) = match (&section.preset, &section.layers) {
        (Some(_), Some(_)) => {
            return Err(Error::setting(
                "network.preset",
                "excludes `network.layers`; give one of them",
            ));
        }
        (None, Some(layers)) => ("network".to_owned(), layers.clone()),
        (Some(preset), None) => (preset.clone(), preset_layers(preset, dropout)?),
        (None, None) => usual_network(source, shape, dropout)?,
    };
    let usual = HeadSpec::default();
    let padding = if reference {
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
    source: Source,
    shape: &[usize],
    dropout: u32,
) -> Result<(String, Vec<LayerSpec>)> {
    if source == Source::Digits {
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
    Err(unknown_name("preset", name, &presets::NAMES))
}

fn training(
    section: &TrainingSection,
    source: Source,
    classes: usize,
    reference: bool,
) -> TrainingRun {
    let classes = u32::try_from(classes).unwrap_or(u32::MAX);
    let usual = Usual::of(source);
    TrainingRun {
        batch: section.batch.unwrap_or(usual.batch),
        epochs: section.epochs.unwrap_or(usual.epochs),
        rate_inv: section.rate_inv.unwrap_or(usual.rate_inv),
        amplification: section.amplification.unwrap_or(classes.saturating_mul(64)),
        decay_forward: section.decay_forward.unwrap_or(usual.decay_forward),
        decay_head: section.decay_head.unwrap_or(usual.decay_head),
        rate_cut_factor: section.rate_cut_factor.unwrap_or(3),
        rate_cut: section.rate_cut.unwrap_or(usual.rate_cut),
        early_stop: section.early_stop.unwrap_or(usual.early_stop),
        linear_blocks_step_twice: section.linear_blocks_step_twice.unwrap_or(reference),
        residual: section.residual.unwrap_or(if reference {
            Residual::Wrap
        } else {
            Residual::Saturate
        }),
        last_batch: section.last_batch.unwrap_or(if reference {
            LastBatch::Drop
        } else {
            LastBatch::Keep
        }),
        decide_on_test: section.decide_on_test.unwrap_or(reference),
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
    /// The reference protocol; for small sets, where an epoch has few steps, smaller batches
    /// and larger steps.
    fn of(source: Source) -> Self {
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
            Source::Digits => Usual {
                batch: 16,
                epochs: 40,
                rate_inv: 64,
                ..protocol
            },
            _ if source.is_table() => Usual {
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
    use nearfield_data::digits;

    fn resolved(text: &str) -> Result<Run> {
        Run::resolve(RunFile::parse(text)?, &digits::load()?)
    }

    #[test]
    fn a_resolved_run_is_a_run_file_that_resolves_to_itself() {
        for text in [
            "",
            "profile = \"reference\"\nseed = 7",
            "[network]\nlayers = [{ type = \"linear\", units = 5 }, { type = \"dropout\", percent = 10 }]\nactivation = { type = \"pocket_tanh\" }",
            "[augmentation]\ncrop_padding = 1\nflip = true",
        ] {
            let run = resolved(text).unwrap();
            assert_eq!(resolved(&run.to_toml().unwrap()).unwrap(), run, "{text}");
        }
    }

    #[test]
    fn the_profiles_turn_every_reference_habit_off_and_on() {
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
            switches("profile = \"reference\""),
            (true, true, true, true, true, true)
        );
        let mixed = "profile = \"reference\"\n[training]\nresidual = \"saturate\"";
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
