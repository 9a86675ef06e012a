//! What products are formed of: rows, and lanes that all rows are multiplied with.

use super::Set;
use super::excess::{Excess, between, joined};
use core::ops::{Deref, DerefMut, Range};

/// Rows whose sums are formed at once at most: whole register tiles of every kernel.
pub const ROWS: usize = 48;

/// Lanes of a full block.
pub const BLOCK: usize = 64;

/// Sums of [`ROWS`] rows with a full block of lanes.
pub const SUMS: usize = ROWS * BLOCK;

/// Room for [`SUMS`] sums from the beginning of a cache line on, so that no vector of them lies
/// across two.
#[derive(Debug)]
#[repr(align(64))]
pub struct Room([i32; SUMS]);

impl Default for Room {
    fn default() -> Self {
        Room([0; SUMS])
    }
}

impl Deref for Room {
    type Target = [i32];

    fn deref(&self) -> &[i32] {
        &self.0
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut [i32] {
        &mut self.0
    }
}

/// Where the values of a row stand: in some runs of equal length, equally far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Number of runs.
    pub runs: usize,
    /// From the start of one run to that of the next.
    pub stride: usize,
    /// Values in a run; even.
    pub length: usize,
}

impl Span {
    /// All values side by side.
    pub fn contiguous(length: usize) -> Self {
        Span {
            runs: 1,
            stride: length,
            length,
        }
    }

    /// Number of values.
    pub fn depth(self) -> usize {
        self.runs * self.length
    }

    /// From the first value to behind the last.
    pub fn reach(self) -> usize {
        self.runs.saturating_sub(1) * self.stride + self.length
    }
}

/// What values have above their low halves.
#[derive(Clone, Copy, Debug, Default)]
pub enum High<'a> {
    /// All values fit int16.
    #[default]
    None,
    /// Nearly all do; those that do not, in order of their places. Of rows, each must be
    /// contiguous, and they must be in order of their places too.
    Few(&'a [Excess]),
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
    pub fn squares(&self, set: Set, places: Range<usize>) -> u64 {
        let square = |value: i32| u64::from(value.unsigned_abs()).pow(2);
        let low = &self.low[places.clone()];
        match self.high {
            High::None => set.squares(low),
            High::Few(few) => {
                let few = between(few, places.start, places.end);
                few.iter().fold(set.squares(low), |sum, excess| {
                    let low = self.low[excess.place as usize];
                    // Less the low half's own square, which is among those summed.
                    (sum - square(low.into())).saturating_add(square(joined(low, excess.high)))
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

/// One block of lanes: `[depth / 2][width][2]`.
#[derive(Clone, Copy, Debug)]
pub struct Lanes<'a> {
    /// The values.
    pub values: Halves<'a>,
    /// A multiple of 16 up to [`BLOCK`].
    pub width: usize,
}

/// Sums of some rows with a block of lanes, of which the first ones exist.
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

/// Some rows and one block of lanes, of which a kernel forms all sums of products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile<'a> {
    pub(super) values: &'a [i16],
    pub(super) starts: &'a [usize],
    pub(super) span: Span,
    pub(super) block: &'a [i16],
    pub(super) width: usize,
}

impl Tile<'_> {
    /// Panics unless everything that a kernel will read and write is there.
    pub(super) fn check(&self, sums: &[i32]) {
        let last = self.starts.iter().copied().max().unwrap_or(0);
        assert!(
            last.checked_add(self.span.reach())
                .is_some_and(|end| end <= self.values.len()),
            "rows within their buffer"
        );
        assert!(self.span.length.is_multiple_of(2), "pairs of values");
        assert!(self.width.is_multiple_of(16) && (16..=BLOCK).contains(&self.width));
        assert_eq!(self.block.len(), self.span.depth() * self.width);
        assert_eq!(sums.len(), self.starts.len() * self.width);
    }
}
