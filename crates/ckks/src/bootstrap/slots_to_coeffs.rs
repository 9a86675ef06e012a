//! Numbers from slots to coefficients.

use super::{BootstrapSpec, groups};
use crate::linear::{self, BabyGiant};
use crate::{Ciphertext, Encoder, Evaluator, KeyList, LinearTransform, Result};
use std::borrow::Cow;

/// The factors of the transform from slots to coefficients, at the lowest levels.
#[derive(Debug)]
pub(super) struct SlotsToCoeffs {
    factors: Vec<LinearTransform>,
}

/// How many times more baby steps than giant steps there are.
pub(super) const RATIO: usize = 4;

impl SlotsToCoeffs {
    pub(super) fn new(encoder: &Encoder, spec: &BootstrapSpec) -> Result<Self> {
        let log_slots = spec.slots.trailing_zeros();
        let groups = groups(log_slots, spec.slots_to_coeffs_levels);
        let matrices = linear::slots_to_coeffs(log_slots, &groups, 1.0);
        // The message must be smaller than the first prime by the ratio: whatever the scale of
        // numbers is, it is brought to that.
        let params = encoder.params();
        let wanted =
            super::eval_mod::first_prime(params) / f64::from(spec.eval_mod.message_ratio).exp2();
        let share = (wanted / params.scale()).powf(1.0 / groups.len() as f64);
        let levels = (1..=matrices.len()).rev();
        let factors = matrices.iter().zip(levels).map(|(matrix, level)| {
            let plan = BabyGiant::split_by_ratio(matrix.indices(), matrix.slots(), RATIO);
            LinearTransform::new(encoder, matrix, plan, level, share)
        });
        Ok(SlotsToCoeffs {
            factors: factors.collect::<Result<Vec<_>>>()?,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.factors.iter().map(LinearTransform::bytes).sum()
    }

    pub(super) fn list_keys(&self, list: &mut KeyList) {
        self.factors
            .iter()
            .for_each(|factor| factor.list_keys(list));
    }

    pub(super) fn apply(&self, evaluator: &Evaluator, a: &Ciphertext) -> Result<Ciphertext> {
        let mut current = Cow::Borrowed(a);
        for factor in &self.factors {
            current = Cow::Owned(evaluator.transform(&current, factor)?);
        }
        Ok(current.into_owned())
    }
}
