//! Arithmetic on ciphertexts, with evaluation keys and without the secret key.

mod arithmetic;
mod checks;
mod key_switch;
mod multiply;
mod polynomial;
mod rotate;
mod transform;

pub(crate) use key_switch::KeySwitch;
pub use rotate::Hoisted;
pub use transform::LinearTransform;

use crate::keys::{GaloisKey, SwitchingKey};
use crate::{Error, EvaluationKeys, Params, Result};
use nearfield_ring::{Ntt, Poly};
use std::sync::Arc;

/// Computes on ciphertexts with evaluation keys. Clones share the keys.
///
/// Levels and scales are exact: a sum needs equal scales, and has the lower level of its operands;
/// a product has the product of the scales, until a rescaling divides it by a prime.
#[derive(Clone, Debug)]
pub struct Evaluator {
    params: Params,
    keys: Arc<EvaluationKeys>,
}

impl Evaluator {
    /// An evaluator with these keys.
    pub fn new(keys: EvaluationKeys) -> Self {
        Evaluator {
            params: keys.params().clone(),
            keys: Arc::new(keys),
        }
    }

    /// The parameters that it computes with.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Its keys.
    pub fn keys(&self) -> &EvaluationKeys {
        &self.keys
    }

    /// The key switch of the image of a polynomial under the automorphism of a key.
    fn mapped_key_switch<'a>(&'a self, poly: &'a Poly<Ntt>, key: &'a GaloisKey) -> KeySwitch<'a> {
        KeySwitch {
            map: Some(&key.automorphism),
            ..self.key_switch(poly, &key.switching)
        }
    }

    fn key_switch<'a>(&'a self, poly: &'a Poly<Ntt>, key: &'a SwitchingKey) -> KeySwitch<'a> {
        KeySwitch {
            ring: self.params.ring(),
            gadget: self.params.gadget(),
            poly,
            key,
            map: None,
        }
    }

    /// # Errors
    /// If something is of other parameters.
    fn check(&self, params: &Params, what: &'static str) -> Result<()> {
        if *params == self.params {
            return Ok(());
        }
        let other = "the evaluation keys";
        Err(Error::Mismatch { what, other })
    }
}
