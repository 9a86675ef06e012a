//! `nearfield train`, and what `resume` shares with it.

use super::INTERRUPTED;
use crate::cli::{LimitArguments, TrainArguments};
use crate::progress::{Bar, JsonLines};
use anyhow::{Context, Result};
use nearfield::DataSection;
use nearfield::integer::run_file::{NetworkSection, RunFile};
use nearfield::integer::{Limits, Outcome, Place, Summary, Training};
use nearfield::observer::{Observer, percent};
use serde_json::json;
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
    let place = match &arguments.out {
        Some(path) => Place::At(path.clone()),
        None => Place::NewIn(RUNS.into()),
    };
    let initial = arguments.init_weights.as_deref();
    let training = Training::begin(run_file(arguments)?, &place, initial)?;
    go_on(training, &arguments.limits, json)
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
    file.profile = arguments.profile.or(file.profile);
    file.seed = arguments.seed.or(file.seed);
    file.training.epochs = arguments.epochs.or(file.training.epochs);
    Ok(file)
}

/// Trains to the end or to an interruption, and leaves the results.
pub(super) fn go_on(
    mut training: Training,
    limits: &LimitArguments,
    json: bool,
) -> Result<ExitCode> {
    let limits = Limits {
        max_steps: limits.max_steps,
        audit_ranges: limits.audit_ranges,
        checkpoint_every: Duration::from_secs(limits.checkpoint_seconds),
    };
    let mut observer: Box<dyn Observer> = match json {
        true => Box::new(JsonLines),
        false => Box::new(Bar::new(training.run().decided_on())),
    };
    for note in training.notes() {
        observer.note(note);
    }
    let stop = stop_on_signal()?;
    let path = training.folder().display().to_string();
    let resume = format!("continue with: nearfield resume {path}");
    let outcome = training
        .train(limits, &stop, observer.as_mut())
        .with_context(|| resume.clone())?;
    match outcome {
        Outcome::Interrupted { step } => {
            observer.note(&format!("stopped after step {step}; {resume}"));
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Outcome::Ended(summary) if json => println!(
            "{}",
            json!({ "event": "end", "folder": path, "summary": summary })
        ),
        Outcome::Ended(summary) => print_summary(&summary, &path),
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

fn print_summary(summary: &Summary, path: &str) {
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
            summary.decided_on
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
    match summary.wrapped() {
        0 => println!("  integers      no sum and no weight wrapped"),
        count => println!("  integers      {count} sums or weights wrapped: see the report"),
    }
    println!("  model         {path}/model.safetensors");
    println!("  report        {path}/report.html");
}
