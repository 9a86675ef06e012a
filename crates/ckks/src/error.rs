//! What can be wrong with what the scheme is asked for.

use crate::file::Kind;
use std::path::{Path, PathBuf};

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
    #[error(
        "the value {value} in slot {slot} is no number of a magnitude below {most:.3e}, which is \
         all that the scale and the level leave room for"
    )]
    Value {
        /// The slot.
        slot: usize,
        /// The value.
        value: f64,
        /// What it must be below.
        most: f64,
    },
    /// A constant cannot be scaled.
    #[error("the constant {constant} times its scale is no number below 2^120")]
    Constant {
        /// The constant.
        constant: f64,
    },
    /// Coefficients are too large to be read.
    #[error(
        "at the scale {scale:e} some coefficient reaches 2^120: rescale before decrypting; if the \
         scale is right, the numbers overflowed or the secret key is another"
    )]
    Undecodable {
        /// The plaintext's scale.
        scale: f64,
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
    #[error("the scales {0:e} and {1:e} differ: bring them to one before adding")]
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
    /// Something is wrong with a file.
    #[error("{}: {error}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Box<Error>,
    },
    /// The operating system refuses.
    #[error("the system does not let us {action} it: {reason}")]
    Io {
        /// What was to be done.
        action: &'static str,
        /// What the system says.
        reason: String,
    },
    /// A secret key would take the place of another file.
    #[error(
        "there is such a file, and a secret key takes the place of none: choose another name, or \
         remove it if nothing needs it"
    )]
    Exists,
    /// Bytes are no file of this library.
    #[error("it is neither a key nor a ciphertext nor parameters: its first bytes are others")]
    Foreign,
    /// A file is of another version of the format.
    #[error("it is of version {found} of the format, and this program reads version {known}")]
    Version {
        /// That of the file.
        found: u16,
        /// The one that is read.
        known: u16,
    },
    /// A file is of another kind.
    #[error(
        "it is {found}, and {expected} was expected{}",
        if *found == Kind::SecretKey { ": a secret key belongs to its owner alone" } else { "" }
    )]
    Kind {
        /// What it is.
        found: Kind,
        /// What was expected.
        expected: Kind,
    },
    /// A file was made with parameters whose security nobody checked.
    #[error(
        "it was made with parameters that are for tests alone, whose security nobody checked: \
         make it anew with `Params::new`"
    )]
    StampedInsecure,
    /// A file ends too early.
    #[error("it ends in what follows byte {after}: copy it again, as a whole")]
    Truncated {
        /// Where the part begins that is not whole.
        after: u64,
    },
    /// A file goes on where it should end.
    #[error("it should end at byte {at}, and goes on: copy it again, by itself")]
    Trailing {
        /// Where it should end.
        at: u64,
    },
    /// A file is not what was written.
    #[error("it was changed or damaged before byte {before}: the digest is another; copy it again")]
    Digest {
        /// Where the part ends of which the digest is.
        before: u64,
    },
    /// A number of a file is no residue.
    #[error(
        "number {place} of those from byte {at} on is {found}, and its prime is {prime}: nothing \
         that this library wrote holds that"
    )]
    Residue {
        /// Where its row begins.
        at: u64,
        /// Its place in the row.
        place: usize,
        /// What it is.
        found: u64,
        /// What it should be below.
        prime: u64,
    },
    /// A file says what cannot be.
    #[error("{what}, in what ends at byte {before}")]
    Malformed {
        /// What it says.
        what: String,
        /// Where the part ends that says so.
        before: u64,
    },
    /// A number is no scale.
    #[error("{0} is no scale of a ciphertext: it should be from 2^-64 to 2^256")]
    Scale(f64),
    /// A secret key lies open.
    #[error(
        "others than its owner can read this secret key (mode {mode:o}): take it from them \
         (`chmod 600`), and if they may have read it, generate another"
    )]
    Exposed {
        /// Who can do what.
        mode: u32,
    },
}

impl Error {
    /// For what the operating system says when something is done.
    pub(crate) fn io(action: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        move |error| Error::Io {
            action,
            reason: error.to_string(),
        }
    }

    /// For what is wrong with a file.
    pub(crate) fn in_file(path: &Path) -> impl FnOnce(Error) -> Error {
        move |error| Error::InFile {
            path: path.to_owned(),
            error: Box::new(error),
        }
    }
}
