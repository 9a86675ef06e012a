//! The kernels in plain Rust: the oracle of the others, and what other targets run. Written so
//! that compilers vectorize them.

use super::contributions::Contribution;
use super::reciprocal::Reciprocal;
use super::tile::Tile;
use super::update::{Patch, UpdateRule};

pub(super) use super::fast_fir::{add, fast_fir_inputs, fast_fir_line, fast_fir_weights, subtract};
pub(super) use super::high_halves::{add_high_halves, lay_out_by_depth};
pub(super) use super::overflow::add_overflows;
pub(super) use super::windows::add_windows;

/// As [`super::Isa::tile`].
#[inline(always)]
pub(super) fn tile(tile: &Tile<'_>, sums: &mut [i32]) {
    let (width, span) = (tile.width, tile.span);
    sums.fill(0);
    for (&start, sums) in tile.starts.iter().zip(sums.chunks_exact_mut(width)) {
        let runs = tile.block.chunks_exact((span.length * width).max(1));
        for (run, block) in runs.enumerate() {
            let row = &tile.values[start + run * span.stride..][..span.length];
            let pairs = row.as_chunks::<2>().0.iter();
            for (&two, columns) in pairs.zip(block.chunks_exact(2 * width)) {
                let fours = sums
                    .as_chunks_mut::<4>()
                    .0
                    .iter_mut()
                    .zip(columns.as_chunks::<8>().0);
                for (sums, columns) in fours {
                    add_pair_products(sums, two, columns);
                }
            }
        }
    }
}

/// Four sums of two products each, in the shape of the instruction that most processors have
/// for it.
#[inline(always)]
fn add_pair_products(sums: &mut [i32; 4], [a, b]: [i16; 2], columns: &[i16; 8]) {
    let product = |i: usize| {
        let first = i32::from(a) * i32::from(columns[2 * i]);
        first.wrapping_add(i32::from(b) * i32::from(columns[2 * i + 1]))
    };
    let products = [product(0), product(1), product(2), product(3)];
    for (sum, product) in sums.iter_mut().zip(products) {
        *sum = sum.wrapping_add(product);
    }
}

/// As [`super::Isa::lay_out_square`].
#[inline(always)]
pub(super) fn lay_out_square(rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
    for (row, values) in rows.chunks(stride).take(16).enumerate() {
        let pairs = values.as_chunks::<2>().0.iter().take(16);
        for (pair, line) in pairs.zip(lines.chunks_mut(2 * width)) {
            line[2 * row..2 * row + 2].copy_from_slice(pair);
        }
    }
}

/// As [`super::Isa::transpose_low_halves`]: some columns after others, so that their lines stay in the cache.
#[allow(clippy::cast_possible_truncation, reason = "the low half")]
#[inline(always)]
pub(super) fn transpose_low_halves(values: &[i32], columns: usize, low: &mut [i16], stride: usize) {
    const TOGETHER: usize = 64;
    for first in (0..columns).step_by(TOGETHER) {
        for (row, values) in values.chunks_exact(columns).enumerate() {
            let some = &values[first..columns.min(first + TOGETHER)];
            for (low, &value) in low[first * stride + row..]
                .iter_mut()
                .step_by(stride)
                .zip(some)
            {
                *low = value as i16;
            }
        }
    }
}

/// As [`super::Isa::prefetch`]: processors prefetch on their own.
#[inline(always)]
pub(super) fn prefetch(_: &[i16]) {}

/// As [`super::Isa::prefetch_far`].
#[inline(always)]
pub(super) fn prefetch_far(_: &[i16]) {}

/// As [`super::Isa::products_alone`]: compilers remove such a loop.
#[inline(always)]
pub(super) fn products_alone(_: u32) -> (u64, i32) {
    (0, 0)
}

/// As [`super::Isa::add_contributions`].
#[inline(always)]
pub(super) fn add_contributions(sums: &mut [i32], values: &[i16], list: &[Contribution]) {
    for one in list {
        let row = &values[one.start as usize..][..sums.len()];
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(i32::from(one.scale) * i32::from(value));
        }
    }
}

/// As [`super::Isa::add_scaled`].
#[inline(always)]
pub(super) fn add_scaled(sums: &mut [i32], scale: i32, row: &[i16]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(scale.wrapping_mul(i32::from(value)));
    }
}

