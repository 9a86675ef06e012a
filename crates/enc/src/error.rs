//! Errors of encrypted trainings.

use std::path::{Path, PathBuf};

/// Result with [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why a training on encrypted data cannot be described, planned or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The network does not fit the slots.
    #[error("layout: {0}")]
    Layout(String),
    /// Vectors do not fit the layout or each other.
    #[error(
        "{what}: {found}, but {expected} are needed; pack and encrypt with the layout of this \
         network"
    )]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        expected: usize,
    },
    /// A batch has no labels in the form that a head compares with.
    #[error("the batch has no {form} labels; pack it with the layout of this network")]
    MissingLabels {
        /// The form's name.
        form: &'static str,
    },
    /// A batch has no samples.
    #[error("the batch has no samples; give one at least")]
    EmptyBatch,
    /// A linear combination of no vectors.
    #[error("a linear combination has no terms; give one at least")]
    NoTerms,
    /// No level is left for an operation.
    #[error("{operation} needs a level more than are left; plan the step again")]
    Levels {
        /// The operation.
        operation: &'static str,
    },
    /// A step takes more levels than are ever tried.
    #[error(
        "a step of the network {network} takes more than {max_levels} levels; take fewer hidden \
         layers"
    )]
    TooDeep {
        /// The network's sizes.
        network: String,
        /// The most levels that are tried.
        max_levels: usize,
    },
    /// A setting of a network or a training is out of range.
    #[error("`{setting}`: {problem}")]
    Setting {
        /// Its name in a run file.
        setting: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Samples do not fit the network, or do not exist.
    #[error("{0}")]
    Samples(String),
    /// Values do not fill a matrix.
    #[error(
        "{values} values do not fill a matrix of {rows} rows and {columns} columns; give rows \
         times columns"
    )]
    MatrixSize {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// How many values there are.
        values: usize,
    },
    /// Weights do not fit the network, or their file cannot be used.
    #[error("weights: {0}")]
    Weights(String),
    /// The training diverged.
    #[error(
        "training diverged: after {steps} steps the error of head {head} is not finite; take a \
         smaller rate, or inputs in a smaller range"
    )]
    Diverged {
        /// Steps before.
        steps: u64,
        /// The head, from 0.
        head: usize,
    },
    /// A task contradicts itself.
    #[error("task: {0}")]
    Task(String),
    /// A file is not as its folder needs it.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The system refused an operation on a file or folder.
    #[error("{}: {action}: {source}", path.display())]
    Io {
        /// The operation.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file cannot be read or written, or a folder is in use.
    #[error(transparent)]
    Files(#[from] nearfield_files::Error),
    /// An operation on ciphertexts failed.
    #[error(transparent)]
    Ckks(#[from] nearfield_ckks::Error),
}

impl Error {
    /// An [`Error::Setting`].
    pub(crate) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Error::Setting {
            setting,
            problem: problem.into(),
        }
    }

    /// An [`Error::File`].
    pub(crate) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Error::File {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    /// Makes an [`Error::Io`] of the system's reason.
    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Error::Io {
            action,
            path,
            source,
        }
    }
}
