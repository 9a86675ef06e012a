//! From what a person wrote to a run with nothing left open.

use crate::data::{DataSection, Loaded, Source, load};
use crate::encrypted::order::{Order, Reshuffle};
use crate::encrypted::prepare::images::Work;
use crate::encrypted::prepare::{Oversample, Preparation};
use crate::encrypted::run::{
    Encryption, EncryptionRun, NetworkRun, PreprocessingRun, Report, Resolved, Run, ScheduleName,
    SplitRun, TrainingRun,
};
use crate::encrypted::run_file::RunFile;
use crate::profile::Profile;
use crate::{Error, Result};
use nearfield_data::Values;
use nearfield_enc::RateSpec;

/// What weights and velocities of usual trainings stay within.
const WEIGHT_RANGE: f64 = 1.0;
const VELOCITY_RANGE: f64 = 32.0;

impl Run {
    /// Fills in what `file` leaves open, and prepares these data for it.
    ///
    /// # Errors
    /// If a setting is out of range or something does not fit the data.
    pub fn resolve(file: &RunFile, loaded: &Loaded) -> Result<Resolved> {
        let profile = file.profile.unwrap_or_default();
        let is_table = is_table(loaded);
        let (split, preprocessing) = (split(file, loaded)?, preprocessing(file, is_table));
        let encryption = encryption(file)?;
        let seed = file.seed.unwrap_or(42);
        if i64::try_from(seed).is_err() {
            return Err(Error::setting("seed", "give a number below 2^63"));
        }
        let prepared = preparation(split, preprocessing, seed).prepare(loaded)?;
        let train = &prepared.train;
        let (features, classes) = (train.inputs().columns(), train.classes().len());
        let network = file.network.spec(features, classes)?;
        let batch = file.training.batch;
        let batch = batch.unwrap_or(if is_table { 8 } else { 48 });
        let reshuffle = file.training.reshuffle.unwrap_or(match profile {
            Profile::Strict => Reshuffle::Batches,
            Profile::Reference => Reshuffle::Samples,
        });
        let order = Order::new(train.len(), batch, seed, reshuffle)?;
        let training = training(file, is_table, &order)?;
        let rates = training.rates(order.batches() as u64);
        rates.check()?;
        let data = data_section(file);
        let name = file.name.clone();
        let run = Run {
            name: name.unwrap_or_else(|| format!("{}-{network}", data.name())),
            seed,
            profile,
            data,
            split,
            preprocessing,
            network: NetworkRun {
                features,
                hidden: network.hidden().to_vec(),
                classes,
            },
            training,
            encryption,
        };
        Ok(Resolved {
            run,
            network,
            prepared,
            order,
            rates,
        })
    }
}

/// Reads the data of a run file, prepares them and resolves the run; with what to tell of them.
///
/// # Errors
/// If file or data are damaged or do not fit each other.
pub fn resolve_with_data(file: &RunFile) -> Result<(Resolved, Vec<String>)> {
    let loaded = load(&data_section(file))?;
    let resolved = Run::resolve(file, &loaded)?;
    let notes = [file.notes.clone(), loaded.notes()].concat();
    Ok((resolved, notes))
}

/// The data of a run file, with nothing left open.
fn data_section(file: &RunFile) -> DataSection {
    let mut data = file.data.clone();
    if data.source == Source::Csv {
        data.label.get_or_insert_default();
        data.missing.get_or_insert_default();
    }
    data
}

fn training(file: &RunFile, is_table: bool, order: &Order) -> Result<TrainingRun> {
    let section = &file.training;
    let (schedule, report) = match file.profile.unwrap_or_default() {
        Profile::Strict => (ScheduleName::Constant, Report::Last),
        Profile::Reference => (ScheduleName::Cosine, Report::BestOnTest),
    };
    Ok(TrainingRun {
        batch: order.batch(),
        steps: steps(file, order.batches() as u64)?,
        rate: section.rate.unwrap_or(if is_table { 0.005 } else { 0.001 }),
        decay: section.decay.unwrap_or(0.0),
        momentum: section.momentum.unwrap_or(RateSpec::MOMENTUM),
        schedule: section.schedule.unwrap_or(schedule),
        reshuffle: order.reshuffle(),
        report: section.report.unwrap_or(report),
    })
}

fn is_table(loaded: &Loaded) -> bool {
    matches!(loaded.train.values, Values::Decimal(_))
}

fn split(file: &RunFile, loaded: &Loaded) -> Result<SplitRun> {
    if file.split.validation_percent.unwrap_or(0) > 0 {
        return Err(Error::setting(
            "split.validation_percent",
            "does not go with encrypted training, in which nothing is decided by validation \
             samples; leave it out",
        ));
    }
    let test_percent = match loaded.test {
        None => Some(file.split.test_percent.unwrap_or(20)),
        Some(_) => file.split.test_percent,
    };
    match test_percent {
        Some(percent @ 100..) => Err(Error::setting(
            "split.test_percent",
            format!("is {percent}; give 1 to 99"),
        )),
        _ => Ok(SplitRun { test_percent }),
    }
}

fn preprocessing(file: &RunFile, is_table: bool) -> PreprocessingRun {
    let section = &file.preprocessing;
    let oversample = match (file.data.source, file.profile) {
        (Source::BreastCancer, Some(Profile::Reference)) => Oversample::BeforeSplit,
        _ => Oversample::Never,
    };
    PreprocessingRun {
        image_size: section.image_size,
        crop: section.crop,
        max_pool: section.max_pool,
        oversample: section.oversample.unwrap_or(oversample),
        standardize: section.standardize.unwrap_or(is_table),
    }
}

