//! Plain Rust: the oracle of the other kernels.

use super::montgomery::{Fraction, montgomery_factor};
use super::operands::{
    Bytes, CrossProducts, MappedProducts, PackedProducts, PartKernels, Products, Target,
};
use super::permutation::{BLOCK, Permutation};
use crate::{Modulus, Multiplier};

/// Coefficients to values, by powers of the root in bit-reversed order.
///
/// # Source
/// Longa and Naehrig, "Speeding up the number theoretic transform", 2016, algorithm 1, with
/// Harvey's lazy butterflies (2014).
pub(super) fn forward(modulus: Modulus, powers: &[Multiplier], row: &mut [u64]) {
    let mut half = row.len() / 2;
    let mut blocks = 1;
    while half > 0 {
        let roots = &powers[blocks..2 * blocks];
        for (block, &root) in row.chunks_exact_mut(2 * half).zip(roots) {
            let (left, right) = block.split_at_mut(half);
            for (x, y) in left.iter_mut().zip(right) {
                // Below four times the modulus, before and after.
                let (a, b) = (modulus.subtract_twice(*x), modulus.mul_lazy(*y, root));
                *x = a + b;
                *y = a + 2 * modulus.value() - b;
            }
        }
        half /= 2;
        blocks *= 2;
    }
    for value in row {
        *value = modulus.reduce_below_four(*value);
    }
}

/// Values to coefficients, by powers of the root's inverse in bit-reversed order, times `scale`.
///
/// # Source
/// As [`forward`], algorithm 2.
pub(super) fn inverse(modulus: Modulus, powers: &[Multiplier], scale: u64, row: &mut [u64]) {
    let mut half = 1;
    let mut blocks = row.len() / 2;
    while blocks > 0 {
        let roots = &powers[blocks..2 * blocks];
        for (block, &root) in row.chunks_exact_mut(2 * half).zip(roots) {
            let (left, right) = block.split_at_mut(half);
            for (x, y) in left.iter_mut().zip(right) {
                // Below twice the modulus, before and after.
                let (a, b) = (*x, *y);
                *x = modulus.subtract_twice(a + b);
                *y = modulus.mul_lazy(a + 2 * modulus.value() - b, root);
            }
        }
        half *= 2;
        blocks /= 2;
    }
    let scale = modulus.multiplier(scale);
    for value in row {
        *value = modulus.mul_by(*value, scale);
    }
}

pub(super) fn add_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    each(a, b, |a, b| modulus.add(a, b));
}

pub(super) fn sub_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    each(a, b, |a, b| modulus.sub(a, b));
}

pub(super) fn neg_row(modulus: Modulus, a: &mut [u64]) {
    a.iter_mut().for_each(|a| *a = modulus.neg(*a));
}

pub(super) fn add_constant_row(modulus: Modulus, a: &mut [u64], by: u64) {
    a.iter_mut().for_each(|a| *a = modulus.add(*a, by));
}

pub(super) fn scale_row(modulus: Modulus, a: &mut [u64], by: Multiplier) {
    a.iter_mut().for_each(|a| *a = modulus.mul_by(*a, by));
}

pub(super) fn add_scaled_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    each(a, b, |a, b| modulus.add(a, modulus.mul_by(b, by)));
}

pub(super) fn sub_scale_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    each(a, b, |a, b| modulus.mul_by(modulus.sub(a, b), by));
}

pub(super) fn mul_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    each(a, b, |a, b| modulus.mul(a, b));
}

pub(super) fn product_of_rows(modulus: Modulus, a: &[u64], b: &[u64], to: &mut [u64]) {
    for (to, (&a, &b)) in to.iter_mut().zip(a.iter().zip(b)) {
        *to = modulus.mul(a, b);
    }
}

fn each(a: &mut [u64], b: &[u64], operation: impl Fn(u64, u64) -> u64) {
    for (a, &b) in a.iter_mut().zip(b) {
        *a = operation(*a, b);
    }
}

/// `[by a0 b0, by (a0 b1 + a1 b0)]`, or that added to it.
pub(super) fn cross_products(
    modulus: Modulus,
    factors: CrossProducts<'_>,
    add: bool,
    to: [&mut [u64]; 2],
) {
    factors.check(&to);
    let put = |to: &mut u64, value| *to = if add { modulus.add(*to, value) } else { value };
    let CrossProducts { a, b, by } = factors;
    let [first, second] = to;
    for (index, (first, second)) in first.iter_mut().zip(second).enumerate() {
        let [a0, a1] = a.map(|row| modulus.mul_by(row[index], by));
        let [b0, b1] = b.map(|row| row[index]);
        put(first, modulus.mul(a0, b0));
        let mixed = modulus.add(modulus.mul(a0, b1), modulus.mul(a1, b0));
        put(second, mixed);
    }
}

/// `to = sum(a * b) / R`, or that added to it.
pub(super) fn inner_product(modulus: Modulus, products: Products<'_>, add: bool, to: &mut [u64]) {
    inner_product_from(0, modulus, products, add, to);
}

