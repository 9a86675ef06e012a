//! What can be wrong with a file or a folder.

use std::path::{Path, PathBuf};

/// An error of this crate: what is wrong, with both sides' numbers, and what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read or write a file.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `create`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file does not hold what its format promises.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A folder holds no run, another run, or belongs to another process.
    #[error("{0}")]
    Folder(String),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Io`] about `path`, for `map_err`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io {
            action,
            path,
            source,
        }
    }

    /// An [`Error::Malformed`] about `path`.
    pub fn malformed(path: &Path, problem: impl Into<String>) -> Error {
        Error::Malformed {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }
}
