//! Which rows of a buffer are added up, and how often each: what sparse gradients are formed of.

use alloc::vec::Vec;
use core::ops::Range;

/// One row, taken `scale` times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contribution {
    pub(super) start: u32,
    pub(super) scale: i16,
}

/// Rows by their starts, each with an int16 factor; larger factors take several places.
#[derive(Clone, Debug, Default)]
pub struct Contributions {
    list: Vec<Contribution>,
    last_start: u32,
}

/// Places that one factor may take; beyond it, int16 factors are the wrong tool.
const MOST_PLACES: u32 = 16;

impl Contributions {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.list.clear();
        self.last_start = 0;
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Bytes that they occupy.
    pub fn bytes(&self) -> usize {
        self.list.capacity() * size_of::<Contribution>()
    }

    /// Bytes that `count` of them may take, as lists grow.
    pub fn bytes_of(count: usize) -> usize {
        count.next_power_of_two() * size_of::<Contribution>()
    }

    /// Takes the row at `start` `factor` times; false, and nothing taken, if the factor is too
    /// large to be made of a few of int16.
    #[must_use]
    pub fn push(&mut self, start: u32, factor: i32) -> bool {
        if let Ok(scale) = i16::try_from(factor) {
            self.put(start, scale);
            return true;
        }
        let places = factor
            .unsigned_abs()
            .div_ceil(i16::MAX.unsigned_abs().into());
        if places > MOST_PLACES {
            return false;
        }
        let mut left = factor;
        while left != 0 {
            let scale = left.clamp(-i32::from(i16::MAX), i16::MAX.into());
            self.put(start, i16::try_from(scale).unwrap_or(0));
            left -= scale;
        }
        true
    }

    fn put(&mut self, start: u32, scale: i16) {
        self.list.push(Contribution { start, scale });
        self.last_start = self.last_start.max(start);
    }

    /// Some of them, and where the row that starts last does.
    pub(super) fn part(&self, part: Range<usize>) -> (&[Contribution], usize) {
        (&self.list[part], self.last_start as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn factors_are_taken_whole_or_not_at_all(factor in prop_oneof![-600_000..600_000, any::<i32>()]) {
            let mut contributions = Contributions::default();
            let taken = contributions.push(3, factor);
            let sum: i64 = contributions.list.iter().map(|one| i64::from(one.scale)).sum();
            prop_assert_eq!(sum, if taken { factor.into() } else { 0 });
            prop_assert!(taken || factor.unsigned_abs() > 16 * 32_767);
        }
    }
}
