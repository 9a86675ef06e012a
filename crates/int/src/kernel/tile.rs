//! One tile of products: some rows, and the columns that all of them are multiplied with.

use core::ops::{Deref, DerefMut};

/// Rows whose sums are formed at once at most: whole register tiles of every kernel.
pub const ROWS: usize = 48;

/// Columns of a full block.
pub const BLOCK: usize = 64;

/// Sums of [`ROWS`] rows with a full block of columns.
pub const SUMS: usize = ROWS * BLOCK;

/// Memory for [`SUMS`] sums, aligned to a cache line so that no vector of them lies across two.
#[derive(Debug)]
#[repr(align(64))]
pub struct TileBuffer([i32; SUMS]);

impl Default for TileBuffer {
    fn default() -> Self {
        TileBuffer([0; SUMS])
    }
}

impl Deref for TileBuffer {
    type Target = [i32];

    fn deref(&self) -> &[i32] {
        &self.0
    }
}

impl DerefMut for TileBuffer {
    fn deref_mut(&mut self) -> &mut [i32] {
        &mut self.0
    }
}

/// Where the values of a row stand: in runs of equal length, equally far apart.
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
    /// One run of values.
    pub fn contiguous(length: usize) -> Self {
        Span {
            runs: 1,
            stride: length,
            length,
        }
    }

    /// Number of values.
    pub fn depth(self) -> usize {
        self.runs.saturating_mul(self.length)
    }

    /// Values from the first to the last, with those between runs.
    pub fn reach(self) -> usize {
        let before = self.runs.saturating_sub(1).saturating_mul(self.stride);
        before.saturating_add(self.length)
    }
}

/// Some rows and one block of columns, whose products a kernel sums.
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// The buffer that rows lie in.
    pub values: &'a [i16],
    /// Where each row starts.
    pub starts: &'a [usize],
    /// How the values of a row stand.
    pub span: Span,
    /// The columns, `[depth / 2][width][2]`.
    pub block: &'a [i16],
    /// Number of columns: a multiple of 16 up to [`BLOCK`].
    pub width: usize,
}

impl Tile<'_> {
    /// Panics unless each row is within its buffer, and columns and sums have the sizes that the
    /// rows and the width ask for.
    pub(super) fn check(&self, sums: &[i32]) {
        let last = self.starts.iter().copied().max().unwrap_or(0);
        assert!(
            last.checked_add(self.span.reach())
                .is_some_and(|end| end <= self.values.len()),
            "rows within their buffer"
        );
        assert!(self.span.length.is_multiple_of(2), "pairs of values");
        assert!(self.width.is_multiple_of(16) && (16..=BLOCK).contains(&self.width));
        assert_eq!(
            self.block.len(),
            self.span.depth().saturating_mul(self.width)
        );
        assert_eq!(sums.len(), self.starts.len() * self.width);
    }
}
