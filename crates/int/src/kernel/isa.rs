//! The instruction sets that kernels exist for, and which of them runs.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
use super::{avx2, avx512};
#[cfg(feature = "std")]
use crate::Error;
use crate::Result;
use alloc::vec::Vec;

/// The environment variable that names the kernels to run.
#[cfg(feature = "std")]
const VARIABLE: &str = "NEARFIELD_KERNELS";

/// An instruction set that this processor has, and the kernels written for it.
///
/// A value is a proof: one exists only where the processor was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(pub(super) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2(avx2::Token),
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512(avx512::Token),
}

impl Isa {
    /// Plain Rust, which every processor runs.
    pub const PORTABLE: Isa = Isa(Kind::Portable);

    /// All that this processor can run, slowest first; the first is always [`Isa::PORTABLE`].
    pub fn available() -> Vec<Isa> {
        #[allow(unused_mut, reason = "some targets have no other")]
        let mut available = Vec::from([Isa::PORTABLE]);
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
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
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2(_) => "avx2",
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512(_) => "avx512",
        }
    }

    /// The one that all layers of this process run on: the one that `NEARFIELD_KERNELS` names, or
    /// else the fastest. Chosen at the first call.
    ///
    /// It does not fail. Where the variable names none that this processor can run, the fastest is
    /// used; a program calls [`Isa::check_environment`] first, to tell its user. Without `std`
    /// there is no environment, and no other than [`Isa::PORTABLE`].
    #[cfg(feature = "std")]
    pub fn current() -> Isa {
        static CURRENT: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *CURRENT.get_or_init(|| {
            let available = Isa::available();
            let named = choose(std::env::var_os(VARIABLE), &available);
            named.unwrap_or(available[available.len() - 1])
        })
    }

    /// The only one without `std`, [`Isa::PORTABLE`].
    #[cfg(not(feature = "std"))]
    pub fn current() -> Isa {
        Isa::PORTABLE
    }

    /// Checks that this processor can run what `NEARFIELD_KERNELS` names. A program calls this
    /// once, at its start. Without `std` there is no environment to check.
    ///
    /// # Errors
    /// [`crate::Error::UnknownKernels`] if it cannot. The variable may be unset or empty.
    pub fn check_environment() -> Result<()> {
        #[cfg(feature = "std")]
        choose(std::env::var_os(VARIABLE), &Isa::available())?;
        Ok(())
    }

    /// Products that take about 80 microseconds on one core.
    pub fn products_worth_threads(self) -> usize {
        match self.0 {
            Kind::Portable => 1 << 20,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2(_) => 1 << 23,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512(_) => 1 << 24,
        }
    }
}

/// The one of `available`, slowest first, that has this name; the last one without a name.
#[cfg(feature = "std")]
fn choose(name: Option<std::ffi::OsString>, available: &[Isa]) -> Result<Isa> {
    let fastest = available.last().copied().unwrap_or(Isa::PORTABLE);
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(fastest);
    };
    let named = available.iter().find(|isa| name == isa.name());
    named.copied().ok_or_else(|| Error::UnknownKernels {
        found: name.to_string_lossy().into_owned(),
        available: available.iter().map(|isa| isa.name()).collect(),
    })
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn every_available_name_chooses_its_kernels() {
        let available = Isa::available();
        for &isa in &available {
            assert_eq!(choose(Some(isa.name().into()), &available), Ok(isa));
        }
    }

    #[test]
    fn an_unset_or_empty_variable_chooses_the_fastest() {
        let available = Isa::available();
        let fastest = available[available.len() - 1];
        for name in [None, Some("".into())] {
            assert_eq!(choose(name, &available), Ok(fastest));
        }
    }

    #[test]
    fn an_unknown_name_and_one_that_the_processor_lacks_are_refused() {
        for name in ["avx9", "avx2"] {
            let expected = Error::UnknownKernels {
                found: name.into(),
                available: ["portable"].to_vec(),
            };
            assert_eq!(choose(Some(name.into()), &[Isa::PORTABLE]), Err(expected));
        }
    }
}