fn preparation(split: SplitRun, settings: PreprocessingRun, seed: u64) -> Preparation {
    let resize = settings.image_size.map(|side| Work::Resize { side });
    let crop = settings.crop.map(|crop| Work::Crop {
        first: crop.first,
        side: crop.side,
    });
    let pool = settings.max_pool.map(|side| Work::MaxPool { side });
    Preparation {
        images: [resize, crop, pool].into_iter().flatten().collect(),
        test_percent: split.test_percent.unwrap_or(0),
        oversample: settings.oversample,
        standardize: settings.standardize,
        seed,
    }
}

fn encryption(file: &RunFile) -> Result<EncryptionRun> {
    let security = file.encryption.security.unwrap_or_default();
    let (range, usual) = match security {
        Encryption::Bits128 => (16..=16, 16),
        Encryption::Insecure => (5..=17, 12),
    };
    let log_degree = file.encryption.log_degree.unwrap_or(usual);
    if !range.contains(&log_degree) {
        return Err(Error::setting(
            "encryption.log_degree",
            format!(
                "is {log_degree}; give {} to {} with this `encryption.security`",
                range.start(),
                range.end()
            ),
        ));
    }
    let section = &file.encryption;
    Ok(EncryptionRun {
        security,
        log_degree,
        weight_range: section.weight_range.unwrap_or(WEIGHT_RANGE),
        velocity_range: section.velocity_range.unwrap_or(VELOCITY_RANGE),
        iterated: section.iterated.unwrap_or(false),
    })
}

fn steps(file: &RunFile, steps_an_epoch: u64) -> Result<u64> {
    let steps = match (file.training.epochs, file.training.steps) {
        (Some(_), Some(_)) => {
            return Err(Error::setting(
                "training.steps",
                "excludes `training.epochs`; give one of them",
            ));
        }
        (None, Some(steps)) => steps,
        (epochs, None) => u64::from(epochs.unwrap_or(3)) * steps_an_epoch,
    };
    match steps {
        0 => Err(Error::setting("training.steps", "is 0; give 1 or more")),
        _ => Ok(steps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<Resolved> {
        Ok(resolve_with_data(&RunFile::parse(text)?)?.0)
    }

    const IRIS: &str = "[data]\nsource = \"iris\"\n";

    /// A run file of irises with this beside; keys of the file itself come before its sections.
    fn irises(rest: &str) -> String {
        match rest.starts_with(['[', 'c', 'l']) {
            true => format!("{IRIS}{rest}"),
            false => format!("{rest}\n{IRIS}"),
        }
    }

    #[test]
    fn a_resolved_run_is_a_run_file_that_resolves_to_itself() {
        for rest in [
            "",
            "[network]\nhidden = [7, 5]\n[training]\nepochs = 9\nschedule = \"cosine\"",
            "profile = \"reference\"\n[encryption]\nsecurity = \"insecure\"",
            "classes = [\"setosa\", [\"versicolor\", \"virginica\"]]\nlimit = 120\n[split]\ntest_percent = 30",
        ] {
            let once = resolved(&irises(rest)).unwrap();
            let twice = resolved(&once.run.to_toml().unwrap()).unwrap();
            assert_eq!(once, twice, "{rest}");
        }
    }

    #[test]
    fn what_is_left_open_is_filled_in_by_data_and_profile() {
        let Resolved { run, network, .. } = resolved(IRIS).unwrap();
        assert_eq!(network.to_string(), "4-32-3");
        assert_eq!(run.name, "iris-4-32-3");
        // 120 training samples are 15 batches of 8; three epochs.
        assert_eq!((run.training.batch, run.training.steps), (8, 45));
        assert_eq!(run.training.reshuffle, Reshuffle::Batches);
        let reference = "profile = \"reference\"\n";
        let masses = "[data]\nsource = \"breast_cancer\"\n";
        let run = resolved(&format!("{reference}{masses}")).unwrap().run;
        assert_eq!(run.preprocessing.oversample, Oversample::BeforeSplit);
        assert_eq!(run.training.report, Report::BestOnTest);
        assert_eq!(run.training.schedule, ScheduleName::Cosine);
        let run = resolved(masses).unwrap().run;
        assert_eq!(run.preprocessing.oversample, Oversample::Never);
        let digits = resolved("[data]\nsource = \"digits\"").unwrap();
        assert_eq!(digits.run.training.batch, 48);
        assert_eq!(digits.prepared.scaling.features, None);
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        for (rest, part) in [
            ("[training]\nbatch = 0", "training.batch"),
            ("[training]\nbatch = 121", "give 1 to 120"),
            (
                "[training]\nepochs = 2\nsteps = 3",
                "excludes `training.epochs`",
            ),
            ("[training]\nepochs = 0", "training.steps"),
            ("[training]\nrate = -1.0", "training.rate"),
            ("seed = -1", "seed"),
            ("[network]\nfeatures = 5", "is 5, but the data have 4"),
            ("[network]\nhidden = [0]", "network.hidden"),
            ("[split]\ntest_percent = 100", "split.test_percent"),
            ("[split]\ntest_percent = 0", "set aside"),
            (
                "[split]\nvalidation_percent = 10",
                "does not go with encrypted",
            ),
            ("[preprocessing]\nimage_size = 2", "no grey images"),
            ("classes = [\"setosa\", \"rose\"]", "no class \"rose\""),
            ("[encryption]\nlog_degree = 12", "give 16 to 16"),
            (
                "[encryption]\nsecurity = \"insecure\"\nlog_degree = 18",
                "5 to 17",
            ),
        ] {
            let error = resolved(&irises(rest)).unwrap_err().to_string();
            assert!(error.contains(part), "{rest}: {error}");
        }
    }
}
