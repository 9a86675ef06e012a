//! The number-theoretic transform with eight lanes of floating point.

use super::Token;
use super::squares::{squares, transpose};
use crate::Modulus;
use crate::kernel::float::exact;
use crate::kernel::passes::{Passes, passes};
use crate::kernel::twiddles::{BLOCK, NUMBERS_PER_ROW, ROW, Twiddles};
use core::arch::x86_64::{
    __m512d, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _MM_HINT_T0, _mm_prefetch,
    _mm512_add_epi64, _mm512_add_pd, _mm512_cvtepu64_pd, _mm512_cvtpd_epi64, _mm512_fmsub_pd,
    _mm512_fnmadd_pd, _mm512_loadu_pd, _mm512_loadu_si512, _mm512_min_epu64, _mm512_mul_pd,
    _mm512_roundscale_pd, _mm512_set1_pd, _mm512_storeu_pd, _mm512_storeu_si512, _mm512_sub_pd,
};

/// Numbers that vectors are of.
type N = f64;

/// Numbers that are operated on at once.
type V = __m512d;

/// How many.
const LANES: usize = 8;

/// To the nearest integer.
const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// A modulus and its inverse, in all lanes.
#[derive(Clone, Copy)]
struct Field {
    value: V,
    inverse: V,
}

impl Field {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn new(modulus: Modulus) -> Self {
        let value = exact(modulus.value());
        Field {
            value: _mm512_set1_pd(value),
            inverse: _mm512_set1_pd(1.0 / value),
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn add(a: V, b: V) -> V {
    _mm512_add_pd(a, b)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn difference(_: Field, a: V, b: V) -> V {
    _mm512_sub_pd(a, b)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn subtract(_: Field, a: V, b: V) -> V {
    _mm512_sub_pd(a, b)
}

/// Nothing to do: numbers may be negative.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn offset(_: Field, x: V) -> V {
    x
}

/// Four products, step by step.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn products(field: Field, x: [V; 4], f: [Factor; 4]) -> [V; 4] {
    let high = [
        _mm512_mul_pd(x[0], f[0].value),
        _mm512_mul_pd(x[1], f[1].value),
        _mm512_mul_pd(x[2], f[2].value),
        _mm512_mul_pd(x[3], f[3].value),
    ];
    let times = [
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[0], f[0].quotient)),
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[1], f[1].quotient)),
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[2], f[2].quotient)),
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[3], f[3].quotient)),
    ];
    let low = [
        _mm512_fmsub_pd(x[0], f[0].value, high[0]),
        _mm512_fmsub_pd(x[1], f[1].value, high[1]),
        _mm512_fmsub_pd(x[2], f[2].value, high[2]),
        _mm512_fmsub_pd(x[3], f[3].value, high[3]),
    ];
    let high = [
        _mm512_fnmadd_pd(times[0], field.value, high[0]),
        _mm512_fnmadd_pd(times[1], field.value, high[1]),
        _mm512_fnmadd_pd(times[2], field.value, high[2]),
        _mm512_fnmadd_pd(times[3], field.value, high[3]),
    ];
    [
        add(high[0], low[0]),
        add(high[1], low[1]),
        add(high[2], low[2]),
        add(high[3], low[3]),
    ]
}

/// The number nearest to 0 that is congruent to it.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn reduce(field: Field, x: V) -> V {
    let times = _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x, field.inverse));
    _mm512_fnmadd_pd(times, field.value, x)
}

/// # Safety
/// `from` is valid to read one number.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn splat(from: *const f64) -> V {
    // SAFETY: one number is there: the caller's duty.
    unsafe { _mm512_set1_pd(*from) }
}

/// # Safety
/// `from` is valid to read [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn load(from: *const f64) -> V {
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { _mm512_loadu_pd(from) }
}

/// # Safety
/// `to` is valid to write [`LANES`] numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn store(to: *mut f64, x: V) {
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { _mm512_storeu_pd(to, x) }
}

/// # Safety
/// `from` is valid to read [`LANES`] residues.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn from_residues(from: *const u64) -> V {
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { _mm512_cvtepu64_pd(_mm512_loadu_si512(from.cast())) }
}

/// The residues of numbers whose magnitudes are below the modulus.
///
/// # Safety
/// `to` is valid to write [`LANES`] residues.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn to_residues(field: Field, to: *mut u64, x: V) {
    let signed = _mm512_cvtpd_epi64(x);
    let above = _mm512_add_epi64(signed, _mm512_cvtpd_epi64(field.value));
    // A negative number is a large one here.
    // SAFETY: `LANES` of them are there: the caller's duty.
    unsafe { _mm512_storeu_si512(to.cast(), _mm512_min_epu64(signed, above)) };
}

/// Levels down columns without a reduction.
const COLUMNS: u32 = 8;

/// Whether the numbers that the last four levels along rows add to are reduced first.
const REDUCED: bool = false;

/// Squares that are transformed at once.
const SQUARES: usize = 1;

passes!("avx512f,avx512dq,avx512vl");
squares!("avx512f,avx512dq,avx512vl");
