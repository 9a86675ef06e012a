//! Kernels for processors with AVX2 and fused products in floating point (FMA).

use super::list::rows_by_hand;
use super::montgomery::{Cofactors, Fraction};
use super::portable;
use crate::{Modulus, Multiplier};

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

macro_rules! as_portable {
    ($(fn $name:ident($($argument:ident: $type:ty),*);)*) => {
        impl Seen {
            $(pub(super) fn $name(self, $($argument: $type),*) {
                portable::$name($($argument),*);
            })*
        }
    };
}

rows_by_hand!(as_portable);
