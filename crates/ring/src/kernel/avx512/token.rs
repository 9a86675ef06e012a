//! The proof that the processor runs these kernels.

/// A value exists only where the processor was seen to have all parts of AVX-512 that the
/// functions of this module are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) struct Token(());

impl Token {
    /// Asks the processor.
    pub(in crate::kernel) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi");
        has_all.then_some(Token(()))
    }
}
