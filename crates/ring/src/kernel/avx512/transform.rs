//! The number-theoretic transform with eight lanes of floating point.

use super::Seen;
use crate::Modulus;
use crate::kernel::passes::passes;
use crate::kernel::twiddles::{BLOCK, OF_ROW, ROW, Twiddles, exact};
use core::arch::x86_64::{
    __m512d, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _MM_HINT_T0, _mm_prefetch,
    _mm512_add_epi64, _mm512_add_pd, _mm512_cvtepu64_pd, _mm512_cvtpd_epi64, _mm512_fmsub_pd,
    _mm512_fnmadd_pd, _mm512_loadu_pd, _mm512_loadu_si512, _mm512_min_epu64, _mm512_mul_pd,
    _mm512_roundscale_pd, _mm512_set1_pd, _mm512_shuffle_f64x2, _mm512_storeu_pd,
    _mm512_storeu_si512, _mm512_sub_pd, _mm512_unpackhi_pd, _mm512_unpacklo_pd,
};

/// Numbers that are operated on at once.
type V = __m512d;

/// How many.
pub(super) const LANES: usize = 8;

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
fn sub(a: V, b: V) -> V {
    _mm512_sub_pd(a, b)
}

/// Four products, step by step.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn products(field: Field, x: [V; 4], f: [(V, V); 4]) -> [V; 4] {
    let high = [
        _mm512_mul_pd(x[0], f[0].0),
        _mm512_mul_pd(x[1], f[1].0),
        _mm512_mul_pd(x[2], f[2].0),
        _mm512_mul_pd(x[3], f[3].0),
    ];
    let times = [
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[0], f[0].1)),
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[1], f[1].1)),
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[2], f[2].1)),
        _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x[3], f[3].1)),
    ];
    let low = [
        _mm512_fmsub_pd(x[0], f[0].0, high[0]),
        _mm512_fmsub_pd(x[1], f[1].0, high[1]),
        _mm512_fmsub_pd(x[2], f[2].0, high[2]),
        _mm512_fmsub_pd(x[3], f[3].0, high[3]),
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

/// The number next to 0 that is the same modulo the modulus.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn reduce(field: Field, x: V) -> V {
    let times = _mm512_roundscale_pd::<NEAREST>(_mm512_mul_pd(x, field.inverse));
    _mm512_fnmadd_pd(times, field.value, x)
}

/// # Safety
/// A number is there.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn splat(from: *const f64) -> V {
    // SAFETY: as promised.
    unsafe { _mm512_set1_pd(*from) }
}

/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn load(from: *const f64) -> V {
    // SAFETY: as promised.
    unsafe { _mm512_loadu_pd(from) }
}

/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn store(to: *mut f64, x: V) {
    // SAFETY: as promised.
    unsafe { _mm512_storeu_pd(to, x) }
}

/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn from_residues(from: *const u64) -> V {
    // SAFETY: as promised.
    unsafe { _mm512_cvtepu64_pd(_mm512_loadu_si512(from.cast())) }
}

/// Residues of numbers of magnitudes below the modulus.
///
/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn to_residues(field: Field, to: *mut u64, x: V) {
    let signed = _mm512_cvtpd_epi64(x);
    let above = _mm512_add_epi64(signed, _mm512_cvtpd_epi64(field.value));
    // A negative number is a large one here.
    // SAFETY: as promised.
    unsafe { _mm512_storeu_si512(to.cast(), _mm512_min_epu64(signed, above)) };
}

/// Squares that are transformed at once.
const SQUARES: usize = 1;

passes!("avx512f,avx512dq,avx512vl");

/// Rows of a square to columns.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn transpose(x: [V; 8]) -> [V; 8] {
    // Even, and odd, columns of two rows in each.
    let even = [
        _mm512_unpacklo_pd(x[0], x[1]),
        _mm512_unpacklo_pd(x[2], x[3]),
        _mm512_unpacklo_pd(x[4], x[5]),
        _mm512_unpacklo_pd(x[6], x[7]),
    ];
    let odd = [
        _mm512_unpackhi_pd(x[0], x[1]),
        _mm512_unpackhi_pd(x[2], x[3]),
        _mm512_unpackhi_pd(x[4], x[5]),
        _mm512_unpackhi_pd(x[6], x[7]),
    ];
    let [a, c, e, g] = transpose_pairs(even);
    let [b, d, f, h] = transpose_pairs(odd);
    [a, b, c, d, e, f, g, h]
}

