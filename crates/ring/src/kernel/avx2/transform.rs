//! The number-theoretic transform with four lanes of floating point.

use super::Token;
use super::vector::{
    Field, LANES, V, add, from_residues, load, products, reduce, splat, store, sub, to_residues,
};
use crate::kernel::passes::{Passes, passes};
use crate::kernel::twiddles::{BLOCK, NUMBERS_PER_ROW, ROW, Twiddles};
use core::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm256_permute2f128_pd, _mm256_unpackhi_pd, _mm256_unpacklo_pd,
};

/// Numbers that vectors are of.
type N = f64;

#[inline]
#[target_feature(enable = "avx2,fma")]
fn difference(_: Field, a: V, b: V) -> V {
    sub(a, b)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn subtract(_: Field, a: V, b: V) -> V {
    sub(a, b)
}

/// Nothing to do: numbers may be negative.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn offset(_: Field, x: V) -> V {
    x
}

/// Levels down columns without a reduction.
const COLUMNS: u32 = 8;

/// Squares that are transformed at once.
const SQUARES: usize = 2;

passes!("avx2,fma");

/// Rows of a square to columns.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn transpose([a, b, c, d]: [V; 4]) -> [V; 4] {
    let (even, odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
    let (even_below, odd_below) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
    [
        _mm256_permute2f128_pd::<0x20>(even, even_below),
        _mm256_permute2f128_pd::<0x20>(odd, odd_below),
        _mm256_permute2f128_pd::<0x31>(even, even_below),
        _mm256_permute2f128_pd::<0x31>(odd, odd_below),
    ]
}

/// Numbers stored for a square.
const NUMBERS_PER_SQUARE: usize = 32;

/// The factors of the last two levels of two squares.
///
/// # Safety
/// `2 * NUMBERS_PER_SQUARE` numbers are valid to read at `numbers`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn last_two(numbers: *const N) -> [[Factor; 3]; 2] {
    // SAFETY: `8 + 2 * LANES * (index + 1) <= 2 * NUMBERS_PER_SQUARE` for the largest index, 6: the
    // caller has as many.
    unsafe {
        let within = |index: usize| {
            let numbers = numbers.add(8 + 2 * LANES * index);
            Factor {
                value: load(numbers),
                quotient: load(numbers.add(LANES)),
            }
        };
        let next = NUMBERS_PER_SQUARE / (2 * LANES);
        [
            [within(0), within(1), within(2)],
            [within(next), within(next + 1), within(next + 2)],
        ]
    }
}

/// The last four levels of two blocks, to residues.
///
/// # Safety
/// 32 numbers are valid to read and write at `values`, and those of two squares to read at
/// `numbers`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn forward_squares(field: Field, values: *mut N, numbers: *const N) {
    let lines = Strided {
        start: values,
        stride: LANES,
    };
    // SAFETY: the eight lines of 4 are the caller's 32 numbers, and the pairs and vectors of factors
    // are within the numbers of two squares.
    unsafe {
        let between = [
            three(numbers, 0, 1),
            three(numbers.add(NUMBERS_PER_SQUARE), 0, 1),
        ];
        let [x, y] = forward4(field, lines.eight::<false>(0, 4, 1), between);
        let [x, y] = forward4(field, [transpose(x), transpose(y)], last_two(numbers));
        lines.put_residues(field, 0, 1, transpose(reduce4(field, x)));
        lines.put_residues(field, 4, 1, transpose(reduce4(field, y)));
    }
}

/// The first four levels of two blocks backward, from residues.
///
/// # Safety
/// 32 residues are valid to read at `residues`, 32 numbers to write at `values`, and those of two
/// squares to read at `numbers`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn inverse_squares(field: Field, residues: *const u64, values: *mut N, numbers: *const N) {
    let residues = Strided::of_residues(residues, LANES);
    let lines = Strided {
        start: values,
        stride: LANES,
    };
    // SAFETY: the eight lines of 4 are the caller's 32 numbers, and the pairs and vectors of factors
    // are within the numbers of two squares.
    unsafe {
        let [x, y] = residues.eight::<true>(0, 4, 1);
        let [x, y] = inverse4(field, [transpose(x), transpose(y)], last_two(numbers));
        let between = [
            three(numbers, 0, 1),
            three(numbers.add(NUMBERS_PER_SQUARE), 0, 1),
        ];
        let x = inverse4(field, [transpose(x), transpose(y)], between);
        lines.put_both(0, 4, 1, x);
    }
}
