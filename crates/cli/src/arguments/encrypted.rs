//! The command line of encrypted trainings.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `encrypted`
#[derive(Debug, Args)]
#[command(after_help = "\
A whole training, by role (all of it runs in one folder with `nearfield encrypted demo`):
  owner   nearfield encrypted plan iris.toml --measure
  owner   nearfield encrypted keygen iris.toml --owner mine --server handed-over
  owner   nearfield encrypted encrypt --owner mine --server handed-over
  server  nearfield encrypted train handed-over
  owner   nearfield encrypted decrypt --owner mine --server handed-over
  owner   nearfield encrypted compare --owner mine --server handed-over

The owner's folder holds the secret key and stays with the owner. The server gets the other
folder alone; it sees sizes, rates and the number of steps, and no numbers.

The twin is the same circuit in floating point on the owner's machine. It shows in seconds how
well a training will do and how large its weights become.")]
pub(crate) struct EncryptedArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: EncryptedCommand,
    /// Threads to work on [default: one a core].
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
}

/// The commands of encrypted trainings.
#[derive(Debug, Subcommand)]
pub(crate) enum EncryptedCommand {
    /// Show what a training will cost, before anything is encrypted.
    Plan(PlanArguments),
    /// Owner: generate the secret key and the keys that the server needs.
    Keygen(KeygenArguments),
    /// Owner: encrypt training data and initial weights, or samples for `infer`.
    Encrypt(EncryptArguments),
    /// Server: train, or continue where it was stopped.
    Train(ServeArguments),
    /// Server: classify encrypted samples with the encrypted model.
    Infer(InferArguments),
    /// Owner: decrypt the trained model, or the answers to requests.
    Decrypt(DecryptArguments),
    /// Owner: compare an encrypted training with its twin, step by step.
    Compare(CompareArguments),
    /// Train the twin: the same circuit in floating point, without encryption.
    Twin(TwinArguments),
    /// Measure the accuracy of a decrypted model, or of a twin's.
    Eval(EvalModelArguments),
    /// Play all roles of a small training in a temporary folder.
    Demo(DemoArguments),
}

/// `plan`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield encrypted plan experiments/encrypted/emlp1_mnist.toml
  nearfield encrypted plan experiments/encrypted/iris.toml --measure

The circuit itself is run without numbers, so levels, rotations and keys are those of the
training.

A run file is TOML; what it leaves out has defaults:
  name = \"iris\"           seed = 7
  [data]           source = \"iris\", \"breast_cancer\", \"digits\", \"idx\", \"files\",
                   \"cifar10\" or \"csv\", with folder or file; label, missing, ...
  [network]        hidden = [32]
  [training]       batch, epochs or steps, rate, momentum, decay, schedule, ...
  [encryption]     security = \"128\" or \"insecure\", iterated, weight_range,
                   velocity_range, ...
  [split], [preprocessing]")]
pub(crate) struct PlanArguments {
    /// A run file of an encrypted training (TOML).
    pub run_file: PathBuf,
    /// Measure this machine for a few seconds, and predict how long the training takes on it.
    #[arg(long)]
    pub measure: bool,
}

/// The folders of both sides.
#[derive(Clone, Debug, Args)]
pub(crate) struct FolderArguments {
    /// The owner's folder: it holds the secret key and stays with the owner.
    #[arg(long, value_name = "DIR")]
    pub owner: PathBuf,
    /// The folder that is sent to the server.
    #[arg(long, value_name = "DIR")]
    pub server: PathBuf,
}

/// `keygen`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nearfield encrypted keygen iris.toml --owner mine --server handed-over

