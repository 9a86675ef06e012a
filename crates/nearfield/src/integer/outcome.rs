//! What a run leaves behind: model, metrics, summary and report.

use crate::integer::metrics::metrics;
use crate::integer::report;
use crate::integer::summary::{Summary, summarize};
use crate::integer::test_set::test;
use crate::integer::trainer::{StopReason, Trainer};
use crate::{Error, Result};
use nearfield_files::RunFolder;
use nearfield_int::model;
use nearfield_report::render;

/// Evaluates the model once on the test set and writes everything.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn write(trainer: &Trainer, folder: &RunFolder, reason: StopReason) -> Result<Summary> {
    let run = trainer.run();
    let network = trainer.model(reason);
    let (samples, _) = trainer.test();
    let result = test(network, samples, trainer.tested(), run.training.batch)?;
    let summary = summarize(trainer.state(), run, reason, result.accuracies.clone());
    let report = report::of_run(&summary, trainer, &result, network);
    folder.write_with("model.safetensors", |to| {
        model::write(network, trainer.card(), to)
    })?;
    folder.write("metrics.csv", &metrics(&trainer.state().history)?)?;
    write_json(folder, "summary.json", serde_json::to_vec_pretty(&summary))?;
    write_json(folder, "report.json", serde_json::to_vec(&report))?;
    folder.write("report.html", render(&report)?.as_bytes())?;
    Ok(summary)
}

fn write_json(
    folder: &RunFolder,
    name: &str,
    json: std::result::Result<Vec<u8>, serde_json::Error>,
) -> Result<()> {
    let json = json.map_err(|source| Error::Json {
        path: folder.path().join(name),
        source,
    })?;
    Ok(folder.write(name, &json)?)
}
