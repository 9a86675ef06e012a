//! The figures of a run, as `summary.json` holds them.

use crate::integer::run::{Model, Run};
use crate::integer::state::State;
use crate::integer::trainer::StopReason;
use nearfield_int::LayerAudit;
use nearfield_train::history::{Accuracies, EpochRecord, Tally};
use serde::{Deserialize, Serialize};

/// The figures of a run.
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
    /// Whether the run went to its end, and was not cut off by `max_steps`.
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

impl Summary {
    /// Sums and weights that wrapped in all layers.
    pub fn wrapped(&self) -> u64 {
        let layers = self.audit.iter();
        layers.map(|(_, layer)| layer.wrapped()).sum()
    }
}

/// The figures of a run that stopped for this reason.
pub(crate) fn summarize(state: &State, run: &Run, reason: StopReason, test: Accuracies) -> Summary {
    let last = state.history.last();
    let best = run.training.model == Model::Best && reason == StopReason::Finished;
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
        test,
        milliseconds: state.milliseconds_in_all(),
        audit: state.counts_in_all().audits(),
    }
}
