//! The last step: the reduction modulo the first prime.

use super::spec::{BootstrapSpec, SlotKind};
use crate::polynomial::EvalMod;
use crate::{Ciphertext, Encoder, Error, Evaluator, Params, Plaintext, Result};
use num_complex::Complex64;

/// The reduction of slots modulo the first prime. Its scales are planned backwards from that of
/// the result.
#[derive(Debug)]
pub(super) struct EncryptedEvalMod {
    params: Params,
    eval_mod: EvalMod,
    kind: SlotKind,
    input_level: usize,
    scale_of_raised: f64,
    /// `i` in every slot.
    imaginary: Plaintext,
    /// `-i` in every slot.
    negative_imaginary: Plaintext,
}

/// The scales before and after a reduction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scales {
    /// The scale of the numbers when they were coefficients.
    pub(super) message: f64,
    /// The scale of the numbers in the result.
    pub(super) result: f64,
}

/// The first prime.
pub(super) fn first_prime(params: &Params) -> f64 {
    params.prime_value(0)
}

/// The scale at which the coefficients of a raised ciphertext, up to `K` times the first prime,
/// are arguments of the polynomial, between -1 and 1.
pub(super) fn scale_of_raised(params: &Params, spec: &BootstrapSpec) -> f64 {
    first_prime(params) * f64::from(spec.eval_mod.bound)
}

impl EncryptedEvalMod {
    pub(super) fn new(encoder: &Encoder, spec: &BootstrapSpec) -> Result<Self> {
        let params = encoder.params();
        let eval_mod = EvalMod::new(spec.eval_mod)?;
        let above = spec.coeffs_to_slots_levels;
        let needed = above + eval_mod.depth() as usize + spec.slots_to_coeffs_levels;
        let found = params.max_level();
        if found < needed {
            return Err(Error::ChainTooShort { needed, found });
        }
        let input_level = found - above;
        let in_every_slot = |value| {
            let values = vec![value; spec.slots];
            encoder.encode(&values, input_level, 1.0)
        };
        Ok(EncryptedEvalMod {
            params: params.clone(),
            eval_mod,
            kind: spec.kind,
            input_level,
            scale_of_raised: scale_of_raised(params, spec),
            imaginary: in_every_slot(Complex64::I)?,
            negative_imaginary: in_every_slot(-Complex64::I)?,
        })
    }

    pub(super) fn output_level(&self) -> usize {
        self.input_level - self.eval_mod.depth() as usize
    }

    pub(super) fn scale_of_raised(&self) -> f64 {
        self.scale_of_raised
    }

    /// The scale that the argument should have: twice the prime of its level, which doubled
    /// products keep.
    pub(super) fn scale_of_input(&self) -> f64 {
        2.0 * self.params.prime_value(self.input_level)
    }

    /// The numbers, from slots of halved coefficients.
    pub(super) fn apply(
        &self,
        evaluator: &Evaluator,
        a: &Ciphertext,
        scales: Scales,
    ) -> Result<Ciphertext> {
        if self.kind == SlotKind::Real {
            let real = evaluator.add(a, &evaluator.conjugate(a)?)?;
            return self.reduce(evaluator, &real, scales);
        }
        let (real, imaginary) = self.apply_to_pair(evaluator, a, scales)?;
        evaluator.add(&real, &self.times_i(evaluator, &imaginary)?)
    }

    /// The real and the imaginary parts of the numbers, from slots of halved coefficients.
    pub(super) fn apply_to_pair(
        &self,
        evaluator: &Evaluator,
        a: &Ciphertext,
        scales: Scales,
    ) -> Result<(Ciphertext, Ciphertext)> {
        let conjugate = evaluator.conjugate(a)?;
        let real = evaluator.add(a, &conjugate)?;
        let difference = evaluator.sub(a, &conjugate)?;
        let imaginary = evaluator.multiply_plain(&difference, &self.negative_imaginary)?;
        let (real, imaginary) = rayon::join(
            || self.reduce(evaluator, &real, scales),
            || self.reduce(evaluator, &imaginary, scales),
        );
        Ok((real?, imaginary?))
    }

    /// Times the imaginary unit, at levels up to that of the reduction.
    pub(super) fn times_i(&self, evaluator: &Evaluator, a: &Ciphertext) -> Result<Ciphertext> {
        evaluator.multiply_plain(a, &self.imaginary)
    }

    /// One reduction. With `z` the value of the cosine, the result is `gain z (1 + cubic z^2)`;
    /// both constants are absorbed by scales.
    fn reduce(&self, evaluator: &Evaluator, a: &Ciphertext, scales: Scales) -> Result<Ciphertext> {
        let (of_sine, of_cosine) = self.scales_before(scales);
        let mut z = evaluator.evaluate_series(self.eval_mod.plan(), a, of_cosine)?;
        for _ in 0..self.eval_mod.double_angles() {
            let mut square = evaluator.tensor(&z, &z)?;
            evaluator.add_constant_to_product(&mut square, -2.0)?;
            z = evaluator.relinearize_rescale(&square)?;
        }
        debug_assert!((z.scale() / of_sine - 1.0).abs() < 1e-9);
        let result = match self.eval_mod.cubic() {
            None => z,
            Some(cubic) => {
                let mut square = evaluator.tensor(&z, &z)?.with_scale_over(cubic);
                evaluator.add_constant_to_product(&mut square, 1.0)?;
                let factor = evaluator.relinearize_rescale(&square)?;
                evaluator.multiply(&z, &factor)?
            }
        };
        // So far the result is the message over the first prime, without the gain. Up to rounding,
        // this gives the scale that was planned.
        let to_message = scales.message / first_prime(&self.params) / self.eval_mod.gain();
        let scale = result.scale() * to_message;
        debug_assert!((scale / scales.result - 1.0).abs() < 1e-9);
        Ok(result.with_scale(scale))
    }

    /// The scales of the sine, and of the cosine before its angle is doubled, that lead to that of
    /// the result.
    fn scales_before(&self, scales: Scales) -> (f64, f64) {
        let prime = |level: usize| self.params.prime_value(level);
        let ratio = first_prime(&self.params) / scales.message;
        let end = scales.result * ratio * self.eval_mod.gain();
        let output = self.output_level();
        let (of_sine, mut level) = match self.eval_mod.cubic() {
            None => (end, output),
            Some(cubic) => {
                // z z^2 / cubic, over two primes.
                let cube = end * prime(output + 1) * prime(output + 2) * cubic;
                (cube.cbrt(), output + 2)
            }
        };
        let mut scale = of_sine;
        for _ in 0..self.eval_mod.double_angles() {
            level += 1;
            scale = (scale * prime(level)).sqrt();
        }
        (of_sine, scale)
    }
}
