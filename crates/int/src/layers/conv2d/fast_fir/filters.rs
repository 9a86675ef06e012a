//! The weights of filters, transformed to the factors of 36 products.

use crate::gemm::{High, joined, overflows_between, split};
use crate::kernel::fast_fir::{FILTERS, PRODUCTS, TOGETHER, transformed_weights};
use crate::kernel::high_halves::HighHalf;
use crate::kernel::{BLOCK, Isa};
use alloc::vec::Vec;
use core::array;

/// Transforms a block of filters, `[filters, 3, 3, depth]`, of which the first stands at `first`
/// among all weights, to columns `[products][depth / 2][filters][2]`. `high` is what all weights have
/// above their low halves. The high halves of those that are beyond int16 when they are transformed
/// are added to `large`, whose columns are [`BLOCK`] for each product.
pub(crate) fn transform_filters(
    (weights, high, first): (&[i16], High<'_>, usize),
    depth: usize,
    block: &mut [i16],
    large: &mut Vec<HighHalf>,
) {
    let (isa, row) = (Isa::current(), 9 * depth);
    let width = weights.len() / row;
    debug_assert!(width <= BLOCK, "a block of columns");
    let mut low = [0; PRODUCTS * FILTERS * TOGETHER];
    for column in (0..width).step_by(FILTERS) {
        for channel in (0..depth).step_by(TOGETHER) {
            for at in 0..FILTERS {
                let start = (column + at) * row;
                let own = &weights[start..start + row];
                let filter = Filter::new(own, high, first + start, depth);
                let places = &mut low[at * TOGETHER..];
                let mut beyond = filter.wide(channel)
                    | isa.fast_fir_weights(&own[channel..], depth, places, FILTERS * TOGETHER);
                while beyond != 0 {
                    let own = channel + beyond.trailing_zeros() as usize;
                    filter.list_large(own, column + at, large);
                    beyond &= beyond - 1;
                }
            }
            let lines = low.chunks_exact(FILTERS * TOGETHER);
            for (low, block) in lines.zip(block.chunks_exact_mut(depth * width)) {
                let lines = &mut block[channel * width + 2 * column..];
                isa.lay_out_square(low, TOGETHER, lines, width);
            }
        }
    }
}

/// The weights of one filter.
struct Filter<'a> {
    low: &'a [i16],
    high: High<'a>,
    /// Place of the first of them among all weights, as listed ones are counted.
    first: usize,
    depth: usize,
}

impl<'a> Filter<'a> {
    /// The filter with these low halves, which begins at `first` among all weights.
    fn new(low: &'a [i16], high: High<'a>, first: usize, depth: usize) -> Self {
        let own = first..first + low.len();
        let high = match high {
            High::None => High::None,
            High::Sparse(few) => High::Sparse(overflows_between(few, own.start, own.end)),
            High::Dense(high) => High::Dense(&high[own]),
        };
        Filter {
            low,
            high,
            first,
            depth,
        }
    }

    /// A bit for each of 32 channels that has a weight beyond int16.
    fn wide(&self, channel: usize) -> u32 {
        match self.high {
            High::None => 0,
            High::Sparse(few) => few.iter().fold(0, |mask, overflow| {
                let index = overflow.index as usize - self.first;
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
            High::Sparse(few) => {
                let place = self.first + index;
                let listed = few.binary_search_by_key(&place, |overflow| overflow.index as usize);
                listed.map_or(0, |at| few[at].high)
            }
            High::Dense(high) => high[index],
        };
        joined(self.low[index], high)
    }

    /// Lists what lies beyond int16 in a channel.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "columns and channels that fit memory"
    )]
    fn list_large(&self, channel: usize, column: usize, large: &mut Vec<HighHalf>) {
        let weights = array::from_fn(|row| self.weight(row * self.depth + channel));
        for (product, value) in transformed_weights(weights).into_iter().enumerate() {
            let (_, high) = split(value);
            if high != 0 {
                large.push(HighHalf {
                    column: (product * BLOCK + column) as u32,
                    depth: channel as u32,
                    high,
                });
            }
        }
    }
}
