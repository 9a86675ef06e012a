//! Which rows of a buffer are added up, and how often each: the terms of sparse gradients.

use alloc::vec::Vec;
use core::ops::Range;

/// One row, times `scale`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contribution {
    pub(super) start: u32,
    pub(super) scale: i16,
}

impl Contribution {
    /// The scales of two rows, as 16-bit halves.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    #[inline(always)]
    pub(super) fn scales([one, two]: [Contribution; 2]) -> i32 {
        i32::from(one.scale.cast_unsigned()) | i32::from(two.scale) << 16
    }
}

/// Contributions two by two; a last single one has itself beside it, times 0.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn pairs(list: &[Contribution]) -> impl Iterator<Item = [Contribution; 2]> {
    let (pairs, last) = list.as_chunks::<2>();
    let last = last
        .first()
        .map(|&one| [one, Contribution { scale: 0, ..one }]);
    pairs.iter().copied().chain(last)
}

/// Rows by their starts, each with an int16 factor; a larger factor is split into several.
#[derive(Clone, Debug, Default)]
pub struct Contributions {
    list: Vec<Contribution>,
    last_start: u32,
}

/// Entries that one factor may take; beyond it, int16 factors are the wrong tool.
const MAX_ENTRIES: u32 = 16;

impl Contributions {
    /// Removes all.
    pub fn clear(&mut self) {
        self.list.clear();
        self.last_start = 0;
    }

    /// Number of entries.
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

    /// Adds the row at `start`, times `factor`; false, and nothing is added, if the factor is too
    /// large to be split into factors of int16.
    #[must_use]
    pub fn push(&mut self, start: u32, factor: i32) -> bool {
        if let Ok(scale) = i16::try_from(factor) {
            self.put(start, scale);
            return true;
        }
        let entries = factor
            .unsigned_abs()
            .div_ceil(i16::MAX.unsigned_abs().into());
        if entries > MAX_ENTRIES {
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

    /// Some of them.
    pub fn part(&self, range: Range<usize>) -> ContributionPart<'_> {
        ContributionPart {
            list: &self.list[range],
            last_start: self.last_start,
        }
    }
}

/// Some contributions. No row starts beyond `last_start`: only [`Contributions`] makes them, and it
/// keeps the largest of all starts.
#[derive(Clone, Copy, Debug)]
pub struct ContributionPart<'a> {
    list: &'a [Contribution],
    last_start: u32,
}

impl<'a> ContributionPart<'a> {
    #[inline(always)]
    pub(super) fn list(self) -> &'a [Contribution] {
        self.list
    }

    /// Where the last of all rows starts; no row of this part starts later.
    #[inline(always)]
    pub(super) fn last_start(self) -> usize {
        self.last_start as usize
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
