//! The sets of kernels, and which of them runs.

use super::list::{
    Bytes, CrossProducts, MappedProducts, PackedProducts, Products, Target, rows_by_hand,
};
use super::montgomery::{Fraction, VECTORS_BELOW};
use super::permutation::Permutation;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::{Modulus, Multiplier};

/// A set of kernels that this processor can run: values of it exist only where that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set(pub(super) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Seen),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Seen),
}

impl Set {
    /// Plain Rust.
    pub const PORTABLE: Set = Set(Kind::Portable);

    /// All sets that this processor can run, slowest first.
    pub fn available() -> Vec<Set> {
        #[allow(unused_mut, reason = "the only set of some targets")]
        let mut sets = vec![Set::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            sets.extend(avx2::Seen::look().map(|seen| Set(Kind::Avx2(seen))));
            sets.extend(avx512::Seen::look().map(|seen| Set(Kind::Avx512(seen))));
        }
        sets
    }

    /// Its name, as `NEARFIELD_KERNELS` gives it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
        }
    }

    /// The set that this program runs: the one that `NEARFIELD_KERNELS` names, else the fastest.
    ///
    /// # Panics
    /// If the variable names a set that this processor cannot run.
    pub fn active() -> Set {
        static ACTIVE: std::sync::OnceLock<Set> = std::sync::OnceLock::new();
        *ACTIVE.get_or_init(|| {
            let sets = Set::available();
            let fastest = sets[sets.len() - 1];
            let Some(name) = std::env::var_os("NEARFIELD_KERNELS") else {
                return fastest;
            };
            let named = sets.iter().find(|set| name == set.name());
            *named.unwrap_or_else(|| {
                let names: Vec<_> = sets.iter().map(|set| set.name()).collect();
                panic!(
                    "NEARFIELD_KERNELS={} is not one of {names:?}",
                    name.display()
                )
            })
        })
    }
}

/// Methods that call the function of the set's module, or the portable one where the operands
/// are out of the vectors' range.
macro_rules! kernels {
    ($(fn $name:ident($first:ident: $of:ty $(, $argument:ident: $type:ty)*);)*) => {
        impl Set {
            $(pub(crate) fn $name(self, $first: $of $(, $argument: $type)*) {
                if !$first.has_vectors() {
                    return portable::$name($first $(, $argument)*);
                }
                match self.0 {
                    Kind::Portable => portable::$name($first $(, $argument)*),
                    #[cfg(target_arch = "x86_64")]
                    Kind::Avx2(seen) => seen.$name($first $(, $argument)*),
                    #[cfg(target_arch = "x86_64")]
                    Kind::Avx512(seen) => seen.$name($first $(, $argument)*),
                }
            })*
        }
    };
}

rows_by_hand!(kernels);

/// What kernels are called with first.
trait Operand {
    /// Whether vectors can compute with it.
    fn has_vectors(&self) -> bool;
}

impl Operand for Modulus {
    fn has_vectors(&self) -> bool {
        self.value() < VECTORS_BELOW
    }
}

impl Operand for MappedProducts<'_> {
    fn has_vectors(&self) -> bool {
        self.modulus.has_vectors() && self.permutation.has_vectors()
    }
}

impl Operand for Bytes<'_> {
    fn has_vectors(&self) -> bool {
        self.width < 8
    }
}

impl Operand for &mut [Target<'_>] {
    fn has_vectors(&self) -> bool {
        self.iter().all(|(cofactors, _)| cofactors.has_vectors())
    }
}

impl Operand for &[Fraction] {
    fn has_vectors(&self) -> bool {
        self.iter().all(Fraction::vectors)
    }
}

impl Operand for &Permutation {
    fn has_vectors(&self) -> bool {
        self.has_blocks()
    }
}
