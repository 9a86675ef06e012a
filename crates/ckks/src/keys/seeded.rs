//! Encryptions of 0, with uniform parts that come from seeds.

use crate::randomness::fresh_sampler;
use crate::wipe::{Secret, SecretRow};
use crate::{Params, Result};
use nearfield_ring::{Limbs, Ntt, Poly, Representation, Ring, Sampler};
use zeroize::Zeroizing;

/// An encryption of 0 whose second part is uniform and comes from a seed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeededPair {
    pub(crate) seed: [u8; 32],
    pub(crate) parts: [Poly<Ntt>; 2],
}

/// `(e - a s, a)` for a uniform `a`.
pub(crate) fn encryption_of_zero(
    params: &Params,
    secret: &Secret,
    uniform: Poly<Ntt>,
) -> Result<[Poly<Ntt>; 2]> {
    let ring = params.ring();
    let limbs = uniform.limbs();
    let mut masked = gaussian_error(ring, limbs)?;
    ring.for_each_row(&mut masked, |table, index, row| {
        let mut product = SecretRow::new(ring);
        product.copy_from_slice(&uniform.rows()[index]);
        table
            .modulus()
            .mul_rows(&mut product, secret.row(limbs, index));
        table.modulus().sub_rows(row, &product);
    });
    Ok([masked, uniform])
}

/// A polynomial of Gaussian errors.
pub(super) fn gaussian_error(ring: &Ring, limbs: Limbs) -> Result<Poly<Ntt>> {
    let mut errors = Zeroizing::new(vec![0; ring.degree()]);
    fresh_sampler()?.gaussian(&mut errors);
    Ok(ring.forward(ring.small(&errors, limbs)))
}

/// Uniform values from a seed, for a digit of a switching key; a pair alone is digit 0.
pub(crate) fn expand_uniform<R: Representation>(
    ring: &Ring,
    limbs: Limbs,
    seed: [u8; 32],
    digit: usize,
) -> Poly<R> {
    let mut poly = ring.unfilled(limbs);
    ring.for_each_row(&mut poly, |table, index, row| {
        let stream = stream(ring, limbs, digit, index);
        Sampler::from_seed_and_stream(seed, stream).uniform(table.modulus(), row);
    });
    poly
}

/// The stream of a row. It depends on the digit and the row's prime, not on the other primes.
fn stream(ring: &Ring, limbs: Limbs, digit: usize, row: usize) -> u64 {
    let prime = if row < limbs.chain {
        row
    } else {
        row - limbs.chain + ring.limbs().chain
    };
    (digit as u64) << 32 | prime as u64
}
