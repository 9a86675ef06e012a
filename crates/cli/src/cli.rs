//! The command line.

mod encrypted;

pub(crate) use encrypted::{
    CompareArguments, DecryptArguments, DemoArguments, DemoKind, EncryptArguments, FolderArguments,
    InferArguments, OwnerRunArguments, PlanArguments,
};

use clap::{Args, Parser, Subcommand};
use nearfield::Profile;
use std::path::PathBuf;

/// Trains neural networks with integers only, exactly and repeatably, or on encrypted data.
///
/// Every block of a network has its own small classifier and learns from it alone; no gradient
/// crosses a block. With integers (NITRO-D, arXiv 2407.11698) the same seed gives the same
/// weights, bit for bit, on every machine and any number of threads: begin with `nearfield train`,
/// which trains a small network on digits that are inside the program, and leaves a run folder
/// with the model and a report.
///
/// On encrypted data (ReBoot, arXiv 2506.19693) a server trains what it cannot read, neither
/// samples nor weights: begin with `nearfield demo encrypted`. Roles: the owner of the data runs
/// plan, keygen, encrypt, decrypt and compare; the server runs train and infer.
#[derive(Debug, Parser)]
#[command(name = "nearfield", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Threads to work on; the result is the same for any number [default: one a core].
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Print JSON on standard output instead of text for people.
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network; without arguments, a small one on the embedded digits.
    Train(TrainArguments),
    /// Continue a run that was interrupted, exactly where its last checkpoint is.
    Resume(ResumeArguments),
    /// Tell how well a model does, at its output and at every early exit.
    Eval(EvalArguments),
    /// Predict the classes of samples, as CSV.
    Predict(PredictArguments),
    /// Show a network's layers, costs and integer ranges before training, or a model's after.
    Inspect(InspectArguments),
    /// Make the report of a run folder again.
    Report(ReportArguments),
    /// Show what an encrypted training will cost, before anything is encrypted.
    Plan(PlanArguments),
    /// Owner: generate the secret key and the keys that the server needs.
    Keygen(OwnerRunArguments),
    /// Owner: encrypt training data and initial weights for the server, or inputs to be answered.
    Encrypt(EncryptArguments),
    /// Owner: decrypt the trained model, or answers.
    Decrypt(DecryptArguments),
    /// Server: answer encrypted inputs with an encrypted model.
    Infer(InferArguments),
    /// Owner: tell how near an encrypted training is to the same one in the clear.
    Compare(CompareArguments),
    /// Go through a whole encrypted training in a temporary folder, in all roles.
    Demo(DemoArguments),
}

/// `train`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield train                                        the embedded digits, in seconds
  nearfield train --data idx:data/mnist --preset mlp1    a published network on MNIST's files
  nearfield train experiments/mlp1_mnist.toml --profile reference --seed 43

A run file is TOML; what it leaves out has defaults, and run.toml in the run folder says all:
  [data]      source = \"digits\" | \"idx\" | \"files\" | \"cifar10\" | \"csv\", with their paths
  [network]   preset = \"mlp1\", or layers = [{ type = \"conv2d\", filters = 16, kernel = 3 }, ...]
  [training]  batch, epochs, rate_inv, decay_forward, decay_head, ...")]
pub(crate) struct TrainArguments {
    /// A run file (TOML), or a folder with an encrypted training that its owner handed over.
    pub run_file: Option<PathBuf>,
    /// Train a run file of an encrypted training in the clear: its twin.
    #[arg(long)]
    pub clear: bool,
    /// Encrypted training: keep the state of every N-th step, beside the last two.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub keep_states: u64,
    /// Data: `digits`, `idx:FOLDER`, `cifar10:FOLDER` or `csv:FILE`; replaces the run file's.
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    /// Network: mlp1, mlp2, mlp3, mlp4, vgg8b, vgg11b or cnn; replaces the run file's.
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Defaults: `strict`, or `reference` for the deviations of the reference implementation.
    #[arg(long)]
    pub profile: Option<Profile>,
    /// Seed of everything random.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Most epochs.
    #[arg(long, value_name = "N")]
    pub epochs: Option<u32>,
    /// Initial weights, from a safetensors file with the tensors of the network.
    #[arg(long, value_name = "FILE")]
    pub init_weights: Option<PathBuf>,
    /// Folder of the run [default: a new one in `runs`].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How training goes on.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// What `train` and `resume` share.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArguments {
    /// End after N steps of the run; the model then has the weights after the last step.
    #[arg(long, value_name = "N")]
    pub max_steps: Option<u64>,
    /// Look for the largest sums of every layer, for the table of integer ranges.
    #[arg(long)]
    pub audit_ranges: bool,
    /// Seconds between checkpoints; 0 for one after every step.
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub checkpoint_seconds: u64,
}

/// `resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    /// The run folder.
    pub folder: PathBuf,
    /// How training goes on.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// Samples given on the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct SampleArguments {
    /// Images, as an IDX file, raw or gz.
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    pub images: Option<PathBuf>,
    /// A table, as a CSV file, raw or gz.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// `eval`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield eval runs/cnn-digits-001                     on the run's own test samples
  nearfield eval model.safetensors --images t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz
  nearfield eval model.safetensors --csv test.csv --label-column last
  nearfield eval model.safetensors --run experiments/encrypted/iris.toml      of an encrypted training")]
pub(crate) struct EvalArguments {
    /// A run folder, or a model file together with samples.
    pub model: PathBuf,
    /// The samples.
    #[command(flatten)]
    pub samples: SampleArguments,
    /// The model is of an encrypted training or its twin: evaluate it on the test samples of this
    /// run file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "csv"])]
    pub run: Option<PathBuf>,
    /// Labels of the images, as an IDX file, raw or gz.
    #[arg(long, value_name = "FILE", requires = "images")]
    pub labels: Option<PathBuf>,
    /// Column of the labels: `first`, `last` or its name.
    #[arg(long, value_name = "COLUMN", default_value = "last")]
    pub label_column: String,
}

/// `predict`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield predict runs/cnn-mnist-001 --images t10k-images-idx3-ubyte.gz > predictions.csv
  nearfield predict model.safetensors --csv rows.csv --exit 0

Each line has the number of the sample, its class and the class's score (-127 to 127; 32 is what
the network was taught for a sure answer).")]
pub(crate) struct PredictArguments {
    /// A run folder or a model file.
    pub model: PathBuf,
    /// The samples.
    #[command(flatten)]
    pub samples: SampleArguments,
    /// Column of labels in the table, to be left out: `first`, `last` or its name.
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    pub label_column: Option<String>,
    /// Answer from the head of this block (an early exit) instead of the output layer.
    #[arg(long, value_name = "BLOCK")]
    pub exit: Option<usize>,
}

/// `inspect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield inspect vgg8b --input 3x32x32
  nearfield inspect experiments/mlp1_mnist.toml
  nearfield inspect runs/cnn-digits-001                  with the ranges of its trained weights")]
pub(crate) struct InspectArguments {
    /// A preset, a run file, a run folder or a model file.
    pub network: String,
    /// Size of a sample for a preset: FEATURES or CHANNELSxHEIGHTxWIDTH.
    #[arg(long, value_name = "SIZE")]
    pub input: Option<String>,
    /// Number of classes for a preset.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub classes: usize,
    /// Samples in a batch, for the memory of a step.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub batch: usize,
}

/// `report`
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The run folder.
    pub folder: PathBuf,
}
