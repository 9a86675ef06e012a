//! What products are formed of: rows, and lanes that all rows are multiplied with.

/// Rows whose sums are formed at once at most: whole register tiles of every kernel.
pub const ROWS: usize = 48;

/// Lanes of a full block.
pub const BLOCK: usize = 64;

/// Sums of [`ROWS`] rows with a full block of lanes.
pub const SUMS: usize = ROWS * BLOCK;

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

/// int16 values, or int32 values as low halves and what is left above them.
#[derive(Clone, Copy, Debug)]
pub struct Halves<'a> {
    /// The values, or their low halves taken as int16.
    pub low: &'a [i16],
    /// `(value - low) / 2^16` for each value, if any leaves int16.
    pub high: Option<&'a [i16]>,
}

impl<'a> Halves<'a> {
    /// Values that all fit int16.
    pub fn narrow(low: &'a [i16]) -> Self {
        Halves { low, high: None }
    }

    /// A value.
    pub fn value(self, index: usize) -> i32 {
        let high = self.high.map_or(0, |high| i32::from(high[index]));
        (high << 16).wrapping_add(self.low[index].into())
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
