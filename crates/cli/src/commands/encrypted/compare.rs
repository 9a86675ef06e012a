//! `nearfield compare`

use super::owner::open;
use crate::cli::CompareArguments;
use anyhow::Result;
use indicatif::ProgressBar;
use nearfield::encrypted::comparison::{Comparison, compare};
use nearfield::encrypted::report;
use nearfield_enc::folder;
use nearfield_files::write_atomically;
use std::process::ExitCode;

pub(in crate::commands) fn run(arguments: &CompareArguments, json: bool) -> Result<ExitCode> {
    let (setup, owner) = open(&arguments.folders)?;
    let server = &arguments.folders.server;
    let steps = folder::steps(server)?.len() as u64;
    let bar = match json {
        true => ProgressBar::hidden(),
        false => ProgressBar::new(steps),
    };
    let comparison = compare(&setup, &owner, server, |step| bar.set_position(step))?;
    bar.finish_and_clear();
    let path = arguments.folders.owner.join("compare.csv");
    write_atomically(&path, comparison.to_csv().as_bytes())?;
    let page = report::of(owner.planned(), &comparison, server)?;
    let page_path = arguments.folders.owner.join("report.html");
    write_atomically(&page_path, nearfield_report::render(&page)?.as_bytes())?;
    match json {
        true => println!("{}", serde_json::to_string(&comparison)?),
        false => {
            print(&comparison);
            println!("  table         {}", path.display());
            println!("  report        {}", page_path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// States that are printed: the first ones, and the last.
const PRINTED: usize = 12;

fn print(comparison: &Comparison) {
    let kept: Vec<_> = comparison
        .steps
        .iter()
        .filter(|step| !step.weights.is_empty())
        .collect();
    if let Some(first) = kept.first() {
        print!("  {:>6}", "step");
        for (name, ..) in &first.weights {
            print!("  {name:>20}");
        }
        println!("  (bits of weights: mean, worst)");
    }
    let stride = kept.len().div_ceil(PRINTED).max(1);
    for (place, step) in kept.iter().enumerate() {
        if place % stride != 0 && place + 1 != kept.len() {
            continue;
        }
        print!("  {:>6}", step.step);
        for (_, mean, worst) in &step.weights {
            print!("  {:>20}", format!("{mean:.1}, {worst:.1}"));
        }
        println!();
    }
    let (accuracies, answers) = comparison.deviations();
    let ties: usize = comparison.steps.iter().map(|step| step.ties).sum();
    println!(
        "  batches       {} steps; accuracy unlike the twin's in {accuracies}; {answers} answers \
         differ, and {ties} more where the twin's best two are closer than the error",
        comparison.steps.len()
    );
    if let Some((found, twin)) = comparison.test_accuracy {
        println!(
            "  test accuracy {:.2} %, the twin's {:.2} %, after step {}",
            100.0 * found,
            100.0 * twin,
            comparison.last_state
        );
    }
}
