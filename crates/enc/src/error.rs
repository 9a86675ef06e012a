//! What can be wrong with an encrypted training.

use std::path::{Path, PathBuf};

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
    /// A setting of a network or a training is out of range.
    #[error("`{setting}`: {problem}")]
    Setting {
        /// Its name in a run file.
        setting: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Samples do not fit what is asked of them.
    #[error("{0}")]
    Data(String),
    /// A file of weights cannot be used.
    #[error("not these weights: {0}")]
    Weights(String),
    /// A run file cannot be read.
    #[error("{0}")]
    RunFile(String),
    /// Numbers left the finite.
    #[error(
        "training diverged: after {steps} steps the error of head {head} is no finite number; \
         take a smaller rate, or inputs in a smaller range"
    )]
    Diverged {
        /// Steps made before.
        steps: u64,
        /// The head, from 0.
        head: usize,
    },
    /// A description of a training contradicts itself.
    #[error("task: {0}")]
    Task(String),
    /// A file is not what it should be.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The system refuses.
    #[error("{}: {action}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Reading or writing a run failed.
    #[error(transparent)]
    Files(#[from] nearfield_files::Error),
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

impl Error {
    /// An [`Error::Setting`].
    pub fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Error::Setting {
            setting,
            problem: problem.into(),
        }
    }

    /// What a file has wrong.
    pub fn file(path: &Path, what: impl Into<String>) -> Self {
        Error::File {
            path: path.to_owned(),
            what: what.into(),
        }
    }

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
