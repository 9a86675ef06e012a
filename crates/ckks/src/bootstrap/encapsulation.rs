//! A sparse secret under which a ciphertext is raised.
//!
//! # Source
//! Bossuat, Troncoso-Pastoriza, Hubaux (2022/024).

use crate::evaluator::KeySwitch;
use crate::gadget::Gadget;
use crate::keys::SwitchingKey;
use crate::primes::log2_product;
use crate::randomness::fresh_sampler;
use crate::{Ciphertext, Error, Params, Result, SecretKey, security};
use nearfield_ring::{Limbs, Row};
use zeroize::Zeroizing;

/// Coefficients of the sparse secret that are not 0.
pub(super) const WEIGHT: usize = 32;

/// Special primes of the switch to the sparse secret.
const SPECIAL: usize = 2;

/// Keys to and from a sparse secret that nobody keeps.
///
/// The key to the sparse secret exists only modulo the first prime and two special ones: a modulus
/// so small that even a sparse secret is secure. The key back is an encryption under the main
/// secret, at the highest level.
#[derive(Clone, Debug, PartialEq)]
pub struct EncapsulationKeys {
    pub(crate) params: Params,
    pub(crate) to_sparse: SwitchingKey,
    pub(crate) to_dense: SwitchingKey,
}

/// How a ciphertext is switched to the sparse secret.
#[derive(Debug)]
pub(super) struct Encapsulation {
    params: Params,
    low: Gadget,
}

impl EncapsulationKeys {
    /// Generates a sparse secret and the keys to and from it, and drops the secret.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the sparse secret would be insecure.
    pub fn generate(secret: &SecretKey) -> Result<Self> {
        Encapsulation::new(secret.params())?.generate_keys(secret)
    }

    /// The primes of the key to the sparse secret.
    pub fn sparse_limbs(&self) -> Limbs {
        self.to_sparse.digits[0][0].limbs()
    }

    /// The primes of the key to the sparse secret, for some parameters.
    pub(crate) fn sparse_limbs_of(params: &Params) -> Limbs {
        Limbs {
            chain: 1,
            special: SPECIAL.min(params.ring().limbs().special),
        }
    }

    /// Bytes that they take in memory.
    pub fn bytes(&self) -> usize {
        self.to_sparse.bytes() + self.to_dense.bytes()
    }
}

impl Encapsulation {
    pub(super) fn new(params: &Params) -> Result<Self> {
        let limbs = EncapsulationKeys::sparse_limbs_of(params);
        let found = log2_product(params.ring().moduli(limbs));
        let log_degree = params.spec().log_degree;
        let limit = security::max_modulus_bits_sparse(log_degree);
        if !params.is_insecure() && found > f64::from(limit) {
            return Err(Error::Insecure {
                log_degree,
                found,
                limit,
            });
        }
        Ok(Encapsulation {
            low: Gadget::new(params.ring(), limbs, 1)?,
            params: params.clone(),
        })
    }

    pub(super) fn generate_keys(&self, secret: &SecretKey) -> Result<EncapsulationKeys> {
        if *secret.params() != self.params {
            return Err(Error::Mismatch {
                what: "the secret key",
                other: "the bootstrapping",
            });
        }
        let ring = self.params.ring();
        let mut coefficients = Zeroizing::new(vec![0; ring.degree()]);
        fresh_sampler()?.sparse_ternary(WEIGHT, &mut coefficients);
        let sparse = SecretKey::from_coefficients(&self.params, coefficients);
        let (dense, sparse) = (secret.values(), sparse.values());
        let (gadget, top) = (self.params.gadget(), self.params.max_level());
        Ok(EncapsulationKeys {
            params: self.params.clone(),
            to_sparse: SwitchingKey::generate(ring, &self.low, 1, [dense, sparse])?,
            to_dense: SwitchingKey::generate(ring, gadget, top + 1, [sparse, dense])?,
        })
    }

    /// A ciphertext at level 0 under the sparse secret.
    pub(super) fn to_sparse(&self, keys: &EncapsulationKeys, a: &Ciphertext) -> Ciphertext {
        self.switch(&self.low, &keys.to_sparse, a)
    }

    /// A raised ciphertext under the main secret.
    pub(super) fn to_dense(&self, keys: &EncapsulationKeys, a: &Ciphertext) -> Ciphertext {
        self.switch(self.params.gadget(), &keys.to_dense, a)
    }

    fn switch(&self, gadget: &Gadget, key: &SwitchingKey, a: &Ciphertext) -> Ciphertext {
        let ring = self.params.ring();
        let poly = &a.parts[1];
        let switch = KeySwitch {
            ring,
            gadget,
            poly,
            key,
            map: None,
        };
        let add_first = |index, rows: &mut [Row; 2]| {
            let modulus = ring.chain_table(index).modulus();
            modulus.add_rows(&mut rows[0], &a.parts[0].rows()[index]);
        };
        let parts = switch.lowered(false, |_, _| (), add_first);
        a.like(parts, a.scale)
    }
}
