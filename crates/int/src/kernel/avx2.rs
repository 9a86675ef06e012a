//! Kernels for processors with AVX2.

use super::reciprocal::Reciprocal;
use super::{Tile, portable};
use core::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256,
};

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen(());

impl Seen {
    /// Looks at the processor.
    pub(super) fn look() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Seen(()))
    }

    pub(super) fn tile(self, tile: &Tile<'_>, sums: &mut [i32]) {
        // SAFETY: the feature was seen; `Set::tile` has checked all sizes.
        unsafe { rows(tile, sums) }
    }

    pub(super) fn add_scaled(self, sums: &mut [i32], scale: i32, row: &[i16]) {
        // SAFETY: the feature was seen.
        unsafe { add_scaled(sums, scale, row) }
    }

    pub(super) fn add_scaled_wide(self, sums: &mut [i32], scale: i32, row: &[i32]) {
        // SAFETY: the feature was seen.
        unsafe { add_scaled_wide(sums, scale, row) }
    }

    pub(super) fn exact_product(self, row: &[i32], lane: &[i16]) -> i64 {
        // SAFETY: the feature was seen.
        unsafe { exact_product(row, lane) }
    }

    pub(super) fn add_scaled_exactly(self, sums: &mut [i64], scale: i32, row: &[i16]) {
        // SAFETY: the feature was seen.
        unsafe { add_scaled_exactly(sums, scale, row) }
    }

    pub(super) fn raise_keys(self, keys: &mut [i32], values: &[i16], ranks: &[i32], base: i32) {
        // SAFETY: the feature was seen.
        unsafe { raise_keys(keys, values, ranks, base) }
    }

    pub(super) fn largest(self, values: &[i32]) -> u32 {
        // SAFETY: the feature was seen.
        unsafe { largest(values) }
    }

    pub(super) fn low_halves(self, values: &[i32], halves: &mut [i16]) {
        // SAFETY: the feature was seen.
        unsafe { low_halves(values, halves) }
    }

    pub(super) fn scale(
        self,
        sums: &[i32],
        divisor: Reciprocal,
        limit: i32,
        scaled: &mut [i8],
    ) -> u64 {
        // SAFETY: the feature was seen.
        unsafe { scale(sums, divisor, limit, scaled) }
    }

    pub(super) fn update(
        self,
        weights: &mut [i32],
        gradients: &[i32],
        rate: Reciprocal,
        decay: Option<Reciprocal>,
    ) -> u64 {
        // SAFETY: the feature was seen.
        unsafe { update(weights, gradients, rate, decay) }
    }
}

/// All rows of a tile, six at a time, over each 16 lanes.
///
/// # Safety
/// The processor has AVX2, and the sizes are those that `Set::tile` checks.
#[target_feature(enable = "avx2")]
unsafe fn rows(tile: &Tile<'_>, sums: &mut [i32]) {
    let count = tile.rows.len() / tile.stride;
    for lane in (0..tile.width).step_by(16) {
        let mut row = 0;
        while row < count {
            let from = tile.rows.as_ptr().wrapping_add(row * tile.stride);
            let to = sums.as_mut_ptr().wrapping_add(row * tile.width + lane);
            // SAFETY: each step takes rows that are there, and their sums of these lanes.
            row += unsafe {
                match count - row {
                    6.. => some_rows::<6>(tile, lane, from, to),
                    2.. => some_rows::<2>(tile, lane, from, to),
                    _ => some_rows::<1>(tile, lane, from, to),
                }
            };
        }
    }
}

/// `R` rows from `from`, with the sums of 16 lanes from `lane` at `to`; returns `R`.
///
/// # Safety
/// `from` has `R` rows of the tile's stride; `to` has `R` rows of the tile's width with 16 lanes.
#[target_feature(enable = "avx2")]
unsafe fn some_rows<const R: usize>(
    tile: &Tile<'_>,
    lane: usize,
    from: *const i16,
    to: *mut i32,
) -> usize {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    let block = tile.block.as_ptr();
    for pair in 0..tile.stride / 2 {
        // SAFETY: the block has two values of each lane for each pair of each row.
        unsafe {
            let lanes = block.add((pair * tile.width + lane) * 2);
            let lanes: [__m256i; 2] =
                core::array::from_fn(|v| _mm256_loadu_si256(lanes.add(16 * v).cast()));
            for (row, sums) in sums.iter_mut().enumerate() {
                let two = from
                    .add(row * tile.stride + 2 * pair)
                    .cast::<i32>()
                    .read_unaligned();
                let two = _mm256_set1_epi32(two);
                for (sum, lanes) in sums.iter_mut().zip(lanes) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(two, lanes));
                }
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            // SAFETY: there is room for 16 sums in each of `R` rows.
            unsafe { _mm256_storeu_si256(to.add(row * tile.width + 8 * v).cast(), sum) }
        }
    }
    R
}

#[target_feature(enable = "avx2")]
fn add_scaled(sums: &mut [i32], scale: i32, row: &[i16]) {
    portable::add_scaled(sums, scale, row);
}

#[target_feature(enable = "avx2")]
fn add_scaled_wide(sums: &mut [i32], scale: i32, row: &[i32]) {
    portable::add_scaled_wide(sums, scale, row);
}

#[target_feature(enable = "avx2")]
fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
    portable::scale(sums, divisor, limit, scaled)
}

#[target_feature(enable = "avx2")]
fn update(
    weights: &mut [i32],
    gradients: &[i32],
    rate: Reciprocal,
    decay: Option<Reciprocal>,
) -> u64 {
    portable::update(weights, gradients, rate, decay)
}

#[target_feature(enable = "avx2")]
fn exact_product(row: &[i32], lane: &[i16]) -> i64 {
    portable::exact_product(row, lane)
}

#[target_feature(enable = "avx2")]
fn add_scaled_exactly(sums: &mut [i64], scale: i32, row: &[i16]) {
    portable::add_scaled_exactly(sums, scale, row);
}

#[target_feature(enable = "avx2")]
fn raise_keys(keys: &mut [i32], values: &[i16], ranks: &[i32], base: i32) {
    portable::raise_keys(keys, values, ranks, base);
}

#[target_feature(enable = "avx2")]
fn largest(values: &[i32]) -> u32 {
    portable::largest(values)
}

#[target_feature(enable = "avx2")]
fn low_halves(values: &[i32], halves: &mut [i16]) {
    portable::low_halves(values, halves);
}
