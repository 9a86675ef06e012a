//! Errors of this crate.

/// Result with [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What is wrong with the arguments of a constructor, or with the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A modulus is even, too small or too large.
    #[error("{value} is not a modulus: it must be odd, at least 3 and below 2^60")]
    Modulus {
        /// The number given.
        value: u64,
    },
    /// A ring degree is not a power of two, or out of range.
    #[error(
        "{degree} is not a ring degree: it must be a power of two from 2^{min_log2} to 2^{max_log2}"
    )]
    Degree {
        /// The number given.
        degree: usize,
        /// log2 of the smallest degree.
        min_log2: u32,
        /// log2 of the largest degree.
        max_log2: u32,
    },
    /// A modulus has no root of unity for a transform.
    #[error(
        "{modulus} has no transform of degree {degree}: it must be a prime that leaves 1 when \
         divided by {}; `prime::ntt_primes` finds such primes",
        2 * degree
    )]
    NoTransform {
        /// The modulus.
        modulus: u64,
        /// The ring degree.
        degree: usize,
    },
    /// `X -> X^exponent` is not an automorphism.
    #[error(
        "X -> X^{exponent} is not an automorphism of degree {degree}: the exponent must be odd and \
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
    /// Two primes are the same where all must differ: within a basis, or in the two bases of a
    /// conversion.
    #[error("the prime {modulus} occurs twice: leave one out, since all primes must differ")]
    DuplicateModulus {
        /// The prime.
        modulus: u64,
    },
    /// There are fewer primes of a size than requested.
    #[error(
        "there are only {found} primes near 2^{bits} for degree {degree}, not {requested}: request \
         fewer, or primes of another size"
    )]
    TooFewPrimes {
        /// log2 of the number that they should be near.
        bits: u32,
        /// The ring degree.
        degree: usize,
        /// Number of primes requested.
        requested: usize,
        /// Number of primes that there are.
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
