//! RNS-CKKS with bootstrapping: approximate arithmetic on encrypted vectors of real or complex
//! numbers.

pub mod bootstrap;
mod ciphertext;
mod encoder;
mod encrypt;
mod error;
mod evaluator;
pub mod file;
mod gadget;
mod key_list;
mod keys;
pub mod linear;
mod params;
pub mod polynomial;
mod secret_key;
pub mod security;
mod special_fft;

pub use ciphertext::{Ciphertext, Plaintext, Product};
pub use encoder::Encoder;
pub use encrypt::Decryptor;
pub use error::{Error, Result};
pub use evaluator::{Evaluator, Hoisted, LinearTransform};
pub use file::Stored;
pub use key_list::KeyList;
pub use keys::{EvaluationKeys, Galois, GaloisKey, PublicKey, SwitchingKey};
pub use params::{Params, ParamsSpec};
pub use secret_key::SecretKey;
pub use special_fft::{SpecialFft, bit_reverse};
