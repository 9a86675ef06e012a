//! Random streams keyed by their purpose, so that no use disturbs another.
//!
//! Every use opens its own ChaCha8 stream from `(seed, purpose, two counters)`. Adding a layer,
//! resuming a run or changing the number of threads therefore leaves every other draw as it
//! was, and a checkpoint needs no generator state beyond the counters.

use alloc::vec::Vec;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The purpose of a stream, which is part of its key. The numbers are fixed: old runs depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Splitting a data set.
    Split = 1,
    /// The order of the samples of an epoch.
    Order = 2,
    /// Initial weights of a forward layer.
    ForwardWeights = 3,
    /// Initial weights of a head.
    HeadWeights = 4,
    /// Initial weights of the output layer.
    OutputWeights = 5,
    /// Dropout masks.
    Dropout = 6,
    /// Crops and flips.
    Augmentation = 7,
    /// Which samples of small classes are repeated.
    Oversampling = 8,
    /// Which samples share a batch, where batches are fixed for the whole training.
    Batches = 9,
}

/// A reproducible stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of `purpose` numbered by `major` and `minor` (a layer, an epoch, a step, …).
    pub fn new(seed: u64, purpose: Purpose, major: u64, minor: u64) -> Self {
        let mut key = [0; 32];
        for (bytes, word) in key
            .chunks_exact_mut(8)
            .zip([seed, purpose as u64, major, minor])
        {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Stream(ChaCha8Rng::from_seed(key))
    }

    /// 32 random bits.
    #[inline]
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A uniform integer in `0..bound` (`bound > 0`), by rejection: exactly uniform.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        debug_assert!(bound > 0);
        let max = max_fair(bound);
        loop {
            let drawn = self.bits();
            if drawn <= max {
                return drawn % bound;
            }
        }
    }

    /// Fills `drawn` with the values that calls of [`Stream::below`] would return, faster.
    #[inline]
    pub fn below_each(&mut self, bound: u32, drawn: &mut [u32]) {
        const WORDS: usize = 64;
        let max = max_fair(bound);
        let mut bytes = [0; 4 * WORDS];
        for drawn in drawn.chunks_mut(WORDS) {
            let bytes = &mut bytes[..4 * drawn.len()];
            self.0.fill_bytes(bytes);
            for (drawn, bytes) in drawn.iter_mut().zip(bytes.as_chunks().0) {
                *drawn = u32::from_le_bytes(*bytes);
            }
            if drawn.iter().any(|&drawn| drawn > max) {
                self.replace_unfair(max, drawn);
            }
            drawn.iter_mut().for_each(|drawn| *drawn %= bound);
        }
    }

    #[cold]
    fn replace_unfair(&mut self, max: u32, drawn: &mut [u32]) {
        let mut kept = 0;
        for at in 0..drawn.len() {
            if drawn[at] <= max {
                drawn[kept] = drawn[at];
                kept += 1;
            }
        }
        for drawn in &mut drawn[kept..] {
            *drawn = self.bits();
            while *drawn > max {
                *drawn = self.bits();
            }
        }
    }

    /// A uniform integer in `-limit..=limit`, for `limit` up to 2^30.
    pub fn symmetric(&mut self, limit: u32) -> i32 {
        self.below(2 * limit + 1).cast_signed() - limit.cast_signed()
    }

    /// True with probability `percent / 100`.
    #[inline]
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// Puts `items` in a uniformly random order (Fisher-Yates).
    ///
    /// # Panics
    /// Beyond 2^32 - 1 items, which no data set here can have.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = u32::try_from(last + 1).expect("fewer than 2^32 items");
            items.swap(last, self.below(bound) as usize);
        }
    }
}

/// The largest draw up to which all remainders by `bound` are equally frequent.
#[inline]
fn max_fair(bound: u32) -> u32 {
    u32::MAX - (u32::MAX % bound).wrapping_add(1) % bound
}

/// The order of `count` samples in `epoch` (from 1).
pub fn epoch_order(seed: u64, epoch: u32, count: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    Stream::new(seed, Purpose::Order, u64::from(epoch), 0).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_keys_differ_and_equal_keys_agree() {
        let first = |seed, purpose, major, minor| Stream::new(seed, purpose, major, minor).bits();
        let base = first(1, Purpose::Order, 2, 3);
        assert_eq!(base, first(1, Purpose::Order, 2, 3));
        assert_ne!(base, first(2, Purpose::Order, 2, 3));
        assert_ne!(base, first(1, Purpose::Split, 2, 3));
        assert_ne!(base, first(1, Purpose::Order, 3, 3));
        assert_ne!(base, first(1, Purpose::Order, 2, 4));
    }

    #[test]
    fn below_reaches_every_value_about_equally() {
        let mut stream = Stream::new(7, Purpose::Split, 0, 0);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (9_500..10_500).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn below_each_draws_the_values_of_single_calls() {
        // Of draws below 3 * 2^30, every fourth is unfair.
        for bound in [1, 2, 100, 3 << 30, u32::MAX] {
            let open = || Stream::new(7, Purpose::Dropout, 0, u64::from(bound));
            let (mut one_by_one, mut at_once) = (open(), open());
            for count in [1, 64, 5, 200, 0, 63] {
                let expected: Vec<u32> = (0..count).map(|_| one_by_one.below(bound)).collect();
                let mut drawn = alloc::vec![0; count];
                at_once.below_each(bound, &mut drawn);
                assert_eq!(drawn, expected, "{count} below {bound}");
            }
        }
    }

    #[test]
    fn symmetric_keeps_to_its_limits_and_reaches_them() {
        let mut stream = Stream::new(7, Purpose::ForwardWeights, 0, 0);
        let drawn: Vec<i32> = (0..2000).map(|_| stream.symmetric(10)).collect();
        assert_eq!(drawn.iter().min(), Some(&-10));
        assert_eq!(drawn.iter().max(), Some(&10));
    }

    #[test]
    fn an_epoch_visits_every_sample_once_in_its_own_order() {
        let order = epoch_order(42, 1, 1000);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<u32>>());
        assert_ne!(order, epoch_order(42, 2, 1000));
    }

    #[test]
    fn the_streams_of_release_0_1_stay_as_they_are() {
        let mut stream = Stream::new(42, Purpose::ForwardWeights, 1, 0);
        let drawn: Vec<i32> = (0..6).map(|_| stream.symmetric(64)).collect();
        assert_eq!(drawn, PINNED);
    }

    const PINNED: [i32; 6] = [16, -17, 56, -46, -5, 16];
}
