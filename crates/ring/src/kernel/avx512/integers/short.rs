//! Transforms modulo primes so far below 2^52 that nothing is reduced before the end: a level only
//! adds products and subtracts them.
//!
//! # Range
//! In units of the modulus, which is below 2^52 / 42: products are below 2.
//! Forward, the numbers that products are added to and subtracted from get an offset once: down
//! the columns, nine levels then end between 18 - 2 * 9 = 0 and 19 + 2 * 9 = 37. Along a row all
//! numbers are multiplied, and half of them get the offset: eight levels end between 2 and
//! 20 + 2 * 8 = 36.
//! Backward, results of two levels are below 4, so subtrahends are below 8, and sums are below 16.

use super::vector::{
    IntegerField, LANES, N, V, add, difference, from_residues, load, products, reduce, splat,
    store, to_residues, transpose,
};
use crate::kernel::avx512::squares::squares;
use crate::kernel::passes::{Passes, passes};
use crate::kernel::twiddles::{BLOCK, NUMBERS_PER_ROW, ROW, Twiddles};
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _mm512_sub_epi64};

pub(in crate::kernel) use crate::kernel::avx512::token::Token;

/// These transforms are for moduli below this.
pub(in crate::kernel) const BELOW: u64 = 6 << 44;

/// The offset forward, in moduli.
pub(super) const FORWARD_OFFSET: u64 = 18;

/// The offset of differences backward, in moduli.
pub(super) const BACKWARD_OFFSET: u64 = 8;

type Field = IntegerField<FORWARD_OFFSET, BACKWARD_OFFSET>;

/// A product subtracted from a number that has its offset.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn subtract(_: Field, a: V, product: V) -> V {
    _mm512_sub_epi64(a, product)
}

/// Adds the most that is ever subtracted.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn offset(field: Field, x: V) -> V {
    add(x, field.forward)
}

/// Levels down columns without a reduction.
pub(super) const COLUMNS: u32 = 9;

/// Whether the numbers that the last four levels along rows add to are reduced first.
pub(super) const REDUCED: bool = false;

/// Squares that are transformed at once.
const SQUARES: usize = 1;

passes!("avx512f,avx512ifma");
squares!("avx512f,avx512ifma");
