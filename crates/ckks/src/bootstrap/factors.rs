//! A transform between slots and coefficients as a sequence of sparse factors.

use crate::linear::{BabyGiant, Diagonals};
use crate::{Ciphertext, Encoder, Evaluator, KeyList, LinearTransform, Result};
use std::borrow::Cow;

/// The factors of a transform, each encoded for its own level.
#[derive(Debug)]
pub(super) struct Factors(Vec<LinearTransform>);

/// Baby steps for every giant step.
const RATIO: usize = 4;

impl Factors {
    /// Encodes matrices, given in order of application, for the levels down to `output_level`. The
    /// scale is multiplied by `scaling` on the way, by an equal share at each level.
    ///
    /// # Errors
    /// If the levels are not those of the encoder's parameters.
    pub(super) fn new(
        encoder: &Encoder,
        matrices: &[Diagonals],
        output_level: usize,
        scaling: f64,
    ) -> Result<Self> {
        let share = scaling.powf(1.0 / matrices.len() as f64);
        let levels = (output_level + 1..=output_level + matrices.len()).rev();
        let factors = matrices.iter().zip(levels).map(|(matrix, level)| {
            let plan = BabyGiant::split_by_ratio(matrix.indices(), matrix.slots(), RATIO);
            LinearTransform::new(encoder, matrix, plan, level, share)
        });
        Ok(Factors(factors.collect::<Result<_>>()?))
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(LinearTransform::bytes).sum()
    }

    pub(super) fn list_keys(&self, list: &mut KeyList) {
        self.0.iter().for_each(|factor| factor.list_keys(list));
    }

    pub(super) fn apply(&self, evaluator: &Evaluator, a: &Ciphertext) -> Result<Ciphertext> {
        let mut current = Cow::Borrowed(a);
        for factor in &self.0 {
            current = Cow::Owned(evaluator.transform(&current, factor)?);
        }
        Ok(current.into_owned())
    }
}

/// Splits `layers` butterflies into `levels` groups of nearly equal size, or into fewer groups of
/// one layer each where there are fewer layers.
pub(super) fn groups(layers: u32, levels: usize) -> Vec<u32> {
    let levels = u32::try_from(levels).unwrap_or(u32::MAX).min(layers);
    (0..levels)
        .map(|group| (layers * (group + 1)) / levels - (layers * group) / levels)
        .collect()
}
