//! Coefficients to slots.

use super::slots_to_coeffs::RATIO;
use super::{BootstrapSpec, groups};
use crate::linear::{self, BabyGiant};
use crate::{Ciphertext, Encoder, Evaluator, Galois, KeyList, LinearTransform, Result};

/// The factors of the transform from coefficients to slots, at the highest levels.
#[derive(Debug)]
pub(super) struct CoeffsToSlots {
    factors: Vec<LinearTransform>,
    /// Rotations that bring every coefficient that the slots do not use to 0, and double the
    /// others.
    projections: Vec<isize>,
    top_level: usize,
    output_level: usize,
}

impl CoeffsToSlots {
    /// What comes out has the scale `scale`, if what comes in has that of a raised ciphertext.
    pub(super) fn new(encoder: &Encoder, spec: &BootstrapSpec, scale: f64) -> Result<Self> {
        let params = encoder.params();
        let log_slots = spec.slots.trailing_zeros();
        let groups = groups(log_slots, spec.coeffs_to_slots_levels);
        // A half, since the conjugate is added.
        let matrices = linear::coeffs_to_slots(log_slots, &groups, 0.5);
        let top_level = params.top_level();
        let gap = (params.most_slots() / spec.slots) as f64;
        let raised = super::eval_mod::scale_of_raised(params, spec) * gap;
        let share = (scale / raised).powf(1.0 / groups.len() as f64);
        let output_level = top_level - spec.coeffs_to_slots_levels;
        let levels = (output_level + 1..=output_level + matrices.len()).rev();
        let factors = matrices.iter().zip(levels).map(|(matrix, level)| {
            let plan = BabyGiant::split_by_ratio(matrix.indices(), matrix.slots(), RATIO);
            LinearTransform::new(encoder, matrix, plan, level, share)
        });
        let doublings = (params.most_slots() / spec.slots).trailing_zeros();
        Ok(CoeffsToSlots {
            factors: factors.collect::<Result<Vec<_>>>()?,
            projections: (0..doublings)
                .map(|log| spec.slots.cast_signed() << log)
                .collect(),
            top_level,
            output_level,
        })
    }

    pub(super) fn output_level(&self) -> usize {
        self.output_level
    }

    pub(super) fn bytes(&self) -> usize {
        self.factors.iter().map(LinearTransform::bytes).sum()
    }

    pub(super) fn list_keys(&self, list: &mut KeyList) {
        for &steps in &self.projections {
            list.add_galois(Galois::Rotation(steps), self.top_level);
        }
        self.factors
            .iter()
            .for_each(|factor| factor.list_keys(list));
    }

    /// The coefficients of a raised ciphertext, half as large, one in the real and one in the
    /// imaginary part of each slot.
    pub(super) fn apply(&self, evaluator: &Evaluator, raised: &Ciphertext) -> Result<Ciphertext> {
        let mut current = evaluator.project(raised, &self.projections)?;
        for factor in &self.factors {
            current = evaluator.transform(&current, factor)?;
        }
        Ok(current)
    }
}
