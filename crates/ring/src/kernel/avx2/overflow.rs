//! Sums of fractions, rounded: in floating point, and in fixed point where that is not decisive.

use super::vector::{LANES, V, from_residues, fused, store_whole, sub, whole};
use crate::kernel::montgomery::Fraction;
use crate::kernel::portable;
use core::arch::x86_64::{
    _CMP_NLT_UQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEG_INF, _mm256_andnot_pd, _mm256_cmp_pd,
    _mm256_movemask_pd, _mm256_round_pd, _mm256_set1_pd,
};

/// Vectors of a row that are summed before the next row's.
const RUN: usize = 4;

/// The sum of this many fractions, below twice as many, is wrong by less than [`NEAR`]: each adds
/// 2^-53 of the sum for its rounding, and 2^-53 for that of its inverse.
const MAX_FRACTIONS: usize = 256;

/// A sum at this distance from an integer is on the right side of it.
const NEAR: f64 = 1.0 / (1_u64 << 35) as f64;

#[target_feature(enable = "avx2,fma")]
pub(super) fn overflow(fractions: &[Fraction], digits: &[&[u64]], to: &mut [u64]) {
    assert!(digits.iter().all(|row| row.len() == to.len()));
    assert_eq!(digits.len(), fractions.len());
    if fractions.len() > MAX_FRACTIONS {
        return portable::overflow(fractions, digits, to);
    }
    let mut index = 0;
    while index + RUN * LANES <= to.len() {
        // SAFETY: `index + RUN * LANES <= to.len()`, which is the length of every row: asserted above.
        unsafe { form::<RUN>(fractions, digits, to, index) };
        index += RUN * LANES;
    }
    while index < whole(to.len()) {
        // SAFETY: `index + LANES <= to.len()`, since `whole` is a multiple of `LANES`; and that is the
        // length of every row: asserted above.
        unsafe { form::<1>(fractions, digits, to, index) };
        index += LANES;
    }
    for (index, to) in to.iter_mut().enumerate().skip(index) {
        *to = portable::overflow_at(index, fractions, digits);
    }
}

/// `COUNT` vectors from an index on.
///
/// # Safety
/// `index + COUNT * LANES` is at most the length of every row of digits, and of `to`.
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
            // SAFETY: `index + (at + 1) * LANES` is at most the length of `digits`: the caller's duty.
            let digits = unsafe { from_residues(digits.as_ptr().add(index + at * LANES)) };
            *sum = fused(digits, inverse, *sum);
        }
    }
    for (at, sum) in sums.into_iter().enumerate() {
        let index = index + at * LANES;
        let whole = below(sum);
        if is_near(sub(sum, whole)) {
            let lanes = to.iter_mut().enumerate().skip(index).take(LANES);
            lanes.for_each(|(index, to)| *to = portable::overflow_at(index, fractions, digits));
        } else {
            // SAFETY: `index + LANES <= to.len()`: the caller's duty.
            unsafe { store_whole(to.as_mut_ptr().add(index), whole) };
        }
    }
}

/// The nearest integers below.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn below(x: V) -> V {
    _mm256_round_pd::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(x)
}

/// Whether a fractional part is next to 0 or 1, in any lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn is_near(part: V) -> bool {
    let (near, far) = (_mm256_set1_pd(NEAR), _mm256_set1_pd(1.0 - NEAR));
    let above = _mm256_cmp_pd::<_CMP_NLT_UQ>(part, near);
    let not_below = _mm256_cmp_pd::<_CMP_NLT_UQ>(part, far);
    _mm256_movemask_pd(_mm256_andnot_pd(not_below, above)) != 0b1111
}
