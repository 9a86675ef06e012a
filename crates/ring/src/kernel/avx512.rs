//! Kernels for processors with AVX-512, its 52-bit products (IFMA) and its permutations of bytes
//! (VBMI), which came with them.

mod bytes;
pub(super) mod integers;
mod mapped;
mod overflow;
mod permutation;
mod residues;
mod rows;
mod squares;
mod sums;
mod token;
mod transform;

pub(super) use token::Token;
