//! The operands of a linear layer as the kernels want them.

use crate::audit::{Merge, Range};
use crate::kernel::{Aligned, BLOCK, Halves, Lanes, Panel, ROWS, Rows, SUMS, Set, Span, split};
use crate::layers::sums::{self, Bounds};
use alloc::vec::Vec;

/// A gradient as rows: `[outputs, samples]`, with an even number of samples.
#[derive(Debug, Default)]
pub(super) struct GradientRows {
    pub(super) low: Aligned<i16>,
    pub(super) high: Aligned<i16>,
    pub(super) wide: bool,
    pub(super) largest: u32,
    pub(super) squares: Vec<u64>,
}

impl GradientRows {
    /// Takes in a gradient, `[samples, outputs]`.
    pub(super) fn fill<T: Copy + Into<i32>>(&mut self, gradient: &[T], outputs: usize) {
        let samples = gradient.len() / outputs;
        let stride = samples.next_multiple_of(2);
        self.largest = gradient
            .iter()
            .fold(0, |most, &value| most.max(value.into().unsigned_abs()));
        self.wide = self.largest > i16::MAX.unsigned_abs().into();
        self.low.resize(outputs * stride);
        self.low.fill(0);
        if self.wide {
            self.high.resize(outputs * stride);
            self.high.fill(0);
        }
        for (sample, gradient) in gradient.chunks_exact(outputs).enumerate() {
            for (output, &value) in gradient.iter().enumerate() {
                let (low, high) = split(value.into());
                self.low[output * stride + sample] = low;
                if self.wide {
                    self.high[output * stride + sample] = high;
                }
            }
        }
    }

    pub(super) fn halves(&self) -> Halves<'_> {
        Halves {
            low: &self.low,
            high: self.wide.then_some(&*self.high),
        }
    }

    pub(super) fn measure(&mut self, stride: usize) {
        let mut squares = core::mem::take(&mut self.squares);
        squares.clear();
        let halves = self.halves();
        let square = |place: usize| u64::from(halves.value(place).unsigned_abs()).pow(2);
        let rows = (0..halves.low.len()).step_by(stride);
        squares
            .extend(rows.map(|row| (row..row + stride).map(square).fold(0, u64::saturating_add)));
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
    /// Forms the sums of at most [`ROWS`] rows with all lanes, and calls `visit(row, first lane,
    /// sums)` for each row and each block of lanes; `row` counts from the first of `rows`.
    pub(super) fn for_each_row(
        &self,
        rows: core::ops::Range<usize>,
        mut visit: impl FnMut(usize, usize, &[i32]),
    ) -> Range {
        let starts = row_starts(rows.start, self.stride);
        let starts = &starts[..rows.len()];
        let mut range = Range::default();
        let mut sums = [0; SUMS];
        let enough = Bounds::suffice(self.stride, self.largest);
        for block in 0..self.panel.blocks() {
            let (width, count) = (self.panel.width(block), self.panel.count(block));
            let sums = &mut sums[..starts.len() * width];
            let row_values = Rows {
                values: self.rows,
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
            for (row, sums) in sums.chunks_exact(width).enumerate() {
                visit(row, block * BLOCK, &sums[..count]);
            }
        }
        range
    }
}

/// Where rows start from the given one on.
pub(super) fn row_starts(first: usize, stride: usize) -> [usize; ROWS] {
    core::array::from_fn(|row| (first + row) * stride)
}