/// As [`super::Isa::scale`].
#[allow(
    clippy::cast_possible_truncation,
    reason = "cut to the range of int8 just before"
)]
#[inline(always)]
pub(super) fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
    let mut clipped_count = 0_u32;
    for (scaled, &sum) in scaled.iter_mut().zip(sums) {
        let quotient = divisor.divide_toward_zero(sum);
        let clipped = quotient.clamp(-limit, limit);
        clipped_count += u32::from(quotient != clipped);
        *scaled = clipped as i8;
    }
    clipped_count.into()
}

/// As [`super::Isa::update`].
#[allow(
    clippy::cast_possible_truncation,
    reason = "checked to fit int16 just before"
)]
#[inline(always)]
pub(super) fn update(
    weights: &mut [i16],
    gradients: &[i32],
    patch: Patch,
    rule: UpdateRule,
) -> (usize, u32) {
    let (mut done, mut max_abs) = (0, 0);
    let decay = rule.narrow_decay();
    let rows = weights
        .chunks_mut(patch.strides[0])
        .zip(gradients.chunks(patch.strides[1]));
    for (weights, gradients) in rows.take(patch.rows) {
        let (weights, gradients) = (&mut weights[..patch.columns], &gradients[..patch.columns]);
        for (weights, gradients) in weights.chunks_mut(16).zip(gradients.chunks(16)) {
            let mut stepped = [0; 16];
            let mut own_max = 0;
            for ((stepped, &weight), &gradient) in stepped.iter_mut().zip(&*weights).zip(gradients)
            {
                let step = rule.rate.divide_toward_zero(gradient);
                let decay = decay.divide_toward_zero(weight);
                *stepped = i32::from(weight).wrapping_sub(step.wrapping_add(decay));
                own_max = own_max.max(stepped.unsigned_abs());
            }
            if own_max > i16::MAX.unsigned_abs().into() {
                return (done, max_abs);
            }
            max_abs = max_abs.max(own_max);
            done += weights.len();
            for (weight, stepped) in weights.iter_mut().zip(stepped) {
                *weight = stepped as i16;
            }
        }
    }
    (done, max_abs)
}

/// As [`super::Isa::leaky`].
#[allow(clippy::cast_possible_truncation, reason = "a quotient of at most 127")]
#[inline(always)]
pub(super) fn leaky(inputs: &[i8], inverse: u16, mean: i16, outputs: &mut [i16]) {
    for (output, &input) in outputs.iter_mut().zip(inputs) {
        let below = (-i16::from(input).clamp(-127, 0)).cast_unsigned();
        let quotient = (u32::from(below) * u32::from(inverse)) >> 16;
        *output = i16::from(input).max(0) - (quotient as u16).cast_signed() - mean;
    }
}

/// As [`super::Isa::leaky_backward`].
#[inline(always)]
pub(super) fn leaky_backward(gradients: &mut [i32], inputs: &[i8], slope: Reciprocal) {
    for (gradient, &input) in gradients.iter_mut().zip(inputs) {
        let passed = if input == 127 { 0 } else { *gradient };
        let below = slope.divide_toward_zero(passed);
        *gradient = if input < 0 { below } else { passed };
    }
}

/// As [`super::Isa::max_with_index`].
#[inline(always)]
pub(super) fn max_with_index(best: &mut [i16], indices: &mut [u16], values: &[i16], index: u16) {
    for ((best, winner), &value) in best.iter_mut().zip(indices).zip(values) {
        let more = value > *best;
        *best = if more { value } else { *best };
        *winner = if more { index } else { *winner };
    }
}

/// As [`super::Isa::max_i8`].
#[inline(always)]
pub(super) fn max_i8(best: &mut [i8], values: &[i8]) {
    for (best, &value) in best.iter_mut().zip(values) {
        *best = value.max(*best);
    }
}

/// As [`super::Isa::max_abs`].
#[inline(always)]
pub(super) fn max_abs(values: &[i32]) -> u32 {
    values
        .iter()
        .fold(0, |max_abs, value| value.unsigned_abs().max(max_abs))
}

/// As [`super::Isa::max_abs_i16`].
#[inline(always)]
pub(super) fn max_abs_i16(values: &[i16]) -> u16 {
    values
        .iter()
        .fold(0, |max_abs, value| value.unsigned_abs().max(max_abs))
}

/// As [`super::Isa::squares`].
#[inline(always)]
pub(super) fn squares(values: &[i16]) -> u64 {
    let square = |&value: &i16| (i32::from(value) * i32::from(value)).cast_unsigned();
    let short = |values: &[i16]| -> u64 { values.iter().map(|v| u64::from(square(v))).sum() };
    values.chunks(64).map(short).sum()
}