Makes both folders. Keep a copy of the owner's: without its secret key, nothing that it
encrypts can be read. `nearfield encrypted encrypt` comes next.")]
pub(crate) struct KeygenArguments {
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
  nearfield encrypted encrypt --owner mine --server handed-over
                                      the training data and the initial weights
  nearfield encrypted encrypt --owner mine --server handed-over --requests asked
                                      test samples, for `nearfield encrypted infer`")]
pub(crate) struct EncryptArguments {
    /// Both folders.
    #[command(flatten)]
    pub folders: FolderArguments,
    /// Encrypt the run's test samples to this folder instead, for `infer`.
    #[arg(long, value_name = "DIR")]
    pub requests: Option<PathBuf>,
    /// Encrypt at most N test samples.
    #[arg(long, value_name = "N", requires = "requests")]
    pub limit: Option<usize>,
    /// Initial weights, from a safetensors file, instead of ones drawn by the run's seed.
    #[arg(long, value_name = "FILE", conflicts_with = "requests")]
    pub init_weights: Option<PathBuf>,
}

/// `train`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nearfield encrypted train handed-over

Every step is saved: the same command continues a training that was stopped.")]
pub(crate) struct ServeArguments {
    /// The folder that the owner sent.
    pub folder: PathBuf,
    /// Keep the state of every N-th step, besides the last two.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub keep_states: u64,
    /// Stop after step N of the training.
    #[arg(long, value_name = "N")]
    pub max_steps: Option<u64>,
}

/// `infer`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nearfield encrypted infer handed-over asked

The owner makes requests with `nearfield encrypted encrypt --requests`, and reads the answers with
`nearfield encrypted decrypt --requests`.")]
pub(crate) struct InferArguments {
    /// The server's folder.
    pub server: PathBuf,
    /// The folder with encrypted samples; the answers are written into it.
    pub requests: PathBuf,
}

/// `decrypt`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield encrypted decrypt --owner mine --server handed-over --out model.safetensors
  nearfield encrypted decrypt --owner mine --server handed-over --requests asked")]
pub(crate) struct DecryptArguments {
    /// Both folders.
    #[command(flatten)]
    pub folders: FolderArguments,
    /// The model after step N [default: the last step whose state was kept].
    #[arg(long, value_name = "N", conflicts_with = "requests")]
    pub step: Option<u64>,
    /// Decrypt the answers to these requests instead, to a table (CSV).
    #[arg(long, value_name = "DIR")]
    pub requests: Option<PathBuf>,
    /// The file to write [default: model.safetensors or answers.csv in the owner's folder].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `compare`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nearfield encrypted compare --owner mine --server handed-over

Makes the twin's steps again; decrypts the states that the server kept, and the prediction errors of
every step, and compares them. Writes compare.csv and report.html into the owner's folder.")]
pub(crate) struct CompareArguments {
    /// Both folders.
    #[command(flatten)]
    pub folders: FolderArguments,
}

/// `twin`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nearfield encrypted twin experiments/encrypted/iris.toml

Shows the largest weight and velocity: `weight_range` and `velocity_range` of the run file's
[encryption] must be larger.")]
pub(crate) struct TwinArguments {
    /// A run file of an encrypted training (TOML).
    pub run_file: PathBuf,
    /// End after step N.
    #[arg(long, value_name = "N")]
    pub max_steps: Option<u64>,
    /// Initial weights, from a safetensors file, instead of ones drawn by the run's seed.
    #[arg(long, value_name = "FILE")]
    pub init_weights: Option<PathBuf>,
    /// The model to write.
    #[arg(long, value_name = "FILE", default_value = "twin.safetensors")]
    pub out: PathBuf,
}

/// `eval`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nearfield encrypted eval model.safetensors experiments/encrypted/iris.toml")]
pub(crate) struct EvalModelArguments {
    /// A model that was decrypted, or that a twin left.
    pub model: PathBuf,
    /// The run file, whose test samples are used.
    pub run_file: PathBuf,
}

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield encrypted demo                             about a minute, insecure
  nearfield encrypted demo --secure --keep demo        minutes; keeps everything in `demo`")]
pub(crate) struct DemoArguments {
    /// With 128 bits of security, which takes minutes and some 5 GB of memory.
    #[arg(long)]
    pub secure: bool,
    /// Steps of training [default: 150, or 6 with --secure].
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Keep everything in this folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}
