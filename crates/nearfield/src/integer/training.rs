//! Whole runs: begun or resumed, trained, and their results left in a folder.

use crate::integer::metrics::metrics;
use crate::integer::outcome;
use crate::integer::resolve::{read_run, resolve_with_data};
use crate::integer::run::Run;
use crate::integer::run_file::RunFile;
use crate::integer::summary::Summary;
use crate::integer::trained_model::read_tensors;
use crate::integer::trainer::{Limits, StopReason, Trainer};
use crate::observer::Observer;
use crate::{Error, Result};
use nearfield_files::RunFolder;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The folder of a new run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// This one, which must not hold a run.
    At(PathBuf),
    /// The first free one in this folder, called `NAME-001`, `NAME-002`, … after the run.
    NewIn(PathBuf),
}

/// A run with its folder, which no other process can write to meanwhile.
#[derive(Debug)]
pub struct Training {
    trainer: Trainer,
    folder: RunFolder,
    notes: Vec<String>,
}

/// How a call of [`Training::train`] ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The results are in the run folder.
    Ended(Box<Summary>),
    /// The stop flag was set; [`Training::resume`] continues after this step.
    Interrupted {
        /// Steps made so far.
        step: u64,
    },
}

impl Training {
    /// Begins a run: reads its data, makes its folder, and leaves there what
    /// [`Training::resume`] needs. `initial` is a safetensors file of weights to begin with.
    ///
    /// # Errors
    /// If run file, data, weights and network do not fit each other, or the folder holds a run.
    pub fn begin(file: RunFile, place: &Place, initial: Option<&Path>) -> Result<Self> {
        let initial = initial.map(read_tensors).transpose()?;
        let mut notes = file.notes.clone();
        let (run, loaded) = resolve_with_data(file)?;
        notes.extend(loaded.notes());
        let trainer = Trainer::new(run, loaded, initial)?;
        let folder = match place {
            Place::At(path) => RunFolder::create(path)?,
            Place::NewIn(parent) => new_folder(parent, &trainer.run().name)?,
        };
        // A folder is a run as soon as it has run.toml: what `resume` needs comes first.
        trainer.save(&folder)?;
        folder.write("run.toml", trainer.run().to_toml()?.as_bytes())?;
        notes.push(format!("run folder: {}", folder.path().display()));
        Ok(Training {
            trainer,
            folder,
            notes,
        })
    }

    /// Continues a run exactly where its newest intact checkpoint is.
    ///
    /// # Errors
    /// If the folder holds no run, its data have changed, or no checkpoint can be used.
    pub fn resume(folder: &Path) -> Result<Self> {
        let folder = RunFolder::open(folder)?;
        let (run, loaded) = read_run(&folder.path().join("run.toml"))?;
        let (trainer, damaged) = Trainer::resume(run, loaded, &folder)?;
        let skipped = damaged.iter();
        let mut notes: Vec<String> = skipped
            .map(|problem| format!("warning: a checkpoint is skipped: {problem}"))
            .collect();
        notes.push(format!("resumed after step {}", trainer.state().step));
        Ok(Training {
            trainer,
            folder,
            notes,
        })
    }

    /// What a person should know of how it began.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The run with nothing left open.
    pub fn run(&self) -> &Run {
        self.trainer.run()
    }

    /// Its trainer.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// Where its folder is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Trains until the run is finished, the steps are made or `stop` is set, and leaves the
    /// results in the folder: a model with its report, or a checkpoint to resume from.
    ///
    /// # Errors
    /// If a file cannot be written; earlier checkpoints are then intact.
    pub fn train(
        &mut self,
        limits: Limits,
        stop: &AtomicBool,
        observer: &mut dyn Observer,
    ) -> Result<Outcome> {
        let reason = self.trainer.train(&self.folder, limits, stop, observer)?;
        if reason == StopReason::Interrupted {
            let state = self.trainer.state();
            self.folder
                .write("metrics.csv", &metrics(&state.history)?)?;
            return Ok(Outcome::Interrupted { step: state.step });
        }
        let summary = outcome::write(&self.trainer, &self.folder, reason)?;
        Ok(Outcome::Ended(Box::new(summary)))
    }
}

/// The first free `NAME-001`, `NAME-002`, … in a folder.
fn new_folder(parent: &Path, name: &str) -> Result<RunFolder> {
    let safe = |c: char| match c.is_alphanumeric() || "-_.".contains(c) {
        true => c,
        false => '-',
    };
    let name: String = name.chars().map(safe).collect();
    for number in 1..=u32::MAX {
        let path = parent.join(format!("{name}-{number:03}"));
        if !path.exists() {
            return Ok(RunFolder::create(&path)?);
        }
    }
    Err(Error::folder(parent, "has no free run folder left"))
}
