//! The operands of a linear layer as the kernels want them.

use crate::Aligned;
use crate::audit::{Counting, Merge, Range};
use crate::gemm::{Columns, Halves, High, Panel, Rows, Sums, overflows_between, split};
use crate::kernel::{BLOCK, Isa, Overflow, ROWS, Span, TileBuffer};
use crate::layers::sums::{self, Bounds};
use alloc::vec::Vec;

/// Of so many values of a gradient, one may be listed as beyond int16 before high halves of all
/// are formed: a listed one takes some ten times as long as one of these.
const LISTED: usize = 10;

/// Values that are looked at together.
const PART: usize = 16;

/// A gradient as rows: `[outputs, samples]`, with an even number of samples.
#[derive(Debug, Default)]
pub(super) struct GradientRows {
    pub(super) low: Aligned<i16>,
    /// High halves, if many values need them.
    pub(super) high: Aligned<i16>,
    dense: bool,
    /// Else the values that do.
    few: Vec<Overflow>,
    pub(super) largest: u32,
}

/// A number type of gradients.
pub(crate) trait GradientValue: Copy + Into<i32> {
    /// Largest magnitude.
    fn largest(isa: Isa, values: &[Self]) -> u32;

    /// As [`Isa::transpose_low_halves`].
    fn transpose_low_halves(
        isa: Isa,
        values: &[Self],
        columns: usize,
        low: &mut [i16],
        stride: usize,
    );
}

impl GradientValue for i32 {
    fn largest(isa: Isa, values: &[i32]) -> u32 {
        isa.max_abs(values)
    }

    fn transpose_low_halves(
        isa: Isa,
        values: &[i32],
        columns: usize,
        low: &mut [i16],
        stride: usize,
    ) {
        isa.transpose_low_halves(values, columns, low, stride);
    }
}

impl GradientValue for i8 {
    fn largest(_: Isa, values: &[i8]) -> u32 {
        values
            .iter()
            .map(|value| value.unsigned_abs())
            .max()
            .unwrap_or(0)
            .into()
    }

    fn transpose_low_halves(_: Isa, values: &[i8], columns: usize, low: &mut [i16], stride: usize) {
        for (row, values) in values.chunks_exact(columns).enumerate() {
            for (place, &value) in low[row..].iter_mut().step_by(stride).zip(values) {
                *place = value.into();
            }
        }
    }
}

impl GradientRows {
    /// Takes in a gradient, `[samples, outputs]`.
    pub(super) fn fill<T: GradientValue>(&mut self, gradient: &[T], outputs: usize) {
        let isa = Isa::current();
        let samples = gradient.len() / outputs;
        let stride = samples.next_multiple_of(2);
        self.largest = T::largest(isa, gradient);
        self.low.resize(outputs * stride);
        if stride > samples {
            self.low.fill(0);
        }
        T::transpose_low_halves(isa, gradient, outputs, &mut self.low, stride);
        self.dense = false;
        self.few.clear();
        if self.largest > i16::MAX.unsigned_abs().into() {
            self.take_high_halves(gradient, outputs, stride);
        }
    }

    fn take_high_halves<T: GradientValue>(
        &mut self,
        gradient: &[T],
        outputs: usize,
        stride: usize,
    ) {
        let most = outputs * stride / LISTED;
        let high = |&value: &T| split(value.into()).1;
        for (sample, values) in gradient.chunks_exact(outputs).enumerate() {
            for (part, values) in values.chunks(PART).enumerate() {
                if values.iter().fold(0, |all, value| all | high(value)) == 0 {
                    continue;
                }
                for (output, value) in (part * PART..).zip(values) {
                    let (place, high) = (output * stride + sample, high(value));
                    if high != 0 {
                        let index = u32::try_from(place).expect("a batch below 2^32 values");
                        self.few.push(Overflow { index, high });
                    }
                }
            }
            if self.few.len() > most {
                self.dense = true;
                break;
            }
        }
        if self.dense {
            self.few.clear();
            self.high.resize(outputs * stride);
            self.high.fill(0);
            for (sample, values) in gradient.chunks_exact(outputs).enumerate() {
                let places = self.high[sample..].iter_mut().step_by(stride);
                for (place, value) in places.zip(values) {
                    *place = high(value);
                }
            }
        }
        self.few.sort_unstable();
    }

    pub(super) fn halves(&self) -> Halves<'_> {
        Halves {
            low: &self.low,
            high: if self.dense {
                High::Dense(&self.high)
            } else if self.few.is_empty() {
                High::None
            } else {
                High::Sparse(&self.few)
            },
        }
    }
}

/// Rows and lanes that stand whole in memory.
pub(super) struct Operands<'a> {
    pub(super) isa: Isa,
    pub(super) rows: Halves<'a>,
    pub(super) stride: usize,
    pub(super) panel: &'a Panel,
    pub(super) lane_squares: &'a [u64],
    pub(super) largest: [u32; 2],
    pub(super) counting: Counting,
}

impl Operands<'_> {
    /// Forms the sums of at most [`ROWS`] rows with all lanes, and calls `visit(first lane, sums)`
    /// for each block of lanes; `squares_of` gives the sum of squares of a row.
    pub(super) fn for_each_block(
        &self,
        rows: core::ops::Range<usize>,
        squares_of: impl Fn(usize) -> u64,
        mut visit: impl FnMut(usize, Sums<'_>),
    ) -> Range {
        let starts = row_starts(rows.start, self.stride);
        let starts = &starts[..rows.len()];
        let mut values = self.rows;
        if let High::Sparse(few) = values.high {
            let (start, end) = (rows.start * self.stride, rows.end * self.stride);
            values.high = High::Sparse(overflows_between(few, start, end));
        }
        let mut range = Range::default();
        let mut sums = TileBuffer::default();
        let enough = !Bounds::wanted(self.counting, self.stride, self.largest);
        let mut row_squares = [0; ROWS];
        if !enough {
            let squares = row_squares.iter_mut().zip(rows.clone());
            squares.for_each(|(squares, row)| *squares = squares_of(row));
        }
        for block in 0..self.panel.blocks() {
            let (width, count) = (self.panel.width(block), self.panel.count(block));
            let sums = &mut sums[..starts.len() * width];
            let row_values = Rows {
                values,
                starts,
                span: Span::contiguous(self.stride),
            };
            let lanes = Columns {
                values: Halves::narrow(self.panel.block(block)),
                width,
            };
            let squares: [&[u64]; 2] = if enough {
                [&[]; 2]
            } else {
                let first = block * BLOCK;
                [
                    &row_squares[..rows.len()],
                    &self.lane_squares[first..first + count],
                ]
            };
            let bounds = Bounds {
                largest: self.largest,
                squares,
            };
            range.merge(&sums::form(
                self.isa,
                (&row_values, &lanes, count),
                &bounds,
                self.counting,
                sums,
            ));
            let sums = Sums {
                values: sums,
                width,
                count,
            };
            visit(block * BLOCK, sums);
        }
        range
    }
}

/// Where rows start from the given one on.
pub(super) fn row_starts(first: usize, stride: usize) -> [usize; ROWS] {
    core::array::from_fn(|row| (first + row) * stride)
}
