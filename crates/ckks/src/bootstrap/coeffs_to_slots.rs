//! The third step: from coefficients to slots.

use super::eval_mod::scale_of_raised;
use super::factors::{Factors, groups};
use super::spec::BootstrapSpec;
use crate::{Ciphertext, Encoder, Evaluator, Galois, KeyList, Result, linear};

/// The transform from coefficients to slots, at the highest levels.
#[derive(Debug)]
pub(super) struct CoeffsToSlots {
    factors: Factors,
    /// Rotations that turn every coefficient that the slots do not use into 0, and double the
    /// others.
    projections: Vec<isize>,
    input_level: usize,
    output_level: usize,
}

impl CoeffsToSlots {
    /// The result has the scale `scale` if the input has that of a raised ciphertext.
    pub(super) fn new(encoder: &Encoder, spec: &BootstrapSpec, scale: f64) -> Result<Self> {
        let params = encoder.params();
        let log_slots = spec.slots.trailing_zeros();
        let groups = groups(log_slots, spec.coeffs_to_slots_levels);
        // A half, since the conjugate is added later.
        let matrices = linear::coeffs_to_slots(log_slots, &groups, 0.5);
        let gap = params.max_slots() / spec.slots;
        let raised = scale_of_raised(params, spec) * gap as f64;
        let input_level = params.max_level();
        let output_level = input_level - spec.coeffs_to_slots_levels;
        Ok(CoeffsToSlots {
            factors: Factors::new(encoder, &matrices, output_level, scale / raised)?,
            projections: (0..gap.trailing_zeros())
                .map(|log| spec.slots.cast_signed() << log)
                .collect(),
            input_level,
            output_level,
        })
    }

    pub(super) fn output_level(&self) -> usize {
        self.output_level
    }

    pub(super) fn bytes(&self) -> usize {
        self.factors.bytes()
    }

    pub(super) fn list_keys(&self, list: &mut KeyList) {
        for &steps in &self.projections {
            list.add_galois(Galois::Rotation(steps), self.input_level);
        }
        self.factors.list_keys(list);
    }

    /// Half of each coefficient of a raised ciphertext: one in the real and one in the imaginary
    /// part of each slot.
    pub(super) fn apply(&self, evaluator: &Evaluator, raised: &Ciphertext) -> Result<Ciphertext> {
        let projected = evaluator.project(raised, &self.projections)?;
        self.factors.apply(evaluator, &projected)
    }
}
