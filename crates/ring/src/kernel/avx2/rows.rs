//! Rows of residues in floating point, for moduli below 2^50.

use super::Seen;
use super::vector::{
    Field, LANES, V, add, from_residues, product, product_of_residues, reduce, sub, to_residues,
};
use crate::kernel::list::{Products, methods, rows_by_hand};
use crate::kernel::montgomery::{Cofactors, Fraction};
use crate::kernel::permutation::Permutation;
use crate::kernel::portable;
use crate::kernel::twiddles::balanced;
use crate::{Modulus, Multiplier};
use core::arch::x86_64::{_mm256_set1_pd, _mm256_setzero_pd};

rows_by_hand!(methods);

/// Functions that are the portable ones, compiled for this processor.
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
    fn permute(permutation: &Permutation, from: &[u64], to: &mut [u64]);
    fn add_permuted(permutation: &Permutation, modulus: Modulus, from: &[u64], to: &mut [u64]);
    fn excess(fractions: &[Fraction], digits: &[&[u64]], to: &mut [u64]);
}

/// A factor and its quotient in all lanes.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn factor(modulus: Modulus, value: u64) -> (V, V) {
    let [factor, quotient] = balanced(modulus, value);
    (_mm256_set1_pd(factor), _mm256_set1_pd(quotient))
}

/// Values that whole vectors have.
fn whole(length: usize) -> usize {
    length / LANES * LANES
}

/// `a = operation(a, b)` for whole vectors, as far as both go; what is left over.
macro_rules! each {
    ($a:ident, $b:ident, $field:ident, |$x:ident, $y:ident| $operation:expr) => {{
        let count = whole($a.len().min($b.len()));
        for index in (0..count).step_by(LANES) {
            // SAFETY: a vector of each row begins there.
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
        // SAFETY: a vector of the row begins there.
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

/// Products that are summed before the sum is reduced: each is below the modulus.
const AT_ONCE: usize = 4;

#[target_feature(enable = "avx2,fma")]
fn inner_product(modulus: Modulus, products: Products<'_>, keep: bool, to: &mut [u64]) {
    products.check(to.len());
    let run = products.run;
    if run > 1 && run < LANES {
        return portable::inner_product(modulus, products, keep, to);
    }
    let field = Field::new(modulus);
    let inverse = modulus.invert_by_fermat(modulus.montgomery_factor());
    let inverse = factor(modulus, inverse);
    let count = whole(to.len());
    for index in (0..count).step_by(LANES) {
        let mut sum = _mm256_setzero_pd();
        for products in products.pairs.chunks(AT_ONCE) {
            for (a, b) in products {
                // SAFETY: all rows were seen to be as long; a vector lies within a run.
                let (a, b) = unsafe {
                    let a = from_residues(a.as_ptr().add(index));
                    let b = b.as_ptr().add(index / run);
                    let of_run = || from_residues([*b; LANES].as_ptr());
                    (a, if run == 1 { from_residues(b) } else { of_run() })
                };
                sum = add(sum, product_of_residues(field, a, b));
            }
            sum = reduce(field, sum);
        }
        sum = product(field, sum, inverse);
        // SAFETY: a vector of the row begins there.
        unsafe {
            let to = to.as_mut_ptr().add(index);
            if keep {
                sum = reduce(field, add(sum, from_residues(to)));
            }
            to_residues(field, to, sum);
        }
    }
    portable::inner_product_from(count, modulus, products, keep, to);
}

#[target_feature(enable = "avx2,fma")]
fn convert(cofactors: &Cofactors, digits: &[&[u64]], excess: &[u64], to: &mut [u64]) {
    let as_long = |row: &[u64]| row.len() == to.len();
    assert!(digits.iter().all(|row| as_long(row)) && as_long(excess));
    let field = Field::new(cofactors.modulus);
    let count = whole(to.len());
    for index in (0..count).step_by(LANES) {
        let mut sum = _mm256_setzero_pd();
        let rows = digits.iter().chain(core::iter::once(&excess));
        for (place, (row, by)) in rows.zip(&cofactors.balanced).enumerate() {
            let by = (_mm256_set1_pd(by[0]), _mm256_set1_pd(by[1]));
            // SAFETY: all rows were seen to be as long.
            let x = unsafe { from_residues(row.as_ptr().add(index)) };
            sum = add(sum, product(field, x, by));
            if place % AT_ONCE == AT_ONCE - 1 {
                sum = reduce(field, sum);
            }
        }
        // SAFETY: a vector of the row begins there.
        unsafe { to_residues(field, to.as_mut_ptr().add(index), reduce(field, sum)) };
    }
    portable::convert_from(count, cofactors, digits, excess, to);
}
