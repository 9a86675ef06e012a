//! The kernels in plain Rust: the oracle of the others, and what other targets run. Written so
//! that compilers vectorise them.

use super::Tile;
use super::reciprocal::Reciprocal;

/// As [`super::Set::tile`].
#[inline(always)]
pub(super) fn tile(tile: &Tile<'_>, sums: &mut [i32]) {
    let width = tile.width;
    sums.fill(0);
    for (row, sums) in tile
        .rows
        .chunks_exact(tile.stride)
        .zip(sums.chunks_exact_mut(width))
    {
        let pairs = row
            .as_chunks::<2>()
            .0
            .iter()
            .zip(tile.block.chunks_exact(2 * width));
        for (&two, lanes) in pairs {
            let fours = sums
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .zip(lanes.as_chunks::<8>().0);
            for (sums, lanes) in fours {
                add_pair_products(sums, two, lanes);
            }
        }
    }
}

/// Four sums of two products each, in the shape of the instruction that most processors have
/// for it.
#[inline(always)]
fn add_pair_products(sums: &mut [i32; 4], [a, b]: [i16; 2], lanes: &[i16; 8]) {
    let product = |i: usize| {
        let first = i32::from(a) * i32::from(lanes[2 * i]);
        first.wrapping_add(i32::from(b) * i32::from(lanes[2 * i + 1]))
    };
    let products = [product(0), product(1), product(2), product(3)];
    for (sum, product) in sums.iter_mut().zip(products) {
        *sum = sum.wrapping_add(product);
    }
}

/// As [`super::Set::exact_product`].
#[inline(always)]
pub(super) fn exact_product(row: &[i32], lane: &[i16]) -> i64 {
    row.iter()
        .zip(lane)
        .map(|(&a, &b)| i64::from(a) * i64::from(b))
        .sum()
}

/// As [`super::Set::add_scaled_exactly`].
#[inline(always)]
pub(super) fn add_scaled_exactly(sums: &mut [i64], scale: i32, row: &[i16]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum += i64::from(scale) * i64::from(value);
    }
}

/// As [`super::Set::add_scaled`].
#[inline(always)]
pub(super) fn add_scaled(sums: &mut [i32], scale: i32, row: &[i16]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(scale.wrapping_mul(i32::from(value)));
    }
}

/// As [`super::Set::add_scaled_wide`].
#[inline(always)]
pub(super) fn add_scaled_wide(sums: &mut [i32], scale: i32, row: &[i32]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(scale.wrapping_mul(value));
    }
}

/// As [`super::Set::scale`].
#[allow(
    clippy::cast_possible_truncation,
    reason = "cut to the range of int8 just before"
)]
#[inline(always)]
pub(super) fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
    let mut cut = 0_u32;
    for (scaled, &sum) in scaled.iter_mut().zip(sums) {
        let quotient = divisor.divide_toward_zero(sum);
        let clipped = quotient.clamp(-limit, limit);
        cut += u32::from(quotient != clipped);
        *scaled = clipped as i8;
    }
    cut.into()
}

/// As [`super::Set::update`].
#[inline(always)]
pub(super) fn update(
    weights: &mut [i32],
    gradients: &[i32],
    rate: Reciprocal,
    decay: Option<Reciprocal>,
) -> u64 {
    let mut wrapped = 0;
    for (weight, &gradient) in weights.iter_mut().zip(gradients) {
        let step = rate.divide_toward_zero(gradient);
        let decay = decay.map_or(0, |decay| decay.divide_toward_zero(*weight));
        let (change, over) = step.overflowing_add(decay);
        let (stepped, over_too) = weight.overflowing_sub(change);
        *weight = stepped;
        wrapped += u64::from(over || over_too);
    }
    wrapped
}

/// As [`super::Set::raise_keys`].
#[inline(always)]
pub(super) fn raise_keys(keys: &mut [i32], values: &[i16], ranks: &[i32], base: i32) {
    for ((key, &value), &rank) in keys.iter_mut().zip(values).zip(ranks) {
        *key = (*key).max((i32::from(value) << 16) + (base - rank));
    }
}

/// As [`super::Set::largest`].
#[inline(always)]
pub(super) fn largest(values: &[i32]) -> u32 {
    values
        .iter()
        .fold(0, |largest, value| value.unsigned_abs().max(largest))
}

/// As [`super::Set::low_halves`].
#[inline(always)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the low half is what is wanted"
)]
pub(super) fn low_halves(values: &[i32], halves: &mut [i16]) {
    for (half, &value) in halves.iter_mut().zip(values) {
        *half = value as i16;
    }
}
