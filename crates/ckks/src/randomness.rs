//! Randomness from the operating system.

use crate::{Error, Result};
use nearfield_ring::Sampler;
use zeroize::Zeroizing;

/// A stream of randomness with a fresh seed.
///
/// # Errors
/// If the operating system gives none.
pub(crate) fn fresh_sampler() -> Result<Sampler> {
    Ok(Sampler::from_seed(*fresh_seed()?))
}

/// A fresh seed.
///
/// # Errors
/// If the operating system gives none.
pub(crate) fn fresh_seed() -> Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| Error::Entropy(error.to_string()))?;
    Ok(seed)
}
