//! Bootstrapping: new levels for a ciphertext that has used its own.
//!
//! In this order: `slots_to_coeffs` moves the numbers to coefficients, at the lowest levels,
//! where that costs least; `raise` takes the ciphertext modulo the first prime as one modulo
//! all, which adds a multiple of the first prime to every coefficient; `coeffs_to_slots` moves
//! coefficients to slots; `eval_mod` takes the multiples away. While the ciphertext is raised
//! it is encrypted under a sparse secret (`encapsulation`), which keeps the multiples small.
//!
//! # Source
//! Cheon et al. (2018/153); Bossuat et al. (2020/1203, 2022/024).

mod coeffs_to_slots;
mod encapsulation;
mod eval_mod;
mod preset;
mod raise;
mod slots_to_coeffs;

pub use encapsulation::EncapsulationKeys;
pub use preset::Preset;

use crate::polynomial::EvalModSpec;
use crate::{
    Ciphertext, Encoder, Error, EvaluationKeys, Evaluator, Galois, KeyList, Params, Result,
    SecretKey,
};
use coeffs_to_slots::CoeffsToSlots;
use encapsulation::Encapsulation;
use eval_mod::{EncryptedEvalMod, Scales};
use raise::Raise;
use slots_to_coeffs::SlotsToCoeffs;

/// Which numbers are in the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// Real numbers: what is imaginary is thrown away.
    Real,
    /// Complex numbers, for about a third more time.
    Complex,
}

/// What is asked of a bootstrapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapSpec {
    /// Number of slots, a power of two from 2 to half the degree.
    pub slots: usize,
    /// What is in them.
    pub kind: SlotKind,
    /// Levels of slots-to-coeffs, the lowest ones of the chain.
    pub slots_to_coeffs_levels: usize,
    /// Levels of coeffs-to-slots, the highest ones of the chain.
    pub coeffs_to_slots_levels: usize,
    /// The reduction modulo the first prime.
    pub eval_mod: EvalModSpec,
}

/// A bootstrapping of ciphertexts of some parameters: all that can be computed beforehand.
#[derive(Debug)]
pub struct Bootstrapper {
    params: Params,
    spec: BootstrapSpec,
    slots_to_coeffs: SlotsToCoeffs,
    encapsulation: Encapsulation,
    raise: Raise,
    coeffs_to_slots: CoeffsToSlots,
    eval_mod: EncryptedEvalMod,
}

impl Bootstrapper {
    /// Computes matrices and constants.
    ///
    /// # Errors
    /// If the chain is too short for it, the slots do not fit, or the secret that is used while
    /// a ciphertext is raised would be insecure.
    pub fn new(encoder: &Encoder, spec: BootstrapSpec) -> Result<Self> {
        let params = encoder.params().clone();
        check(&params, &spec)?;
        let eval_mod = EncryptedEvalMod::new(&params, &spec)?;
        Ok(Bootstrapper {
            slots_to_coeffs: SlotsToCoeffs::new(encoder, &spec)?,
            encapsulation: Encapsulation::new(&params)?,
            raise: Raise::new(&params)?,
            coeffs_to_slots: CoeffsToSlots::new(encoder, &spec, eval_mod.scale_of_input())?,
            eval_mod,
            spec,
            params,
        })
    }

    /// What was asked.
    pub fn spec(&self) -> &BootstrapSpec {
        &self.spec
    }

    /// The level that a ciphertext must have at least.
    pub fn input_level(&self) -> usize {
        self.spec.slots_to_coeffs_levels
    }

    /// The level of what comes out.
    pub fn output_level(&self) -> usize {
        self.eval_mod.output_level()
    }

    /// Levels from one bootstrapping to the next.
    pub fn levels_between(&self) -> usize {
        self.output_level() - self.input_level()
    }

    /// log2 of a bound on the probability that a bootstrapping fails; for a run, add log2 of how
    /// many there are.
    pub fn log2_failure(&self) -> f64 {
        let weight = u32::try_from(encapsulation::WEIGHT).unwrap_or(u32::MAX);
        let bound = f64::from(self.spec.eval_mod.degree / 2) + 0.5;
        crate::security::log2_failure(weight, bound, self.params.most_slots())
    }

    /// Bytes that its matrices take in memory.
    pub fn bytes(&self) -> usize {
        self.slots_to_coeffs.bytes() + self.coeffs_to_slots.bytes()
    }

    /// Generates the keys that it needs: those for rotations and products are added to others,
    /// those for the sparse secret come by themselves.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the secret key is of other parameters.
    pub fn generate_keys(
        &self,
        secret: &SecretKey,
        keys: &mut EvaluationKeys,
    ) -> Result<EncapsulationKeys> {
        let mut list = KeyList::none(&self.params);
        self.list_keys(&mut list);
        keys.add(secret, &list)?;
        self.generate_encapsulation_keys(secret)
    }

