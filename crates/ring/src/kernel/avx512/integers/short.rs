//! Transforms modulo primes that leave so much room below 2^52 that nothing is reduced before the
//! end, and sums are all that a level adds to its products.
//!
//! # Range
//! In units of the modulus, which is below 2^52 / 42: products are below 2.
//! Forward, what products are added to and subtracted from is raised once: down the columns, nine
//! levels then end between 18 - 2 * 9 = 0 and 19 + 2 * 9 = 37. Along a row all is multiplied, and
//! half of it raised: so eight levels end between 2 and 20 + 2 * 8 = 36.
//! Backward, results of two levels are below 4, so what is subtracted is below 8, and sums are
//! below 16.

use super::super::squares::squares;
use super::{
    LANES, N, Raising, V, add, difference, from_residues, load, products, reduce, splat, store,
    to_residues, transpose,
};
use crate::Modulus;
use crate::kernel::passes::{Passes, passes};
use crate::kernel::twiddles::{BLOCK, OF_ROW, ROW, Twiddles};
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _mm512_sub_epi64};

pub(in crate::kernel) use super::super::Token;

/// Moduli that these transforms are for.
pub(in crate::kernel) const BELOW: u64 = 6 << 44;

/// Moduli that numbers are raised by forward.
pub(super) const FORWARD: u64 = 18;

/// Moduli that differences are raised by backward.
pub(super) const BACKWARD: u64 = 8;

type Field = Raising<FORWARD, BACKWARD>;

/// A product subtracted from what was raised.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn subtract(_: Field, a: V, product: V) -> V {
    _mm512_sub_epi64(a, product)
}

/// Raised by all that is ever subtracted from it.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn raise(field: Field, x: V) -> V {
    add(x, field.forward)
}

/// Levels down columns without a reduction.
pub(super) const COLUMNS: u32 = 9;

/// Whether what the last four levels along rows add to is reduced before.
pub(super) const REDUCED: bool = false;

/// Squares that are transformed at once.
const SQUARES: usize = 1;

passes!("avx512f,avx512ifma");
squares!("avx512f,avx512ifma");
