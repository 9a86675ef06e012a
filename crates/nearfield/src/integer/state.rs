//! The state of a run between two steps.

use nearfield_int::StepCount;
use nearfield_train::history::{EpochRecord, Tally};
use nearfield_train::plateau::Plateau;
use serde::{Deserialize, Serialize};

/// Everything but the weights that the next step depends on, or the run's results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Steps made.
    pub step: u64,
    /// Epochs completed.
    pub epochs: u32,
    /// The data cursor: steps made of the epoch under way. The random state is (seed, epoch,
    /// step): every draw opens its own stream from them.
    pub batch: u64,
    /// Inverse learning rate now.
    pub rate_inv: u64,
    /// Counter of learning-rate cuts.
    pub rate_cut: Plateau,
    /// Counter of early stopping.
    pub early_stop: Plateau,
    /// Whether early stopping has ended the run.
    pub stopped: bool,
    /// The epoch that decided best, with its accuracy.
    pub best: Option<(u32, Tally)>,
    /// Counts of the epoch under way.
    pub counts: StepCount,
    /// Counts of the whole run.
    pub totals: StepCount,
    /// Milliseconds spent in the epoch under way.
    pub milliseconds: u64,
    /// The completed epochs.
    pub history: Vec<EpochRecord>,
}

impl State {
    /// Counts of the whole run, the epoch under way among them.
    pub fn counts_in_all(&self) -> StepCount {
        let mut totals = self.totals.clone();
        totals.add(&self.counts);
        totals
    }

    /// Milliseconds spent in all epochs, the one under way among them.
    pub fn milliseconds_in_all(&self) -> u64 {
        let epochs = self.history.iter().map(|record| record.milliseconds);
        epochs.sum::<u64>() + self.milliseconds
    }
}
