//! 3x3 convolutions by fewer products, with the same bits modulo 2^32.
//!
//! Along a line, three outputs `y` of inputs `d` and weights `g` are nine products. Six do:
//!
//! ```text
//! m0 = d1 (g0 - g1)    m3 = (d0 + d1 + d2) g0    y0 = m3 - m0 - m1
//! m1 = d2 (g0 - g2)    m4 = (d1 + d2 + d3) g1    y1 = m4 + m0 - m2
//! m2 = d3 (g1 - g2)    m5 = (d2 + d3 + d4) g2    y2 = m5 + m1 + m2
//! ```
//!
//! Along both directions, 36 products make 3x3 outputs, which are 81. Sums over channels are
//! formed before the `m` are put together. Nothing is divided, so that no bit is lost: Winograd's
//! minimal filtering saves as much, but by way of `4 y`, of which int32 has lost two bits. The differences of
//! weights are mostly small, as filters are smooth; few need more than int16.
//!
//! A single output is `d0 g0 + d1 g1 + d2 g2`, by the factors of the last three products. At the
//! sides of an image one of its inputs is padding: so all sizes have two products an output.
//!
//! # Source
//! The fast FIR algorithm of three parallel outputs (Parker and Parhi, "Low-area/power parallel FIR
//! digital filter implementations", 1997), with differences instead of sums of weights.

use super::Set;
use super::excess::{between, joined, split};
use super::tile::{BLOCK, High};
use super::upper::Upper;
use alloc::vec::Vec;
use core::array;

/// Products in one direction.
pub(crate) const SIX: usize = 6;

/// The first product of a single output: those before are of differences of weights.
pub(crate) const SINGLE: usize = 3;

/// Products in both directions.
pub(crate) const PRODUCTS: usize = SIX * SIX;

/// Inputs of 3x3 outputs.
pub(crate) const INPUTS: usize = 25;

/// Channels that are transformed together; channels must be a multiple.
pub(crate) const TOGETHER: usize = 32;

/// Filters that are laid out together; filters must be a multiple.
pub(crate) const FILTERS: usize = 16;

/// Inputs up to this magnitude keep within int16 when they are transformed.
pub(crate) const LARGEST_INPUT: u16 = 32_767 / 9;

/// Sums that are put together at once.
const LANES: usize = 16;

/// As [`Set::fast_fir_weights`].
#[allow(
    clippy::cast_possible_truncation,
    reason = "low halves, and a mask that says where there is more"
)]
#[inline(always)]
pub(super) fn fast_fir_weights(
    weights: &[i16],
    stride: usize,
    low: &mut [i16],
    spacing: usize,
) -> u32 {
    let mut lines = [[[0; TOGETHER]; SIX]; 3];
    for (row, line) in lines.iter_mut().enumerate() {
        let own = |column: usize| &weights[(3 * row + column) * stride..][..TOGETHER];
        let own = [own(0), own(1), own(2)];
        for lane in 0..TOGETHER {
            let six = six(own.map(|weights| weights[lane].into()));
            for (factors, factor) in line.iter_mut().zip(six) {
                factors[lane] = factor;
            }
        }
    }
    let mut most = [0; TOGETHER];
    for column in 0..SIX {
        let own: [_; 3] = array::from_fn(|row| &lines[row][column]);
        let mut halves = [[0; TOGETHER]; SIX];
        for lane in 0..TOGETHER {
            for (halves, factor) in halves.iter_mut().zip(six(own.map(|line| line[lane]))) {
                halves[lane] = factor as i16;
                most[lane] = factor.unsigned_abs().max(most[lane]);
            }
        }
        for (row, halves) in halves.iter().enumerate() {
            low[(row * SIX + column) * spacing..][..TOGETHER].copy_from_slice(halves);
        }
    }
    let limit = i16::MAX.unsigned_abs().into();
    if most.iter().copied().max() <= Some(limit) {
        return 0;
    }
    let channels = most.iter().rev();
    channels.fold(0, |mask, &most| 2 * mask + u32::from(most > limit))
}

/// The factors of the products in one direction.
#[inline(always)]
fn six([a, b, c]: [i32; 3]) -> [i32; SIX] {
    let differences = [(a, b), (a, c), (b, c)].map(|(a, b)| a.wrapping_sub(b));
    [differences[0], differences[1], differences[2], a, b, c]
}