    /// Adds the keys for rotations and products that it needs to a list.
    pub fn list_keys(&self, list: &mut KeyList) {
        self.slots_to_coeffs.list_keys(list);
        self.coeffs_to_slots.list_keys(list);
        let level = self.coeffs_to_slots.output_level();
        list.add_galois(Galois::Conjugation, level);
        list.add_relinearization(level);
    }

    /// Generates the keys for the sparse secret.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the secret key is of other parameters.
    pub fn generate_encapsulation_keys(&self, secret: &SecretKey) -> Result<EncapsulationKeys> {
        self.encapsulation.generate_keys(secret)
    }

    /// A ciphertext of the same numbers with new levels, at the default scale.
    ///
    /// # Levels
    /// From [`Bootstrapper::input_level`] or more to [`Bootstrapper::output_level`].
    ///
    /// # Range
    /// Numbers between -1 and 1 at the default scale. With larger ones precision falls, and fails
    /// beyond about `2^(message ratio - 3)` times that.
    ///
    /// # Errors
    /// If the ciphertext has too few levels, other slots or other parameters, or a key is
    /// missing.
    pub fn bootstrap(
        &self,
        evaluator: &Evaluator,
        keys: &EncapsulationKeys,
        a: &Ciphertext,
    ) -> Result<Ciphertext> {
        self.bootstrap_to(evaluator, keys, a, self.params.scale())
    }

    /// A ciphertext of the same numbers with new levels, and with an error `2^bits` times as
    /// small: what the first bootstrapping got wrong is made `2^bits` times as large,
    /// bootstrapped, and taken away. The default scale must have room for such precision, some 14
    /// bits beyond it.
    ///
    /// # Levels
    /// As [`Bootstrapper::bootstrap`], for twice the time.
    ///
    /// # Range
    /// As [`Bootstrapper::bootstrap`]. `bits` should be some bits fewer than a first
    /// bootstrapping's worst slot has.
    ///
    /// # Errors
    /// As [`Bootstrapper::bootstrap`], and if the ciphertext's scale is not the default one.
    ///
    /// # Source
    /// Bae, Cheon, Cho, Kim, Kim, "META-BTS: bootstrapping precision beyond the limit"
    /// (2022/1167).
    pub fn bootstrap_iterated(
        &self,
        evaluator: &Evaluator,
        keys: &EncapsulationKeys,
        a: &Ciphertext,
        bits: u8,
    ) -> Result<Ciphertext> {
        let scale = self.params.scale();
        let larger = f64::from(bits).exp2();
        let first = self.bootstrap(evaluator, keys, a)?;
        let missing = self.missing(evaluator, a, &first, larger)?;
        let second = self.bootstrap_to(evaluator, keys, &missing, scale / larger)?;
        // What is `2^bits` times as large at a scale as much smaller is the same at the scale.
        evaluator.add(&first, &second.with_scale(scale))
    }

    /// What a first bootstrapping got wrong, so many times as large.
    fn missing(
        &self,
        evaluator: &Evaluator,
        a: &Ciphertext,
        first: &Ciphertext,
        larger: f64,
    ) -> Result<Ciphertext> {
        let missing = evaluator.sub(&*a.lowered_to(self.input_level())?, first)?;
        evaluator.multiply_constant(&missing, larger, 1.0)
    }

