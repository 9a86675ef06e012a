//! Rows of residues, for moduli below 2^50.

use super::Seen;
use super::excess::excess;
use super::permutation::{add_permuted, permute};
use super::residues::{Factor, Field, LANES, add, divided, left, load, product, splat, store, sub};
use super::sums::{convert, inner_product, inner_product_packed, unpack};
use crate::kernel::list::{Bytes, PackedProducts, Products, methods, rows_by_hand};
use crate::kernel::montgomery::{Cofactors, Fraction};
use crate::kernel::permutation::Permutation;
use crate::{Modulus, Multiplier};
use core::arch::x86_64::{_mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_setzero_si512};

rows_by_hand!(methods);

/// `a = operation(a)`, for eight residues at a time.
macro_rules! each {
    ($a:ident, |$x:ident| $operation:expr) => {{
        let (length, a) = ($a.len(), $a.as_mut_ptr());
        for index in (0..length).step_by(LANES) {
            let mask = left(length, index);
            // SAFETY: the lanes of the mask are within the row.
            unsafe {
                let $x = load(a, index, mask);
                store(a, index, mask, $operation);
            }
        }
    }};
    ($a:ident, $b:ident, |$x:ident, $y:ident| $operation:expr) => {{
        let length = $a.len().min($b.len());
        let (a, b) = ($a.as_mut_ptr(), $b.as_ptr());
        for index in (0..length).step_by(LANES) {
            let mask = left(length, index);
            // SAFETY: the lanes of the mask are within both rows.
            unsafe {
                let ($x, $y) = (load(a, index, mask), load(b, index, mask));
                store(a, index, mask, $operation);
            }
        }
    }};
}

#[target_feature(enable = "avx512f")]
fn add_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    each!(a, b, |x, y| add(field, x, y));
}

#[target_feature(enable = "avx512f")]
fn sub_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    each!(a, b, |x, y| sub(field, x, y));
}

#[target_feature(enable = "avx512f")]
fn neg_row(modulus: Modulus, a: &mut [u64]) {
    let field = Field::new(modulus);
    each!(a, |x| sub(field, _mm512_setzero_si512(), x));
}

#[target_feature(enable = "avx512f")]
fn add_constant_row(modulus: Modulus, a: &mut [u64], by: u64) {
    let (field, by) = (Field::new(modulus), splat(by));
    each!(a, |x| add(field, x, by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn scale_row(modulus: Modulus, a: &mut [u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), Factor::new(by));
    each!(a, |x| product(field, x, by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn add_scaled_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), Factor::new(by));
    each!(a, b, |x, y| add(field, x, product(field, y, by)));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sub_scale_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), Factor::new(by));
    each!(a, b, |x, y| product(field, sub(field, x, y), by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    let factor = Factor::new(modulus.multiplier(modulus.montgomery_factor()));
    each!(a, b, |x, y| {
        let zero = _mm512_setzero_si512();
        let low = _mm512_madd52lo_epu64(zero, x, y);
        let high = _mm512_madd52hi_epu64(field.value, x, y);
        product(field, divided(field, low, high), factor)
    });
}
