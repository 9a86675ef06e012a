//! Kernels that divide by constants.

use crate::kernel::portable;
use crate::kernel::reciprocal::{NarrowReciprocal, Reciprocal};
use core::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm256_abs_epi32, _mm256_blend_epi32, _mm256_castsi256_ps,
    _mm256_cmpeq_epi32, _mm256_loadu_si256, _mm256_max_epi32, _mm256_min_epi32, _mm256_movemask_ps,
    _mm256_mul_epu32, _mm256_mullo_epi32, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permutevar8x32_epi32, _mm256_set1_epi32, _mm256_setr_epi32, _mm256_sign_epi32,
    _mm256_srl_epi32, _mm256_srli_epi64, _mm256_storeu_si256,
};

#[target_feature(enable = "avx2")]
pub(super) fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
    let (high, low) = (_mm256_set1_epi32(limit), _mm256_set1_epi32(-limit));
    let in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let (vectors, rest) = sums.as_chunks::<32>();
    let (results, last) = scaled.as_chunks_mut::<32>();
    let mut within = 0_u64;
    for (sums, results) in vectors.iter().zip(results) {
        let sums: *const __m256i = sums.as_ptr().cast();
        let mut clip = |index: usize| {
            // SAFETY: `index < 4`, and four vectors are `[i32; 32]`.
            let quotient = divide(unsafe { _mm256_loadu_si256(sums.add(index)) }, divisor);
            let clipped = _mm256_max_epi32(_mm256_min_epi32(quotient, high), low);
            let same = _mm256_castsi256_ps(_mm256_cmpeq_epi32(quotient, clipped));
            within += u64::from(_mm256_movemask_ps(same).count_ones());
            clipped
        };
        let [a, b, c, d] = [clip(0), clip(1), clip(2), clip(3)];
        let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
        let ordered = _mm256_permutevar8x32_epi32(packed, in_order);
        // SAFETY: a vector is `[i8; 32]`.
        unsafe { _mm256_storeu_si256(results.as_mut_ptr().cast(), ordered) }
    }
    let clipped = 32 * vectors.len() as u64 - within;
    clipped + portable::scale(rest, divisor, limit, last)
}

/// Quotients of 8 values, rounded toward zero.
#[target_feature(enable = "avx2")]
pub(super) fn divide(values: __m256i, divisor: Reciprocal) -> __m256i {
    // The shift of a divisor of 1 is 31.
    let Some(shift) = divisor.shift.checked_sub(32) else {
        return values;
    };
    let multiplier = _mm256_set1_epi32(divisor.multiplier.cast_signed());
    let magnitudes = _mm256_abs_epi32(values);
    let even = _mm256_mul_epu32(magnitudes, multiplier);
    let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(magnitudes), multiplier);
    // The high halves of all products.
    let high = _mm256_blend_epi32::<0b1010_1010>(_mm256_srli_epi64::<32>(even), odd);
    let quotients = _mm256_srl_epi32(high, _mm_cvtsi32_si128(shift.cast_signed()));
    _mm256_sign_epi32(quotients, values)
}

/// Quotients of 8 values that fit int16, rounded toward zero.
#[target_feature(enable = "avx2")]
pub(super) fn divide_narrow(values: __m256i, divisor: NarrowReciprocal) -> __m256i {
    let multiplier = _mm256_set1_epi32(divisor.multiplier.cast_signed());
    let products = _mm256_mullo_epi32(_mm256_abs_epi32(values), multiplier);
    let shift = _mm_cvtsi32_si128(divisor.shift.cast_signed());
    _mm256_sign_epi32(_mm256_srl_epi32(products, shift), values)
}
