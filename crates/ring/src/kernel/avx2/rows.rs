//! Rows of residues in floating point, for moduli below 2^50.

use super::Token;
use super::bytes::unpack;
use super::overflow::overflow;
use super::permutation::{add_permuted, permute};
use super::sums::{convert, inner_product, inner_product_packed};
use super::vector::{
    Field, LANES, add, factor, from_residues, product, product_of_residues, reduce, sub,
    to_residues, whole,
};
use crate::kernel::montgomery::Fraction;
use crate::kernel::operands::{
    Bytes, CrossProducts, MappedProducts, PackedProducts, PartKernels, Products, Target,
};
use crate::kernel::permutation::Permutation;
use crate::kernel::portable;
use crate::kernel::signatures::{kernels_on_rows, methods};
use crate::{Modulus, Multiplier};

kernels_on_rows!(methods);

/// The portable functions, compiled for this instruction set.
macro_rules! compiled {
    ($(fn $name:ident($($argument:ident: $type:ty),*);)*) => {
        $(#[target_feature(enable = "avx2,fma")]
        fn $name($($argument: $type),*) {
            portable::$name($($argument),*);
        })*
    };
}

compiled! {
    fn add_rows(modulus: Modulus, a: &mut [u64], b: &[u64]);
    fn sub_rows(modulus: Modulus, a: &mut [u64], b: &[u64]);
    fn neg_row(modulus: Modulus, a: &mut [u64]);
    fn add_constant_row(modulus: Modulus, a: &mut [u64], by: u64);
}

/// `a = operation(a, b)` for the whole vectors that both rows have; gives the rest of both.
macro_rules! each {
    ($a:ident, $b:ident, $field:ident, |$x:ident, $y:ident| $operation:expr) => {{
        let count = whole($a.len().min($b.len()));
        for index in (0..count).step_by(LANES) {
            // SAFETY: `index + LANES <= count`, which is at most the length of either row.
            unsafe {
                let $x = from_residues($a.as_ptr().add(index));
                let $y = from_residues($b.as_ptr().add(index));
                to_residues($field, $a.as_mut_ptr().add(index), $operation);
            }
        }
        (&mut $a[count..], &$b[count..])
    }};
}

#[target_feature(enable = "avx2,fma")]
fn scale_row(modulus: Modulus, a: &mut [u64], by: Multiplier) {
    let (field, times) = (Field::new(modulus), factor(modulus, by.value()));
    let count = whole(a.len());
    for index in (0..count).step_by(LANES) {
        // SAFETY: `index + LANES <= count <= a.len()`.
        unsafe {
            let x = from_residues(a.as_ptr().add(index));
            to_residues(field, a.as_mut_ptr().add(index), product(field, x, times));
        }
    }
    portable::scale_row(modulus, &mut a[count..], by);
}

#[target_feature(enable = "avx2,fma")]
fn add_scaled_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, times) = (Field::new(modulus), factor(modulus, by.value()));
    let (a, b) = each!(a, b, field, |x, y| {
        reduce(field, add(x, product(field, y, times)))
    });
    portable::add_scaled_rows(modulus, a, b, by);
}

#[target_feature(enable = "avx2,fma")]
fn sub_scale_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, times) = (Field::new(modulus), factor(modulus, by.value()));
    let (a, b) = each!(a, b, field, |x, y| product(field, sub(x, y), times));
    portable::sub_scale_rows(modulus, a, b, by);
}

#[target_feature(enable = "avx2,fma")]
fn mul_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    let (a, b) = each!(a, b, field, |x, y| product_of_residues(field, x, y));
    portable::mul_rows(modulus, a, b);
}

#[target_feature(enable = "avx2,fma")]
fn product_of_rows(modulus: Modulus, a: &[u64], b: &[u64], to: &mut [u64]) {
    let field = Field::new(modulus);
    let count = whole(to.len().min(a.len()).min(b.len()));
    for index in (0..count).step_by(LANES) {
        // SAFETY: `index + LANES <= count`, which is at most the length of each row.
        unsafe {
            let x = from_residues(a.as_ptr().add(index));
            let y = from_residues(b.as_ptr().add(index));
            let to = to.as_mut_ptr().add(index);
            to_residues(field, to, product_of_residues(field, x, y));
        }
    }
    portable::product_of_rows(modulus, &a[count..], &b[count..], &mut to[count..]);
}

#[target_feature(enable = "avx2,fma")]
fn cross_products(
    modulus: Modulus,
    factors: CrossProducts<'_>,
    add_to: bool,
    mut to: [&mut [u64]; 2],
) {
    factors.check(&to);
    let CrossProducts { a, b, by } = factors;
    let (field, by) = (Field::new(modulus), factor(modulus, by.value()));
    let (a, b) = (a.map(<[u64]>::as_ptr), b.map(<[u64]>::as_ptr));
    let (count, sums) = (
        whole(to[0].len()),
        to.each_mut().map(|row| row.as_mut_ptr()),
    );
    for index in (0..count).step_by(LANES) {
        // SAFETY: `index + LANES <= count`, which is at most the length of each row, since
        // `CrossProducts::check` has asserted that all have that of the sums.
        unsafe {
            let a0 = product(field, from_residues(a[0].add(index)), by);
            let a1 = product(field, from_residues(a[1].add(index)), by);
            let (b0, b1) = (
                from_residues(b[0].add(index)),
                from_residues(b[1].add(index)),
            );
            let one = product_of_residues(field, a0, b0);
            let two = add(
                product_of_residues(field, a0, b1),
                product_of_residues(field, a1, b0),
            );
            for (sum, to) in [one, two].into_iter().zip(sums) {
                let to = to.add(index);
                let sum = if add_to {
                    add(sum, from_residues(to))
                } else {
                    sum
                };
                to_residues(field, to, reduce(field, sum));
            }
        }
    }
    let rest = to.map(|row| &mut row[count..]);
    portable::cross_products(modulus, factors.from(count), add_to, rest);
}

#[target_feature(enable = "avx2,fma")]
fn inner_products_mapped(products: MappedProducts<'_>, add: bool, to: [&mut [u64]; 2]) {
    let modulus = products.modulus;
    let kernels = PartKernels {
        permute: |permutation: &Permutation, from: &[u64], start: usize, to: &mut [u64]| {
            permute(permutation, from, start, to);
        },
        sum: |products: PackedProducts<'_>, add: bool, to: &mut [u64]| {
            inner_product_packed(modulus, products, add, to);
        },
        add_scaled: |to: &mut [u64], row: &[u64], by: Multiplier| {
            add_scaled_rows(modulus, to, row, by);
        },
    };
    products.in_parts(add, to, kernels);
}
