//! What can be wrong with a run.

use std::path::{Path, PathBuf};

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
    /// There is no network or data source of a name.
    #[error("there is no {kind} `{name}`, only {known}{suggestion}")]
    UnknownName {
        /// What was named: `preset`, `profile`, ….
        kind: &'static str,
        /// The name.
        name: String,
        /// All names there are.
        known: String,
        /// A name that may have been meant, as the end of the sentence; may be empty.
        suggestion: String,
    },
    /// Data that cannot be named on a command line.
    #[error(
        "`{text}` is not data: give `digits`, `iris`, `breast_cancer`, `idx:FOLDER`, \
         `cifar10:FOLDER` or `csv:FILE`"
    )]
    UnknownData {
        /// What was named.
        text: String,
    },
    /// Samples do not fit each other or a model, or too few of them are left.
    #[error("{0}")]
    Samples(String),
    /// A run file cannot be understood.
    #[error("{}{problem}", prefix(path.as_deref()))]
    RunFile {
        /// The file, where the text came from one.
        path: Option<PathBuf>,
        /// What is wrong, where, and which key may have been meant.
        problem: String,
    },
    /// A run cannot be written as TOML.
    #[error("the run cannot be written as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
    /// A checkpoint is damaged, or of another run.
    #[error("{0}")]
    Checkpoint(String),
    /// A run folder has no checkpoint.
    #[error("{} has no checkpoint: start the run again", folder.display())]
    NoCheckpoint {
        /// The run folder.
        folder: PathBuf,
    },
    /// No checkpoint of a run folder can be used.
    #[error("no checkpoint can be used:\n  {}", problems.join("\n  "))]
    UnusableCheckpoints {
        /// What is wrong with each.
        problems: Vec<String>,
    },
    /// A checkpoint could not be written.
    #[error("the last checkpoint could not be written; the one before is intact")]
    SaveCheckpoint(#[source] nearfield_files::Error),
    /// A file holds no weights of a model with integers.
    #[error("{}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: nearfield_int::Error,
    },
    /// The weights of a model are real numbers where integers are wanted.
    #[error(
        "{}: its weights are real numbers, so it comes from encrypted training or its twin, and \
         this needs a model of integers",
        path.display()
    )]
    RealWeights {
        /// The model file.
        path: PathBuf,
    },
    /// A run folder has no model yet.
    #[error("the run in {} has not ended, so it has no model yet: resume it first", folder.display())]
    Unfinished {
        /// The run folder.
        folder: PathBuf,
    },
    /// The secret key would lie in the server's folder.
    #[error(
        "the owner's folder {} is the server's or in it: the secret key must not be where the \
         server is",
        owner.display()
    )]
    OwnerInServer {
        /// The owner's folder.
        owner: PathBuf,
    },
    /// A folder of an encrypted training holds something already, or not what it should.
    #[error("{}: {problem}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The owner's run and the server's task are not the same.
    #[error(
        "the run of {} is another one than the task of {}: name the folders that were made \
         together",
        owner.display(),
        server.display()
    )]
    OtherTask {
        /// The owner's folder.
        owner: PathBuf,
        /// The server's folder.
        server: PathBuf,
    },
    /// The server needs more memory than this machine has.
    #[error(
        "the server will need {} MB of memory, and this machine has {} MB: take fewer hidden \
         layers or a larger machine",
        needed / 1_000_000,
        available / 1_000_000
    )]
    Memory {
        /// Bytes needed.
        needed: u64,
        /// Bytes of this machine.
        available: u64,
    },
    /// The twin's weights grew beyond all numbers.
    #[error("training diverged (non-finite values) at step {step}: take a smaller rate")]
    Diverged {
        /// The step, from 1.
        step: u64,
    },
    /// A table that this crate wrote cannot be read or written.
    #[error("{}", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong with it.
        source: csv::Error,
    },
    /// A JSON file of a run cannot be read or written.
    #[error("{} is damaged", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
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

    /// An [`Error::Folder`].
    pub(crate) fn folder(folder: &Path, problem: impl Into<String>) -> Self {
        Error::Folder {
            folder: folder.to_path_buf(),
            problem: problem.into(),
        }
    }

    /// The system refuses to do something with `path`; for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let refuse = nearfield_files::Error::io(action, path);
        move |source| refuse(source).into()
    }
}

fn prefix(path: Option<&Path>) -> String {
    path.map_or(String::new(), |path| format!("{}: ", path.display()))
}

/// An error and its causes, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