/// The factors of all products, of one channel.
fn transformed_weights(weights: [i32; 9]) -> [i32; PRODUCTS] {
    let rows: [[i32; SIX]; 3] =
        array::from_fn(|row| six(array::from_fn(|column| weights[3 * row + column])));
    let columns: [[i32; SIX]; SIX] = array::from_fn(|column| six(rows.map(|row| row[column])));
    array::from_fn(|product| columns[product % SIX][product / SIX])
}

/// As [`Set::fast_fir_inputs`].
#[inline(always)]
pub(super) fn fast_fir_inputs(
    values: &[i16],
    starts: &[usize; INPUTS],
    single: [bool; 2],
    depth: usize,
    transformed: &mut [i16],
    places: &[usize; PRODUCTS],
) {
    match single {
        [false, false] => inputs::<false, false>(values, starts, depth, transformed, places),
        [false, true] => inputs::<false, true>(values, starts, depth, transformed, places),
        [true, false] => inputs::<true, false>(values, starts, depth, transformed, places),
        [true, true] => inputs::<true, true>(values, starts, depth, transformed, places),
    }
}

#[inline(always)]
fn inputs<const ROW: bool, const COLUMN: bool>(
    values: &[i16],
    starts: &[usize; INPUTS],
    depth: usize,
    transformed: &mut [i16],
    places: &[usize; PRODUCTS],
) {
    let (rows, first) = (if ROW { 3 } else { 5 }, if COLUMN { SINGLE } else { 0 });
    for channel in (0..depth).step_by(TOGETHER) {
        let mut lines = [[[0; TOGETHER]; SIX]; 5];
        for (starts, line) in starts.as_chunks::<5>().0.iter().zip(&mut lines).take(rows) {
            let pixel = |at: usize| {
                let channels = values[starts[at] + channel..].first_chunk::<TOGETHER>();
                channels.expect("whole pixels")
            };
            factors::<COLUMN>(array::from_fn(pixel), line);
        }
        for column in first..SIX {
            let mut all = [[0; TOGETHER]; SIX];
            factors::<ROW>(array::from_fn(|row| &lines[row][column]), &mut all);
            let used = if ROW { SINGLE } else { 0 };
            for (row, values) in all.iter().enumerate().skip(used) {
                let place = places[row * SIX + column] + channel;
                transformed[place..place + TOGETHER].copy_from_slice(values);
            }
        }
    }
}

/// The inputs' factors of the products in one direction, or of the last three for one output.
/// Loops that have few streams are what compilers vectorise.
#[inline(always)]
fn factors<const ONE: bool>(
    [a, b, c, d, e]: [&[i16; TOGETHER]; 5],
    factors: &mut [[i16; TOGETHER]; SIX],
) {
    if ONE {
        factors[SINGLE..].copy_from_slice(&[*a, *b, *c]);
        return;
    }
    factors[..SINGLE].copy_from_slice(&[*b, *c, *d]);
    for lane in 0..TOGETHER {
        let middle = c[lane].wrapping_add(d[lane]);
        let left = a[lane].wrapping_add(b[lane]);
        factors[3][lane] = left.wrapping_add(c[lane]);
        factors[4][lane] = middle.wrapping_add(b[lane]);
        factors[5][lane] = middle.wrapping_add(e[lane]);
    }
}

/// As [`Set::fast_fir_line`].
#[inline(always)]
pub(super) fn fast_fir_line(
    products: &[i32],
    starts: &[usize; SIX],
    width: usize,
    line: &mut [i32],
) {
    let part = |product: usize, at: usize| &products[starts[product] + at..][..LANES];
    for (tile, outputs) in line.chunks_exact_mut(3 * width).enumerate() {
        for first in (0..width).step_by(LANES) {
            let parts: [&[i32]; SIX] =
                array::from_fn(|product| part(product, tile * width + first));
            let mut all = [[0; LANES]; 3];
            for lane in 0..LANES {
                let m = parts.map(|part| part[lane]);
                all[0][lane] = m[3].wrapping_sub(m[0]).wrapping_sub(m[1]);
                all[1][lane] = m[4].wrapping_add(m[0]).wrapping_sub(m[2]);
                all[2][lane] = m[5].wrapping_add(m[1]).wrapping_add(m[2]);
            }
            for (outputs, values) in outputs.chunks_exact_mut(width).zip(&all) {
                outputs[first..first + LANES].copy_from_slice(values);
            }
        }
    }
}

