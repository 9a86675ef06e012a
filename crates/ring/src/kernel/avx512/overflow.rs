//! Sums of fractions, rounded, in fixed point.

use super::residues::{LANES, Lanes, load, splat, store};
use crate::kernel::montgomery::Fraction;
use core::arch::x86_64::{
    _mm512_add_epi64, _mm512_and_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_setzero_si512, _mm512_slli_epi64, _mm512_sllv_epi64, _mm512_srli_epi64,
    _mm512_srlv_epi64,
};

/// As the portable one, with products of 52 bits by the reciprocal's upper bits and lower 52.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn overflow(fractions: &[Fraction], digits: &[&[u64]], overflow: &mut [u64]) {
    assert!(digits.iter().all(|row| row.len() == overflow.len()));
    assert_eq!(digits.len(), fractions.len());
    let (length, to) = (overflow.len(), overflow.as_mut_ptr());
    let zero = _mm512_setzero_si512();
    let within = splat((1 << Fraction::BITS) - 1);
    for index in (0..length).step_by(LANES) {
        let lanes = Lanes::left(length, index);
        let (mut sum, mut whole) = (splat(1 << (Fraction::BITS - 1)), zero);
        for (digits, fraction) in digits.iter().zip(fractions) {
            let (below, above) = (splat(fraction.reciprocal), splat(fraction.reciprocal >> 52));
            // SAFETY: `Lanes::left` ends at `length`, which every row of digits has: asserted above.
            let digits = unsafe { load(digits.as_ptr(), lanes) };
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
        // SAFETY: `Lanes::left` ends at `length`, that of the row.
        unsafe { store(to, lanes, whole) };
    }
}
