//! `nearfield report`

use crate::cli::ReportArguments;
use anyhow::{Context, Result};
use nearfield::integer::checkpoint::MAX_BYTES;
use nearfield::integer::outcome::{metrics, unfinished_report};
use nearfield::integer::source;
use nearfield::integer::trainer::{StopReason, Trainer};
use nearfield_files::{RunFolder, read_bounded};
use nearfield_report::Report;
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(arguments: &ReportArguments, json: bool) -> Result<ExitCode> {
    let folder = RunFolder::open(&arguments.folder)?;
    let saved = folder.path().join("report.json");
    let report: Report = match saved.is_file() {
        true => serde_json::from_slice(&read_bounded(&saved, MAX_BYTES)?)
            .with_context(|| format!("{} is damaged", saved.display()))?,
        false => so_far(&folder)?,
    };
    folder.write("report.html", nearfield_report::render(&report)?.as_bytes())?;
    let path = folder.path().join("report.html");
    match json {
        true => println!("{}", json!({ "report": path })),
        false => println!("{}", path.display()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The report of a run that has not ended, from its newest checkpoint.
fn so_far(folder: &RunFolder) -> Result<Report> {
    let (run, loaded) = source::load_run(&folder.path().join("run.toml"))?;
    let (trainer, _) = Trainer::resume(run, loaded, folder)?;
    folder.write("metrics.csv", &metrics(&trainer.state().history)?)?;
    Ok(unfinished_report(
        trainer.state(),
        trainer.run(),
        trainer.model(StopReason::Interrupted),
    ))
}
