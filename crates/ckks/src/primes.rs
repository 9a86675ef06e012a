//! The primes of the modulus chain and the special primes.

use crate::{Error, Result};
use nearfield_ring::{Limbs, Modulus, prime};
use std::collections::BTreeMap;

/// Maximum of the bits of a prime: all kernels work up to here.
pub(crate) const MAX_BITS: u32 = 50;

/// Finds distinct primes with transforms of a degree: those of the chain and the special ones, by
/// their bits. Those of [`MAX_BITS`] bits are below that power of two.
///
/// # Errors
/// If there are too few.
pub(crate) fn find(
    chain_bits: &[u32],
    special_bits: &[u32],
    degree: usize,
) -> Result<(Vec<Modulus>, Vec<Modulus>)> {
    let mut counts = BTreeMap::new();
    for &bits in chain_bits.iter().chain(special_bits) {
        *counts.entry(bits).or_insert(0) += 1;
    }
    let mut found = BTreeMap::new();
    for (bits, count) in counts {
        let mut primes = if bits == MAX_BITS {
            let all = prime::ntt_primes(bits, degree, 3 * count)?;
            let below = all.into_iter().filter(|prime| prime.bits() <= MAX_BITS);
            below.take(count).collect()
        } else {
            prime::ntt_primes(bits, degree, count)?
        };
        if primes.len() < count {
            let found = primes.len();
            return Err(Error::Params(format!(
                "{count} primes of {bits} bits, and {found} have a transform of degree {degree}: \
                 take other bits for some of them"
            )));
        }
        // They are taken from the end: nearest to the power of two first.
        primes.reverse();
        found.insert(bits, primes);
    }
    let mut take = |bits: &u32| found.get_mut(bits).and_then(Vec::pop);
    let chain = chain_bits.iter().filter_map(&mut take).collect();
    let special = special_bits.iter().filter_map(&mut take).collect();
    Ok((chain, special))
}

/// log2 of a product of primes.
pub(crate) fn log2_product(moduli: impl Iterator<Item = Modulus>) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a logarithm for comparing with limits of whole bits"
    )]
    moduli.map(|modulus| (modulus.value() as f64).log2()).sum()
}

/// The primes of the chain up to a level.
pub(crate) fn limbs_at(level: usize) -> Limbs {
    Limbs::chain(level + 1)
}