/// As [`inner_product`], from an index on.
pub(super) fn inner_product_from(
    start: usize,
    modulus: Modulus,
    products: Products<'_>,
    add: bool,
    to: &mut [u64],
) {
    if start == to.len() {
        return;
    }
    let shift = products.run.trailing_zeros();
    let inverse = modulus.multiplier(modulus.invert_by_fermat(montgomery_factor(modulus)));
    let word = u128::pow(2, 64) % u128::from(modulus.value());
    let upper = modulus.mul_by(u64::try_from(word).unwrap_or(0), inverse);
    let upper = modulus.multiplier(upper);
    for (index, to) in to.iter_mut().enumerate().skip(start) {
        // 64 products of 120 bits have less than 128.
        let sum = products.pairs.iter().fold(0_u128, |sum, (a, b)| {
            sum + u128::from(a[index]) * u128::from(b[index >> shift])
        });
        let high = modulus.mul_by(u64::try_from(sum >> 64).unwrap_or(0), upper);
        let sum = modulus.add(modulus.mul_by(low(sum), inverse), high);
        *to = if add { modulus.add(*to, sum) } else { sum };
    }
}

/// The low 64 bits.
#[allow(clippy::cast_possible_truncation, reason = "the low bits are kept")]
fn low(value: u128) -> u64 {
    value as u64
}

/// For each target, the sum of its cofactors times the digits, and last times their overflow.
pub(super) fn convert(targets: &mut [Target<'_>], digits: &[&[u64]], overflow: &[u64]) {
    for target in targets {
        convert_from(0, target, digits, overflow);
    }
}

/// As [`convert`], to one target and from an index on.
pub(super) fn convert_from(
    start: usize,
    target: &mut Target<'_>,
    digits: &[&[u64]],
    overflow: &[u64],
) {
    let Target { cofactors, sums } = target;
    let modulus = cofactors.modulus;
    for (index, to) in sums.iter_mut().enumerate().skip(start) {
        let values = digits.iter().chain(std::iter::once(&overflow));
        let products = values.zip(&cofactors.plain);
        *to = products.fold(0, |sum, (values, &cofactor)| {
            modulus.add(sum, modulus.mul_by(values[index], cofactor))
        });
    }
}

/// The sum of fractions, rounded.
pub(super) fn overflow(fractions: &[Fraction], digits: &[&[u64]], overflow: &mut [u64]) {
    for (index, overflow) in overflow.iter_mut().enumerate() {
        *overflow = overflow_at(index, fractions, digits);
    }
}

/// As [`overflow`], at one index.
pub(super) fn overflow_at(index: usize, fractions: &[Fraction], digits: &[&[u64]]) -> u64 {
    let mut sum = 1_u128 << (Fraction::BITS - 1);
    for (digits, fraction) in digits.iter().zip(fractions) {
        sum += (u128::from(digits[index]) * u128::from(fraction.reciprocal)) >> fraction.shift;
    }
    // At most as many as there are fractions.
    u64::try_from(sum >> Fraction::BITS).unwrap_or(u64::MAX)
}

pub(super) fn inner_product_packed(
    modulus: Modulus,
    products: PackedProducts<'_>,
    add: bool,
    to: &mut [u64],
) {
    products.in_parts(add, to, unpack, |products, add, to| {
        inner_product(modulus, products, add, to);
    });
}

/// Sums of products of permuted rows, or those added to what is there.
pub(super) fn inner_products_mapped(products: MappedProducts<'_>, add: bool, to: [&mut [u64]; 2]) {
    let modulus = products.modulus;
    let kernels = PartKernels {
        permute,
        sum: |products: PackedProducts<'_>, add: bool, to: &mut [u64]| {
            inner_product_packed(modulus, products, add, to);
        },
        add_scaled: |to: &mut [u64], row: &[u64], by: Multiplier| {
            add_scaled_rows(modulus, to, row, by);
        },
    };
    products.in_parts(add, to, kernels);
}

pub(super) fn unpack(packed: Bytes<'_>, to: &mut [u64]) {
    packed.check(to.len());
    match packed.width {
        1 => unpack_width::<1>(packed.bytes, to),
        2 => unpack_width::<2>(packed.bytes, to),
        3 => unpack_width::<3>(packed.bytes, to),
        4 => unpack_width::<4>(packed.bytes, to),
        5 => unpack_width::<5>(packed.bytes, to),
        6 => unpack_width::<6>(packed.bytes, to),
        7 => unpack_width::<7>(packed.bytes, to),
        _ => unpack_width::<8>(packed.bytes, to),
    }
}

fn unpack_width<const WIDTH: usize>(bytes: &[u8], to: &mut [u64]) {
    let (residues, _) = bytes.as_chunks::<WIDTH>();
    for (to, residue) in to.iter_mut().zip(residues) {
        let mut word = [0; 8];
        word[..WIDTH].copy_from_slice(residue);
        *to = u64::from_le_bytes(word);
    }
}

/// `to = from`, permuted: the values from `start` on, in whole blocks.
pub(super) fn permute(permutation: &Permutation, from: &[u64], start: usize, to: &mut [u64]) {
    for_each_permuted(permutation, from, start, to, |to, from| *to = from);
}

/// `to += from`, permuted.
pub(super) fn add_permuted(
    permutation: &Permutation,
    modulus: Modulus,
    from: &[u64],
    to: &mut [u64],
) {
    for_each_permuted(permutation, from, 0, to, |to, from| {
        *to = modulus.add(*to, from);
    });
}

fn for_each_permuted(
    permutation: &Permutation,
    from: &[u64],
    start: usize,
    to: &mut [u64],
    operation: impl Fn(&mut u64, u64),
) {
    let length = BLOCK.min(permutation.length());
    let blocks = to
        .chunks_exact_mut(length)
        .zip(permutation.sources(from, start));
    for (to, (from, order)) in blocks {
        for (to, &index) in to.iter_mut().zip(order) {
            operation(to, from[usize::try_from(index).unwrap_or(0)]);
        }
    }
}
