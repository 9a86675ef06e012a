//! Kernels for processors with AVX-512 and its integer products (VNNI).

use super::reciprocal::Reciprocal;
use super::{Tile, portable};
use core::arch::x86_64::{
    __m512i, _mm_cvtsi64_si128, _mm_storeu_si128, _mm512_abs_epi32, _mm512_add_epi32,
    _mm512_and_si512, _mm512_cmpneq_epi32_mask, _mm512_cvtepi32_epi8, _mm512_dpwssd_epi32,
    _mm512_loadu_si512, _mm512_mask_blend_epi32, _mm512_mask_sub_epi32, _mm512_max_epi32,
    _mm512_min_epi32, _mm512_movepi32_mask, _mm512_mul_epu32, _mm512_or_si512, _mm512_set1_epi32,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srl_epi64,
    _mm512_srli_epi64, _mm512_storeu_si512, _mm512_sub_epi32, _mm512_xor_si512,
};
use core::ops::Range;

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

    pub(super) fn raise_keys(self, keys: &mut [i32], values: &[i16], ranks: &[i32], base: i32) {
        // SAFETY: the features were seen.
        unsafe { raise_keys(keys, values, ranks, base) }
    }

    pub(super) fn largest(self, values: &[i32]) -> u32 {
        // SAFETY: the features were seen.
        unsafe { largest(values) }
    }

    pub(super) fn low_halves(self, values: &[i32], halves: &mut [i16]) {
        // SAFETY: the features were seen.
        unsafe { low_halves(values, halves) }
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

/// Pairs of depths whose lanes stay in the first-level cache while all rows pass over them.
const PAIRS_AT_ONCE: usize = 96;

/// All rows of a tile, `R` at a time, over blocks of `V` vectors of 16 lanes.
///
/// # Safety
/// The width is `16 * V`, and the sizes are those that `Set::tile` checks.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const R: usize, const V: usize>(tile: &Tile<'_>, sums: &mut [i32]) {
    let count = tile.rows.len() / tile.stride;
    let pairs = tile.stride / 2;
    sums.fill(0);
    for first in (0..pairs).step_by(PAIRS_AT_ONCE) {
        let part = first..pairs.min(first + PAIRS_AT_ONCE);
        let mut row = 0;
        while row < count {
            // SAFETY: each step takes rows that are there.
            row += unsafe {
                match count - row {
                    left if left >= R => some_rows::<R, V>(tile, row, part.clone(), sums),
                    4.. => some_rows::<4, V>(tile, row, part.clone(), sums),
                    2.. => some_rows::<2, V>(tile, row, part.clone(), sums),
                    _ => some_rows::<1, V>(tile, row, part.clone(), sums),
                }
            };
        }
    }
}

