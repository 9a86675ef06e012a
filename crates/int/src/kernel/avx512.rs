//! Kernels for processors with AVX-512 and its integer products (VNNI).

use super::reciprocal::Reciprocal;
use super::{Tile, portable};
use core::arch::x86_64::{
    __m512i, _mm512_dpwssd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen(());

impl Seen {
    /// Looks at the processor.
    pub(super) fn look() -> Option<Self> {
        let seen = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        seen.then_some(Seen(()))
    }

    pub(super) fn tile(self, tile: &Tile<'_>, sums: &mut [i32]) {
        // SAFETY: the features were seen; `Set::tile` has checked all sizes.
        unsafe {
            match tile.width {
                64 => rows::<6, 4>(tile, sums),
                48 => rows::<8, 3>(tile, sums),
                32 => rows::<12, 2>(tile, sums),
                _ => rows::<16, 1>(tile, sums),
            }
        }
    }

    pub(super) fn add_scaled(self, sums: &mut [i32], scale: i32, row: &[i16]) {
        // SAFETY: the features were seen.
        unsafe { add_scaled(sums, scale, row) }
    }

    pub(super) fn add_scaled_wide(self, sums: &mut [i32], scale: i32, row: &[i32]) {
        // SAFETY: the features were seen.
        unsafe { add_scaled_wide(sums, scale, row) }
    }

    pub(super) fn exact_product(self, row: &[i32], lane: &[i16]) -> i64 {
        // SAFETY: the features were seen.
        unsafe { exact_product(row, lane) }
    }

    pub(super) fn add_scaled_exactly(self, sums: &mut [i64], scale: i32, row: &[i16]) {
        // SAFETY: the features were seen.
        unsafe { add_scaled_exactly(sums, scale, row) }
    }

    pub(super) fn scale(
        self,
        sums: &[i32],
        divisor: Reciprocal,
        limit: i32,
        scaled: &mut [i8],
    ) -> u64 {
        // SAFETY: the features were seen.
        unsafe { scale(sums, divisor, limit, scaled) }
    }

    pub(super) fn update(
        self,
        weights: &mut [i32],
        gradients: &[i32],
        rate: Reciprocal,
        decay: Option<Reciprocal>,
    ) -> u64 {
        // SAFETY: the features were seen.
        unsafe { update(weights, gradients, rate, decay) }
    }
}

/// All rows of a tile, `R` at a time, over blocks of `V` vectors of 16 lanes.
///
/// # Safety
/// The width is `16 * V`, and the sizes are those that `Set::tile` checks.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const R: usize, const V: usize>(tile: &Tile<'_>, sums: &mut [i32]) {
    let count = tile.rows.len() / tile.stride;
    let mut row = 0;
    let mut step = |rows: usize| {
        let at = (
            tile.rows.as_ptr().wrapping_add(row * tile.stride),
            row * 16 * V,
        );
        row += rows;
        (at.0, sums.as_mut_ptr().wrapping_add(at.1))
    };
    let mut left = count;
    // SAFETY: each step takes rows that are there, and its sums.
    unsafe {
        while left >= R {
            let (from, to) = step(R);
            some_rows::<R, V>(tile, from, to);
            left -= R;
        }
        while left >= 4 {
            let (from, to) = step(4);
            some_rows::<4, V>(tile, from, to);
            left -= 4;
        }
        while left > 0 {
            let (from, to) = step(1);
            some_rows::<1, V>(tile, from, to);
            left -= 1;
        }
    }
}

/// `R` rows from `from`, with sums at `to`.
///
/// # Safety
/// `from` has `R` rows of the tile's stride, `to` has room for `R * 16 * V` sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn some_rows<const R: usize, const V: usize>(
    tile: &Tile<'_>,
    from: *const i16,
    to: *mut i32,
) {
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    let block = tile.block.as_ptr();
    for pair in 0..tile.stride / 2 {
        // SAFETY: the block has `16 * V` lanes of two values for each pair of each row.
        unsafe {
            let lanes = block.add(pair * 32 * V);
            let lanes: [__m512i; V] =
                core::array::from_fn(|v| _mm512_loadu_si512(lanes.add(32 * v).cast()));
            for (row, sums) in sums.iter_mut().enumerate() {
                let two = from
                    .add(row * tile.stride + 2 * pair)
                    .cast::<i32>()
                    .read_unaligned();
                let two = _mm512_set1_epi32(two);
                for (sum, lanes) in sums.iter_mut().zip(lanes) {
                    *sum = _mm512_dpwssd_epi32(*sum, two, lanes);
                }
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            // SAFETY: there is room for `R` rows of `16 * V` sums.
            unsafe { _mm512_storeu_si512(to.add(row * 16 * V + 16 * v).cast(), sum) }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn add_scaled(sums: &mut [i32], scale: i32, row: &[i16]) {
    portable::add_scaled(sums, scale, row);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn add_scaled_wide(sums: &mut [i32], scale: i32, row: &[i32]) {
    portable::add_scaled_wide(sums, scale, row);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
    portable::scale(sums, divisor, limit, scaled)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn update(
    weights: &mut [i32],
    gradients: &[i32],
    rate: Reciprocal,
    decay: Option<Reciprocal>,
) -> u64 {
    portable::update(weights, gradients, rate, decay)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn exact_product(row: &[i32], lane: &[i16]) -> i64 {
    portable::exact_product(row, lane)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn add_scaled_exactly(sums: &mut [i64], scale: i32, row: &[i16]) {
    portable::add_scaled_exactly(sums, scale, row);
}
