//! What a run leaves behind: model, metrics, summary and report.

mod report;

pub use report::{audit_table, heads, magnitudes, unfinished_report};

use crate::integer::run::Run;
use crate::integer::samples::Samples;
use crate::integer::state::State;
use crate::integer::trainer::{StopReason, Trainer};
use crate::observer::percent;
use crate::{Error, Result};
use nearfield_files::RunFolder;
use nearfield_int::audit::LayerAudit;
use nearfield_int::head::predicted_class;
use nearfield_int::model;
use nearfield_int::network::Network;
use nearfield_report::render;
use nearfield_train::history::{Accuracies, EpochRecord, Tally};
use serde::{Deserialize, Serialize};

/// Misclassified samples that a report shows.
const MAX_MISTAKES: usize = 24;

/// The figures of a run, as `summary.json` holds them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Version of this file.
    pub version: u32,
    /// Name of the run.
    pub name: String,
    /// `strict` or `reference`.
    pub profile: String,
    /// Seed.
    pub seed: u64,
    /// Epochs trained.
    pub epochs: u32,
    /// Steps made.
    pub steps: u64,
    /// Whether the run went to its end, and was not cut off by `--max-steps`.
    pub finished: bool,
    /// The epoch whose weights the model has, if an epoch was chosen.
    pub chosen_epoch: Option<u32>,
    /// `validation` or `test`: the samples on which decisions were taken.
    pub decided_on: String,
    /// Training accuracy of the chosen epoch.
    pub train: Tally,
    /// Accuracy on the deciding samples in the chosen epoch.
    pub decision: Tally,
    /// Accuracy on the deciding samples in the last epoch.
    pub last_decision: Tally,
    /// Test accuracy of the model, with every head's.
    pub test: Accuracies,
    /// Wall time of all epochs, in milliseconds.
    pub milliseconds: u64,
    /// What became of the integers of each layer in training.
    pub audit: Vec<(String, LayerAudit)>,
}

/// Evaluates the model once on the test set and writes everything.
///
/// # Errors
/// If a file cannot be written.
pub fn write(trainer: &Trainer, folder: &RunFolder, reason: StopReason) -> Result<Summary> {
    let run = trainer.run();
    let network = trainer.model(reason);
    let (samples, stored) = trainer.test();
    let look = look(network, samples, trainer.tested(), run.training.batch)?;
    let summary = summarize(trainer.state(), run, reason, &look);
    let report = report::of_run(&summary, trainer, &look, network, stored);
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

/// What one look at the test set showed.
struct Look {
    accuracies: Accuracies,
    confusion: Vec<Vec<u64>>,
    /// Sample, truth, prediction.
    mistakes: Vec<(usize, usize, usize)>,
}

fn look(network: &Network, samples: &Samples, count: usize, batch: usize) -> Result<Look> {
    let classes = network.spec().classes;
    let mut look = Look {
        accuracies: Accuracies::default(),
        confusion: vec![vec![0; classes]; classes],
        mistakes: Vec::new(),
    };
    let mut first = 0;
    let mut inference = network.inference();
    for (values, labels) in samples.batches(batch) {
        let labels = &labels[..labels.len().min(count - first)];
        if labels.is_empty() {
            break;
        }
        let scores = inference.scores(&values[..labels.len() * samples.shape.features()])?;
        let right = |scores: &Vec<i8>| nearfield_int::head::count_right(scores, labels, classes);
        look.accuracies.add(&Accuracies {
            output: right(&scores.output),
            heads: scores.heads.iter().map(right).collect(),
        });
        for (place, scores) in scores.output.chunks_exact(classes).enumerate() {
            let (truth, predicted) = (usize::from(labels[place]), predicted_class(scores));
            look.confusion[truth][predicted] += 1;
            if truth != predicted && look.mistakes.len() < MAX_MISTAKES {
                look.mistakes.push((first + place, truth, predicted));
            }
        }
        first += labels.len();
    }
    Ok(look)
}

fn summarize(state: &State, run: &Run, reason: StopReason, look: &Look) -> Summary {
    let last = state.history.last();
    let best =
        run.training.model == crate::integer::run::Model::Best && reason == StopReason::Finished;
    let chosen = if best {
        state.best.map(|(epoch, _)| epoch)
    } else {
        last.map(|l| l.epoch)
    };
    let record = state
        .history
        .iter()
        .find(|record| Some(record.epoch) == chosen);
    let output = |pick: fn(&EpochRecord) -> Tally, record: Option<&EpochRecord>| {
        record.map(pick).unwrap_or_default()
    };
    let mut totals = state.totals.clone();
    totals.add(&state.counts);
    Summary {
        version: 1,
        name: run.name.clone(),
        profile: run.profile.to_string(),
        seed: run.seed,
        epochs: state.epochs,
        steps: state.step,
        finished: reason == StopReason::Finished,
        chosen_epoch: if best { chosen } else { None },
        decided_on: run.decided_on().into(),
        train: output(|record| record.train.output, record),
        decision: output(|record| record.decision.output, record),
        last_decision: output(|record| record.decision.output, last),
        test: look.accuracies.clone(),
        milliseconds: state
            .history
            .iter()
            .map(|record| record.milliseconds)
            .sum::<u64>()
            + state.milliseconds,
        audit: totals.audits(),
    }
}

/// Sums and weights that wrapped in all layers.
pub fn wrapped(audit: &[(String, LayerAudit)]) -> u64 {
    audit.iter().map(|(_, layer)| layer.wrapped()).sum()
}

/// The epochs as CSV: counts, so that nothing is rounded, and per cent for plots.
///
/// # Errors
/// Never in memory.
pub fn metrics(history: &[EpochRecord]) -> Result<Vec<u8>> {
    to_csv(history).map_err(|source| Error::Table {
        path: "metrics.csv".into(),
        source,
    })
}

fn to_csv(history: &[EpochRecord]) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heads = history
        .first()
        .map_or(0, |record| record.decision.heads.len());
    let mut header: Vec<String> = [
        "epoch",
        "steps",
        "rate_inv",
        "milliseconds",
        "images_per_second",
    ]
    .map(String::from)
    .into();
    for set in ["train", "decision"] {
        let exits = (0..heads)
            .map(|index| format!("block{index}"))
            .chain(["output".into()]);
        for exit in exits {
            header
                .extend(["correct", "seen", "percent"].map(|what| format!("{set}_{exit}_{what}")));
        }
    }
    writer.write_record(&header)?;
    for record in history {
        let speed = record.train.output.seen * 1000 / record.milliseconds.max(1);
        let mut row: Vec<String> = [
            record.epoch.into(),
            record.steps,
            record.rate_inv,
            record.milliseconds,
            speed,
        ]
        .map(|number| number.to_string())
        .into();
        for set in [&record.train, &record.decision] {
            for tally in set.heads.iter().chain([&set.output]) {
                let percent = percent(*tally).replace(" %", "");
                row.extend([tally.correct.to_string(), tally.seen.to_string(), percent]);
            }
        }
        writer.write_record(&row)?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}
