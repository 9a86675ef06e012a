//! Residues in four lanes of floating point; see [`crate::kernel::passes`] for why it is exact.

use crate::Modulus;
use crate::kernel::factor::Factor;
use crate::kernel::float::{balanced, exact};
use core::arch::x86_64::{
    __m256d, __m256i, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm256_add_pd,
    _mm256_blendv_pd, _mm256_castpd_si256, _mm256_castsi256_pd, _mm256_fmadd_pd, _mm256_fmsub_pd,
    _mm256_fnmadd_pd, _mm256_loadu_pd, _mm256_loadu_si256, _mm256_mul_pd, _mm256_or_si256,
    _mm256_round_pd, _mm256_set1_pd, _mm256_storeu_pd, _mm256_storeu_si256, _mm256_sub_pd,
    _mm256_xor_si256,
};

/// Numbers that are operated on at once.
pub(super) type V = __m256d;

/// How many.
pub(super) const LANES: usize = 4;

/// The length up to where whole vectors go.
pub(super) fn whole(length: usize) -> usize {
    length / LANES * LANES
}

/// To the nearest integer.
const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// 2^52: an integer below it is added by writing it into the lowest bits.
const HIGH: f64 = 4_503_599_627_370_496.0;

/// A modulus and its inverse, in all lanes.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) value: V,
    pub(super) inverse: V,
}

impl Field {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn new(modulus: Modulus) -> Self {
        let value = exact(modulus.value());
        Field {
            value: _mm256_set1_pd(value),
            inverse: _mm256_set1_pd(1.0 / value),
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn add(a: V, b: V) -> V {
    _mm256_add_pd(a, b)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn sub(a: V, b: V) -> V {
    _mm256_sub_pd(a, b)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn times(a: V, b: V) -> V {
    _mm256_mul_pd(a, b)
}

/// `a * b + c`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn fused(a: V, b: V, c: V) -> V {
    _mm256_fmadd_pd(a, b, c)
}

/// `a * b - c`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn fused_minus(a: V, b: V, c: V) -> V {
    _mm256_fmsub_pd(a, b, c)
}

/// `c - a * b`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn negated_fused(a: V, b: V, c: V) -> V {
    _mm256_fnmadd_pd(a, b, c)
}

/// The nearest integers.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn nearest(x: V) -> V {
    _mm256_round_pd::<NEAREST>(x)
}

/// A residue as a factor, in all lanes.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn factor(modulus: Modulus, residue: u64) -> Factor<V> {
    let [value, quotient] = balanced(modulus, residue);
    Factor {
        value: _mm256_set1_pd(value),
        quotient: _mm256_set1_pd(quotient),
    }
}

/// `x` times a factor, nearly reduced.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn product(field: Field, x: V, factor: Factor<V>) -> V {
    let high = _mm256_mul_pd(x, factor.value);
    let low = _mm256_fmsub_pd(x, factor.value, high);
    let times = _mm256_round_pd::<NEAREST>(_mm256_mul_pd(x, factor.quotient));
    add(_mm256_fnmadd_pd(times, field.value, high), low)
}

/// `a * b` for residues, nearly reduced: the quotient is wrong by less than 3/8 more than its
/// rounding.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn product_of_residues(field: Field, a: V, b: V) -> V {
    let high = _mm256_mul_pd(a, b);
    let low = _mm256_fmsub_pd(a, b, high);
    let times = _mm256_round_pd::<NEAREST>(_mm256_mul_pd(high, field.inverse));
    add(_mm256_fnmadd_pd(times, field.value, high), low)
}

/// Four products.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn products(field: Field, x: [V; 4], f: [Factor<V>; 4]) -> [V; 4] {
    [
        product(field, x[0], f[0]),
        product(field, x[1], f[1]),
        product(field, x[2], f[2]),
        product(field, x[3], f[3]),
    ]
}

/// The number nearest to 0 that is congruent to it.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn reduce(field: Field, x: V) -> V {
    let times = _mm256_round_pd::<NEAREST>(_mm256_mul_pd(x, field.inverse));
    _mm256_fnmadd_pd(times, field.value, x)
}

/// # Safety
/// `from` is valid to read one number.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn splat(from: *const f64) -> V {
    // SAFETY: one number is there: the caller's duty.
    unsafe { _mm256_set1_pd(*from) }
}

/// # Safety
/// `from` is valid to read [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn load(from: *const f64) -> V {
    // SAFETY: `LANES` numbers are there: the caller's duty.
    unsafe { _mm256_loadu_pd(from) }
}

/// # Safety
/// `to` is valid to write [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn store(to: *mut f64, x: V) {
    // SAFETY: `LANES` numbers are there: the caller's duty.
    unsafe { _mm256_storeu_pd(to, x) }
}

/// # Range
/// Values below 2^52.
///
/// # Safety
/// `from` is valid to read [`LANES`] residues.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn from_residues(from: *const u64) -> V {
    // SAFETY: `LANES` numbers are there: the caller's duty.
    numbers(unsafe { _mm256_loadu_si256(from.cast()) })
}

/// Values below 2^52 as numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn numbers(residues: __m256i) -> V {
    let high = _mm256_set1_pd(HIGH);
    let sum = _mm256_or_si256(residues, _mm256_castpd_si256(high));
    sub(_mm256_castsi256_pd(sum), high)
}

/// The residues of numbers whose magnitudes are below the modulus.
///
/// # Safety
/// `to` is valid to write [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn to_residues(field: Field, to: *mut u64, x: V) {
    // No zero is negative here: products and remainders of such are sums of zeros that are not.
    let (above, below) = (_mm256_set1_pd(HIGH), add(_mm256_set1_pd(HIGH), field.value));
    let bits = _mm256_castpd_si256(add(x, _mm256_blendv_pd(above, below, x)));
    let residues = _mm256_xor_si256(bits, _mm256_castpd_si256(above));
    // SAFETY: `LANES` numbers are there: the caller's duty.
    unsafe { _mm256_storeu_si256(to.cast(), residues) };
}

/// Integers from 0 up to below 2^52.
///
/// # Safety
/// `to` is valid to write [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn store_whole(to: *mut u64, x: V) {
    let high = _mm256_set1_pd(HIGH);
    let bits = _mm256_castpd_si256(add(x, high));
    let residues = _mm256_xor_si256(bits, _mm256_castpd_si256(high));
    // SAFETY: `LANES` numbers are there: the caller's duty.
    unsafe { _mm256_storeu_si256(to.cast(), residues) };
}
