//! The weights of filters, transformed to the factors of 36 products.

use crate::gemm::{Halves, High, joined, overflows_between, split};
use crate::kernel::fast_fir::{FILTERS, FilterRows, PRODUCTS, TOGETHER, transformed_weights};
use crate::kernel::high_halves::HighHalf;
use crate::kernel::{BLOCK, Isa};
use alloc::vec::Vec;
use core::array;
use core::ops::Range;

/// Some filters of all weights, `[filters, 3, 3, depth]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filters<'a> {
    pub(super) weights: Halves<'a>,
    pub(super) depth: usize,
    /// The first of them.
    pub(super) first: usize,
    /// How many; up to [`BLOCK`].
    pub(super) count: usize,
}

impl Filters<'_> {
    /// Transforms the filters to columns, `[products][depth / 2][filters][2]`. The high halves of
    /// transformed weights beyond int16 are listed in `large`, whose columns are [`BLOCK`] for each
    /// product.
    pub(super) fn transform(self, block: &mut [i16], large: &mut Vec<HighHalf>) {
        let (isa, width) = (Isa::current(), self.count);
        debug_assert!(width <= BLOCK, "a block of columns");
        let mut low = [0; PRODUCTS * FILTERS * TOGETHER];
        for column in (0..width).step_by(FILTERS) {
            for channel in (0..self.depth).step_by(TOGETHER) {
                for at in 0..FILTERS {
                    let filter = Filter::new(self, column + at);
                    filter.transform(channel, &mut low[at * TOGETHER..], large);
                }
                let lines = low.chunks_exact(FILTERS * TOGETHER);
                for (low, block) in lines.zip(block.chunks_exact_mut(self.depth * width)) {
                    let lines = &mut block[channel * width + 2 * column..];
                    isa.lay_out_square(low, TOGETHER, lines, width);
                }
            }
        }
    }
}

/// The weights of one filter.
struct Filter<'a> {
    low: &'a [i16],
    high: High<'a>,
    /// Index of the first of them among all weights.
    first: usize,
    /// Its column within the block.
    column: usize,
    depth: usize,
}

impl<'a> Filter<'a> {
    fn new(filters: Filters<'a>, column: usize) -> Self {
        let (depth, size) = (filters.depth, 9 * filters.depth);
        let first = (filters.first + column) * size;
        let own: Range<usize> = first..first + size;
        Filter {
            low: &filters.weights.low[own.clone()],
            high: match filters.weights.high {
                High::None => High::None,
                High::Sparse(all) => High::Sparse(overflows_between(all, own.start, own.end)),
                High::Dense(high) => High::Dense(&high[own]),
            },
            first,
            column,
            depth,
        }
    }

    /// Transforms some channels: the low halves of their factors go to `low`, in rows of all
    /// filters, and the high halves to `large`.
    fn transform(&self, channel: usize, low: &mut [i16], large: &mut Vec<HighHalf>) {
        let rows = FilterRows {
            values: &self.low[channel..],
            stride: self.depth,
        };
        let isa = Isa::current();
        let mut wide = self.wide(channel) | isa.fast_fir_weights(rows, low, FILTERS * TOGETHER);
        while wide != 0 {
            self.list_large(channel + wide.trailing_zeros() as usize, large);
            wide &= wide - 1;
        }
    }

    /// A bit for each of [`TOGETHER`] channels that has a weight beyond int16.
    fn wide(&self, channel: usize) -> u32 {
        match self.high {
            High::None => 0,
            High::Sparse(listed) => listed.iter().fold(0, |mask, one| {
                let index = one.index as usize - self.first;
                match (index % self.depth).checked_sub(channel) {
                    Some(at @ ..TOGETHER) => mask | 1 << at,
                    _ => mask,
                }
            }),
            High::Dense(high) => {
                let mut any = [0; TOGETHER];
                for row in high.chunks_exact(self.depth) {
                    for (any, &high) in any.iter_mut().zip(&row[channel..]) {
                        *any |= high;
                    }
                }
                let bits = any.iter().rev();
                bits.fold(0, |mask, &any| 2 * mask + u32::from(any != 0))
            }
        }
    }

    fn weight(&self, index: usize) -> i32 {
        let high = match self.high {
            High::None => 0,
            High::Sparse(listed) => {
                let own = self.first + index;
                let found = listed.binary_search_by_key(&own, |one| one.index as usize);
                found.map_or(0, |at| listed[at].high)
            }
            High::Dense(high) => high[index],
        };
        joined(self.low[index], high)
    }

    /// Lists the high halves of the factors of one channel.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "columns and channels that fit memory"
    )]
    fn list_large(&self, channel: usize, large: &mut Vec<HighHalf>) {
        let weights = array::from_fn(|row| self.weight(row * self.depth + channel));
        for (product, value) in transformed_weights(weights).into_iter().enumerate() {
            let (_, high) = split(value);
            if high != 0 {
                large.push(HighHalf {
                    column: (product * BLOCK + self.column) as u32,
                    depth: channel as u32,
                    high,
                });
            }
        }
    }
}
