//! The report of a run folder, made again.

use crate::integer::checkpoint::MAX_BYTES;
use crate::integer::metrics::metrics;
use crate::integer::report;
use crate::integer::resolve::read_run;
use crate::integer::trainer::{StopReason, Trainer};
use crate::{Error, Result};
use nearfield_files::{RunFolder, read_bounded};
use nearfield_report::{Report, render};
use std::path::{Path, PathBuf};

/// Writes `report.html` of a run folder again, and returns where it is: of a run that has ended
/// from its `report.json`, of another from its newest checkpoint, with `metrics.csv`.
///
/// # Errors
/// If the folder holds no run, or one whose files are damaged.
pub fn write_report(folder: &Path) -> Result<PathBuf> {
    let folder = RunFolder::open(folder)?;
    let saved = folder.path().join("report.json");
    let report: Report = match saved.is_file() {
        true => serde_json::from_slice(&read_bounded(&saved, MAX_BYTES)?).map_err(|source| {
            Error::Json {
                path: saved,
                source,
            }
        })?,
        false => so_far(&folder)?,
    };
    folder.write("report.html", render(&report)?.as_bytes())?;
    Ok(folder.path().join("report.html"))
}

/// The report of a run that has not ended, from its newest checkpoint.
fn so_far(folder: &RunFolder) -> Result<Report> {
    let (run, loaded) = read_run(&folder.path().join("run.toml"))?;
    let (trainer, _) = Trainer::resume(run, loaded, folder)?;
    folder.write("metrics.csv", &metrics(&trainer.state().history)?)?;
    Ok(report::of_unfinished(
        trainer.state(),
        trainer.run(),
        trainer.model(StopReason::Interrupted),
    ))
}
