//! Transforms modulo primes about 2^48, to which 2^52 leaves room for half of the levels.
//!
//! # Range
//! In units of the modulus, which is below 2^52 / 15: all that is multiplied is below 15, and
//! products are below 2.
//! Forward, a level adds 2. Down the columns, seven levels end below 15. Of eight or nine, the
//! first three end below 7, and what the others add to is reduced before: they end below 14. Along
//! a row all is multiplied: four levels end below 10, what is added to is reduced, and four more
//! end below 10.
//! Backward, results of two levels are below 3.4: what is subtracted is below 6.8, so differences
//! are raised by 7, and with them below 13.8, as sums are below 13.6; then products are below
//! 1.92, and sums of two products of the level before below 2 (1 + (3.4 + 7) / 15) < 3.4.

use super::super::squares::squares;
use super::{
    LANES, N, Raising, V, add, difference, from_residues, load, products, reduce, splat, store,
    to_residues, transpose,
};
use crate::Modulus;
use crate::kernel::passes::{Passes, passes};
use crate::kernel::twiddles::{BLOCK, OF_ROW, ROW, Twiddles};
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _mm512_sub_epi64};

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Token(pub(in crate::kernel) super::super::Token);

/// Moduli that these transforms are for.
pub(in crate::kernel) const BELOW: u64 = 17 << 44;

/// Moduli that numbers are raised by forward.
pub(super) const FORWARD: u64 = 2;

/// Moduli that differences are raised by backward.
pub(super) const BACKWARD: u64 = 7;

type Field = Raising<FORWARD, BACKWARD>;

/// A product subtracted, and what keeps the difference from being negative added.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn subtract(field: Field, a: V, product: V) -> V {
    _mm512_sub_epi64(add(a, field.forward), product)
}

/// Nothing to do: all that is subtracted from is raised for each.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn raise(_: Field, x: V) -> V {
    x
}

/// Levels down columns without a reduction.
pub(super) const COLUMNS: u32 = 7;

/// Whether what the last four levels along rows add to is reduced before.
pub(super) const REDUCED: bool = true;

/// Squares that are transformed at once.
const SQUARES: usize = 1;

passes!("avx512f,avx512ifma");
squares!("avx512f,avx512ifma");
