//! The first step: from slots to coefficients.

use super::eval_mod::first_prime;
use super::factors::{Factors, groups};
use super::spec::BootstrapSpec;
use crate::{Ciphertext, Encoder, Evaluator, KeyList, Result, linear};

/// The transform from slots to coefficients, at the lowest levels.
#[derive(Debug)]
pub(super) struct SlotsToCoeffs(Factors);

impl SlotsToCoeffs {
    pub(super) fn new(encoder: &Encoder, spec: &BootstrapSpec) -> Result<Self> {
        let log_slots = spec.slots.trailing_zeros();
        let groups = groups(log_slots, spec.slots_to_coeffs_levels);
        let matrices = linear::slots_to_coeffs(log_slots, &groups, 1.0);
        // Numbers at the default scale get the scale that is smaller than the first prime by the
        // message ratio.
        let params = encoder.params();
        let message_ratio = f64::from(spec.eval_mod.message_ratio).exp2();
        let scaling = first_prime(params) / message_ratio / params.scale();
        Ok(SlotsToCoeffs(Factors::new(encoder, &matrices, 0, scaling)?))
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }

    pub(super) fn list_keys(&self, list: &mut KeyList) {
        self.0.list_keys(list);
    }

    /// A ciphertext at level 0 whose coefficients are the numbers.
    pub(super) fn apply(&self, evaluator: &Evaluator, a: &Ciphertext) -> Result<Ciphertext> {
        self.0.apply(evaluator, a)
    }
}