/// Adds the products of some pairs of depths to the sums of `R` rows from `row`; returns `R`.
///
/// # Safety
/// As [`rows`]; the tile has `R` rows from `row`, and these pairs.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn some_rows<const R: usize, const V: usize>(
    tile: &Tile<'_>,
    row: usize,
    pairs: Range<usize>,
    sums: &mut [i32],
) -> usize {
    let from = tile.rows.as_ptr().wrapping_add(row * tile.stride);
    let to = sums.as_mut_ptr().wrapping_add(row * 16 * V);
    let block = tile.block.as_ptr();
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    for (row, sums) in sums.iter_mut().enumerate() {
        for (v, sum) in sums.iter_mut().enumerate() {
            // SAFETY: there are `R` rows of `16 * V` sums.
            *sum = unsafe { _mm512_loadu_si512(to.add(row * 16 * V + 16 * v).cast()) };
        }
    }
    for pair in pairs {
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
            // SAFETY: there are `R` rows of `16 * V` sums.
            unsafe { _mm512_storeu_si512(to.add(row * 16 * V + 16 * v).cast(), sum) }
        }
    }
    R
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
    let (high, low) = (_mm512_set1_epi32(limit), _mm512_set1_epi32(-limit));
    let (vectors, rest) = sums.as_chunks::<16>();
    let (places, last) = scaled.as_chunks_mut::<16>();
    let mut cut = 0;
    for (sums, place) in vectors.iter().zip(places) {
        // SAFETY: there are 16 sums, and room for 16 results.
        unsafe {
            let quotient = divide(_mm512_loadu_si512(sums.as_ptr().cast()), divisor);
            let clipped = _mm512_max_epi32(_mm512_min_epi32(quotient, high), low);
            cut += u64::from(_mm512_cmpneq_epi32_mask(quotient, clipped).count_ones());
            _mm_storeu_si128(place.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(clipped));
        }
    }
    cut + portable::scale(rest, divisor, limit, last)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn update(
    weights: &mut [i32],
    gradients: &[i32],
    rate: Reciprocal,
    decay: Option<Reciprocal>,
) -> u64 {
    let (vectors, last_weights) = weights.as_chunks_mut::<16>();
    let (steps, last_gradients) = gradients.as_chunks::<16>();
    let mut wrapped = 0;
    for (place, gradients) in vectors.iter_mut().zip(steps) {
        // SAFETY: there are 16 weights and 16 gradients.
        unsafe {
            let weight = _mm512_loadu_si512(place.as_ptr().cast());
            let step = divide(_mm512_loadu_si512(gradients.as_ptr().cast()), rate);
            let decay = decay.map_or(_mm512_setzero_si512(), |decay| divide(weight, decay));
            let change = _mm512_add_epi32(step, decay);
            let stepped = _mm512_sub_epi32(weight, change);
            // A sum leaves int32 if its sign is that of neither part, a difference if its sign
            // is not that of the first and the parts' signs differ.
            let sum = _mm512_and_si512(
                _mm512_xor_si512(step, change),
                _mm512_xor_si512(decay, change),
            );
            let difference = _mm512_and_si512(
                _mm512_xor_si512(weight, change),
                _mm512_xor_si512(weight, stepped),
            );
            let over = _mm512_movepi32_mask(_mm512_or_si512(sum, difference));
            wrapped += u64::from(over.count_ones());
            _mm512_storeu_si512(place.as_mut_ptr().cast(), stepped);
        }
    }
    wrapped + portable::update(last_weights, last_gradients, rate, decay)
}

/// Quotients of 16 values, rounded toward zero.
#[target_feature(enable = "avx512f,avx512dq")]
fn divide(values: __m512i, divisor: Reciprocal) -> __m512i {
    let multiplier = _mm512_set1_epi64(i64::from(divisor.multiplier));
    let shift = _mm_cvtsi64_si128(i64::from(divisor.shift));
    let magnitudes = _mm512_abs_epi32(values);
    let quotients = |halves| _mm512_srl_epi64(_mm512_mul_epu32(halves, multiplier), shift);
    let even = quotients(magnitudes);
    let odd = _mm512_slli_epi64::<32>(quotients(_mm512_srli_epi64::<32>(magnitudes)));
    let unsigned = _mm512_mask_blend_epi32(0xaaaa, even, odd);
    let negative = _mm512_movepi32_mask(values);
    _mm512_mask_sub_epi32(unsigned, negative, _mm512_setzero_si512(), unsigned)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn exact_product(row: &[i32], lane: &[i16]) -> i64 {
    portable::exact_product(row, lane)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn add_scaled_exactly(sums: &mut [i64], scale: i32, row: &[i16]) {
    portable::add_scaled_exactly(sums, scale, row);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn raise_keys(keys: &mut [i32], values: &[i16], ranks: &[i32], base: i32) {
    portable::raise_keys(keys, values, ranks, base);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn largest(values: &[i32]) -> u32 {
    portable::largest(values)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn low_halves(values: &[i32], halves: &mut [i16]) {
    portable::low_halves(values, halves);
}
