//! What can be wrong with data.

use std::path::Path;

/// An error of this crate: what is wrong, with both sides' numbers, and what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read, or does not hold what its format promises.
    #[error(transparent)]
    File(#[from] nearfield_files::Error),
    /// The samples do not fit what is asked of them.
    #[error("{0}")]
    Data(String),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`nearfield_files::Error::Io`] about `path`, for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let of_file = nearfield_files::Error::io(action, path);
        move |source| of_file(source).into()
    }

    /// An [`nearfield_files::Error::Malformed`] about `path`.
    pub(crate) fn malformed(path: &Path, problem: impl Into<String>) -> Error {
        nearfield_files::Error::malformed(path, problem).into()
    }
}
