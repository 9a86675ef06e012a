//! The command line of encrypted trainings.

use clap::Args;
use std::path::PathBuf;

/// `plan`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield plan experiments/encrypted/emlp1_mnist.toml
  nearfield plan experiments/encrypted/iris.toml --measure

The circuit itself is run without numbers, so levels, rotations and keys are those of the training.
Times take a few seconds of measuring on this machine: ask for them with --measure.")]
pub(crate) struct PlanArguments {
    /// A run file of an encrypted training (TOML).
    pub run_file: PathBuf,
    /// Measure this machine for a few seconds, and tell how long the training will take.
    #[arg(long)]
    pub measure: bool,
}

/// The folders of both sides.
#[derive(Clone, Debug, Args)]
pub(crate) struct FolderArguments {
    /// The owner's folder: the secret key is in it, and never leaves it.
    #[arg(long, value_name = "DIR")]
    pub owner: PathBuf,
    /// The folder that is handed to the server.
    #[arg(long, value_name = "DIR")]
    pub server: PathBuf,
}

/// `keygen`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nearfield keygen experiments/encrypted/iris.toml --owner mine --server handed-over
  nearfield encrypt --owner mine --server handed-over
  nearfield train handed-over                              on the server, without the owner's folder
  nearfield decrypt --owner mine --server handed-over --out model.safetensors")]
pub(crate) struct OwnerRunArguments {
    /// A run file of an encrypted training (TOML).
    pub run_file: PathBuf,
    /// Both folders.
    #[command(flatten)]
    pub folders: FolderArguments,
}

/// `encrypt`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield encrypt --owner mine --server handed-over                      the training data
  nearfield encrypt --owner mine --server handed-over --requests asked     test samples, to be answered")]
pub(crate) struct EncryptArguments {
    /// Both folders.
    #[command(flatten)]
    pub folders: FolderArguments,
    /// Encrypt the run's test samples to this folder instead, for `infer`.
    #[arg(long, value_name = "DIR")]
    pub requests: Option<PathBuf>,
    /// At most so many of them.
    #[arg(long, value_name = "N", requires = "requests")]
    pub limit: Option<usize>,
    /// Initial weights, from a safetensors file, instead of ones drawn by the run's seed.
    #[arg(long, value_name = "FILE", conflicts_with = "requests")]
    pub init_weights: Option<PathBuf>,
}

/// `decrypt`
#[derive(Debug, Args)]
pub(crate) struct DecryptArguments {
    /// Both folders.
    #[command(flatten)]
    pub folders: FolderArguments,
    /// The model after this step [default: the last one].
    #[arg(long, value_name = "N", conflicts_with = "requests")]
    pub step: Option<u64>,
    /// Decrypt the answers to these requests instead, to a table (CSV).
    #[arg(long, value_name = "DIR")]
    pub requests: Option<PathBuf>,
    /// The file to write [default: model.safetensors or answers.csv in the owner's folder].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `infer`
#[derive(Debug, Args)]
pub(crate) struct InferArguments {
    /// The server's folder.
    pub server: PathBuf,
    /// The folder with encrypted inputs, which takes the answers too.
    pub requests: PathBuf,
}

/// `compare`
#[derive(Debug, Args)]
#[command(after_help = "\
The twin is the same circuit in floating point. Its steps are made again here; the states that the
server kept, and the errors of every step, are decrypted and compared with it. Leaves compare.csv
and report.html in the owner's folder.")]
pub(crate) struct CompareArguments {
    /// Both folders.
    #[command(flatten)]
    pub folders: FolderArguments,
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// What to show.
    #[arg(value_enum)]
    pub what: DemoKind,
    /// With 128 bits of security, which takes minutes and some 5 GB of memory.
    #[arg(long)]
    pub secure: bool,
    /// Steps of training.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Keep everything in this folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// What a demonstration shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DemoKind {
    /// Keys, encryption, training by a server, decryption, comparison with the twin.
    Encrypted,
}
