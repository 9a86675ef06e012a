//! Plain Rust: the oracle of the other kernels.

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
