//! The number-theoretic transform with eight lanes of 52-bit integers (IFMA).
//!
//! A product by a factor `w`, whose quotient `floor(w 2^52 / p)` is known, is `x w - c p`, where
//! `c` is the upper half of `x` times that quotient. All is modulo 2^52, since the instructions
//! ignore the bits of a factor above 52: nothing needs to be reduced while all that is multiplied
//! stays below 2^52. How often that forces a reduction depends on how far the modulus is below
//! 2^52: [`short`] and [`long`].
//!
//! In units of the modulus `p`, a product is below `1 + x p / 2^52`, and so is a reduced number.
//! The passes, run on ranges instead of numbers, show that none leaves its range (`ranges.rs`).

pub(in crate::kernel) mod long;
#[cfg(test)]
mod ranges;
pub(in crate::kernel) mod short;
mod vector;
