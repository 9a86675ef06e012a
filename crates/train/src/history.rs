//! The record of a run: what was counted in every epoch.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Correct predictions among predictions seen: a pair of counts instead of a ratio, so it is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Correct predictions.
    pub correct: u64,
    /// Predictions seen.
    pub seen: u64,
}

impl Tally {
    /// Adds the counts of `other`.
    pub fn add(&mut self, other: Tally) {
        self.correct += other.correct;
        self.seen += other.seen;
    }

    /// Whether this accuracy is above `other`'s by at least `points` hundredths
    /// (`points = 0`: strictly above). Exact: the fractions are cross-multiplied.
    pub fn exceeds(self, other: Tally, points: u32) -> bool {
        if other.seen == 0 {
            return self.seen > 0;
        }
        let ours = u128::from(self.correct) * u128::from(other.seen) * 100;
        let theirs = u128::from(other.correct) * u128::from(self.seen) * 100;
        let gain = u128::from(points) * u128::from(self.seen) * u128::from(other.seen);
        if points == 0 {
            ours > theirs
        } else {
            ours >= theirs + gain
        }
    }
}

/// The accuracies of one pass over a set of samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accuracies {
    /// Of the network's output layer.
    pub output: Tally,
    /// Of every block's head, first block first.
    pub heads: Vec<Tally>,
}

impl Accuracies {
    /// Adds the counts of `other`, head by head; heads that `self` lacks are appended.
    pub fn add(&mut self, other: &Accuracies) {
        self.output.add(other.output);
        self.heads
            .resize(self.heads.len().max(other.heads.len()), Tally::default());
        for (mine, theirs) in self.heads.iter_mut().zip(&other.heads) {
            mine.add(*theirs);
        }
    }
}

/// The record of one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Number of the epoch, from 1.
    pub epoch: u32,
    /// Steps made since the run began.
    pub steps: u64,
    /// Inverse learning rate that the epoch ran with.
    pub rate_inv: u64,
    /// Accuracies over the training samples, each taken before its step.
    pub train: Accuracies,
    /// Accuracies over the samples that decide: validation samples, or test samples in the
    /// profile `reference`.
    pub decision: Accuracies,
    /// Wall time of the epoch with its evaluation, in milliseconds.
    pub milliseconds: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(correct: u64, seen: u64) -> Tally {
        Tally { correct, seen }
    }

    #[test]
    fn exceeds_compares_fractions_exactly() {
        assert!(tally(1, 3).exceeds(tally(33, 100), 0));
        assert!(!tally(33, 99).exceeds(tally(1, 3), 0));
        assert!(tally(91, 100).exceeds(tally(90, 100), 1));
        assert!(!tally(909, 1000).exceeds(tally(90, 100), 1));
        assert!(tally(0, 10).exceeds(Tally::default(), 1));
    }
}
