//! `nearfield train`, and what `resume` shares with it.

use super::INTERRUPTED;
use crate::cli::{LimitArguments, TrainArguments};
use crate::progress::{Bar, JsonLines};
use anyhow::{Context, Result};
use nearfield::integer::checkpoint::MAX_BYTES;
use nearfield::integer::outcome::{self, Summary};
use nearfield::integer::run::Run;
use nearfield::integer::run_file::{DataSpec, NetworkSection, RunFile};
use nearfield::integer::source;
use nearfield::integer::trainer::{Limits, StopReason, Trainer};
use nearfield::observer::{Observer, percent};
use nearfield_files::{RunFolder, read_bounded};
use nearfield_int::model::TensorFile;
use nearfield_int::network::Tensors;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Where runs go if nothing is said.
const RUNS: &str = "runs";

pub(super) fn run(arguments: &TrainArguments, json: bool) -> Result<ExitCode> {
    if let Some(path) = &arguments.run_file {
        if path.is_dir() {
            return super::encrypted::server::train(path, arguments, json);
        }
        if arguments.clear {
            return super::encrypted::twin::run(path, arguments, json);
        }
    }
    let file = run_file(arguments)?;
    let initial = arguments
        .init_weights
        .as_deref()
        .map(initial_weights)
        .transpose()?;
    let loaded = source::load_of(&file)?;
    let dropped = loaded.dropped;
    let run = Run::resolve(file, &loaded.train)?;
    let mut observer = observer(&run, json);
    if dropped > 0 {
        observer.note(&format!("{dropped} rows with missing values were left out"));
    }
    let mut trainer = Trainer::new(run, loaded, initial)?;
    let folder = match &arguments.out {
        Some(path) => RunFolder::create(path)?,
        None => new_folder(&trainer.run().name)?,
    };
    // A folder is a run as soon as it has run.toml: what `resume` needs comes first.
    trainer.save(&folder)?;
    folder.write("run.toml", trainer.run().to_toml()?.as_bytes())?;
    observer.note(&format!("run folder: {}", folder.path().display()));
    go_on(
        &mut trainer,
        &folder,
        &arguments.limits,
        (observer.as_mut(), json),
    )
}

/// The run file with what the command line says.
fn run_file(arguments: &TrainArguments) -> Result<RunFile> {
    let mut file = match &arguments.run_file {
        Some(path) => RunFile::read(path)?,
        None => RunFile::default(),
    };
    if let Some(data) = &arguments.data {
        file.data = Some(DataSpec::from_argument(data)?);
    }
    if let Some(preset) = &arguments.preset {
        let before = std::mem::take(&mut file.network);
        file.network = NetworkSection {
            preset: Some(preset.clone()),
            layers: None,
            ..before
        };
    }
    file.profile = arguments.profile.or(file.profile);
    file.seed = arguments.seed.or(file.seed);
    file.training.epochs = arguments.epochs.or(file.training.epochs);
    Ok(file)
}

fn initial_weights(path: &Path) -> Result<Tensors> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    let tensors = TensorFile::new(&bytes).and_then(|file| file.tensors());
    tensors.with_context(|| path.display().to_string())
}

/// The first free `runs/NAME-001`, `-002`, ….
fn new_folder(name: &str) -> Result<RunFolder> {
    let safe = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(safe).collect();
    let mut numbered = (1..).map(|number| PathBuf::from(RUNS).join(format!("{name}-{number:03}")));
    let path = numbered
        .find(|path| !path.exists())
        .context("no free run folder")?;
    Ok(RunFolder::create(&path)?)
}

pub(super) fn observer(run: &Run, json: bool) -> Box<dyn Observer> {
    if json {
        Box::new(JsonLines)
    } else {
        Box::new(Bar::new(run.decided_on()))
    }
}

/// Trains to the end or to an interruption, and leaves the results.
pub(super) fn go_on(
    trainer: &mut Trainer,
    folder: &RunFolder,
    limits: &LimitArguments,
    (observer, json): (&mut dyn Observer, bool),
) -> Result<ExitCode> {
    let limits = Limits {
        max_steps: limits.max_steps,
        audit_ranges: limits.audit_ranges,
        checkpoint_every: Duration::from_secs(limits.checkpoint_seconds),
    };
    let stop = stop_on_signal()?;
    let path = folder.path().display().to_string();
    let resume = format!("continue with: nearfield resume {path}");
    let ending = trainer
        .train(folder, limits, &stop, observer)
        .with_context(|| resume.clone())?;
    if ending == StopReason::Interrupted {
        folder.write("metrics.csv", &outcome::metrics(&trainer.state().history)?)?;
        observer.note(&format!(
            "stopped after step {}; {resume}",
            trainer.state().step
        ));
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let summary = outcome::write(trainer, folder, ending).with_context(|| resume.clone())?;
    match json {
        true => println!(
            "{}",
            json!({ "event": "end", "folder": path, "summary": summary })
        ),
        false => print_summary(&summary, trainer.run(), &path),
    }
    Ok(ExitCode::SUCCESS)
}

/// A flag that Ctrl-C or a termination request sets; the second one ends the program at once.
pub(super) fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    })
    .context("the handler of Ctrl-C could not be set")?;
    Ok(stop)
}

fn print_summary(summary: &Summary, run: &Run, path: &str) {
    println!("{}", summary.name);
    let seconds = summary.milliseconds.div_ceil(1000);
    println!(
        "  trained       {} epochs, {} steps, {seconds} s",
        summary.epochs, summary.steps
    );
    if let Some(epoch) = summary.chosen_epoch {
        let decision = percent(summary.decision);
        println!(
            "  chosen        epoch {epoch}, with {decision} on {}",
            run.decided_on()
        );
    }
    println!(
        "  test accuracy {} of {}",
        percent(summary.test.output),
        summary.test.output.seen
    );
    for (index, &head) in summary.test.heads.iter().enumerate() {
        println!("    exit after block {index}: {}", percent(head));
    }
    match outcome::wrapped(&summary.audit) {
        0 => println!("  integers      no sum and no weight wrapped"),
        count => println!("  integers      {count} sums or weights wrapped: see the report"),
    }
    println!("  model         {path}/model.safetensors");
    println!("  report        {path}/report.html");
}