/// Rows of a square of pairs to columns.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn transpose_pairs([a, b, c, d]: [V; 4]) -> [V; 4] {
    let (even, odd) = (
        _mm512_shuffle_f64x2::<0x88>(a, b),
        _mm512_shuffle_f64x2::<0xdd>(a, b),
    );
    let (even_below, odd_below) = (
        _mm512_shuffle_f64x2::<0x88>(c, d),
        _mm512_shuffle_f64x2::<0xdd>(c, d),
    );
    [
        _mm512_shuffle_f64x2::<0x88>(even, even_below),
        _mm512_shuffle_f64x2::<0x88>(odd, odd_below),
        _mm512_shuffle_f64x2::<0xdd>(even, even_below),
        _mm512_shuffle_f64x2::<0xdd>(odd, odd_below),
    ]
}

/// A vector of factors and one of their quotients, after the four pairs of a square.
///
/// # Safety
/// The numbers of a square.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn within(numbers: *const f64, index: usize) -> Factor {
    // SAFETY: as promised.
    unsafe {
        let numbers = numbers.add(8 + 16 * index);
        (load(numbers), load(numbers.add(8)))
    }
}

/// The factors within a square for its last two levels.
///
/// # Safety
/// The numbers of a square.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn last_two(numbers: *const f64) -> [[Factor; 3]; 2] {
    // SAFETY: as promised.
    unsafe {
        [
            [within(numbers, 1), within(numbers, 3), within(numbers, 4)],
            [within(numbers, 2), within(numbers, 5), within(numbers, 6)],
        ]
    }
}

/// The last four levels of four blocks, to residues.
///
/// # Safety
/// 64 numbers, and those of a square.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn forward_squares(field: Field, values: *mut f64, numbers: *const f64) {
    let lines = Strided {
        start: values,
        stride: 8,
    };
    // SAFETY: as promised.
    unsafe {
        let [x, y] = lines.eight::<false>(0, 1, 2);
        let by = [
            factor(numbers, 0),
            factor(numbers, 1),
            factor(numbers, 2),
            factor(numbers, 3),
        ];
        let [x, y] = both(x, products(field, y, by));
        let x = transpose([x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3]]);
        let [a, b, c, d, e, f, g, h] = x;
        let y = products(field, [e, f, g, h], [within(numbers, 0); 4]);
        let [x, y] = forward4(field, both([a, b, c, d], y), last_two(numbers));
        let ([a, b, c, d], [e, f, g, h]) = (reduce4(field, x), reduce4(field, y));
        let [a, b, c, d, e, f, g, h] = transpose([a, b, c, d, e, f, g, h]);
        lines.put_residues(field, 0, 1, [a, b, c, d]);
        lines.put_residues(field, 4, 1, [e, f, g, h]);
    }
}

/// The first four levels of four blocks backward, from residues.
///
/// # Safety
/// 64 residues, and the numbers of a square.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn inverse_squares(
    field: Field,
    (residues, values): (*const u64, *mut f64),
    numbers: *const f64,
) {
    let residues = Strided::of_residues(residues, 8);
    let lines = Strided {
        start: values,
        stride: 8,
    };
    // SAFETY: as promised.
    unsafe {
        let [[a, b, c, d], [e, f, g, h]] = residues.eight::<true>(0, 4, 1);
        let [a, b, c, d, e, f, g, h] = transpose([a, b, c, d, e, f, g, h]);
        let [x, y] = inverse4(field, [[a, b, c, d], [e, f, g, h]], last_two(numbers));
        let [[a, b, c, d], rest] = both(x, y);
        let [e, f, g, h] = products(field, rest, [within(numbers, 0); 4]);
        let [a, b, c, d, e, f, g, h] = transpose([a, b, c, d, e, f, g, h]);
        let [x, y] = both([a, c, e, g], [b, d, f, h]);
        let by = [
            factor(numbers, 0),
            factor(numbers, 1),
            factor(numbers, 2),
            factor(numbers, 3),
        ];
        lines.put_both(0, 1, 2, [reduce4(field, x), products(field, y, by)]);
    }
}
