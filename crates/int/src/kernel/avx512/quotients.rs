//! Kernels that divide: scaling, and the correction of weights.

use crate::kernel::{Correction, NarrowReciprocal, Patch, Reciprocal, portable};
use core::arch::x86_64::{
    __m512i, _mm_cvtsi64_si128, _mm_storeu_si128, _mm256_loadu_si256, _mm256_mask_storeu_epi16,
    _mm256_maskz_loadu_epi16, _mm256_storeu_si256, _mm512_abs_epi32, _mm512_add_epi32,
    _mm512_cmpgt_epu32_mask, _mm512_cmpneq_epi32_mask, _mm512_cvtepi16_epi32, _mm512_cvtepi32_epi8,
    _mm512_cvtepi32_epi16, _mm512_loadu_si512, _mm512_mask_shuffle_epi32, _mm512_mask_sub_epi32,
    _mm512_maskz_loadu_epi32, _mm512_max_epi32, _mm512_max_epu32, _mm512_min_epi32,
    _mm512_movepi32_mask, _mm512_mul_epu32, _mm512_mullo_epi32, _mm512_reduce_max_epu32,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srl_epi32,
    _mm512_srli_epi64, _mm512_sub_epi32,
};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
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
pub(super) fn update(
    weights: &mut [i16],
    gradients: &[i32],
    patch: Patch,
    correction: Correction,
) -> (usize, u32) {
    let limit = _mm512_set1_epi32(i16::MAX.into());
    let divisors = (correction.rate, correction.decay.map(Reciprocal::narrow));
    let mut largest = _mm512_setzero_si512();
    let mut done = 0;
    let (whole, rest) = (patch.columns / 16, patch.columns % 16);
    'rows: for row in 0..patch.rows {
        let weights = weights[row * patch.strides[0]..][..patch.columns].as_mut_ptr();
        let gradients = gradients[row * patch.strides[1]..][..patch.columns].as_ptr();
        for vector in 0..whole {
            let place = weights.wrapping_add(16 * vector).cast();
            // SAFETY: there are 16 weights and 16 gradients.
            unsafe {
                let weight = _mm512_cvtepi16_epi32(_mm256_loadu_si256(place));
                let gradient = _mm512_loadu_si512(gradients.add(16 * vector).cast());
                let stepped = step(weight, gradient, divisors);
                let magnitude = _mm512_abs_epi32(stepped);
                // A step that wraps int32 ends far outside int16, so that this sees it too.
                if _mm512_cmpgt_epu32_mask(magnitude, limit) != 0 {
                    break 'rows;
                }
                largest = _mm512_max_epu32(largest, magnitude);
                _mm256_storeu_si256(place, _mm512_cvtepi32_epi16(stepped));
            }
            done += 16;
        }
        if rest > 0 {
            let mask = (1_u16 << rest) - 1;
            let place = weights.wrapping_add(16 * whole);
            // SAFETY: the mask has the weights and gradients that are left.
            unsafe {
                let weight = _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(mask, place));
                let gradient = _mm512_maskz_loadu_epi32(mask, gradients.add(16 * whole));
                let stepped = step(weight, gradient, divisors);
                let magnitude = _mm512_abs_epi32(stepped);
                if _mm512_cmpgt_epu32_mask(magnitude, limit) != 0 {
                    break;
                }
                largest = _mm512_max_epu32(largest, magnitude);
                _mm256_mask_storeu_epi16(place, mask, _mm512_cvtepi32_epi16(stepped));
            }
            done += rest;
        }
    }
    (done, _mm512_reduce_max_epu32(largest))
}

/// Corrected weights, modulo 2^32, of weights that fit int16.
#[target_feature(enable = "avx512f,avx512dq")]
fn step(
    weights: __m512i,
    gradients: __m512i,
    (rate, decay): (Reciprocal, Option<NarrowReciprocal>),
) -> __m512i {
    let step = divide(gradients, rate);
    let change = match decay {
        None => step,
        Some(decay) => _mm512_add_epi32(step, divide_narrow(weights, decay)),
    };
    _mm512_sub_epi32(weights, change)
}

/// Quotients of 16 values, rounded toward zero.
#[target_feature(enable = "avx512f,avx512dq")]
fn divide(values: __m512i, divisor: Reciprocal) -> __m512i {
    // The shift of a divisor of 1 is 31.
    let Some(shift) = divisor.shift.checked_sub(32) else {
        return values;
    };
    let multiplier = _mm512_set1_epi64(i64::from(divisor.multiplier));
    let magnitudes = _mm512_abs_epi32(values);
    let even = _mm512_mul_epu32(magnitudes, multiplier);
    let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(magnitudes), multiplier);
    // The high halves of all products.
    let high = _mm512_mask_shuffle_epi32::<0b11_11_01_01>(odd, 0x5555, even);
    let quotients = _mm512_srl_epi32(high, _mm_cvtsi64_si128(shift.into()));
    signed(quotients, values)
}

/// Quotients of 16 values that fit int16, rounded toward zero.
#[target_feature(enable = "avx512f,avx512dq")]
fn divide_narrow(values: __m512i, divisor: NarrowReciprocal) -> __m512i {
    let multiplier = _mm512_set1_epi32(divisor.multiplier.cast_signed());
    let products = _mm512_mullo_epi32(_mm512_abs_epi32(values), multiplier);
    let quotients = _mm512_srl_epi32(products, _mm_cvtsi64_si128(divisor.shift.into()));
    signed(quotients, values)
}

/// Magnitudes with the signs of values.
#[target_feature(enable = "avx512f,avx512dq")]
fn signed(magnitudes: __m512i, values: __m512i) -> __m512i {
    let negative = _mm512_movepi32_mask(values);
    _mm512_mask_sub_epi32(magnitudes, negative, _mm512_setzero_si512(), magnitudes)
}
