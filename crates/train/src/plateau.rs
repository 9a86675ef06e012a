//! Detects that accuracy has stopped rising: for learning-rate cuts and early stopping.

use crate::history::Tally;
use serde::{Deserialize, Serialize};

/// When accuracy counts as having stopped rising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patience {
    /// First epoch (from 1) that counts; its accuracy is the first best.
    pub from_epoch: u32,
    /// Epochs without a sufficient gain before patience runs out.
    pub epochs: u32,
    /// The least gain over the best that counts, in percentage points.
    pub points: u32,
}

/// The counter of one [`Patience`]; part of every checkpoint.
///
/// # Source
/// The reference implementation of NITRO-D: the best moves only on gains of at least `points`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plateau {
    best: Tally,
    waited: u32,
}

impl Plateau {
    /// Takes the accuracy of `epoch` (from 1) into account; `true` when patience has run out,
    /// which also starts a new count.
    pub fn observe(&mut self, patience: Patience, epoch: u32, accuracy: Tally) -> bool {
        if epoch < patience.from_epoch {
            return false;
        }
        if accuracy.exceeds(self.best, patience.points) {
            self.best = accuracy;
            self.waited = 0;
            return false;
        }
        self.waited += 1;
        let exhausted = self.waited >= patience.epochs;
        if exhausted {
            self.waited = 0;
        }
        exhausted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_run_stops_at_the_published_epoch_65() {
        let patience = Patience {
            from_epoch: 30,
            epochs: 35,
            points: 1,
        };
        let mut plateau = Plateau::default();
        let flat = Tally {
            correct: 973,
            seen: 1000,
        };
        let stopped = (1..=150).find(|&epoch| plateau.observe(patience, epoch, flat));
        assert_eq!(stopped, Some(65));
    }

    #[test]
    fn small_gains_do_not_reset_the_count_but_a_whole_point_does() {
        let patience = Patience {
            from_epoch: 1,
            epochs: 3,
            points: 1,
        };
        let run = |accuracies: &[u64]| {
            let mut plateau = Plateau::default();
            (1..).zip(accuracies).find_map(|(epoch, &correct)| {
                plateau
                    .observe(
                        patience,
                        epoch,
                        Tally {
                            correct,
                            seen: 1000,
                        },
                    )
                    .then_some(epoch)
            })
        };
        assert_eq!(run(&[900, 903, 906, 909, 950]), Some(4));
        assert_eq!(run(&[900, 903, 906, 910, 912, 913]), None);
    }
}
