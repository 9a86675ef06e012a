//! The public key.

use super::seeded::{SeededPair, encryption_of_zero, expand_uniform};
use crate::randomness::fresh_seed;
use crate::{Params, Result, SecretKey};
use nearfield_ring::Limbs;

/// A key with which anybody can encrypt.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicKey {
    params: Params,
    pub(crate) pair: SeededPair,
}

impl PublicKey {
    /// The public key of a secret key.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn generate(secret: &SecretKey) -> Result<Self> {
        let params = secret.params().clone();
        let ring = params.ring();
        let limbs = Limbs::chain(ring.limbs().chain);
        let seed = *fresh_seed()?;
        let uniform = expand_uniform(ring, limbs, seed, 0);
        let parts = encryption_of_zero(&params, secret.values(), uniform)?;
        Ok(PublicKey {
            pair: SeededPair { seed, parts },
            params,
        })
    }

    pub(crate) fn from_pair(params: &Params, pair: SeededPair) -> Self {
        PublicKey {
            params: params.clone(),
            pair,
        }
    }

    /// The parameters of the key.
    pub fn params(&self) -> &Params {
        &self.params
    }
}
