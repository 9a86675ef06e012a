//! RNS-CKKS with bootstrapping: approximate arithmetic on encrypted vectors of real or complex
//! numbers.
#![forbid(unsafe_code)]

pub mod linear;
pub mod polynomial;
mod special_fft;

pub use special_fft::{SpecialFft, bit_reverse};