/// As [`Set::add`].
#[inline(always)]
pub(super) fn add(sums: &mut [i32], values: &[i32]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_add(value);
    }
}

/// As [`Set::subtract`].
#[inline(always)]
pub(super) fn subtract(sums: &mut [i32], values: &[i32]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_sub(value);
    }
}

/// Transforms a block of filters, `[filters, 3, 3, depth]`, of which the first stands at `first`
/// among all weights, to lanes `[products][depth / 2][filters][2]`. `high` is what all weights have
/// above their low halves. The high halves of those that are beyond int16 when they are transformed
/// are added to `large`, whose lanes are [`BLOCK`] for each product.
pub(crate) fn transform_filters(
    (weights, high, first): (&[i16], High<'_>, usize),
    depth: usize,
    block: &mut [i16],
    large: &mut Vec<Upper>,
) {
    let (set, row) = (Set::active(), 9 * depth);
    let width = weights.len() / row;
    debug_assert!(width <= BLOCK, "a block of lanes");
    let mut low = [0; PRODUCTS * FILTERS * TOGETHER];
    for lane in (0..width).step_by(FILTERS) {
        for channel in (0..depth).step_by(TOGETHER) {
            for at in 0..FILTERS {
                let start = (lane + at) * row;
                let own = &weights[start..start + row];
                let filter = Filter::new(own, high, first + start, depth);
                let places = &mut low[at * TOGETHER..];
                let mut beyond = filter.wide(channel)
                    | set.fast_fir_weights(&own[channel..], depth, places, FILTERS * TOGETHER);
                while beyond != 0 {
                    let own = channel + beyond.trailing_zeros() as usize;
                    filter.list_large(own, lane + at, large);
                    beyond &= beyond - 1;
                }
            }
            let lines = low.chunks_exact(FILTERS * TOGETHER);
            for (low, block) in lines.zip(block.chunks_exact_mut(depth * width)) {
                let lines = &mut block[channel * width + 2 * lane..];
                set.lay_out_square(low, TOGETHER, lines, width);
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
            High::Few(few) => High::Few(between(few, own.start, own.end)),
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
            High::Few(few) => few.iter().fold(0, |mask, excess| {
                let index = excess.place as usize - self.first;
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
            High::Few(few) => {
                let place = self.first + index;
                let listed = few.binary_search_by_key(&place, |excess| excess.place as usize);
                listed.map_or(0, |at| few[at].high)
            }
            High::Dense(high) => high[index],
        };
        joined(self.low[index], high)
    }

    /// Lists what lies beyond int16 in a channel.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "lanes and channels that fit memory"
    )]
    fn list_large(&self, channel: usize, lane: usize, large: &mut Vec<Upper>) {
        let weights = array::from_fn(|row| self.weight(row * self.depth + channel));
        for (product, value) in transformed_weights(weights).into_iter().enumerate() {
            let (_, high) = split(value);
            if high != 0 {
                large.push(Upper {
                    lane: (product * BLOCK + lane) as u32,
                    depth: channel as u32,
                    high,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_set_transforms_as_the_portable_one(
            weights in proptest::collection::vec(any::<i16>(), 9 * 64),
            values in proptest::collection::vec(any::<i16>(), 25 * 64),
            products in proptest::collection::vec(any::<i32>(), 6 * 7 * 32),
            single in any::<[bool; 2]>(), threes in 0..3_usize,
        ) {
            let starts = array::from_fn(|at| 64 * at);
            let places = array::from_fn(|at| 70 * at);
            let line_starts = array::from_fn(|at| 7 * 32 * at);
            let run = |set: Set| {
                let mut low = vec![1; PRODUCTS * 40];
                let beyond = set.fast_fir_weights(&weights[32..], 64, &mut low, 40);
                let mut inputs = vec![2; PRODUCTS * 70];
                set.fast_fir_inputs(&values, &starts, single, 64, &mut inputs, &places);
                let mut line = vec![3; 3 * threes * 32];
                set.fast_fir_line(&products, &line_starts, 32, &mut line);
                let mut sums = products.clone();
                set.add(&mut sums, &products[5..]);
                set.subtract(&mut sums, &products[99..]);
                (low, beyond, inputs, line, sums)
            };
            let expected = run(Set::PORTABLE);
            for set in Set::available() {
                prop_assert_eq!(run(set), expected.clone(), "{:?}", set);
            }
        }
    }
}
