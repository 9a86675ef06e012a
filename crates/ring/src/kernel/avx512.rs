//! Kernels for processors with AVX-512, its 52-bit products (IFMA) and its permutations of bytes
//! (VBMI), which came with them.

mod bytes;
mod excess;
pub(super) mod integers;
mod mapped;
mod permutation;
mod residues;
mod rows;
mod squares;
mod sums;
mod transform;

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(());

impl Token {
    /// Lanes of a transform.
    pub(super) const LANES: usize = transform::LANES;

    /// Looks at the processor.
    pub(super) fn detect() -> Option<Self> {
        let seen = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi");
        seen.then_some(Token(()))
    }
}
