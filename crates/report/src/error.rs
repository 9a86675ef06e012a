//! What can be wrong with a report.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The figures of a report contradict each other, or cannot be drawn.
    #[error("{0}")]
    Data(String),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
