//! The proof that the processor runs these kernels.

/// A value exists only where the processor was seen to have AVX2 and FMA, which all functions of
/// this module are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) struct Token(());

impl Token {
    /// Asks the processor.
    pub(in crate::kernel) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        has_all.then_some(Token(()))
    }
}
