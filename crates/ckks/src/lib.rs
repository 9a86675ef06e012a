//! RNS-CKKS with bootstrapping: approximate arithmetic on encrypted vectors of real or complex
//! numbers.

mod ciphertext;
mod encoder;
mod encrypt;
mod error;
mod evaluator;
mod gadget;
mod keys;
mod params;
mod secret_key;
pub mod security;

pub use ciphertext::{Ciphertext, Plaintext, Product};
pub use encoder::Encoder;
pub use encrypt::Decryptor;
pub use error::{Error, Result};
pub use evaluator::{Evaluator, Hoisted};
pub use keys::{EvaluationKeys, Galois, GaloisKey, PublicKey, SwitchingKey};
pub use params::{Params, ParamsSpec};
pub use secret_key::SecretKey;

mod special_fft;
