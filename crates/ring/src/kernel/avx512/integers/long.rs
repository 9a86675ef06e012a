//! Transforms modulo primes of about 48 bits, where half of the levels can go without a reduction.
//!
//! # Range
//! In units of the modulus, which is below 2^52 / 15: all that is multiplied is below 15, and
//! products are below 2.
//! Forward, a level adds 2. Down the columns, seven levels end below 15. Of eight or nine, the
//! first three end below 7, and the numbers that the others add to are reduced first: they end
//! below 14. Along a row all is multiplied: four levels end below 10, the numbers that the next
//! adds to are reduced, and four more end below 10.
//! Backward, results of two levels are below 3.4. Subtrahends are below 6.8, so differences have
//! an offset of 7, and with it are below 13.8, as sums are below 13.6; then products are below
//! 1.92, and sums of two products of the level before below 2 (1 + (3.4 + 7) / 15) < 3.4.

use super::vector::{
    IntegerField, LANES, N, V, add, difference, from_residues, load, products, reduce, splat,
    store, to_residues, transpose,
};
use crate::kernel::avx512::{self, squares::squares};
use crate::kernel::passes::{Passes, passes};
use crate::kernel::twiddles::{BLOCK, NUMBERS_PER_ROW, ROW, Twiddles};
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _mm512_sub_epi64};

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Token(pub(in crate::kernel) avx512::Token);

/// These transforms are for moduli below this.
pub(in crate::kernel) const BELOW: u64 = 17 << 44;

/// The offset forward, in moduli.
pub(super) const FORWARD_OFFSET: u64 = 2;

/// The offset of differences backward, in moduli.
pub(super) const BACKWARD_OFFSET: u64 = 7;

type Field = IntegerField<FORWARD_OFFSET, BACKWARD_OFFSET>;

/// A product subtracted, with the offset that keeps the difference from being negative.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn subtract(field: Field, a: V, product: V) -> V {
    _mm512_sub_epi64(add(a, field.forward), product)
}

/// Nothing to do: each subtraction adds its own offset.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn offset(_: Field, x: V) -> V {
    x
}

/// Levels down columns without a reduction.
pub(super) const COLUMNS: u32 = 7;

/// Whether the numbers that the last four levels along rows add to are reduced first.
pub(super) const REDUCED: bool = true;

/// Squares that are transformed at once.
const SQUARES: usize = 1;

passes!("avx512f,avx512ifma");
squares!("avx512f,avx512ifma");
