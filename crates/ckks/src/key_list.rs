//! Which evaluation keys are wanted, and each of them by itself.

use crate::keys::{Galois, GaloisKey, SwitchingKey};
use crate::secret_key::{Secret, SecretKey};
use crate::{Error, Params, Result};
use nearfield_ring::Automorphism;
use std::collections::BTreeMap;

/// Which evaluation keys are wanted, each up to the highest level that anybody asked for: from
/// this they are generated one at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyList {
    params: Params,
    relinearization: Option<usize>,
    /// Levels, by exponents.
    galois: BTreeMap<usize, usize>,
}

/// A key of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRequest {
    Relinearization { level: usize },
    Galois { exponent: usize, level: usize },
}

/// One evaluation key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum EvaluationKey {
    Relinearization(SwitchingKey),
    Galois(GaloisKey),
}

impl KeyList {
    /// No keys.
    pub fn none(params: &Params) -> Self {
        KeyList {
            params: params.clone(),
            relinearization: None,
            galois: BTreeMap::new(),
        }
    }

    /// Adds the key for products of ciphertexts up to a level.
    pub fn add_relinearization(&mut self, level: usize) {
        self.relinearization = self.relinearization.max(Some(level));
    }

    /// Adds the key for a rotation or the conjugation up to a level.
    pub fn add_galois(&mut self, galois: Galois, level: usize) {
        let exponent = galois.exponent(self.params.degree());
        if exponent != 1 {
            let known = self.galois.entry(exponent).or_insert(level);
            *known = level.max(*known);
        }
    }

    /// The parameters that they are of.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Number of keys.
    pub fn count(&self) -> usize {
        self.requests().count()
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = KeyRequest> {
        let products = self.relinearization.into_iter();
        let products = products.map(|level| KeyRequest::Relinearization { level });
        let galois = self.galois.iter();
        products.chain(galois.map(|(&exponent, &level)| KeyRequest::Galois { exponent, level }))
    }
}

impl KeyRequest {
    /// # Errors
    /// If the operating system gives no randomness, the level is too high, or the secret key is
    /// of other parameters.
    pub(crate) fn generate(self, params: &Params, secret: &SecretKey) -> Result<EvaluationKey> {
        if secret.params() != params {
            return Err(Error::Mismatch {
                what: "the secret key",
                other: "the evaluation keys",
            });
        }
        let (KeyRequest::Relinearization { level } | KeyRequest::Galois { level, .. }) = self;
        if level > params.max_level() {
            return Err(Error::Level {
                what: "an evaluation key",
                level,
                min: 0,
                max: params.max_level(),
            });
        }
        match self {
            KeyRequest::Relinearization { level } => relinearization(secret, level),
            KeyRequest::Galois { exponent, level } => galois(secret, exponent, level),
        }
    }
}

fn relinearization(secret: &SecretKey, level: usize) -> Result<EvaluationKey> {
    let params = secret.params();
    let ring = params.ring();
    let mut square = ring.unfilled(ring.limbs());
    ring.for_each_row(&mut square, |table, index, row| {
        row.copy_from_slice(secret.values().row(ring.limbs(), index));
        table
            .modulus()
            .mul_rows(row, secret.values().row(ring.limbs(), index));
    });
    let secrets = [&Secret::new(square), secret.values()];
    let key = SwitchingKey::generate(ring, params.gadget(), level + 1, secrets)?;
    Ok(EvaluationKey::Relinearization(key))
}

fn galois(secret: &SecretKey, exponent: usize, level: usize) -> Result<EvaluationKey> {
    let params = secret.params();
    let (ring, degree) = (params.ring(), params.degree());
    let automorphism = Automorphism::new(exponent, degree)?;
    let mut mapped = ring.unfilled(ring.limbs());
    ring.for_each_row(&mut mapped, |_, index, row| {
        automorphism.map_values(secret.values().row(ring.limbs(), index), row);
    });
    let secrets = [&Secret::new(mapped), secret.values()];
    let switching = SwitchingKey::generate(ring, params.gadget(), level + 1, secrets)?;
    Ok(EvaluationKey::Galois(GaloisKey {
        automorphism,
        switching,
    }))
}
