//! The operands of a linear layer as the kernels want them.

use crate::audit::{Merge, Range};
use crate::kernel::{
    Aligned, BLOCK, Excess, Halves, High, Lanes, Panel, ROWS, Rows, SUMS, Set, Span, Sums, are_few,
    between, joined, split,
};
use crate::layers::sums::{self, Bounds};
use alloc::vec::Vec;

/// A gradient as rows: `[outputs, samples]`, with an even number of samples.
#[derive(Debug, Default)]
pub(super) struct GradientRows {
    pub(super) low: Aligned<i16>,
    /// High halves, if many values need them.
    pub(super) high: Aligned<i16>,
    dense: bool,
    /// Else the values that do.
    few: Vec<Excess>,
    pub(super) largest: u32,
    pub(super) squares: Vec<u64>,
}

impl GradientRows {
    /// Takes in a gradient, `[samples, outputs]`.
    pub(super) fn fill<T: Copy + Into<i32>>(&mut self, gradient: &[T], outputs: usize) {
        let samples = gradient.len() / outputs;
        let stride = samples.next_multiple_of(2);
        let values = || gradient.iter().map(|&value| -> i32 { value.into() });
        self.largest = values().map(i32::unsigned_abs).max().unwrap_or(0);
        let beyond = if self.largest > i16::MAX.unsigned_abs().into() {
            values()
                .filter(|&value| i16::try_from(value).is_err())
                .count()
        } else {
            0
        };
        self.dense = !are_few(beyond, outputs * stride);
        self.few.clear();
        self.low.resize(outputs * stride);
        if stride > samples {
            self.low.fill(0);
        }
        if beyond == 0 {
            for_each_transposed(gradient, outputs, stride, |place, value| {
                self.low[place] = split(value).0;
            });
            return;
        }
        if self.dense {
            self.high.resize(outputs * stride);
            self.high.fill(0);
        }
        for_each_transposed(gradient, outputs, stride, |place, value| {
            let (low, high) = split(value);
            self.low[place] = low;
            if self.dense {
                self.high[place] = high;
            } else if high != 0 {
                let place = u32::try_from(place).expect("a batch below 2^32 values");
                self.few.push(Excess { place, high });
            }
        });
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
                High::Few(&self.few)
            },
        }
    }

    pub(super) fn measure(&mut self, stride: usize) {
        let mut squares = core::mem::take(&mut self.squares);
        squares.clear();
        for row in 0..self.low.len() / stride {
            let places = row * stride..(row + 1) * stride;
            let few = between(&self.few, places.start, places.end);
            let mut few = few.iter().peekable();
            let square = |place: usize| {
                let listed = few.next_if(|excess| excess.place as usize == place);
                let high = match listed {
                    Some(excess) => excess.high,
                    None if self.dense => self.high[place],
                    None => 0,
                };
                u64::from(joined(self.low[place], high).unsigned_abs()).pow(2)
            };
            squares.push(places.map(square).fold(0, u64::saturating_add));
        }
        self.squares = squares;
    }
}

/// Rows and lanes that stand whole in memory.
pub(super) struct Operands<'a> {
    pub(super) set: Set,
    pub(super) rows: Halves<'a>,
    pub(super) row_squares: &'a [u64],
    pub(super) stride: usize,
    pub(super) panel: &'a Panel,
    pub(super) lane_squares: &'a [u64],
    pub(super) largest: [u32; 2],
    pub(super) look_for_largest: bool,
}

impl Operands<'_> {
    /// Forms the sums of at most [`ROWS`] rows with all lanes, and calls `visit(first lane, sums)`
    /// for each block of lanes.
    pub(super) fn for_each_block(
        &self,
        rows: core::ops::Range<usize>,
        mut visit: impl FnMut(usize, Sums<'_>),
    ) -> Range {
        let starts = row_starts(rows.start, self.stride);
        let starts = &starts[..rows.len()];
        let mut values = self.rows;
        if let High::Few(few) = values.high {
            let (start, end) = (rows.start * self.stride, rows.end * self.stride);
            values.high = High::Few(between(few, start, end));
        }
        let mut range = Range::default();
        let mut sums = [0; SUMS];
        let enough = Bounds::suffice(self.stride, self.largest);
        for block in 0..self.panel.blocks() {
            let (width, count) = (self.panel.width(block), self.panel.count(block));
            let sums = &mut sums[..starts.len() * width];
            let row_values = Rows {
                values,
                starts,
                span: Span::contiguous(self.stride),
            };
            let lanes = Lanes {
                values: Halves::narrow(self.panel.block(block)),
                width,
            };
            let squares: [&[u64]; 2] = if enough {
                [&[]; 2]
            } else {
                let first = block * BLOCK;
                [
                    &self.row_squares[rows.clone()],
                    &self.lane_squares[first..first + count],
                ]
            };
            let bounds = Bounds {
                largest: self.largest,
                squares,
            };
            range.merge(&sums::form(
                self.set,
                (&row_values, &lanes, count),
                &bounds,
                self.look_for_largest,
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

/// Calls `put(place, value)` for every value of `[rows, columns]`, with its place in `[columns,
/// rows]` whose rows start `stride` apart: some columns after others, so that places stay near.
fn for_each_transposed<T: Copy + Into<i32>>(
    values: &[T],
    columns: usize,
    stride: usize,
    mut put: impl FnMut(usize, i32),
) {
    const TOGETHER: usize = 64;
    for first in (0..columns).step_by(TOGETHER) {
        for (row, values) in values.chunks_exact(columns).enumerate() {
            let some = &values[first..columns.min(first + TOGETHER)];
            for (column, &value) in (first..).zip(some) {
                put(column * stride + row, value.into());
            }
        }
    }
}

/// Where rows start from the given one on.
pub(super) fn row_starts(first: usize, stride: usize) -> [usize; ROWS] {
    core::array::from_fn(|row| (first + row) * stride)
}
