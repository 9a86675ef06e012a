//! The number-theoretic transform with eight lanes of 52-bit integers (IFMA): what it needs.
//!
//! A product by a factor `w`, of which `floor(w 2^52 / p)` is known, is `x w - c p`, where `c` is
//! the upper half of `x` times that. All is modulo 2^52, since what is above 52 bits of a factor
//! does not count: so nothing has to be taken off as long as all that is multiplied stays below
//! 2^52. How seldom that is depends on the room that the modulus leaves: [`short`] and [`long`].
//!
//! In units of the modulus `p`, a product is below `1 + x p / 2^52`, and so is a reduced number.
//! The passes, run on what numbers may be instead of on numbers, show that none leaves its range
//! (`ranges.rs`).

pub(in crate::kernel) mod long;
#[cfg(test)]
mod ranges;
pub(in crate::kernel) mod short;

use crate::Modulus;
use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_castpd_si512, _mm512_castsi512_pd,
    _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_min_epu64,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_si512, _mm512_sub_epi64,
};

/// Numbers that vectors are of.
type N = u64;

/// Numbers that are operated on at once.
type V = __m512i;

/// How many.
const LANES: usize = 8;

/// What is reduced by, and what keeps numbers from being negative, in all lanes: so many times the
/// modulus, forward and backward.
#[derive(Clone, Copy)]
struct Raising<const FORWARD: u64, const BACKWARD: u64> {
    value: V,
    /// Minus the modulus, modulo 2^52.
    negative: V,
    /// `floor(2^52 / modulus)`.
    inverse: V,
    forward: V,
    backward: V,
}

impl<const FORWARD: u64, const BACKWARD: u64> Raising<FORWARD, BACKWARD> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn new(modulus: Modulus) -> Self {
        let all = |value: u64| _mm512_set1_epi64(value.cast_signed());
        let value = modulus.value();
        Raising {
            value: all(value),
            negative: all((1 << 52) - value),
            inverse: all((1 << 52) / value),
            forward: all(FORWARD * value),
            backward: all(BACKWARD * value),
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn add(a: V, b: V) -> V {
    _mm512_add_epi64(a, b)
}

/// The difference of what is multiplied next.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn difference<const F: u64, const B: u64>(field: Raising<F, B>, a: V, b: V) -> V {
    _mm512_sub_epi64(add(a, field.backward), b)
}

/// Four products, step by step.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn products<const F: u64, const B: u64>(field: Raising<F, B>, x: [V; 4], f: [(V, V); 4]) -> [V; 4] {
    let zero = _mm512_setzero_si512();
    let times = [
        _mm512_madd52hi_epu64(zero, x[0], f[0].1),
        _mm512_madd52hi_epu64(zero, x[1], f[1].1),
        _mm512_madd52hi_epu64(zero, x[2], f[2].1),
        _mm512_madd52hi_epu64(zero, x[3], f[3].1),
    ];
    let low = [
        _mm512_madd52lo_epu64(zero, x[0], f[0].0),
        _mm512_madd52lo_epu64(zero, x[1], f[1].0),
        _mm512_madd52lo_epu64(zero, x[2], f[2].0),
        _mm512_madd52lo_epu64(zero, x[3], f[3].0),
    ];
    [
        _mm512_madd52lo_epu64(low[0], times[0], field.negative),
        _mm512_madd52lo_epu64(low[1], times[1], field.negative),
        _mm512_madd52lo_epu64(low[2], times[2], field.negative),
        _mm512_madd52lo_epu64(low[3], times[3], field.negative),
    ]
}

/// The same modulo the modulus, below twice that.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn reduce<const F: u64, const B: u64>(field: Raising<F, B>, x: V) -> V {
    let times = _mm512_madd52hi_epu64(_mm512_setzero_si512(), x, field.inverse);
    _mm512_madd52lo_epu64(x, times, field.negative)
}

/// # Safety
/// A number is there.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn splat(from: *const N) -> V {
    // SAFETY: as promised.
    unsafe { _mm512_set1_epi64((*from).cast_signed()) }
}

/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn load(from: *const N) -> V {
    // SAFETY: as promised.
    unsafe { _mm512_loadu_si512(from.cast()) }
}

/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn store(to: *mut N, x: V) {
    // SAFETY: as promised.
    unsafe { _mm512_storeu_si512(to.cast(), x) }
}

/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn from_residues(from: *const u64) -> V {
    // SAFETY: as promised.
    unsafe { load(from) }
}

/// Residues of numbers below twice the modulus.
///
/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn to_residues<const F: u64, const B: u64>(field: Raising<F, B>, to: *mut u64, x: V) {
    let x = _mm512_and_si512(x, _mm512_set1_epi64((1 << 52) - 1));
    // The difference is a large number if it is negative.
    let x = _mm512_min_epu64(x, _mm512_sub_epi64(x, field.value));
    // SAFETY: as promised.
    unsafe { store(to, x) };
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn transpose(x: [V; 8]) -> [V; 8] {
    super::squares::transpose(x.map(|x| _mm512_castsi512_pd(x))).map(|x| _mm512_castpd_si512(x))
}
