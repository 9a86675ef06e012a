//! Vectors of integers, which both kinds of transform share.

use crate::Modulus;
use crate::kernel::avx512::squares;
use crate::kernel::factor::Factor;
use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_castpd_si512, _mm512_castsi512_pd,
    _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_min_epu64,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_si512, _mm512_sub_epi64,
};

/// Numbers that vectors are of.
pub(super) type N = u64;

/// Numbers that are operated on at once.
pub(super) type V = __m512i;

/// How many.
pub(super) const LANES: usize = 8;

/// A modulus, and the offsets that keep numbers from being negative: multiples of the modulus, one
/// for the transform forward and one for that backward.
#[derive(Clone, Copy)]
pub(super) struct IntegerField<const FORWARD: u64, const BACKWARD: u64> {
    value: V,
    /// Minus the modulus, modulo 2^52.
    negative: V,
    /// `floor(2^52 / modulus)`.
    inverse: V,
    pub(super) forward: V,
    backward: V,
}

impl<const FORWARD: u64, const BACKWARD: u64> IntegerField<FORWARD, BACKWARD> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(modulus: Modulus) -> Self {
        let all = |value: u64| _mm512_set1_epi64(value.cast_signed());
        let value = modulus.value();
        IntegerField {
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
pub(super) fn add(a: V, b: V) -> V {
    _mm512_add_epi64(a, b)
}

/// A difference, with its offset, to be multiplied next.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn difference<const F: u64, const B: u64>(field: IntegerField<F, B>, a: V, b: V) -> V {
    _mm512_sub_epi64(add(a, field.backward), b)
}

/// Four products, step by step.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn products<const F: u64, const B: u64>(
    field: IntegerField<F, B>,
    x: [V; 4],
    f: [Factor<V>; 4],
) -> [V; 4] {
    let zero = _mm512_setzero_si512();
    let times = [
        _mm512_madd52hi_epu64(zero, x[0], f[0].quotient),
        _mm512_madd52hi_epu64(zero, x[1], f[1].quotient),
        _mm512_madd52hi_epu64(zero, x[2], f[2].quotient),
        _mm512_madd52hi_epu64(zero, x[3], f[3].quotient),
    ];
    let low = [
        _mm512_madd52lo_epu64(zero, x[0], f[0].value),
        _mm512_madd52lo_epu64(zero, x[1], f[1].value),
        _mm512_madd52lo_epu64(zero, x[2], f[2].value),
        _mm512_madd52lo_epu64(zero, x[3], f[3].value),
    ];
    [
        _mm512_madd52lo_epu64(low[0], times[0], field.negative),
        _mm512_madd52lo_epu64(low[1], times[1], field.negative),
        _mm512_madd52lo_epu64(low[2], times[2], field.negative),
        _mm512_madd52lo_epu64(low[3], times[3], field.negative),
    ]
}

/// A congruent number below twice the modulus.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn reduce<const F: u64, const B: u64>(field: IntegerField<F, B>, x: V) -> V {
    let times = _mm512_madd52hi_epu64(_mm512_setzero_si512(), x, field.inverse);
    _mm512_madd52lo_epu64(x, times, field.negative)
}

/// # Safety
/// `from` is valid to read one number.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) unsafe fn splat(from: *const N) -> V {
    // SAFETY: one number is there: the caller's duty.
    unsafe { _mm512_set1_epi64((*from).cast_signed()) }
}

/// # Safety
/// `from` is valid to read [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) unsafe fn load(from: *const N) -> V {
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { _mm512_loadu_si512(from.cast()) }
}

/// # Safety
/// `to` is valid to write [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) unsafe fn store(to: *mut N, x: V) {
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { _mm512_storeu_si512(to.cast(), x) }
}

/// # Safety
/// `from` is valid to read [`LANES`] residues.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) unsafe fn from_residues(from: *const u64) -> V {
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { load(from) }
}

/// The residues of numbers below twice the modulus.
///
/// # Safety
/// `to` is valid to write [`LANES`] residues.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) unsafe fn to_residues<const F: u64, const B: u64>(
    field: IntegerField<F, B>,
    to: *mut u64,
    x: V,
) {
    let x = _mm512_and_si512(x, _mm512_set1_epi64((1 << 52) - 1));
    // The difference is a large number if it is negative.
    let x = _mm512_min_epu64(x, _mm512_sub_epi64(x, field.value));
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { store(to, x) };
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn transpose(x: [V; 8]) -> [V; 8] {
    squares::transpose(x.map(|x| _mm512_castsi512_pd(x))).map(|x| _mm512_castpd_si512(x))
}
