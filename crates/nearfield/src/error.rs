//! What can be wrong with a run.

/// An error of this crate: what is wrong, with both sides' numbers, and what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of a run is out of range, or does not go with another.
    #[error("`{setting}`: {problem}")]
    Setting {
        /// Its name in a run file.
        setting: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Samples do not fit what is asked of them.
    #[error("{0}")]
    Samples(String),
    /// A run file cannot be read.
    #[error("{0}")]
    RunFile(String),
    /// A file or folder cannot be read or written, or is not what it should be.
    #[error(transparent)]
    Files(#[from] nearfield_files::Error),
    /// Data cannot be read.
    #[error(transparent)]
    Data(#[from] nearfield_data::Error),
    /// Training with integers failed.
    #[error(transparent)]
    Int(#[from] nearfield_int::Error),
    /// Training on encrypted data, or its twin, failed.
    #[error(transparent)]
    Enc(#[from] nearfield_enc::Error),
    /// Encryption or decryption failed.
    #[error(transparent)]
    Ckks(#[from] nearfield_ckks::Error),
    /// A report cannot be drawn.
    #[error(transparent)]
    Report(#[from] nearfield_report::Error),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Setting`].
    pub fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Error::Setting {
            setting,
            problem: problem.into(),
        }
    }
}
