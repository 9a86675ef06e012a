//! Gradients as the rows of a product.

use super::halves::{Halves, High, overflow, split};
use crate::aligned::Aligned;
use crate::kernel::{Isa, Overflow};
use alloc::vec::Vec;

/// One value in `LISTED` may be listed as beyond int16; where there are more, all get high halves: a
/// listed value takes about ten times as long as a high half.
const LISTED: usize = 10;

/// Values that are tested together.
const PART: usize = 16;

/// Rows of an even number of values, copied from a gradient.
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    low: Aligned<i16>,
    /// High halves, if many values need them.
    high: Aligned<i16>,
    dense: bool,
    /// Else the values that do.
    listed: Vec<Overflow>,
    max_abs: u32,
    stride: usize,
}

/// A number type of gradients.
pub(crate) trait GradientValue: Copy + Into<i32> {
    /// Largest magnitude.
    fn max_abs(isa: Isa, values: &[Self]) -> u32;

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
    fn max_abs(isa: Isa, values: &[i32]) -> u32 {
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
    fn max_abs(_: Isa, values: &[i8]) -> u32 {
        let magnitudes = values.iter().map(|value| value.unsigned_abs());
        magnitudes.max().unwrap_or(0).into()
    }

    fn transpose_low_halves(_: Isa, values: &[i8], columns: usize, low: &mut [i16], stride: usize) {
        for (row, values) in values.chunks_exact(columns).enumerate() {
            for (low, &value) in low[row..].iter_mut().step_by(stride).zip(values) {
                *low = value.into();
            }
        }
    }
}

impl RowBuffer {
    /// Copies the rows of a gradient, `[rows, depth]`.
    pub(crate) fn fill(&mut self, gradient: &[i8], depth: usize) {
        self.stride = depth.next_multiple_of(2);
        self.low.resize(gradient.len() / depth * self.stride);
        let rows = self.low.chunks_exact_mut(self.stride);
        for (row, values) in rows.zip(gradient.chunks_exact(depth)) {
            row[depth..].fill(0);
            let low = row.iter_mut().zip(values);
            low.for_each(|(low, &value)| *low = value.into());
        }
        self.max_abs = i8::max_abs(Isa::current(), gradient);
        self.dense = false;
        self.listed.clear();
    }

    /// Takes the columns of a gradient, `[depth, columns]`, as rows.
    pub(crate) fn fill_transposed<T: GradientValue>(&mut self, gradient: &[T], columns: usize) {
        let isa = Isa::current();
        let depth = gradient.len() / columns;
        self.stride = depth.next_multiple_of(2);
        self.max_abs = T::max_abs(isa, gradient);
        self.low.resize(columns * self.stride);
        if self.stride > depth {
            self.low.fill(0);
        }
        T::transpose_low_halves(isa, gradient, columns, &mut self.low, self.stride);
        self.dense = false;
        self.listed.clear();
        if self.max_abs > i16::MAX.unsigned_abs().into() {
            self.list(gradient, columns);
            if self.dense {
                self.transpose_high_halves(gradient, columns);
            }
            self.listed.sort_unstable();
        }
    }

    /// Lists the values beyond int16, until there are too many.
    fn list<T: GradientValue>(&mut self, gradient: &[T], columns: usize) {
        let max_listed = columns * self.stride / LISTED;
        let high = |&value: &T| split(value.into()).1;
        for (sample, values) in gradient.chunks_exact(columns).enumerate() {
            for (part, values) in values.chunks(PART).enumerate() {
                if values.iter().fold(0, |all, value| all | high(value)) == 0 {
                    continue;
                }
                for (column, value) in (part * PART..).zip(values) {
                    let high = high(value);
                    if high != 0 {
                        self.listed
                            .push(overflow(column * self.stride + sample, high));
                    }
                }
            }
            if self.listed.len() > max_listed {
                self.dense = true;
                return;
            }
        }
    }

    fn transpose_high_halves<T: GradientValue>(&mut self, gradient: &[T], columns: usize) {
        self.listed.clear();
        self.high.resize(self.low.len());
        self.high.fill(0);
        for (sample, values) in gradient.chunks_exact(columns).enumerate() {
            let column = self.high[sample..].iter_mut().step_by(self.stride);
            for (high, &value) in column.zip(values) {
                *high = split(value.into()).1;
            }
        }
    }

    /// The rows.
    pub(crate) fn halves(&self) -> Halves<'_> {
        Halves {
            low: &self.low,
            high: if self.dense {
                High::Dense(&self.high)
            } else if self.listed.is_empty() {
                High::None
            } else {
                High::Sparse(&self.listed)
            },
        }
    }

    /// The sum of squares of a row, cut at 2^64 - 1.
    pub(crate) fn squares(&self, row: usize) -> u64 {
        let range = row * self.stride..(row + 1) * self.stride;
        self.halves().squares(Isa::current(), range)
    }

    /// From the start of a row to that of the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Largest magnitude.
    pub(crate) fn max_abs(&self) -> u32 {
        self.max_abs
    }

    /// Bytes that it occupies, but for the list.
    pub(crate) fn bytes(&self) -> usize {
        self.low.bytes() + self.high.bytes()
    }
}
