//! What can be wrong with what the scheme is asked for.

/// Result with [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why parameters, keys or an operation cannot be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The ring cannot be made.
    #[error(transparent)]
    Ring(#[from] nearfield_ring::Error),
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Entropy(String),
    /// A description of parameters contradicts itself.
    #[error("parameters: {0}")]
    Params(String),
    /// Parameters have less than 128 bits of security.
    #[error(
        "log2 of all primes together is {found:.1}, and 128 bits of security at degree \
         2^{log_degree} allow {limit}: take fewer or shorter primes, or a larger degree; for \
         tests, `Params::insecure` takes any"
    )]
    Insecure {
        /// log2 of the ring degree.
        log_degree: u32,
        /// log2 of the product of all primes.
        found: f64,
        /// The limit.
        limit: u32,
    },
    /// The special primes are too small for the digits of a key switch.
    #[error(
        "the special primes have {special:.1} bits together, and the largest digit has \
         {digit:.1}: they need 5 bits more than it, or the noise of a key switch drowns the \
         message; take more special primes, or more digits"
    )]
    SpecialTooSmall {
        /// Bits of the special primes together.
        special: f64,
        /// Bits of the largest digit.
        digit: f64,
    },
    /// A vector does not fit the slots.
    #[error("{found} values for {slots} slots")]
    Slots {
        /// Values given.
        found: usize,
        /// Slots that there are, or that another operand has.
        slots: usize,
    },
    /// A value cannot be encoded.
    #[error("the value {value} in slot {slot} times the scale is no number below 2^120")]
    Value {
        /// The slot.
        slot: usize,
        /// The value.
        value: f64,
    },
    /// An operation needs more levels than are left.
    #[error("{operation} needs {needed} levels, and {left} are left: bootstrap before it")]
    Levels {
        /// What was asked for.
        operation: &'static str,
        /// Levels that it needs.
        needed: usize,
        /// Levels that are left.
        left: usize,
    },
    /// Operands have different scales.
    #[error("the scales 2^{:.4} and 2^{:.4} differ: bring them to one before adding", .0.log2(), .1.log2())]
    Scales(f64, f64),
    /// A key is missing.
    #[error("there is no key for {0}: generate it with the other evaluation keys")]
    MissingKey(String),
    /// A key is of fewer primes than a ciphertext.
    #[error(
        "the key for {operation} reaches up to level {key}, and the ciphertext is at level {level}"
    )]
    KeyLevel {
        /// What the key is for.
        operation: String,
        /// Its level.
        key: usize,
        /// Level of the ciphertext.
        level: usize,
    },
    /// Two things are of different parameters.
    #[error("{what} is of other parameters than {than}")]
    Mismatch {
        /// The one.
        what: &'static str,
        /// The other.
        than: &'static str,
    },
    /// A ciphertext hides nothing.
    #[error("the ciphertext is transparent: its second part is 0, so that anybody can read it")]
    Transparent,
}
