//! `nearfield eval`

use super::samples::sample_files;
use crate::cli::EvalArguments;
use anyhow::{Result, ensure};
use nearfield::integer::{self, Evaluation};
use nearfield::observer::percent;
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(arguments: &EvalArguments, json: bool) -> Result<ExitCode> {
    if let Some(run) = &arguments.run {
        return super::encrypted::eval::run(&arguments.model, run, json);
    }
    ensure!(
        arguments.samples.images.is_none() || arguments.labels.is_some(),
        "give the labels of the images with `--labels FILE`"
    );
    let column = Some(arguments.label_column.as_str());
    let files = sample_files(&arguments.samples, arguments.labels.as_ref(), column);
    ensure!(
        files.is_some() || arguments.model.join("run.toml").is_file(),
        "give the samples with `--images FILE --labels FILE` or `--csv FILE`, or name a run folder"
    );
    let found = integer::evaluate(&arguments.model, files.as_ref())?;
    match json {
        true => println!(
            "{}",
            json!({ "samples": found.samples, "test": found.accuracies })
        ),
        false => print(&found),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(found: &Evaluation) {
    println!("{} samples", found.samples);
    for (block, &head) in found.accuracies.heads.iter().enumerate() {
        println!("  {:<10} {:>9}", format!("block {block}"), percent(head));
    }
    println!("  {:<10} {:>9}", "output", percent(found.accuracies.output));
}
