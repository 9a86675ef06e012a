//! What can be wrong with an encrypted training.

/// Result with [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why a training on encrypted data cannot be described, planned or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The network does not fit the slots.
    #[error("layout: {0}")]
    Layout(String),
    /// Something is not as the plan says.
    #[error("{what}: {found} where the plan has {expected}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A circuit wants more levels than it was given.
    #[error("{what} needs a level more than are left: plan the run again")]
    Levels {
        /// The operation.
        what: &'static str,
    },
    /// An operation on ciphertexts failed.
    #[error(transparent)]
    Ckks(#[from] nearfield_ckks::Error),
}
