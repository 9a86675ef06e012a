//! Why an operation is refused.

use crate::file_kind::Kind;
use std::path::{Path, PathBuf};

/// Result with [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why parameters or keys cannot be constructed, an operation is not possible, or a file is
/// refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The ring cannot be constructed.
    #[error(transparent)]
    Ring(#[from] nearfield_ring::Error),
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Entropy(String),
    /// A description of parameters contradicts itself.
    #[error("parameters: {0}")]
    Params(String),
    /// Parameters have less than 128 bits of security.
    #[error(
        "log2 of the product of all primes is {found:.1}, and 128 bits of security at degree \
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
         {digit:.1}: the special primes need 5 bits more, or the noise of a key switch drowns the \
         message; take more special primes, or more digits"
    )]
    SpecialTooSmall {
        /// Bits of the special primes together.
        special: f64,
        /// Bits of the largest digit.
        digit: f64,
    },
    /// A description of a bootstrapping contradicts itself.
    #[error("bootstrapping: {0}")]
    Bootstrap(String),
    /// The modulus chain has too few primes for a bootstrapping.
    #[error(
        "this bootstrapping takes {needed} levels, and the chain has {found}: add primes to \
         `chain_bits`, or take fewer levels for a transform"
    )]
    ChainTooShort {
        /// Levels that the bootstrapping takes.
        needed: usize,
        /// Levels of the chain.
        found: usize,
    },
    /// A pair of ciphertexts is given to a bootstrapping of real slots.
    #[error(
        "a bootstrapping of real slots cannot take two ciphertexts as one: plan it with \
         `SlotKind::Complex`"
    )]
    RealSlots,
    /// A number of slots is not possible.
    #[error("{found} slots: take a power of two from {min} to {max}")]
    SlotCount {
        /// The number of slots.
        found: usize,
        /// The minimum.
        min: usize,
        /// The maximum.
        max: usize,
    },
    /// Two operands have different slots.
    #[error("the operands have {found} and {slots} slots: encode both with the same number")]
    Slots {
        /// Slots of the first operand.
        found: usize,
        /// Slots of the second operand.
        slots: usize,
    },
    /// A number of runs cannot be summed.
    #[error("a sum of {count} runs of slots: take a power of two")]
    InnerSum {
        /// The number of runs.
        count: usize,
    },
    /// A value cannot be encoded.
    #[error(
        "the value {value} in slot {slot} is not a number of magnitude below {limit:.3e}, the \
         limit at this scale and level: take a smaller value or scale, or a higher level"
    )]
    Value {
        /// The slot.
        slot: usize,
        /// The value.
        value: f64,
        /// The limit of its magnitude.
        limit: f64,
    },
    /// A constant cannot be scaled.
    #[error(
        "the constant {constant} times the scale {scale:e} is not a number of magnitude below \
         2^120: take a smaller one"
    )]
    Constant {
        /// The constant.
        constant: f64,
        /// Its scale.
        scale: f64,
    },
    /// Coefficients are too large to be decoded.
    #[error(
        "at the scale {scale:e} a coefficient reaches 2^120: rescale before decrypting; if the \
         scale is right, the numbers overflowed or the secret key is a different one"
    )]
    Undecodable {
        /// The scale of the plaintext.
        scale: f64,
    },
    /// An operation needs more levels than a ciphertext has.
    #[error(
        "{operation} needs {needed} levels, and {left} are left: bootstrap before it, or encrypt \
         at a higher level"
    )]
    Levels {
        /// The operation.
        operation: &'static str,
        /// Levels that it needs.
        needed: usize,
        /// Levels that are left.
        left: usize,
    },
    /// Something is made for a level that the parameters do not have.
    #[error("level {level} for {what}: the parameters have levels {min} to {max} for it")]
    Level {
        /// What is made.
        what: &'static str,
        /// The level.
        level: usize,
        /// The lowest level that is possible.
        min: usize,
        /// The highest level that is possible.
        max: usize,
    },
    /// Operands have different scales.
    #[error("the scales {0:e} and {1:e} differ: bring one to the other with `Evaluator::adjust`")]
    Scales(f64, f64),
    /// A matrix or a polynomial has no terms.
    #[error("{what} without {terms} gives no ciphertext: leave it out")]
    Empty {
        /// A matrix or a polynomial.
        what: &'static str,
        /// Its terms.
        terms: &'static str,
    },
    /// A key is missing.
    #[error("there is no key for {0}: add it to the list of evaluation keys, and generate them")]
    MissingKey(String),
    /// A key has fewer primes than a ciphertext.
    #[error(
        "the key for {operation} reaches up to level {key}, and the ciphertext is at level \
         {level}: drop the ciphertext to level {key}, or generate the key for level {level}"
    )]
    KeyLevel {
        /// The operation that needs the key.
        operation: String,
        /// The level of the key.
        key: usize,
        /// The level of the ciphertext.
        level: usize,
    },
    /// Two things are of different parameters.
    #[error("{what} and {other} are of different parameters: make both with the same `Params`")]
    Mismatch {
        /// The one.
        what: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A ciphertext hides nothing.
    #[error("the ciphertext is transparent: its second part is 0, so that anybody can read it")]
    Transparent,
    /// Keys are written to a file in the wrong order.
    #[error("{0}: write the keys of one list, then those of the sparse secret, each once")]
    KeyOrder(String),
    /// Something is wrong with a file.
    #[error("{}: {error}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Box<Error>,
    },
    /// The operating system refuses an operation.
    #[error("the operating system refuses to {action} it: {reason}")]
    Io {
        /// The operation.
        action: &'static str,
        /// The reason that the system gives.
        reason: String,
    },
    /// A secret key would replace another file.
    #[error(
        "the file exists, and a secret key never replaces one: choose another name, or remove the \
         file if nothing needs it"
    )]
    Exists,
    /// Bytes are not a file of this library.
    #[error("it is not a file of this library: its first bytes are different")]
    Foreign,
    /// A file is of another version of the format.
    #[error("it is of version {found} of the format, and this program reads version {known}")]
    Version {
        /// The version of the file.
        found: u16,
        /// The version that is read.
        known: u16,
    },
    /// A file is of another kind.
    #[error(
        "it is {found}, and {expected} was expected{}",
        if *found == Kind::SecretKey { ": a secret key belongs to its owner alone" } else { "" }
    )]
    Kind {
        /// The kind of the file.
        found: Kind,
        /// The kind that was expected.
        expected: Kind,
    },
    /// The parameters that a file describes have another fingerprint than it says.
    #[error(
        "the parameters that it describes have another fingerprint than it says: another version \
         of this library chose other primes; make it again with this one"
    )]
    Fingerprint,
    /// A file was made with parameters whose security was not checked.
    #[error(
        "it was made with parameters for tests, whose security was not checked: make it again with \
         `Params::new`"
    )]
    StampedInsecure,
    /// A file ends too early.
    #[error("it ends within the part that begins at byte {after}: copy it again, as a whole")]
    Truncated {
        /// Where the incomplete part begins.
        after: u64,
    },
    /// A file is longer than its contents.
    #[error("it should end at byte {at}, and is longer: copy it again, by itself")]
    Trailing {
        /// Where it should end.
        at: u64,
    },
    /// The contents of a file do not match their digest.
    #[error(
        "it was changed or damaged before byte {before}: its digest does not match; copy it again"
    )]
    Digest {
        /// Where the part ends that the digest covers.
        before: u64,
    },
    /// A number in a file is not a residue.
    #[error(
        "number {place} of those from byte {at} on is {found}, and its prime is {prime}: this \
         library writes smaller numbers only"
    )]
    Residue {
        /// Where its row begins.
        at: u64,
        /// Its place in the row.
        place: usize,
        /// The number.
        found: u64,
        /// The prime that it should be below.
        prime: u64,
    },
    /// A file contradicts its format.
    #[error("{what}, in the part that ends at byte {before}")]
    Malformed {
        /// The contradiction.
        what: String,
        /// Where the part ends that contains it.
        before: u64,
    },
    /// A number is not the scale of a ciphertext.
    #[error("{0} is not the scale of a ciphertext: it should be from 2^-64 to 2^256")]
    Scale(f64),
    /// Others than its owner can read a secret key.
    #[error(
        "others than its owner can read this secret key (mode {mode:o}): take their permission \
         away (`chmod 600`), and if they may have read it, generate another"
    )]
    Exposed {
        /// The permissions of the file.
        mode: u32,
    },
}

impl Error {
    /// An operation that the operating system refused.
    pub(crate) fn io(action: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        move |error| Error::Io {
            action,
            reason: error.to_string(),
        }
    }

    /// An error with the file that it is about.
    pub(crate) fn in_file(path: &Path) -> impl FnOnce(Error) -> Error {
        move |error| Error::InFile {
            path: path.to_owned(),
            error: Box::new(error),
        }
    }
}
