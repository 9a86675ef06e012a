//! Arithmetic on ciphertexts, for which no secret is needed.

mod arithmetic;
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

/// Computes on ciphertexts with evaluation keys.
///
/// All operations leave their operands as they are. Levels and scales are kept exactly: a sum
/// wants equal scales, and takes the lower level of its operands; a product has the product of
/// the scales, until a rescaling divides it by a prime.
#[derive(Clone, Debug)]
pub struct Evaluator {
    params: Params,
    keys: Arc<EvaluationKeys>,
}

impl Evaluator {
    /// An evaluator with some keys.
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

    /// The switch of what a polynomial becomes by the automorphism of a key.
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

/// # Errors
/// If the scales differ by more than rounding explains.
pub(crate) fn check_scales(a: f64, b: f64) -> Result<()> {
    if (a / b - 1.0).abs() < SAME_SCALE {
        return Ok(());
    }
    Err(Error::Scales(a, b))
}

/// Relative difference of scales that are taken as equal: 2^-40.
const SAME_SCALE: f64 = 9.1e-13;

/// # Errors
/// If two operands have different slots.
fn check_slots(a: usize, b: usize) -> Result<()> {
    if a == b {
        return Ok(());
    }
    Err(Error::Slots { found: a, slots: b })
}