    /// The real part of [`Bootstrapper::missing`]: where two ciphertexts become one, what is
    /// imaginary in one of them would be taken for the other.
    fn missing_real(
        &self,
        evaluator: &Evaluator,
        a: &Ciphertext,
        first: &Ciphertext,
        larger: f64,
    ) -> Result<Ciphertext> {
        let half = self.missing(evaluator, a, first, larger / 2.0)?;
        evaluator.add(&half, &evaluator.conjugate(&half)?)
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
    /// As [`Bootstrapper::bootstrap`], and if it is one of real slots, or the scales differ.
    pub fn bootstrap_pair(
        &self,
        evaluator: &Evaluator,
        keys: &EncapsulationKeys,
        real: &Ciphertext,
        imaginary: &Ciphertext,
    ) -> Result<(Ciphertext, Ciphertext)> {
        self.bootstrap_pair_to(evaluator, keys, (real, imaginary), self.params.scale())
    }

    /// [`Bootstrapper::bootstrap_pair`] as [`Bootstrapper::bootstrap_iterated`] does it.
    ///
    /// # Levels
    /// As [`Bootstrapper::bootstrap`], for twice the time.
    ///
    /// # Range
    /// As [`Bootstrapper::bootstrap_iterated`].
    ///
    /// # Errors
    /// As [`Bootstrapper::bootstrap_pair`], and if the scales are not the default one.
    pub fn bootstrap_pair_iterated(
        &self,
        evaluator: &Evaluator,
        keys: &EncapsulationKeys,
        (real, imaginary): (&Ciphertext, &Ciphertext),
        bits: u8,
    ) -> Result<(Ciphertext, Ciphertext)> {
        let scale = self.params.scale();
        let larger = f64::from(bits).exp2();
        let first = self.bootstrap_pair(evaluator, keys, real, imaginary)?;
        let real = self.missing_real(evaluator, real, &first.0, larger)?;
        let imaginary = self.missing_real(evaluator, imaginary, &first.1, larger)?;
        let second =
            self.bootstrap_pair_to(evaluator, keys, (&real, &imaginary), scale / larger)?;
        Ok((
            evaluator.add(&first.0, &second.0.with_scale(scale))?,
            evaluator.add(&first.1, &second.1.with_scale(scale))?,
        ))
    }

    /// [`Bootstrapper::bootstrap_pair`] to another scale than the default one.
    fn bootstrap_pair_to(
        &self,
        evaluator: &Evaluator,
        keys: &EncapsulationKeys,
        (real, imaginary): (&Ciphertext, &Ciphertext),
        scale: f64,
    ) -> Result<(Ciphertext, Ciphertext)> {
        if self.spec.kind == SlotKind::Real {
            let text = "two ciphertexts are bootstrapped together by a bootstrapping of complex \
                        slots, and this one is of real slots";
            return Err(Error::Params(text.to_owned()));
        }
        let level = self.input_level();
        let (real, imaginary) = (real.lowered_to(level)?, imaginary.lowered_to(level)?);
        let imaginary = self.eval_mod.times_i(evaluator, &imaginary)?;
        let both = evaluator.add(&real, &imaginary)?;
        let (slots, message) = self.reducible(evaluator, keys, &both)?;
        let scales = Scales {
            message,
            result: scale,
        };
        self.eval_mod.apply_to_pair(evaluator, &slots, scales)
    }

    /// [`Bootstrapper::bootstrap`] to another scale than the default one.
    fn bootstrap_to(
        &self,
        evaluator: &Evaluator,
        keys: &EncapsulationKeys,
        a: &Ciphertext,
        scale: f64,
    ) -> Result<Ciphertext> {
        let (slots, message) = self.reducible(evaluator, keys, a)?;
        let scales = Scales {
            message,
            result: scale,
        };
        self.eval_mod.apply(evaluator, &slots, scales)
    }

    /// All steps before the reduction: slots that are to be reduced, and the scale of what they
    /// will be.
    fn reducible(
        &self,
        evaluator: &Evaluator,
        keys: &EncapsulationKeys,
        a: &Ciphertext,
    ) -> Result<(Ciphertext, f64)> {
        for (params, what) in [
            (evaluator.params(), "the evaluator"),
            (&keys.params, "the keys of the sparse secret"),
        ] {
            if *params != self.params {
                let than = "the bootstrapping";
                return Err(Error::Mismatch { what, than });
            }
        }
        let coefficients = self.slots_to_coeffs.apply(evaluator, a)?;
        let message = coefficients.scale();
        let sparse = self.encapsulation.to_sparse(keys, &coefficients);
        let raised = self.raise.apply(&sparse);
        let raised = self.encapsulation.to_dense(keys, &raised);
        let raised = raised.with_scale(self.eval_mod.scale_of_raised());
        let slots = self.coeffs_to_slots.apply(evaluator, &raised)?;
        Ok((slots, message))
    }

    /// The parameters that it is of.
    pub fn params(&self) -> &Params {
        &self.params
    }
}

fn check(params: &Params, spec: &BootstrapSpec) -> Result<()> {
    let (slots, most) = (spec.slots, params.most_slots());
    if !slots.is_power_of_two() || slots < 2 || slots > most {
        return Err(Error::Slots {
            found: slots,
            slots: most,
        });
    }
    if spec.slots_to_coeffs_levels == 0 || spec.coeffs_to_slots_levels == 0 {
        let text = "a bootstrapping needs a level for each transform at least";
        return Err(Error::Params(text.to_owned()));
    }
    check_reduction(&spec.eval_mod)
}

fn check_reduction(spec: &EvalModSpec) -> Result<()> {
    let EvalModSpec { bound, degree, .. } = *spec;
    if degree == 0 || !degree.is_multiple_of(2) || degree / 2 > bound {
        return Err(Error::Params(format!(
            "a reduction by degree {degree} of numbers up to {bound}: take an even degree from 2 \
             to {}",
            2 * bound
        )));
    }
    if spec.message_ratio < 3 {
        return Err(Error::Params(format!(
            "a first prime 2^{} times as large as messages: take 2^3 at least",
            spec.message_ratio
        )));
    }
    Ok(())
}

/// Splits `layers` butterflies into `levels` groups of about equal size, or fewer where there are
/// fewer.
fn groups(layers: u32, levels: usize) -> Vec<u32> {
    let levels = u32::try_from(levels).unwrap_or(u32::MAX).min(layers);
    (0..levels)
        .map(|group| (layers * (group + 1)) / levels - (layers * group) / levels)
        .collect()
}
