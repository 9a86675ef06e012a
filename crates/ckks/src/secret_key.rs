//! The secret key.

use crate::randomness::fresh_sampler;
use crate::wipe::Secret;
use crate::{Params, Result};
use zeroize::Zeroizing;

/// A dense ternary secret key. It is wiped from memory when it is dropped.
///
/// Decryption and key generation have no branches and no addresses that depend on it. They assume
/// that multiplications and vector instructions of the processor take the same time for all values.
///
/// It cannot be printed:
///
/// ```compile_fail,E0277
/// # fn example(secret: nearfield_ckks::SecretKey) {
/// println!("{secret:?}");
/// # }
/// ```
///
/// nor copied:
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

impl SecretKey {
    /// A new key, from the randomness of the operating system.
    ///
    /// # Errors
    /// If the operating system gives none.
    pub fn generate(params: &Params) -> Result<Self> {
        let mut coefficients = Zeroizing::new(vec![0; params.degree()]);
        fresh_sampler()?.ternary(&mut coefficients);
        Ok(Self::from_coefficients(params, coefficients))
    }

    /// A secret of given ternary coefficients.
    pub(crate) fn from_coefficients(params: &Params, coefficients: Zeroizing<Vec<i8>>) -> Self {
        let ring = params.ring();
        let values = Secret::new(ring.forward(ring.small(&coefficients, ring.limbs())));
        SecretKey {
            params: params.clone(),
            coefficients,
            values,
        }
    }

    /// The parameters of the key.
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
