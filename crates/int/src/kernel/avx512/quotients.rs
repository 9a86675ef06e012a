//! Kernels that divide by constants.

use crate::kernel::portable;
use crate::kernel::reciprocal::{NarrowReciprocal, Reciprocal};
use core::arch::x86_64::{
    __m512i, _mm_cvtsi64_si128, _mm_storeu_si128, _mm512_abs_epi32, _mm512_cmpneq_epi32_mask,
    _mm512_cvtepi32_epi8, _mm512_loadu_si512, _mm512_mask_shuffle_epi32, _mm512_mask_sub_epi32,
    _mm512_max_epi32, _mm512_min_epi32, _mm512_movepi32_mask, _mm512_mul_epu32, _mm512_mullo_epi32,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srl_epi32,
    _mm512_srli_epi64,
};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
    let (high, low) = (_mm512_set1_epi32(limit), _mm512_set1_epi32(-limit));
    let (vectors, rest) = sums.as_chunks::<16>();
    let (results, last) = scaled.as_chunks_mut::<16>();
    let mut clipped_count = 0;
    for (sums, results) in vectors.iter().zip(results) {
        // SAFETY: a vector is `[i32; 16]`, and 16 bytes are `[i8; 16]`.
        unsafe {
            let quotient = divide(_mm512_loadu_si512(sums.as_ptr().cast()), divisor);
            let clipped = _mm512_max_epi32(_mm512_min_epi32(quotient, high), low);
            clipped_count += u64::from(_mm512_cmpneq_epi32_mask(quotient, clipped).count_ones());
            _mm_storeu_si128(results.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(clipped));
        }
    }
    clipped_count + portable::scale(rest, divisor, limit, last)
}

/// Quotients of 16 values, rounded toward zero.
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn divide(values: __m512i, divisor: Reciprocal) -> __m512i {
    // The shift of a divisor of 1 is 31.
    let Some(shift) = divisor.shift.checked_sub(32) else {
        return values;
    };
    signed(divide_magnitudes(values, divisor.multiplier, shift), values)
}

/// Quotients of the magnitudes of 16 values: products with a multiplier, shifted by 32 bits and
/// `shift` more.
#[target_feature(enable = "avx512f")]
pub(super) fn divide_magnitudes(values: __m512i, multiplier: u32, shift: u32) -> __m512i {
    let multiplier = _mm512_set1_epi64(i64::from(multiplier));
    let magnitudes = _mm512_abs_epi32(values);
    let even = _mm512_mul_epu32(magnitudes, multiplier);
    let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(magnitudes), multiplier);
    // The high halves of all products.
    let high = _mm512_mask_shuffle_epi32::<0b11_11_01_01>(odd, 0x5555, even);
    _mm512_srl_epi32(high, _mm_cvtsi64_si128(shift.into()))
}

/// Quotients of 16 values that fit int16, rounded toward zero.
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn divide_narrow(values: __m512i, divisor: NarrowReciprocal) -> __m512i {
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
