//! What `nearfield train` and `nearfield resume` share.

use crate::arguments::LimitArguments;
use crate::output::{Output, tell};
use crate::progress::{Bar, JsonLines};
use crate::stop::{StopFlag, stop_on_signal, stopped};
use anyhow::{Context, Result};
use nearfield::integer::{Limits, Outcome, Summary, Training};
use nearfield::observer::{Observer, percent};
use serde_json::json;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Trains until the run has ended or is stopped, and leaves the results.
pub(super) fn finish(
    mut training: Training,
    limits: &LimitArguments,
    output: Output,
) -> Result<ExitCode> {
    let stop = stop_on_signal()?;
    let mut observer = observer(&training, &stop, output);
    // By the observer, which stops a training whose reader has left, whenever that was.
    for note in training.notes() {
        observer.note(note);
    }
    let path = training.folder().display().to_string();
    let resume = format!("continue with: nearfield resume {path}");
    let outcome = training
        .train(limits_of(limits), &stop, observer.as_mut())
        .with_context(|| resume.clone())?;
    match outcome {
        Outcome::Interrupted { step } => {
            // The reader of standard output may be gone, so a person is told in either case.
            tell(&format!("stopped after step {step}; {resume}"));
            if output.is_json() {
                observer.note(&format!("stopped after step {step}"));
            }
            Ok(stopped())
        }
        Outcome::Ended(summary) => {
            output.show(
                || json!({ "event": "end", "folder": path, "summary": summary }),
                |out| print(&summary, &path, out),
            )?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn observer(training: &Training, stop: &StopFlag, output: Output) -> Box<dyn Observer> {
    match output.is_json() {
        true => Box::new(JsonLines::new(output, stop.clone())),
        false => Box::new(Bar::new(training.run().decided_on())),
    }
}

fn limits_of(arguments: &LimitArguments) -> Limits {
    Limits {
        max_steps: arguments.max_steps,
        audit_ranges: arguments.audit_ranges,
        checkpoint_every: Duration::from_secs(arguments.checkpoint_seconds),
    }
}

fn print(summary: &Summary, path: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", summary.name)?;
    let seconds = summary.milliseconds.div_ceil(1000);
    writeln!(
        out,
        "  trained       {} epochs, {} steps, {seconds} s",
        summary.epochs, summary.steps
    )?;
    if let Some(epoch) = summary.chosen_epoch {
        let decision = percent(summary.decision);
        writeln!(
            out,
            "  chosen        epoch {epoch}, with {decision} on {}",
            summary.decided_on
        )?;
    }
    writeln!(
        out,
        "  test accuracy {} of {}",
        percent(summary.test.output),
        summary.test.output.seen
    )?;
    for (index, &head) in summary.test.heads.iter().enumerate() {
        writeln!(out, "    exit after block {index}: {}", percent(head))?;
    }
    match summary.wrapped() {
        0 => writeln!(out, "  integers      no sum and no weight wrapped")?,
        count => writeln!(
            out,
            "  integers      {count} sums or weights wrapped: see the report"
        )?,
    }
    writeln!(out, "  model         {path}/model.safetensors")?;
    writeln!(out, "  report        {path}/report.html")
}
