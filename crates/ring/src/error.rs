//! What can be wrong with what a ring is asked for.

/// Result with [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why a modulus, a prime or a transform cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A modulus is even, too small or too large.
    #[error("{value} is no modulus: it must be odd, at least 3 and below 2^60")]
    Modulus {
        /// What was given.
        value: u64,
    },
    /// A ring degree is no power of two, or out of range.
    #[error(
        "{degree} is no ring degree: it must be a power of two from 2^{min_log2} to 2^{max_log2}"
    )]
    Degree {
        /// What was given.
        degree: usize,
        /// log2 of the smallest degree.
        min_log2: u32,
        /// log2 of the largest degree.
        max_log2: u32,
    },
    /// A modulus has no root of unity for a transform.
    #[error(
        "{modulus} has no transform of degree {degree}: it must be a prime that leaves 1 when \
         divided by {}; `prime::ntt_primes` finds some",
        2 * degree
    )]
    NoTransform {
        /// The modulus.
        modulus: u64,
        /// The ring degree.
        degree: usize,
    },
    /// An exponent is that of no automorphism.
    #[error(
        "X -> X^{exponent} is no automorphism of degree {degree}: the exponent must be odd and \
         below {}",
        2 * degree
    )]
    Automorphism {
        /// The exponent.
        exponent: usize,
        /// The ring degree.
        degree: usize,
    },
    /// A basis has no prime.
    #[error("a basis needs at least one prime")]
    NoModulus,
    /// A prime is twice where all must differ.
    #[error("the prime {modulus} is there twice: residues modulo it would say nothing new")]
    SameModulus {
        /// The prime.
        modulus: u64,
    },
    /// There are not so many primes of a size.
    #[error("there are only {found} primes of {bits} bits for degree {degree}, not {wanted}")]
    Primes {
        /// Bits of the primes.
        bits: u32,
        /// The ring degree.
        degree: usize,
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
    /// `NEARFIELD_KERNELS` names kernels that this processor cannot run.
    #[error(
        "NEARFIELD_KERNELS={found:?}, but this processor can run {}: name one of these, or unset \
         the variable for the fastest",
        available.join(", ")
    )]
    UnknownKernels {
        /// The variable's value.
        found: String,
        /// The names of the kernels that this processor can run.
        available: Vec<&'static str>,
    },
}
