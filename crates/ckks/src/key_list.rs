//! Lists of evaluation keys.

use crate::{Galois, Params};
use std::collections::BTreeMap;

/// A list of evaluation keys to be generated, each for the highest level that was added for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyList {
    params: Params,
    relinearization: Option<usize>,
    /// Levels, by exponents.
    galois: BTreeMap<usize, usize>,
}

/// One key of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRequest {
    Relinearization { level: usize },
    Galois { exponent: usize, level: usize },
}

impl KeyList {
    /// An empty list.
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

    /// The parameters of the keys.
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
