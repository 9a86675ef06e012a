//! Kernels for processors with AVX2 and fused products in floating point (FMA).

mod bytes;
mod excess;
mod permutation;
mod rows;
mod sums;
mod transform;
mod vector;

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(());

impl Token {
    /// Lanes of a transform.
    pub(super) const LANES: usize = vector::LANES;

    /// Looks at the processor.
    pub(super) fn detect() -> Option<Self> {
        let seen = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        seen.then_some(Token(()))
    }
}
