//! `nearfield encrypted compare`

use super::show::{bar, folders, percent};
use crate::arguments::CompareArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::encrypted::{Comparison, ComparisonFiles, OwnerSide, StepComparison};
use serde_json::json;
use std::io::{self, Write};

/// States that are printed: the first ones, and the last.
const PRINTED: usize = 12;

pub(super) fn run(arguments: &CompareArguments, output: Output) -> Result<()> {
    let owner = OwnerSide::open(folders(&arguments.folders))?;
    let bar = bar(
        output,
        "step {pos}/{len} [{bar:24}] {eta}",
        owner.steps_made()?,
    );
    let files = owner.compare(|step| bar.set_position(step))?;
    bar.finish_and_clear();
    show(&files, output)
}

pub(super) fn show(files: &ComparisonFiles, output: Output) -> Result<()> {
    output.show(
        || json!(files.comparison),
        |out| {
            print_states(&files.comparison, out)?;
            print_answers(&files.comparison, out)?;
            writeln!(out, "  table         {}", files.table.display())?;
            writeln!(out, "  report        {}", files.report.display())
        },
    )
}

/// Bits of precision of the weights, for some of the states that were kept.
fn print_states(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let has_state = |step: &&StepComparison| !step.weights.is_empty();
    let kept: Vec<_> = comparison.steps.iter().filter(has_state).collect();
    let Some(first) = kept.first() else {
        return Ok(());
    };
    writeln!(
        out,
        "  bits of precision of the weights relative to the twin: mean, worst"
    )?;
    write!(out, "  {:>6}", "step")?;
    for (name, ..) in &first.weights {
        write!(out, "  {name:>20}")?;
    }
    writeln!(out)?;
    let stride = kept.len().div_ceil(PRINTED).max(1);
    for (index, step) in kept.iter().enumerate() {
        if index % stride != 0 && index + 1 != kept.len() {
            continue;
        }
        write!(out, "  {:>6}", step.step)?;
        for (_, mean, worst) in &step.weights {
            write!(out, "  {:>20}", format!("{mean:.1}, {worst:.1}"))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn print_answers(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let (accuracies, predictions) = comparison.deviations();
    let ties: usize = comparison.steps.iter().map(|step| step.ties).sum();
    writeln!(
        out,
        "  batches       {} steps; in {accuracies} the accuracy differs from the twin's\n  \
         predictions   {predictions} differ, and {ties} more where the twin's best two\n                \
         classes are closer than the error",
        comparison.steps.len()
    )?;
    if let Some((found, twin)) = comparison.test_accuracy {
        writeln!(
            out,
            "  test accuracy {}, the twin's {}, after step {}",
            percent(found),
            percent(twin),
            comparison.last_state
        )?;
    }
    Ok(())
}
