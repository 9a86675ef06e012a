//! Sums of fractions, rounded, in fixed point.

use super::residues::{LANES, left, load, splat, store};
use crate::kernel::montgomery::Fraction;
use core::arch::x86_64::{
    _mm512_add_epi64, _mm512_and_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_setzero_si512, _mm512_slli_epi64, _mm512_sllv_epi64, _mm512_srli_epi64,
    _mm512_srlv_epi64,
};

/// As the portable one: products of 52 bits by 11 and 52.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn excess(fractions: &[Fraction], digits: &[&[u64]], excess: &mut [u64]) {
    assert!(digits.iter().all(|row| row.len() == excess.len()));
    assert_eq!(digits.len(), fractions.len());
    let (length, to) = (excess.len(), excess.as_mut_ptr());
    let zero = _mm512_setzero_si512();
    let within = splat((1 << Fraction::BITS) - 1);
    for index in (0..length).step_by(LANES) {
        let mask = left(length, index);
        let (mut sum, mut whole) = (splat(1 << (Fraction::BITS - 1)), zero);
        for (digits, fraction) in digits.iter().zip(fractions) {
            let (below, above) = (splat(fraction.reciprocal), splat(fraction.reciprocal >> 52));
            // SAFETY: the lanes of the mask are within the row.
            let digits = unsafe { load(digits.as_ptr(), index, mask) };
            let low = _mm512_madd52lo_epu64(zero, digits, below);
            let middle = _mm512_madd52lo_epu64(zero, digits, above);
            let middle = _mm512_madd52hi_epu64(middle, digits, below);
            let high = _mm512_slli_epi64::<52>(_mm512_madd52hi_epu64(zero, digits, above));
            let upper =
                _mm512_sllv_epi64(_mm512_add_epi64(middle, high), splat(52 - fraction.shift));
            let lower = _mm512_srlv_epi64(low, splat(fraction.shift));
            sum = _mm512_add_epi64(sum, _mm512_add_epi64(upper, lower));
            whole = _mm512_add_epi64(whole, _mm512_srli_epi64::<{ Fraction::BITS }>(sum));
            sum = _mm512_and_si512(sum, within);
        }
        // SAFETY: the lanes of the mask are within the row.
        unsafe { store(to, index, mask, whole) };
    }
}
