//! `nearfield encrypted twin`

use super::show::{bar, percent};
use crate::arguments::TwinArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::encrypted::{TwinOptions, TwinProgress, TwinSummary, train_twin};
use serde_json::json;
use std::io::{self, Write};
use std::time::Instant;

pub(super) fn run(arguments: &TwinArguments, output: Output) -> Result<()> {
    let options = TwinOptions {
        initial: arguments.init_weights.clone(),
        max_steps: arguments.max_steps,
    };
    let begun = Instant::now();
    let bar = bar(output, "step {pos}/{len} [{bar:24}] {msg} {eta}", 0);
    let mut shown = Ok(());
    let summary = train_twin(
        &arguments.run_file,
        &options,
        &arguments.out,
        &mut |progress| {
            bar.set_length(progress.steps);
            bar.set_position(progress.step);
            if let Some(accuracy) = progress.test_accuracy {
                bar.set_message(percent(accuracy));
            }
            if output.is_json() && progress.ends_epoch && shown.is_ok() {
                shown = output.event(&event(progress));
            }
        },
    )?;
    bar.finish_and_clear();
    shown?;
    output.notes(&summary.notes)?;
    let seconds = begun.elapsed().as_secs_f64();
    output.show(
        || {
            json!({
                "event": "end", "model": summary.model, "steps": summary.steps,
                "test_accuracy": summary.test_accuracy,
                "largest_weight_in_range": summary.largest.weight,
                "largest_velocity_in_range": summary.largest.velocity,
                "seconds": seconds,
            })
        },
        |out| print(&summary, out),
    )
}

fn event(progress: TwinProgress) -> serde_json::Value {
    json!({
        "event": "epoch", "step": progress.step, "test_accuracy": progress.test_accuracy,
    })
}

fn print(summary: &TwinSummary, out: &mut dyn Write) -> io::Result<()> {
    let (task, largest) = (&summary.task, &summary.largest);
    writeln!(out, "{}: {} steps of the twin", task.name, summary.steps)?;
    if let Some(accuracy) = summary.test_accuracy {
        writeln!(out, "  test accuracy {}", percent(accuracy))?;
    }
    writeln!(
        out,
        "  largest       weight {:.3} of its range {}, velocity {:.3} of its range {}",
        largest.weight * task.weight_range,
        task.weight_range,
        largest.velocity * task.velocity_range,
        task.velocity_range
    )?;
    if !summary.within_ranges() {
        writeln!(
            out,
            "  WARNING       an encrypted training would lose its precision: raise\n                \
             encryption.weight_range or velocity_range above these"
        )?;
    }
    writeln!(out, "  model         {}", summary.model.display())
}
