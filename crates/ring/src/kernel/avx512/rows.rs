//! Rows of residues, for moduli below 2^50.

use super::Token;
use super::mapped::inner_products_mapped;
use super::overflow::overflow;
use super::permutation::{add_permuted, permute};
use super::residues::{
    Field, LANES, Lanes, V, add, below, divided, factor, load, load_of_many, product, splat, store,
    sub,
};
use super::sums::{convert, inner_product, inner_product_packed, unpack};
use crate::kernel::factor::Factor;
use crate::kernel::montgomery::{Fraction, montgomery_factor};
use crate::kernel::operands::{
    Bytes, CrossProducts, MappedProducts, PackedProducts, Products, Target,
};
use crate::kernel::permutation::Permutation;
use crate::kernel::signatures::{kernels_on_rows, methods};
use crate::{Modulus, Multiplier};
use core::arch::x86_64::{_mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_setzero_si512};

kernels_on_rows!(methods);

/// `a = operation(a)`, for eight residues at a time.
macro_rules! each {
    ($a:ident, |$x:ident| $operation:expr) => {{
        let (length, a) = ($a.len(), $a.as_mut_ptr());
        for index in (0..length).step_by(LANES) {
            let lanes = Lanes::left(length, index);
            // SAFETY: `Lanes::left` ends at `length`, that of the row.
            unsafe {
                let $x = load(a, lanes);
                store(a, lanes, $operation);
            }
        }
    }};
    ($a:ident, $b:ident, |$x:ident, $y:ident| $operation:expr) => {{
        let length = $a.len().min($b.len());
        let (a, b) = ($a.as_mut_ptr(), $b.as_ptr());
        for index in (0..length).step_by(LANES) {
            let lanes = Lanes::left(length, index);
            // SAFETY: `Lanes::left` ends at `length`, the lesser of both rows'.
            unsafe {
                let ($x, $y) = (load(a, lanes), load(b, lanes));
                store(a, lanes, $operation);
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
    let (field, by) = (Field::new(modulus), factor(by));
    each!(a, |x| product(field, x, by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn add_scaled_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), factor(by));
    each!(a, b, |x, y| add(field, x, product(field, y, by)));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sub_scale_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), factor(by));
    each!(a, b, |x, y| product(field, sub(field, x, y), by));
}

/// The product of two residues, where `factor` is 2^52.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn product_of_residues(field: Field, a: V, b: V, factor: Factor<V>) -> V {
    // The modulus is added, since the division may end below 0.
    let low = _mm512_madd52lo_epu64(_mm512_setzero_si512(), a, b);
    let high = _mm512_madd52hi_epu64(field.value, a, b);
    product(field, divided(field, low, high), factor)
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    let by = factor(modulus.multiplier(montgomery_factor(modulus)));
    each!(a, b, |x, y| product_of_residues(field, x, y, by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn product_of_rows(modulus: Modulus, a: &[u64], b: &[u64], to: &mut [u64]) {
    let field = Field::new(modulus);
    let by = factor(modulus.multiplier(montgomery_factor(modulus)));
    let length = to.len().min(a.len()).min(b.len());
    let (a, b, to) = (a.as_ptr(), b.as_ptr(), to.as_mut_ptr());
    for index in (0..length).step_by(LANES) {
        let lanes = Lanes::left(length, index);
        // SAFETY: `Lanes::left` ends at `length`, the least of all rows'.
        unsafe {
            let (x, y) = (load_of_many(a, lanes), load_of_many(b, lanes));
            store(to, lanes, product_of_residues(field, x, y, by));
        }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn cross_products(modulus: Modulus, factors: CrossProducts<'_>, add_to: bool, to: [&mut [u64]; 2]) {
    factors.check(&to);
    let length = to[0].len();
    let (field, zero) = (Field::new(modulus), _mm512_setzero_si512());
    // The factor makes up for the division by 2^52.
    let by = modulus.mul_by(montgomery_factor(modulus), factors.by);
    let by = factor(modulus.multiplier(by));
    let (a, b) = (
        factors.a.map(<[u64]>::as_ptr),
        factors.b.map(<[u64]>::as_ptr),
    );
    let to = to.map(<[u64]>::as_mut_ptr);
    for index in (0..length).step_by(LANES) {
        let lanes = Lanes::left(length, index);
        // SAFETY: `Lanes::left` ends at `length`, which all rows have: asserted by
        // `CrossProducts::check`.
        unsafe {
            let a0 = product(field, load_of_many(a[0], lanes), by);
            let a1 = product(field, load_of_many(a[1], lanes), by);
            let b0 = load_of_many(b[0], lanes);
            let b1 = load_of_many(b[1], lanes);
            // The modulus is added, since the division may end below 0.
            let low = _mm512_madd52lo_epu64(zero, a0, b0);
            let high = _mm512_madd52hi_epu64(field.value, a0, b0);
            let one = divided(field, low, high);
            let low = _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(zero, a0, b1), a1, b0);
            let high = _mm512_madd52hi_epu64(field.value, a0, b1);
            let two = divided(field, low, _mm512_madd52hi_epu64(high, a1, b0));
            for (sum, to) in [one, two].into_iter().zip(to) {
                // Below twice the modulus: each product is below a quarter of it, and its carry.
                let mut sum = below(sum, field.value);
                if add_to {
                    sum = add(field, sum, load(to, lanes));
                }
                store(to, lanes, sum);
            }
        }
    }
}
