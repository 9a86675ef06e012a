//! Kernels for processors with AVX2 and fused products in floating point (FMA).

mod bytes;
mod overflow;
mod permutation;
mod rows;
mod sums;
mod token;
mod transform;
mod vector;

pub(super) use token::Token;
