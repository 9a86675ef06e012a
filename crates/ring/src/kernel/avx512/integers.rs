//! The number-theoretic transform with eight lanes of 52-bit integers (IFMA), for moduli below
//! [`BELOW`].
//!
//! A product by a factor `w`, of which `floor(w 2^52 / p)` is known, is `x w - c p`, where `c` is
//! the upper half of `x` times that. All is modulo 2^52, since what is above 52 bits of a factor
//! does not count: so nothing is taken off but at the end.
//!
//! # Range
//! In units of the modulus: any number below 2^52 has a product below 2, and a reduced one is
//! below 2. Differences are raised by [`RAISED`], and so never negative: what is subtracted is
//! below that. Forward, eight levels end below 1 + 8 * 8 = 65 (of nine, six follow a reduction);
//! in a row, all are below 10 after the first level, and below 10 + 7 * 8 = 66 after the last.
//! Backward, results of two levels are below 4, so what is subtracted is below 8, and sums are
//! below 16. So all is below 2^52 for moduli below 3 * 2^44.

use super::Seen;
use super::squares::squares;
use crate::Modulus;
use crate::kernel::passes::{Passes, passes};
use crate::kernel::twiddles::{BLOCK, OF_ROW, ROW, Twiddles};
use core::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi64, _mm512_and_si512, _mm512_castpd_si512,
    _mm512_castsi512_pd, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_min_epu64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_si512,
    _mm512_sub_epi64,
};

/// Moduli that these transforms are for.
pub(in crate::kernel) const BELOW: u64 = 3 << 44;

/// Moduli that differences are raised by.
const RAISED: u64 = 8;

/// Numbers that vectors are of.
type N = u64;

/// Numbers that are operated on at once.
type V = __m512i;

/// How many.
const LANES: usize = 8;

/// What is reduced by, in all lanes.
#[derive(Clone, Copy)]
struct Field {
    value: V,
    /// Minus the modulus, modulo 2^52.
    negative: V,
    /// `floor(2^52 / modulus)`.
    inverse: V,
    raised: V,
}

impl Field {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn new(modulus: Modulus) -> Self {
        let all = |value: u64| _mm512_set1_epi64(value.cast_signed());
        let value = modulus.value();
        Field {
            value: all(value),
            negative: all((1 << 52) - value),
            inverse: all((1 << 52) / value),
            raised: all(RAISED * value),
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn add(a: V, b: V) -> V {
    _mm512_add_epi64(a, b)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn difference(field: Field, a: V, b: V) -> V {
    _mm512_sub_epi64(_mm512_add_epi64(a, field.raised), b)
}

/// Four products, step by step.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn products(field: Field, x: [V; 4], f: [(V, V); 4]) -> [V; 4] {
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
fn reduce(field: Field, x: V) -> V {
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
unsafe fn to_residues(field: Field, to: *mut u64, x: V) {
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

/// Squares that are transformed at once.
const SQUARES: usize = 1;

passes!("avx512f,avx512ifma");
squares!("avx512f,avx512ifma");
