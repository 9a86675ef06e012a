//! `nearfield train`

use super::training;
use crate::arguments::TrainArguments;
use crate::output::Output;
use anyhow::{Result, bail};
use nearfield::DataSection;
use nearfield::integer::run_file::{NetworkSection, RunFile};
use nearfield::integer::{Place, Training};
use std::path::Path;
use std::process::ExitCode;

/// Where runs go if the command line names no folder.
const RUNS: &str = "runs";

pub(super) fn run(arguments: &TrainArguments, output: Output) -> Result<ExitCode> {
    if let Some(path) = &arguments.run_file {
        refuse_folder(path)?;
    }
    let place = match &arguments.out {
        Some(path) => Place::At(path.clone()),
        None => Place::NewIn(RUNS.into()),
    };
    let initial = arguments.init_weights.as_deref();
    let training = Training::begin(run_file(arguments)?, &place, initial)?;
    training::finish(training, &arguments.limits, output)
}

/// Where a run file should be named, a folder may be meant for another command.
fn refuse_folder(path: &Path) -> Result<()> {
    let shown = path.display();
    if path.join(nearfield_enc::folder::TASK).exists() {
        bail!("{shown} holds an encrypted training: `nearfield encrypted train {shown}` trains it");
    }
    if path.join("run.toml").exists() {
        bail!("{shown} holds a run: `nearfield resume {shown}` continues it");
    }
    if path.is_dir() {
        bail!("{shown} is a folder: name a run file, or give data with `--data`");
    }
    Ok(())
}

/// The run file with what the command line says.
fn run_file(arguments: &TrainArguments) -> Result<RunFile> {
    let mut file = match &arguments.run_file {
        Some(path) => RunFile::read(path)?,
        None => RunFile::default(),
    };
    if let Some(data) = &arguments.data {
        file.data = Some(DataSection::from_argument(data)?);
    }
    if let Some(preset) = &arguments.preset {
        let before = std::mem::take(&mut file.network);
        file.network = NetworkSection {
            preset: Some(preset.clone()),
            layers: None,
            ..before
        };
    }
    if let Some(named) = &arguments.profile {
        file.profile = Some(named.profile);
        file.notes.extend(named.note.clone());
    }
    file.seed = arguments.seed.or(file.seed);
    file.training.epochs = arguments.epochs.or(file.training.epochs);
    Ok(file)
}
