//! Everything about a bootstrapping that needs no keys.

use super::coeffs_to_slots::CoeffsToSlots;
use super::encapsulation::{self, Encapsulation, EncapsulationKeys};
use super::eval_mod::EncryptedEvalMod;
use super::mod_raise::ModRaise;
use super::slots_to_coeffs::SlotsToCoeffs;
use super::spec::BootstrapSpec;
use crate::{Encoder, EvaluationKeys, Galois, KeyList, Params, Result, SecretKey, security};

/// A checked bootstrapping of ciphertexts of some parameters, with its matrices and constants: its
/// levels, the keys that it needs and the probability that it fails. It holds no keys itself.
#[derive(Debug)]
pub struct BootstrapPlan {
    params: Params,
    spec: BootstrapSpec,
    pub(super) slots_to_coeffs: SlotsToCoeffs,
    pub(super) encapsulation: Encapsulation,
    pub(super) mod_raise: ModRaise,
    pub(super) coeffs_to_slots: CoeffsToSlots,
    pub(super) eval_mod: EncryptedEvalMod,
}

impl BootstrapPlan {
    /// Computes matrices and constants.
    ///
    /// # Errors
    /// If the chain is too short for it, the slots do not fit, the reduction contradicts itself, or
    /// the sparse secret would be insecure.
    pub fn new(encoder: &Encoder, spec: BootstrapSpec) -> Result<Self> {
        let params = encoder.params().clone();
        spec.check(&params)?;
        let eval_mod = EncryptedEvalMod::new(encoder, &spec)?;
        Ok(BootstrapPlan {
            slots_to_coeffs: SlotsToCoeffs::new(encoder, &spec)?,
            encapsulation: Encapsulation::new(&params)?,
            mod_raise: ModRaise::new(&params)?,
            coeffs_to_slots: CoeffsToSlots::new(encoder, &spec, eval_mod.scale_of_input())?,
            eval_mod,
            spec,
            params,
        })
    }

    /// The parameters of the ciphertexts.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The description that it was made from.
    pub fn spec(&self) -> &BootstrapSpec {
        &self.spec
    }

    /// The level that a ciphertext must have at least.
    pub fn input_level(&self) -> usize {
        self.spec.slots_to_coeffs_levels
    }

    /// The level of the result.
    pub fn output_level(&self) -> usize {
        self.eval_mod.output_level()
    }

    /// Levels from one bootstrapping to the next.
    pub fn levels_between(&self) -> usize {
        self.output_level() - self.input_level()
    }

    /// log2 of a bound on the probability that one pass of a bootstrapping fails; an iterated one
    /// has two. For a run, add log2 of the number of passes.
    pub fn log2_failure(&self) -> f64 {
        let weight = u32::try_from(encapsulation::WEIGHT).unwrap_or(u32::MAX);
        let bound = f64::from(self.spec.eval_mod.degree / 2) + 0.5;
        security::log2_failure(weight, bound, self.params.max_slots())
    }

    /// Bytes of the matrices in memory.
    pub fn bytes(&self) -> usize {
        self.slots_to_coeffs.bytes() + self.coeffs_to_slots.bytes()
    }

    /// Adds the keys for rotations and products that it needs to a list.
    pub fn list_keys(&self, list: &mut KeyList) {
        self.slots_to_coeffs.list_keys(list);
        self.coeffs_to_slots.list_keys(list);
        let level = self.coeffs_to_slots.output_level();
        list.add_galois(Galois::Conjugation, level);
        list.add_relinearization(level);
    }

    /// Generates all keys that it needs: those for rotations and products are added to `keys`,
    /// those of the sparse secret are returned.
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

    /// Generates the keys of the sparse secret.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the secret key is of other parameters.
    pub fn generate_encapsulation_keys(&self, secret: &SecretKey) -> Result<EncapsulationKeys> {
        self.encapsulation.generate_keys(secret)
    }
}
