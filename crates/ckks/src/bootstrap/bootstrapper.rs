//! Bootstrapping with keys.

use super::encapsulation::EncapsulationKeys;
use super::eval_mod::Scales;
use super::plan::BootstrapPlan;
use super::spec::SlotKind;
use crate::{Ciphertext, Error, Evaluator, Result};

/// Bootstraps ciphertexts: a plan with the keys that it needs.
#[derive(Debug)]
pub struct Bootstrapper {
    plan: BootstrapPlan,
    evaluator: Evaluator,
    keys: EncapsulationKeys,
}

impl Bootstrapper {
    /// Binds a plan to an evaluator, which has the keys of [`BootstrapPlan::list_keys`], and to the
    /// keys of the sparse secret.
    ///
    /// # Errors
    /// If they are not of the plan's parameters.
    pub fn new(plan: BootstrapPlan, evaluator: Evaluator, keys: EncapsulationKeys) -> Result<Self> {
        for (params, what) in [
            (evaluator.params(), "the evaluator"),
            (&keys.params, "the keys of the sparse secret"),
        ] {
            if params != plan.params() {
                let other = "the bootstrapping";
                return Err(Error::Mismatch { what, other });
            }
        }
        Ok(Bootstrapper {
            plan,
            evaluator,
            keys,
        })
    }

    /// The plan that it follows.
    pub fn plan(&self) -> &BootstrapPlan {
        &self.plan
    }

    /// The evaluator that it computes with.
    pub fn evaluator(&self) -> &Evaluator {
        &self.evaluator
    }

    /// The keys of the sparse secret.
    pub fn encapsulation_keys(&self) -> &EncapsulationKeys {
        &self.keys
    }

    /// A ciphertext of the same numbers with new levels, at the default scale.
    ///
    /// # Levels
    /// From [`BootstrapPlan::input_level`] or more to [`BootstrapPlan::output_level`].
    ///
    /// # Range
    /// Numbers between -1 and 1 at the default scale. Larger ones lose precision, and beyond about
    /// `2^(message_ratio - 3)` times that they are lost.
    ///
    /// # Errors
    /// If the ciphertext has too few levels, other slots or other parameters, or a key is missing;
    /// if it is iterated and the ciphertext's scale is not the default one.
    pub fn bootstrap(&self, a: &Ciphertext) -> Result<Ciphertext> {
        let scale = self.plan.params().scale();
        let first = self.one_pass(a, scale)?;
        let Some(magnified) = self.magnification() else {
            return Ok(first);
        };
        let error = self.residual_error(a, &first, magnified)?;
        let correction = self.one_pass(&error, scale / magnified)?;
        self.corrected(&first, correction)
    }

    /// Two ciphertexts of real numbers bootstrapped as one of complex numbers, for about a third
    /// more than the time of one.
    ///
    /// # Levels
    /// As [`Bootstrapper::bootstrap`].
    ///
    /// # Range
    /// As [`Bootstrapper::bootstrap`].
    ///
    /// # Errors
    /// As [`Bootstrapper::bootstrap`], and if the bootstrapping is of real slots, or the two
    /// scales differ.
    pub fn bootstrap_pair(
        &self,
        real: &Ciphertext,
        imaginary: &Ciphertext,
    ) -> Result<(Ciphertext, Ciphertext)> {
        let scale = self.plan.params().scale();
        let first = self.one_pass_of_pair(real, imaginary, scale)?;
        let Some(magnified) = self.magnification() else {
            return Ok(first);
        };
        let real = self.residual_error_of_reals(real, &first.0, magnified)?;
        let imaginary = self.residual_error_of_reals(imaginary, &first.1, magnified)?;
        let correction = self.one_pass_of_pair(&real, &imaginary, scale / magnified)?;
        Ok((
            self.corrected(&first.0, correction.0)?,
            self.corrected(&first.1, correction.1)?,
        ))
    }

    /// What an iterated bootstrapping multiplies the error of its first pass by.
    fn magnification(&self) -> Option<f64> {
        let bits = self.plan.spec().iteration_bits;
        bits.map(|bits| f64::from(bits).exp2())
    }

    /// The numbers of a ciphertext with new levels, at a scale.
    fn one_pass(&self, a: &Ciphertext, scale: f64) -> Result<Ciphertext> {
        let (slots, scales) = self.before_eval_mod(a, scale)?;
        self.plan.eval_mod.apply(&self.evaluator, &slots, scales)
    }

    fn one_pass_of_pair(
        &self,
        real: &Ciphertext,
        imaginary: &Ciphertext,
        scale: f64,
    ) -> Result<(Ciphertext, Ciphertext)> {
        if self.plan.spec().kind == SlotKind::Real {
            return Err(Error::RealSlots);
        }
        let (evaluator, eval_mod) = (&self.evaluator, &self.plan.eval_mod);
        let level = self.plan.input_level();
        let (real, imaginary) = (real.lowered_to(level)?, imaginary.lowered_to(level)?);
        let imaginary = eval_mod.times_i(evaluator, &imaginary)?;
        let both = evaluator.add(&real, &imaginary)?;
        let (slots, scales) = self.before_eval_mod(&both, scale)?;
        eval_mod.apply_to_pair(evaluator, &slots, scales)
    }

    /// All steps before the reduction modulo the first prime: slots to be reduced, and the scales
    /// of that reduction.
    fn before_eval_mod(&self, a: &Ciphertext, result: f64) -> Result<(Ciphertext, Scales)> {
        let BootstrapPlan {
            slots_to_coeffs,
            encapsulation,
            mod_raise,
            coeffs_to_slots,
            eval_mod,
            ..
        } = &self.plan;
        let coefficients = slots_to_coeffs.apply(&self.evaluator, a)?;
        let message = coefficients.scale();
        let sparse = encapsulation.to_sparse(&self.keys, &coefficients);
        let raised = mod_raise.apply(&sparse);
        let raised = encapsulation.to_dense(&self.keys, &raised);
        let raised = raised.with_scale(eval_mod.scale_of_raised());
        let slots = coeffs_to_slots.apply(&self.evaluator, &raised)?;
        Ok((slots, Scales { message, result }))
    }

    /// The error of a first pass, magnified.
    fn residual_error(
        &self,
        a: &Ciphertext,
        first: &Ciphertext,
        magnified: f64,
    ) -> Result<Ciphertext> {
        let a = a.lowered_to(self.plan.input_level())?;
        let error = self.evaluator.sub(&a, first)?;
        self.evaluator.multiply_constant(&error, magnified, 1.0)
    }

    /// The real part of [`Bootstrapper::residual_error`]: where two ciphertexts become one, the
    /// imaginary part of either would be added to the other.
    fn residual_error_of_reals(
        &self,
        a: &Ciphertext,
        first: &Ciphertext,
        magnified: f64,
    ) -> Result<Ciphertext> {
        let half = self.residual_error(a, first, magnified / 2.0)?;
        self.evaluator.add(&half, &self.evaluator.conjugate(&half)?)
    }

    /// The result of a first pass plus its error as a second pass gives it: magnified, at a scale
    /// that is smaller by the same factor, so that only its scale needs to change.
    fn corrected(&self, first: &Ciphertext, correction: Ciphertext) -> Result<Ciphertext> {
        let scale = self.plan.params().scale();
        self.evaluator.add(first, &correction.with_scale(scale))
    }
}
