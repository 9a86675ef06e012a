//! Bootstrapping: new levels for a ciphertext that has used up its own.
//!
//! The steps, in this order: `slots_to_coeffs` moves the numbers to the coefficients, at the lowest
//! levels, where that costs least; `mod_raise` reads the ciphertext modulo the first prime as one
//! modulo all primes, which adds a multiple of the first prime to every coefficient;
//! `coeffs_to_slots` moves the coefficients to the slots; `eval_mod` removes the multiples. During
//! `mod_raise` the ciphertext is encrypted under a sparse secret (`encapsulation`), which keeps the
//! multiples small.
//!
//! The owner of the secret key and the server share a [`BootstrapPlan`], which needs no keys: it
//! says which levels a bootstrapping takes, which keys it needs and how likely it is to fail. The
//! server makes a [`Bootstrapper`] of the plan, its evaluator and the keys of the sparse secret.
//!
//! # Source
//! Cheon et al. (2018/153); Bossuat et al. (2020/1203, 2022/024).

mod bootstrapper;
mod coeffs_to_slots;
mod encapsulation;
mod eval_mod;
mod factors;
mod mod_raise;
mod plan;
mod preset;
mod slots_to_coeffs;
mod spec;

pub use crate::polynomial::EvalModSpec;
pub use bootstrapper::Bootstrapper;
pub use encapsulation::EncapsulationKeys;
pub use plan::BootstrapPlan;
pub use preset::Preset;
pub use spec::{BootstrapSpec, SlotKind};
