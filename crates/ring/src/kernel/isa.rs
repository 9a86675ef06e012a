//! The instruction sets that kernels exist for, and which of them runs.

use super::montgomery::{Fraction, VECTORS_BELOW};
use super::operands::{Bytes, CrossProducts, MappedProducts, PackedProducts, Products, Target};
use super::permutation::Permutation;
use super::portable;
use super::signatures::kernels_on_rows;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::{Error, Modulus, Multiplier, Result};
use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

/// The environment variable that names the kernels to run.
const VARIABLE: &str = "NEARFIELD_KERNELS";

/// An instruction set that this processor has, and the kernels written for it.
///
/// A value is a proof: one exists only where the processor was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(pub(super) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Token),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Token),
}

impl Isa {
    /// Plain Rust, which every processor runs.
    pub const PORTABLE: Isa = Isa(Kind::Portable);

    /// All that this processor can run, slowest first; the first is always [`Isa::PORTABLE`].
    pub fn available() -> Vec<Isa> {
        #[allow(unused_mut, reason = "some targets have no other")]
        let mut available = vec![Isa::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            available.extend(avx2::Token::detect().map(|token| Isa(Kind::Avx2(token))));
            available.extend(avx512::Token::detect().map(|token| Isa(Kind::Avx512(token))));
        }
        available
    }

    /// Its name in `NEARFIELD_KERNELS`: `portable`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
        }
    }

    /// The one that all kernels of this process run on: the one that `NEARFIELD_KERNELS` names,
    /// or else the fastest. Chosen at the first call.
    ///
    /// It does not fail. Where the variable names none that this processor can run, the fastest is
    /// used; a program calls [`Isa::check_environment`] first, to tell its user.
    pub fn current() -> Isa {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let available = Isa::available();
            let named = choose(std::env::var_os(VARIABLE), &available);
            named.unwrap_or(available[available.len() - 1])
        })
    }

    /// Checks that this processor can run what `NEARFIELD_KERNELS` names. A program calls this
    /// once, at its start.
    ///
    /// # Errors
    /// [`Error::UnknownKernels`] if it cannot. The variable may be unset or empty.
    pub fn check_environment() -> Result<()> {
        choose(std::env::var_os(VARIABLE), &Isa::available()).map(|_| ())
    }
}

/// The one of `available`, slowest first, that has this name; the last one without a name.
fn choose(name: Option<OsString>, available: &[Isa]) -> Result<Isa> {
    let fastest = available.last().copied().unwrap_or(Isa::PORTABLE);
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(fastest);
    };
    let named = available.iter().find(|isa| name == OsStr::new(isa.name()));
    named.copied().ok_or_else(|| Error::UnknownKernels {
        found: name.to_string_lossy().into_owned(),
        available: available.iter().map(|isa| isa.name()).collect(),
    })
}

/// Methods that call the instruction set's own function, or the portable one where an operand is out
/// of the range of vectors.
macro_rules! kernels {
    ($(fn $name:ident($first:ident: $of:ty $(, $argument:ident: $type:ty)*);)*) => {
        impl Isa {
            $(pub(crate) fn $name(self, $first: $of $(, $argument: $type)*) {
                if !$first.has_vectors() {
                    return portable::$name($first $(, $argument)*);
                }
                match self.0 {
                    Kind::Portable => portable::$name($first $(, $argument)*),
                    #[cfg(target_arch = "x86_64")]
                    Kind::Avx2(token) => token.$name($first $(, $argument)*),
                    #[cfg(target_arch = "x86_64")]
                    Kind::Avx512(token) => token.$name($first $(, $argument)*),
                }
            })*
        }
    };
}

kernels_on_rows!(kernels);

/// The first operand of a kernel.
trait Operand {
    /// Whether it is in the range of the vector kernels.
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
        self.iter().all(|target| target.cofactors.has_vectors())
    }
}

impl Operand for &[Fraction] {
    fn has_vectors(&self) -> bool {
        self.iter().all(Fraction::has_vectors)
    }
}

impl Operand for &Permutation {
    fn has_vectors(&self) -> bool {
        self.has_blocks()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_is_chosen_where_the_variable_is_unset_or_empty() {
        let available = Isa::available();
        let fastest = available[available.len() - 1];
        for name in [None, Some(OsString::new())] {
            assert_eq!(choose(name, &available), Ok(fastest));
        }
    }

    #[test]
    fn every_available_one_is_chosen_by_its_name() {
        let available = Isa::available();
        assert_eq!(available[0], Isa::PORTABLE);
        for &isa in &available {
            assert_eq!(choose(Some(isa.name().into()), &available), Ok(isa));
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_what_is_available() {
        for found in ["avx9", "AVX2", " portable"] {
            let error = choose(Some(found.into()), &Isa::available()).unwrap_err();
            let message = error.to_string();
            for isa in Isa::available() {
                assert!(message.contains(isa.name()), "{message}");
            }
            assert!(message.contains(found), "{message}");
        }
    }

    #[test]
    fn a_name_that_this_processor_lacks_is_an_error() {
        let error = choose(Some("avx512".into()), &[Isa::PORTABLE]);
        let found = "avx512".to_owned();
        let available = vec!["portable"];
        assert_eq!(error, Err(Error::UnknownKernels { found, available }));
    }
}
