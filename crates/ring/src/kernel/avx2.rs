//! Kernels for processors with AVX2 and fused products in floating point (FMA).

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen(());

impl Seen {
    /// Looks at the processor.
    pub(super) fn look() -> Option<Self> {
        let seen = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        seen.then_some(Seen(()))
    }
}
