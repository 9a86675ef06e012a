//! Keys that may leave the owner of the secret key: for encrypting, and for computing on
//! ciphertexts.

mod evaluation;
mod public;
mod seeded;
mod switching;

pub(crate) use evaluation::EvaluationKey;
pub use evaluation::EvaluationKeys;
pub use public::PublicKey;
pub(crate) use seeded::{SeededPair, encryption_of_zero, expand_uniform};
pub(crate) use switching::{GaloisKey, SwitchingKey};
