//! Sums of fractions, rounded: in floating point, and in fixed point where that cannot tell.

use super::vector::{LANES, V, from_residues, fused, store_whole, sub, whole};
use crate::kernel::montgomery::Fraction;
use crate::kernel::portable;
use core::arch::x86_64::{
    _CMP_NLT_UQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEG_INF, _mm256_andnot_pd, _mm256_cmp_pd,
    _mm256_movemask_pd, _mm256_round_pd, _mm256_set1_pd,
};

/// Vectors of each row before the next row's.
const RUN: usize = 4;

/// Fractions of which the sum, below twice as many, is wrong by less than [`NEAR`]: each adds
/// 2^-53 of the sum for its rounding, and 2^-53 for that of its inverse.
const AT_MOST: usize = 256;

/// What a sum must be away from an integer to be on the right side of it.
const NEAR: f64 = 1.0 / (1_u64 << 35) as f64;

#[target_feature(enable = "avx2,fma")]
pub(super) fn excess(fractions: &[Fraction], digits: &[&[u64]], to: &mut [u64]) {
    assert!(digits.iter().all(|row| row.len() == to.len()));
    assert_eq!(digits.len(), fractions.len());
    if fractions.len() > AT_MOST {
        return portable::excess(fractions, digits, to);
    }
    let mut index = 0;
    while index + RUN * LANES <= to.len() {
        // SAFETY: so many are left, in all rows.
        unsafe { form::<RUN>(fractions, digits, to, index) };
        index += RUN * LANES;
    }
    while index < whole(to.len()) {
        // SAFETY: a vector is left, in all rows.
        unsafe { form::<1>(fractions, digits, to, index) };
        index += LANES;
    }
    for (index, to) in to.iter_mut().enumerate().skip(index) {
        *to = portable::excess_at(index, fractions, digits);
    }
}

/// `COUNT` vectors from an index on.
///
/// # Safety
/// The vectors are there, in all rows.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn form<const COUNT: usize>(
    fractions: &[Fraction],
    digits: &[&[u64]],
    to: &mut [u64],
    index: usize,
) {
    let mut sums = [_mm256_set1_pd(0.5); COUNT];
    for (digits, fraction) in digits.iter().zip(fractions) {
        let inverse = _mm256_set1_pd(fraction.inverse);
        for (at, sum) in sums.iter_mut().enumerate() {
            // SAFETY: as promised.
            let digits = unsafe { from_residues(digits.as_ptr().add(index + at * LANES)) };
            *sum = fused(digits, inverse, *sum);
        }
    }
    for (at, sum) in sums.into_iter().enumerate() {
        let index = index + at * LANES;
        let whole = below(sum);
        if is_near(sub(sum, whole)) {
            let lanes = to.iter_mut().enumerate().skip(index).take(LANES);
            lanes.for_each(|(index, to)| *to = portable::excess_at(index, fractions, digits));
        } else {
            // SAFETY: as promised.
            unsafe { store_whole(to.as_mut_ptr().add(index), whole) };
        }
    }
}

/// The integers below.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn below(x: V) -> V {
    _mm256_round_pd::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(x)
}

/// Whether a part of integers is next to 0 or 1, in any lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn is_near(part: V) -> bool {
    let (near, far) = (_mm256_set1_pd(NEAR), _mm256_set1_pd(1.0 - NEAR));
    let above = _mm256_cmp_pd::<_CMP_NLT_UQ>(part, near);
    let not_below = _mm256_cmp_pd::<_CMP_NLT_UQ>(part, far);
    _mm256_movemask_pd(_mm256_andnot_pd(not_below, above)) != 0b1111
}
