//! The operands of products: rows, and blocks of columns that all rows are multiplied with.

use super::sparse::overflows_between;
use crate::kernel::{Isa, Overflow, Span};
use core::ops::Range;

/// The value of two halves. (The high half of the largest int32 is 2^15, which int16 has as
/// -2^15; modulo 2^32 that is the same.)
pub(crate) fn joined(low: i16, high: i16) -> i32 {
    (i32::from(high) << 16).wrapping_add(low.into())
}

/// The low half of a value taken as int16, and what is left above it.
#[allow(clippy::cast_possible_truncation, reason = "halves of an int32")]
pub(crate) fn split(value: i32) -> (i16, i16) {
    let low = value as i16;
    (low, (value.wrapping_sub(low.into()) >> 16) as i16)
}

/// What values have above their low halves.
#[derive(Clone, Copy, Debug, Default)]
pub enum High<'a> {
    /// All values fit int16.
    #[default]
    None,
    /// Nearly all do; those that do not, in order of their places. Of rows, each must be
    /// contiguous, and they must be in order of their places too.
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

    /// The sum of squares of the values at some places, cut at 2^64 - 1.
    pub fn squares(&self, isa: Isa, places: Range<usize>) -> u64 {
        let square = |value: i32| u64::from(value.unsigned_abs()).pow(2);
        let low = &self.low[places.clone()];
        match self.high {
            High::None => isa.squares(low),
            High::Sparse(few) => {
                let few = overflows_between(few, places.start, places.end);
                few.iter().fold(isa.squares(low), |sum, overflow| {
                    let low = self.low[overflow.index as usize];
                    // Less the low half's own square, which is among those summed.
                    (sum - square(low.into())).saturating_add(square(joined(low, overflow.high)))
                })
            }
            High::Dense(high) => {
                let values = low.iter().zip(&high[places]);
                values.fold(0, |sum: u64, (&low, &high)| {
                    sum.saturating_add(square(joined(low, high)))
                })
            }
        }
    }
}

/// Rows within one buffer.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The buffer.
    pub values: Halves<'a>,
    /// Where each row starts; at most [`ROWS`].
    pub starts: &'a [usize],
    /// How the values of a row stand.
    pub span: Span,
}

/// One block of columns: `[depth / 2][width][2]`.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// The values.
    pub values: Halves<'a>,
    /// A multiple of 16 up to [`BLOCK`].
    pub width: usize,
}

/// Sums of some rows with a block of columns, of which the first ones exist.
#[derive(Clone, Copy, Debug)]
pub struct Sums<'a> {
    /// `[rows][width]`
    pub values: &'a [i32],
    /// From the start of a row to that of the next.
    pub width: usize,
    /// Sums that each row has.
    pub count: usize,
}

impl<'a> Sums<'a> {
    /// Rows of `width` sums, all of which exist.
    pub fn of_rows(values: &'a [i32], width: usize) -> Self {
        Sums {
            values,
            width,
            count: width,
        }
    }

    /// The sums of each row.
    pub fn rows(self) -> impl Iterator<Item = &'a [i32]> {
        let rows = self.values.chunks_exact(self.width);
        rows.map(move |row| &row[..self.count])
    }
}
