//! From what a person wrote to a run with nothing left open.

use super::{
    Encryption, EncryptionRun, NetworkRun, ProtocolRun, Report, Resolved, Run, ScheduleName,
    TrainingRun,
};
use crate::encrypted::order::{Order, Reshuffle};
use crate::encrypted::prepare::images::Work;
use crate::encrypted::prepare::{Oversample, Preparation, Stored};
use crate::encrypted::run_file::{ClassSpec, DataSection, RunFile, Source};
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
    pub fn resolve(file: &RunFile, stored: &Stored) -> Result<Resolved> {
        let protocol = protocol(file);
        let data = data(file, stored, protocol.profile);
        let encryption = encryption(file)?;
        let seed = file.training.seed.unwrap_or(42);
        if i64::try_from(seed).is_err() {
            return Err(Error::setting("training.seed", "give a number below 2^63"));
        }
        let prepared = preparation(&data, seed)?.prepare(stored)?;
        let train = &prepared.train;
        let (features, classes) = (train.inputs().columns(), train.classes().len());
        let network = file.network.spec(features, classes)?;
        let usual = if is_table(stored) { 8 } else { 48 };
        let batch = file.training.batch.unwrap_or(usual);
        let order = Order::new(train.len(), batch, seed, protocol.reshuffle)?;
        let training = training(file, protocol.profile, is_table(stored), &order)?;
        let rates = training.rates(order.batches() as u64);
        rates.check()?;
        let name = file.name.clone();
        let run = Run {
            name: name.unwrap_or_else(|| format!("{}-{network}", source_name(&data))),
            data,
            network: NetworkRun {
                features,
                hidden: network.hidden().to_vec(),
                classes,
            },
            training,
            protocol,
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

fn training(
    file: &RunFile,
    profile: Profile,
    is_table: bool,
    order: &Order,
) -> Result<TrainingRun> {
    let section = &file.training;
    Ok(TrainingRun {
        batch: order.batch(),
        steps: steps(file, order.batches() as u64)?,
        rate: section.rate.unwrap_or(if is_table { 0.005 } else { 0.001 }),
        decay: section.decay.unwrap_or(0.0),
        momentum: section.momentum.unwrap_or(RateSpec::MOMENTUM),
        schedule: section.schedule.unwrap_or(match profile {
            Profile::Strict => ScheduleName::Constant,
            Profile::Reference => ScheduleName::Cosine,
        }),
        seed: order.seed(),
    })
}

fn protocol(file: &RunFile) -> ProtocolRun {
    let profile = file.protocol.profile.unwrap_or_default();
    let (reshuffle, report) = match profile {
        Profile::Strict => (Reshuffle::Batches, Report::Last),
        Profile::Reference => (Reshuffle::Samples, Report::BestOnTest),
    };
    ProtocolRun {
        profile,
        reshuffle: file.protocol.reshuffle.unwrap_or(reshuffle),
        report: file.protocol.report.unwrap_or(report),
    }
}

fn is_table(stored: &Stored) -> bool {
    matches!(stored.train.values, Values::Decimal(_))
}

fn data(file: &RunFile, stored: &Stored, profile: Profile) -> DataSection {
    let reference = profile == Profile::Reference;
    let oversample = match file.data.source {
        Source::BreastCancer if reference => Oversample::BeforeSplit,
        _ => Oversample::Never,
    };
    DataSection {
        test_percent: match stored.test {
            None => Some(file.data.test_percent.unwrap_or(20)),
            Some(_) => file.data.test_percent,
        },
        standardize: Some(file.data.standardize.unwrap_or(is_table(stored))),
        oversample: Some(file.data.oversample.unwrap_or(oversample)),
        ..file.data.clone()
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

fn preparation(data: &DataSection, seed: u64) -> Result<Preparation> {
    let test_percent = data.test_percent.unwrap_or(0);
    if test_percent > 99 {
        return Err(Error::setting(
            "data.test_percent",
            format!("is {test_percent}; give 1 to 99"),
        ));
    }
    let resize = data.image_size.map(|side| Work::Resize { side });
    let crop = data.crop.map(|crop| Work::Crop {
        first: crop.first,
        side: crop.side,
    });
    let pool = data.max_pool.map(|side| Work::MaxPool { side });
    let classes = data.classes.as_ref();
    Ok(Preparation {
        classes: classes.map(|all| all.iter().map(ClassSpec::names).collect()),
        limit: data.limit,
        images: [resize, crop, pool].into_iter().flatten().collect(),
        test_percent,
        oversample: data.oversample.unwrap_or_default(),
        standardize: data.standardize.unwrap_or(false),
        seed,
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

fn source_name(data: &DataSection) -> String {
    let path = data.folder.as_ref().or(data.file.as_ref());
    let stem = path.and_then(|path| path.file_stem());
    match (stem, data.source) {
        (Some(stem), _) => stem.to_string_lossy().into_owned(),
        (None, Source::Iris) => "iris".into(),
        (None, Source::BreastCancer) => "breast-cancer".into(),
        (None, Source::Digits) => "digits".into(),
        (None, Source::Idx | Source::Csv) => "data".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encrypted::source;

    fn resolved(text: &str) -> Result<Resolved> {
        let file = RunFile::parse(text)?;
        Run::resolve(&file, &source::load(&file.data)?)
    }

    const IRIS: &str = "[data]\nsource = \"iris\"\n";

    #[test]
    fn a_resolved_run_is_a_run_file_that_resolves_to_itself() {
        for rest in [
            "",
            "[network]\nhidden = [7, 5]\n[training]\nepochs = 9\nschedule = \"cosine\"",
            "[protocol]\nprofile = \"reference\"\n[encryption]\nsecurity = \"insecure\"",
            "classes = [\"setosa\", [\"versicolor\", \"virginica\"]]\nlimit = 120\ntest_percent = 30",
        ] {
            let once = resolved(&format!("{IRIS}{rest}")).unwrap();
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
        assert_eq!(run.protocol.reshuffle, Reshuffle::Batches);
        let reference = "[protocol]\nprofile = \"reference\"";
        let masses = "[data]\nsource = \"breast_cancer\"\n";
        let run = resolved(&format!("{masses}{reference}")).unwrap().run;
        assert_eq!(run.data.oversample, Some(Oversample::BeforeSplit));
        assert_eq!(run.protocol.report, Report::BestOnTest);
        assert_eq!(run.training.schedule, ScheduleName::Cosine);
        let run = resolved(masses).unwrap().run;
        assert_eq!(run.data.oversample, Some(Oversample::Never));
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
            ("[training]\nseed = -1", "seed"),
            ("[network]\nfeatures = 5", "is 5, but the data have 4"),
            ("[network]\nhidden = [0]", "network.hidden"),
            ("test_percent = 100", "data.test_percent"),
            ("test_percent = 0", "set aside"),
            ("image_size = 2", "no grey images"),
            ("classes = [\"setosa\", \"rose\"]", "no class \"rose\""),
            ("[encryption]\nlog_degree = 12", "give 16 to 16"),
            (
                "[encryption]\nsecurity = \"insecure\"\nlog_degree = 18",
                "5 to 17",
            ),
        ] {
            let error = resolved(&format!("{IRIS}{rest}")).unwrap_err().to_string();
            assert!(error.contains(part), "{rest}: {error}");
        }
    }
}
