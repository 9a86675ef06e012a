//! The secret key.

use crate::ciphertext::wipe;
use crate::{Error, Params, Result};
use nearfield_ring::{Limbs, Ntt, Poly, Ring, Row, Sampler};
use std::ops::{Deref, DerefMut};
use zeroize::{Zeroize, Zeroizing};

/// A dense ternary secret key. It shows nothing of itself and is wiped from memory at the end.
///
/// Decryption and key generation are free of branches and addresses that depend on it; that the
/// processor's multiplications and vectors take the same time for all values is taken for
/// granted.
///
/// It cannot be shown:
///
/// ```compile_fail,E0277
/// # fn example(secret: nearfield_ckks::SecretKey) {
/// println!("{secret:?}");
/// # }
/// ```
///
/// nor be copied:
///
/// ```compile_fail,E0599
/// # fn example(secret: nearfield_ckks::SecretKey) {
/// let copy = secret.clone();
/// # }
/// ```
pub struct SecretKey {
    params: Params,
    coefficients: Zeroizing<Vec<i8>>,
    values: Secret,
}

/// A polynomial that is wiped from memory at the end.
pub(crate) struct Secret(Poly<Ntt>);

/// A row that is wiped from memory at the end.
pub(crate) struct SecretRow(Row);

/// A stream of randomness with a fresh seed from the operating system.
///
/// # Errors
/// If the system gives none.
pub(crate) fn fresh_sampler() -> Result<Sampler> {
    Ok(Sampler::from_seed(*fresh_seed()?))
}

/// A seed from the operating system.
///
/// # Errors
/// If the system gives none.
pub(crate) fn fresh_seed() -> Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| Error::Entropy(error.to_string()))?;
    Ok(seed)
}

impl SecretKey {
    /// A new key, from the operating system's randomness.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn generate(params: &Params) -> Result<Self> {
        let mut coefficients = Zeroizing::new(vec![0; params.degree()]);
        fresh_sampler()?.ternary(&mut coefficients);
        Ok(Self::from_coefficients(params, coefficients))
    }

    /// A secret of given ternary coefficients.
    pub(crate) fn from_coefficients(params: &Params, coefficients: Zeroizing<Vec<i8>>) -> Self {
        let ring = params.ring();
        let values = Secret(ring.forward(ring.small(&coefficients, ring.limbs())));
        SecretKey {
            params: params.clone(),
            coefficients,
            values,
        }
    }

    /// The parameters that it is of.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Its coefficients.
    pub(crate) fn coefficients(&self) -> &[i8] {
        &self.coefficients
    }

    /// Its values modulo all primes.
    pub(crate) fn values(&self) -> &Secret {
        &self.values
    }
}

impl Secret {
    /// Has a polynomial wiped at the end.
    pub(crate) fn new(poly: Poly<Ntt>) -> Self {
        Secret(poly)
    }

    /// The values modulo the prime of a row of a polynomial.
    pub(crate) fn row(&self, limbs: Limbs, row: usize) -> &[u64] {
        self.0.row_of(limbs, row)
    }
}

impl SecretRow {
    /// A row to work with.
    pub(crate) fn new(ring: &Ring) -> Self {
        SecretRow(ring.row())
    }
}

impl Deref for SecretRow {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.0
    }
}

impl DerefMut for SecretRow {
    fn deref_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }
}

impl Drop for SecretRow {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}
