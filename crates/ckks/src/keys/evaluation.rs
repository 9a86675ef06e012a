//! The keys that a server needs to compute on ciphertexts.

use super::switching::{GaloisKey, SwitchingKey};
use crate::key_list::{KeyList, KeyRequest};
use crate::wipe::Secret;
use crate::{Error, Galois, Params, Result, SecretKey};
use nearfield_ring::Automorphism;
use std::collections::BTreeMap;

/// The keys that a server needs to compute on ciphertexts.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationKeys {
    pub(crate) params: Params,
    pub(crate) relinearization: Option<SwitchingKey>,
    pub(crate) galois: BTreeMap<usize, GaloisKey>,
}

/// One evaluation key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum EvaluationKey {
    Relinearization(SwitchingKey),
    Galois(GaloisKey),
}

impl EvaluationKeys {
    /// No keys; others can be added.
    pub fn none(params: &Params) -> Self {
        EvaluationKeys {
            params: params.clone(),
            relinearization: None,
            galois: BTreeMap::new(),
        }
    }

    /// Adds the key for products of ciphertexts up to a level, unless there is one for that level
    /// or a higher one.
    ///
    /// # Errors
    /// If the operating system gives no randomness, the level is too high, or the secret key is
    /// of other parameters.
    pub fn add_relinearization(&mut self, secret: &SecretKey, level: usize) -> Result<()> {
        let mut list = KeyList::none(&self.params);
        list.add_relinearization(level);
        self.add(secret, &list)
    }

    /// Adds the key for a rotation or the conjugation up to a level, unless there is one for that
    /// level or a higher one.
    ///
    /// # Errors
    /// If the operating system gives no randomness, the level is too high, or the secret key is
    /// of other parameters.
    pub fn add_galois(&mut self, secret: &SecretKey, galois: Galois, level: usize) -> Result<()> {
        let mut list = KeyList::none(&self.params);
        list.add_galois(galois, level);
        self.add(secret, &list)
    }

    /// Adds all keys of a list, except those that are there for the same level or a higher one.
    ///
    /// # Errors
    /// If the operating system gives no randomness, a level is too high, or the secret key is of
    /// other parameters.
    pub fn add(&mut self, secret: &SecretKey, list: &KeyList) -> Result<()> {
        for request in list.requests() {
            if !self.holds(request) {
                self.insert(EvaluationKey::generate(request, &self.params, secret)?);
            }
        }
        Ok(())
    }

    /// Adds a key, and replaces one for the same operation.
    pub(crate) fn insert(&mut self, key: EvaluationKey) {
        match key {
            EvaluationKey::Relinearization(key) => self.relinearization = Some(key),
            EvaluationKey::Galois(key) => {
                self.galois.insert(key.automorphism.exponent(), key);
            }
        }
    }

    fn holds(&self, request: KeyRequest) -> bool {
        let (key, level) = match request {
            KeyRequest::Relinearization { level } => (self.relinearization.as_ref(), level),
            KeyRequest::Galois { exponent, level } => {
                let key = self.galois.get(&exponent);
                (key.map(|key| &key.switching), level)
            }
        };
        key.is_some_and(|key| key.level() >= level)
    }

    /// The parameters of the keys.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        let galois = self.galois.values().map(|key| &key.switching);
        let keys = galois.chain(&self.relinearization);
        keys.map(SwitchingKey::bytes).sum()
    }

    pub(crate) fn relinearization(&self, level: usize) -> Result<&SwitchingKey> {
        let missing = || Error::MissingKey("relinearization".to_owned());
        let key = self.relinearization.as_ref().ok_or_else(missing)?;
        check_level(key, level, || "relinearization".to_owned())?;
        Ok(key)
    }

    /// Whether there is a key for a rotation or the conjugation.
    pub fn has(&self, galois: Galois) -> bool {
        let exponent = galois.exponent(self.params.degree());
        self.galois.contains_key(&exponent)
    }

    pub(crate) fn galois(&self, galois: Galois, level: usize) -> Result<&GaloisKey> {
        let exponent = galois.exponent(self.params.degree());
        let missing = || Error::MissingKey(galois.to_string());
        let key = self.galois.get(&exponent).ok_or_else(missing)?;
        check_level(&key.switching, level, || galois.to_string())?;
        Ok(key)
    }
}

fn check_level(key: &SwitchingKey, level: usize, name: impl Fn() -> String) -> Result<()> {
    if key.level() < level {
        return Err(Error::KeyLevel {
            operation: name(),
            key: key.level(),
            level,
        });
    }
    Ok(())
}

impl EvaluationKey {
    /// Generates the key.
    ///
    /// # Errors
    /// If the operating system gives no randomness, the level is too high, or the secret key is
    /// of other parameters.
    pub(crate) fn generate(
        request: KeyRequest,
        params: &Params,
        secret: &SecretKey,
    ) -> Result<Self> {
        if secret.params() != params {
            return Err(Error::Mismatch {
                what: "the secret key",
                other: "the evaluation keys",
            });
        }
        let (KeyRequest::Relinearization { level } | KeyRequest::Galois { level, .. }) = request;
        if level > params.max_level() {
            return Err(Error::Level {
                what: "an evaluation key",
                level,
                min: 0,
                max: params.max_level(),
            });
        }
        match request {
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
