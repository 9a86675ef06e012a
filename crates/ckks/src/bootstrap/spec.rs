//! The description of a bootstrapping.

use crate::polynomial::EvalModSpec;
use crate::{Error, Params, Result};

/// Which numbers are in the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// Real numbers: imaginary parts are dropped.
    Real,
    /// Complex numbers, for about a third more time.
    Complex,
}

/// The description of a bootstrapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapSpec {
    /// Number of slots, a power of two from 2 to half the degree.
    pub slots: usize,
    /// Which numbers are in them.
    pub kind: SlotKind,
    /// Levels of slots-to-coeffs, the lowest ones of the chain.
    pub slots_to_coeffs_levels: usize,
    /// Levels of coeffs-to-slots, the highest ones of the chain.
    pub coeffs_to_slots_levels: usize,
    /// The reduction modulo the first prime.
    pub eval_mod: EvalModSpec,
    /// Iterates the bootstrapping, for twice the time: a second pass bootstraps the error of the
    /// first one, magnified by `2^iteration_bits`, and corrects it, so that the result's error is
    /// `2^iteration_bits` times as small. With `None` there is one pass.
    ///
    /// # Range
    /// A few bits fewer than the worst slot has after one pass. The default scale must have room
    /// for the precision of the result, some 14 bits beyond it.
    ///
    /// # Source
    /// Bae, Cheon, Cho, Kim, Kim, "META-BTS: bootstrapping precision beyond the limit"
    /// (2022/1167).
    pub iteration_bits: Option<u8>,
}

impl BootstrapSpec {
    /// # Errors
    /// If the slots do not fit the parameters, or a transform has no level.
    pub(super) fn check(&self, params: &Params) -> Result<()> {
        let (found, max) = (self.slots, params.max_slots());
        if !found.is_power_of_two() || found < 2 || found > max {
            return Err(Error::SlotCount { found, min: 2, max });
        }
        let (first, last) = (self.slots_to_coeffs_levels, self.coeffs_to_slots_levels);
        if first == 0 || last == 0 {
            return Err(Error::Bootstrap(format!(
                "{first} levels for slots-to-coeffs and {last} for coeffs-to-slots: take 1 or more \
                 for each"
            )));
        }
        Ok(())
    }
}
