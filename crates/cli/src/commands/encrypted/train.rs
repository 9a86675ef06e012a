//! `nearfield encrypted train`: what the server does.

use super::show::bar;
use crate::arguments::ServeArguments;
use crate::output::{Output, tell};
use crate::stop::{stop_on_signal, stopped};
use anyhow::Result;
use indicatif::{HumanDuration, ProgressBar};
use nearfield::encrypted::{ServerOutcome, ServerSide, peak_resident_bytes};
use nearfield_enc::StepRecord;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Steps whose median time predicts that of the rest.
const RECENT: usize = 9;

pub(super) fn run(arguments: &ServeArguments, output: Output) -> Result<ExitCode> {
    let stop = stop_on_signal()?;
    let folder = &arguments.folder;
    let begun = Instant::now();
    let mut server = ServerSide::open(folder, arguments.keep_states)?;
    introduce(&server, begun.elapsed(), output)?;
    let last_step = server.last_step(arguments.max_steps);
    let mut progress = Progress::new(server.step(), last_step, output);
    let outcome = server.train(arguments.max_steps, &stop, |times| {
        if progress.step(times).is_err() {
            // The reader has left: stop, so that the training can be continued.
            stop.store(true, Ordering::Relaxed);
        }
    })?;
    progress.finish();
    match outcome {
        ServerOutcome::Interrupted { step } => {
            let path = folder.display();
            tell(&format!(
                "stopped after step {step}; continue with: nearfield encrypted train {path}"
            ));
            Ok(stopped())
        }
        ServerOutcome::Ended { step } => {
            show(step, server.task().steps, folder, output)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn introduce(server: &ServerSide, loading: Duration, output: Output) -> Result<()> {
    let task = server.task();
    if task.insecure {
        output.note(&format!(
            "INSECURE: a ring of degree 2^{} hides nothing; this is for tests",
            task.log_degree
        ))?;
    }
    if !output.is_json() {
        tell(&format!(
            "{}: keys read in {:.0} s; {} of {} steps are made",
            task.name,
            loading.as_secs_f64(),
            server.step(),
            task.steps
        ));
    }
    Ok(())
}

pub(super) fn show(step: u64, steps: u64, folder: &Path, output: Output) -> Result<()> {
    output.show(
        || {
            json!({
                "event": "end", "folder": folder, "steps": step,
                "peak_bytes": peak_resident_bytes(),
            })
        },
        |out| {
            writeln!(
                out,
                "{step} of {steps} steps are made.\n\
                 next: the owner decrypts the model with\n  \
                 nearfield encrypted decrypt --owner OWNERS --server {}",
                folder.display()
            )
        },
    )
}

/// Steps as they are made.
pub(super) struct Progress {
    output: Output,
    bar: ProgressBar,
    last_step: u64,
    durations: Vec<Duration>,
}

impl Progress {
    /// Of a training whose steps up to `made` are made, to its `last_step`.
    pub(super) fn new(made: u64, last_step: u64, output: Output) -> Self {
        let bar = bar(output, "step {pos}/{len} [{bar:24}] {msg}", last_step);
        bar.set_position(made);
        Progress {
            output,
            bar,
            last_step,
            durations: Vec::new(),
        }
    }

    /// Shows a step.
    ///
    /// # Errors
    /// If the reader of standard output has left.
    pub(super) fn step(&mut self, times: &StepRecord) -> Result<()> {
        self.durations.push(times.total());
        if self.output.is_json() {
            return self.output.event(&event(times));
        }
        let compute = times.compute;
        let steps_left = self.last_step.saturating_sub(times.step);
        let steps_left = u32::try_from(steps_left).unwrap_or(u32::MAX);
        self.bar.set_position(times.step);
        self.bar.set_message(format!(
            "{:.1} s (refresh {:.1}, learn {:.1}, update {:.1}), {} left",
            times.total().as_secs_f64(),
            compute.refresh.as_secs_f64(),
            compute.learn.as_secs_f64(),
            compute.update.as_secs_f64(),
            HumanDuration(self.median().saturating_mul(steps_left)),
        ));
        Ok(())
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// The median time of the last steps.
    fn median(&self) -> Duration {
        let recent = self.durations.iter().rev().take(RECENT);
        let mut recent: Vec<Duration> = recent.copied().collect();
        recent.sort_unstable();
        recent[recent.len() / 2]
    }
}

fn event(times: &StepRecord) -> serde_json::Value {
    let compute = times.compute;
    json!({
        "event": "step",
        "step": times.step,
        "batch": times.batch,
        "load_seconds": times.load.as_secs_f64(),
        "refresh_seconds": compute.refresh.as_secs_f64(),
        "learn_seconds": compute.learn.as_secs_f64(),
        "update_seconds": compute.update.as_secs_f64(),
        "save_seconds": times.save.as_secs_f64(),
    })
}
