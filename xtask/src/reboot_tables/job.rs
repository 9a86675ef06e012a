//! One training of one experiment.

use super::experiments::Experiment;
use anyhow::{Context, Result};
use nearfield::Profile;
use nearfield::data::{Loaded, load};
use nearfield::encrypted::{Run, RunFile, train_plain};
use nearfield_enc::Error;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

/// What is trained.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) experiment: &'static Experiment,
    pub(super) profile: Profile,
    pub(super) seed: u64,
    pub(super) epochs: u32,
    pub(super) data: PathBuf,
}

/// What a training came to. Accuracies are of the last head on the test samples, in per cent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) experiment: String,
    pub(super) profile: Profile,
    pub(super) seed: u64,
    /// Epochs that were asked for.
    pub(super) epochs: u32,
    /// The best of all epochs.
    pub(super) best: f64,
    pub(super) best_epoch: u32,
    /// After the last epoch; none where the training diverged.
    pub(super) last: Option<f64>,
    /// Training samples and test samples.
    pub(super) samples: (usize, usize),
    pub(super) seconds: f64,
}

impl Job {
    /// The run file of this training.
    pub(super) fn run_file(&self) -> Result<RunFile> {
        let text = self
            .experiment
            .run_file(self.profile, self.seed, self.epochs);
        let mut file = RunFile::parse(&text).context(self.experiment.name)?;
        let paths = [&mut file.data.folder, &mut file.data.file];
        for path in paths.into_iter().flatten() {
            *path = self.data.join(&*path);
        }
        Ok(file)
    }

    /// What tells one set of stored data from others.
    pub(super) fn source_key(&self) -> Result<String> {
        let data = self.run_file()?.data;
        Ok(format!(
            "{:?} {:?} {:?} {:?} {:?}",
            data.source, data.folder, data.file, data.classes, data.limit
        ))
    }

    pub(super) fn load(&self) -> Result<Loaded> {
        Ok(load(&self.run_file()?.data)?)
    }

    pub(super) fn file_name(&self) -> String {
        let profile = format!("{:?}", self.profile).to_lowercase();
        format!("{}-{profile}-{}.json", self.experiment.name, self.seed)
    }

    /// Trains, at most `epochs` where given.
    pub(super) fn train(&self, loaded: &Loaded, epochs: Option<u32>) -> Result<Record> {
        let resolved = Run::resolve(&self.run_file()?, loaded).context(self.experiment.name)?;
        let mut record = Record {
            experiment: self.experiment.name.into(),
            profile: self.profile,
            seed: self.seed,
            epochs: self.epochs,
            best: 0.0,
            best_epoch: 0,
            last: None,
            samples: (resolved.prepared.train.len(), resolved.prepared.test.len()),
            seconds: 0.0,
        };
        let begun = Instant::now();
        let mut last = 0.0;
        let ended = train_plain(&resolved, |epoch| {
            last = epoch.test_percent();
            if last > record.best {
                (record.best, record.best_epoch) = (last, epoch.number);
            }
            match epochs.is_some_and(|epochs| epoch.number >= epochs) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        record.last = match ended {
            Ok(_) => Some(last),
            Err(nearfield::Error::Enc(Error::Diverged { .. })) => None,
            Err(error) => return Err(error.into()),
        };
        record.seconds = begun.elapsed().as_secs_f64();
        Ok(record)
    }
}

impl Record {
    /// For people who wait.
    pub(super) fn line(&self) -> String {
        let last = self
            .last
            .map_or("diverged".into(), |last| format!("{last:.2}"));
        format!(
            "{} {:?} seed {}: last {last}, best {:.2} in epoch {} of {}, {:.0} s",
            self.experiment,
            self.profile,
            self.seed,
            self.best,
            self.best_epoch,
            self.epochs,
            self.seconds
        )
    }
}
