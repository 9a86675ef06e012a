//! The command line of trainings with integers.

use clap::Args;
use nearfield::Profile;
use std::path::PathBuf;

/// `train`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield train                                      the embedded digits, in seconds
  nearfield train --data idx:data/mnist --preset mlp1  a published network on MNIST
  nearfield train experiments/mlp1_mnist.toml --profile reference --seed 43

A run file is TOML, and every key is optional; run.toml in the run folder shows all of
them with their values:
  name = \"mine\"         seed = 42         profile = \"strict\" or \"reference\"
  [data]           source = \"digits\", \"iris\", \"breast_cancer\", \"idx\", \"files\",
                   \"cifar10\" or \"csv\", with folder or file; label, missing, ...
  [network]        preset = \"mlp1\", or
                   layers = [{ type = \"conv2d\", filters = 16, kernel = 3 }, ...]
  [training]       epochs, batch, rate_inv, decay_forward, decay_head, ...
  [split], [preprocessing], [augmentation]
Paths in it are relative to the run file. The data on the command line is:
  digits, iris, breast_cancer, idx:FOLDER, cifar10:FOLDER or csv:FILE")]
pub(crate) struct TrainArguments {
    /// A run file (TOML).
    pub run_file: Option<PathBuf>,
    /// Data, for example `idx:FOLDER`; replaces the run file's.
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    /// Network: mlp1, mlp2, mlp3, mlp4, vgg8b, vgg11b or cnn; replaces the run file's.
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Defaults: `strict`, or `reference` for the deviations of the reference implementation.
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<ProfileName>,
    /// Seed of everything random.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Maximum number of epochs.
    #[arg(long, value_name = "N")]
    pub epochs: Option<u32>,
    /// Initial weights, from a safetensors file with the tensors of the network.
    #[arg(long, value_name = "FILE")]
    pub init_weights: Option<PathBuf>,
    /// Folder of the run [default: a new one in `runs`].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How training continues.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// A profile as it was written, which may be by an old name.
#[derive(Clone, Debug)]
pub(crate) struct ProfileName {
    /// The profile.
    pub profile: Profile,
    /// What to tell someone who used an old name.
    pub note: Option<String>,
}

impl std::str::FromStr for ProfileName {
    type Err = nearfield::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(ProfileName {
            profile: name.parse()?,
            note: Profile::note(name),
        })
    }
}

/// What `train` and `resume` share.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArguments {
    /// End after step N of the run; the model then has the weights after that step.
    #[arg(long, value_name = "N")]
    pub max_steps: Option<u64>,
    /// Record the largest sums of every layer, for the report's table of integer ranges.
    #[arg(long)]
    pub audit_ranges: bool,
    /// Seconds between checkpoints; 0 for one after every step.
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub checkpoint_seconds: u64,
    /// Threads to work on; the result is the same for any number [default: one a core].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `resume`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield resume runs/mlp-digits-001
  nearfield resume runs/mlp-digits-001 --max-steps 500

The result has the same bytes as that of a run that was never stopped.")]
pub(crate) struct ResumeArguments {
    /// The run folder.
    pub folder: PathBuf,
    /// How training continues.
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
    /// Threads to work on; the result is the same for any number [default: one a core].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `eval`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield eval runs/mlp-digits-001                   the run's own test samples
  nearfield eval model.safetensors --images t10k-images-idx3-ubyte.gz \\
                                   --labels t10k-labels-idx1-ubyte.gz
  nearfield eval model.safetensors --csv test.csv --label-column last

`nearfield encrypted eval` reads models of encrypted trainings.")]
pub(crate) struct EvalArguments {
    /// A run folder, or a model file together with samples.
    pub model: PathBuf,
    /// The samples.
    #[command(flatten)]
    pub samples: SampleArguments,
    /// Labels of the images, as an IDX file, raw or gz.
    #[arg(long, value_name = "FILE", requires = "images")]
    pub labels: Option<PathBuf>,
    /// Column of the labels: `first`, `last`, its name or its number from 0 [default: last].
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    pub label_column: Option<String>,
}

/// `predict`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield predict runs/mlp-digits-001 --images new.idx.gz > predictions.csv
  nearfield predict model.safetensors --csv rows.csv --exit 0

Each line has the index of the sample, its class and the class's score (-127 to 127;
32 is the target of the right class in training).")]
pub(crate) struct PredictArguments {
    /// A run folder or a model file.
    pub model: PathBuf,
    /// The samples.
    #[command(flatten)]
    pub samples: SampleArguments,
    /// Column of labels in the table, to be left out: `first`, `last`, its name or its number.
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    pub label_column: Option<String>,
    /// Predict by the local classifier of this block (an early exit) instead of the output layer.
    #[arg(long, value_name = "BLOCK")]
    pub exit: Option<usize>,
}

/// `inspect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nearfield inspect vgg8b --input 3x32x32
  nearfield inspect experiments/mlp1_mnist.toml
  nearfield inspect runs/mlp-digits-001                with the ranges of its weights")]
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
#[command(after_help = "\
Example:
  nearfield report runs/mlp-digits-001

Prints the path of the report, a page that needs no other file and no network.")]
pub(crate) struct ReportArguments {
    /// The run folder.
    pub folder: PathBuf,
}
