//! Which samples a step learns from.

use crate::{Error, Result};
use nearfield_train::random::{Purpose, Stream, epoch_order};
use serde::{Deserialize, Serialize};

/// What is drawn again in every epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reshuffle {
    /// The order of batches, whose samples stay together: what encrypted data allows.
    #[default]
    Batches,
    /// The order of all samples, as in the reference implementation: on plain numbers alone.
    Samples,
}

/// The order in which samples are learned from.
///
/// Batches that stay are drawn once: samples are shuffled by the seed and split into full
/// batches; those that remain are left out of the whole training. Where samples are reshuffled,
/// those that remain are others in every epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    samples: u32,
    batch: usize,
    seed: u64,
    reshuffle: Reshuffle,
    /// Samples of the batches that stay, batch after batch.
    fixed: Vec<u32>,
}

impl Order {
    /// An order of `samples` samples in batches.
    ///
    /// # Errors
    /// [`Error::Setting`] if they do not fill one batch.
    pub fn new(samples: usize, batch: usize, seed: u64, reshuffle: Reshuffle) -> Result<Self> {
        let count = u32::try_from(samples).ok();
        let Some(count) = count.filter(|_| (1..=samples).contains(&batch)) else {
            return Err(Error::setting(
                "training.batch",
                format!("is {batch}; give 1 to {samples}, the number of training samples"),
            ));
        };
        let mut fixed: Vec<u32> = (0..count).collect();
        Stream::new(seed, Purpose::Batches, 0, 0).shuffle(&mut fixed);
        fixed.truncate(samples / batch * batch);
        Ok(Order {
            samples: count,
            batch,
            seed,
            reshuffle,
            fixed,
        })
    }

    /// Samples in a batch.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// What everything is drawn by.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What is drawn again in every epoch.
    pub fn reshuffle(&self) -> Reshuffle {
        self.reshuffle
    }

    /// Batches, and so steps, in an epoch.
    pub fn batches(&self) -> usize {
        self.fixed.len() / self.batch
    }

    /// The samples of every batch that stays together, by its number: what is encrypted.
    pub fn fixed_batches(&self) -> impl Iterator<Item = Vec<usize>> {
        self.fixed.chunks_exact(self.batch).map(widened)
    }

    /// The samples of every step of an epoch, counted from 1.
    pub fn epoch(&self, epoch: u32) -> Vec<Vec<usize>> {
        match self.reshuffle {
            Reshuffle::Batches => {
                let batches = u32::try_from(self.batches()).unwrap_or(u32::MAX);
                let order = epoch_order(self.seed, epoch, batches);
                let batch = |&number: &u32| {
                    let first = number as usize * self.batch;
                    widened(&self.fixed[first..first + self.batch])
                };
                order.iter().map(batch).collect()
            }
            Reshuffle::Samples => {
                let order = epoch_order(self.seed, epoch, self.samples);
                order.chunks_exact(self.batch).map(widened).collect()
            }
        }
    }
}

fn widened(samples: &[u32]) -> Vec<usize> {
    samples.iter().map(|&sample| sample as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn batches_that_stay_come_once_an_epoch_in_another_order() {
        let order = Order::new(50, 8, 3, Reshuffle::Batches).unwrap();
        assert_eq!(order.batches(), 6);
        let set = |epoch: Vec<Vec<usize>>| epoch.into_iter().collect::<BTreeSet<_>>();
        let fixed: BTreeSet<_> = order.fixed_batches().collect();
        assert_eq!(fixed.len(), 6);
        assert_eq!(set(order.epoch(1)), fixed);
        assert_eq!(set(order.epoch(2)), fixed);
        assert_ne!(order.epoch(1), order.epoch(2));
        let samples: BTreeSet<usize> = fixed.into_iter().flatten().collect();
        assert_eq!(samples.len(), 48);
        let other = Order::new(50, 8, 4, Reshuffle::Batches).unwrap();
        assert_ne!(other.fixed, order.fixed);
    }

    #[test]
    fn reshuffled_samples_come_at_most_once_an_epoch() {
        let order = Order::new(50, 8, 3, Reshuffle::Samples).unwrap();
        for epoch in 1..4 {
            let steps = order.epoch(epoch);
            let samples: BTreeSet<usize> = steps.iter().flatten().copied().collect();
            assert_eq!((steps.len(), samples.len()), (6, 48));
        }
        let left_out = |epoch| {
            let samples: BTreeSet<usize> = order.epoch(epoch).into_iter().flatten().collect();
            (0..50).find(|sample| !samples.contains(sample))
        };
        assert!((2..20).any(|epoch| left_out(epoch) != left_out(1)));
    }

    #[test]
    fn a_batch_that_cannot_be_filled_is_refused() {
        for batch in [0, 51] {
            let error = Order::new(50, batch, 3, Reshuffle::Batches).unwrap_err();
            assert!(error.to_string().contains("give 1 to 50"), "{error}");
        }
        assert!(Order::new(50, 50, 3, Reshuffle::Batches).is_ok());
    }
}
