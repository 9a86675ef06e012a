//! Values beyond int16, as low halves and what is left above them.

use crate::kernel::{Isa, Overflow};
use core::ops::Range;

/// What values have above their low halves.
#[derive(Clone, Copy, Debug, Default)]
pub enum High<'a> {
    /// All values fit int16.
    #[default]
    None,
    /// Nearly all do; those that do not are listed, in order of their indices. Rows with listed
    /// values are contiguous, and in order too.
    Sparse(&'a [Overflow]),
    /// The high half of each value.
    Dense(&'a [i16]),
}

/// int16 values, or int32 values as low halves taken as int16 and what is left above them.
#[derive(Clone, Copy, Debug)]
pub struct Halves<'a> {
    /// The values, or their low halves.
    pub low: &'a [i16],
    /// What is left.
    pub high: High<'a>,
}

impl<'a> Halves<'a> {
    /// Values that all fit int16.
    pub fn narrow(low: &'a [i16]) -> Self {
        Halves {
            low,
            high: High::None,
        }
    }

    /// The sum of squares of some values, cut at 2^64 - 1.
    pub fn squares(&self, isa: Isa, range: Range<usize>) -> u64 {
        let square = |value: i32| u64::from(value.unsigned_abs()).pow(2);
        let low = &self.low[range.clone()];
        match self.high {
            High::None => isa.squares(low),
            High::Sparse(all) => {
                let own = overflows_between(all, range.start, range.end);
                own.iter().fold(isa.squares(low), |sum, overflow| {
                    let low = self.low[overflow.index as usize];
                    // Less the low half's own square, which is among those summed.
                    (sum - square(low.into())).saturating_add(square(joined(low, overflow.high)))
                })
            }
            High::Dense(high) => {
                let values = low.iter().zip(&high[range]);
                values.fold(0, |sum: u64, (&low, &high)| {
                    sum.saturating_add(square(joined(low, high)))
                })
            }
        }
    }
}

/// The value of two halves. (The high half of the largest int32 is 2^15, which int16 has as
/// -2^15; modulo 2^32 they are the same.)
pub(crate) fn joined(low: i16, high: i16) -> i32 {
    (i32::from(high) << 16).wrapping_add(low.into())
}

/// The low half of a value taken as int16, and what is left above it.
#[allow(clippy::cast_possible_truncation, reason = "halves of an int32")]
pub(crate) fn split(value: i32) -> (i16, i16) {
    let low = value as i16;
    (low, (value.wrapping_sub(low.into()) >> 16) as i16)
}

/// Whether `count` values beyond int16 are few among `all`: products with each of them then cost less
/// than a second pass over all.
pub(super) fn are_sparse(count: usize, all: usize) -> bool {
    count <= all / 128
}

/// A listed value.
///
/// # Panics
/// If its index is 2^32 or more.
pub(super) fn overflow(index: usize, high: i16) -> Overflow {
    let index = u32::try_from(index).expect("fewer than 2^32 values");
    Overflow { index, high }
}

/// Those of the listed values, in order, whose index is at least `start` and below `end`.
pub(crate) fn overflows_between(all: &[Overflow], start: usize, end: usize) -> &[Overflow] {
    let before = |index: usize| all.partition_point(|one| (one.index as usize) < index);
    if all.is_empty() {
        all
    } else {
        &all[before(start)..before(end)]
    }
}
