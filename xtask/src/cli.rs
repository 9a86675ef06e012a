//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use xtask::golden::encrypted::Encrypted;

/// The developers' commands.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Everything that CI checks: format, circles, dependencies, packages, lints, documents, tests,
    /// and recorded trainings. Prints what each check took.
    Check {
        /// Run these checks alone; an unknown name lists all.
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Write the section on whole bootstraps of docs/performance.md.
    ///
    /// For each number of levels an owner writes keys, a server reads them and bootstraps one
    /// ciphertext again and again, and the owner decrypts: time, precision, disk and memory at
    /// degree 2^16 and 128 bits of security. Takes a few minutes and up to 9 GB of memory.
    Bootstraps(Bootstraps),
    /// The server of `bootstraps`.
    #[command(hide = true)]
    BootstrapsServer {
        /// The folder between owner and server.
        folder: PathBuf,
        /// As JSON.
        job: String,
    },
    /// Print circles between modules: siblings that refer to each other, and where they do.
    ///
    /// Fails if there is one. References to items that a parent's file defines are counted too.
    Circles {
        /// Crates, with or without `nearfield-` [default: all of the workspace].
        crates: Vec<String>,
        /// Print every place of every edge, and every reference to an item of a parent's file.
        #[arg(long)]
        all: bool,
    },
    /// Train recorded cases again and compare all weights, bit for bit.
    ///
    /// Each folder holds case.json, initial.safetensors and after_N.safetensors, and its data
    /// as images.idx and labels.idx unless the case names a public data set. Public sets are
    /// looked for in $NEARFIELD_DATA, in `data` next to the case or above it, and in `data` here.
    Golden {
        /// Folders of cases: of integers, or of encrypted trainings on plain numbers.
        #[arg(required = true)]
        cases: Vec<PathBuf>,
        /// Repeat the latter on ciphertexts too, and print bits of precision relative to the recorded run.
        #[arg(long)]
        encrypted: Option<Encrypted>,
        /// On ciphertexts, at most this number of steps.
        #[arg(long, requires = "encrypted")]
        steps: Option<u64>,
    },
    /// Write the section on steps of encrypted trainings of docs/performance.md.
    ///
    /// Trains eMLP-1 to 3 on encrypted images of MNIST for some steps, at 128 bits of security,
    /// and compares with plan and twin. Takes a quarter of an hour, up to 11 GB of memory and 10 GB
    /// of disk.
    EncryptedSteps(EncryptedSteps),
    /// Write docs/performance.md: our speed and memory compared with PyTorch's, in interleaved runs.
    ///
    /// Makes a Python environment in target/peers the first time, unless NEARFIELD_PEERS_PYTHON
    /// names a Python that has torch. Takes about a quarter of an hour; leave the machine alone.
    Peers {
        /// How often each candidate runs.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Seconds that each run is timed for.
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
        /// Measure the kernels alone again, and leave the rest of the page as it is.
        #[arg(long)]
        kernels: bool,
    },
    /// Write the sections on CKKS of docs/performance.md: ours compared with OpenFHE, interleaved.
    ///
    /// Encode, encrypt, add, products, rotate, and bootstrapping of 32768 slots at degree 2^16
    /// and 128 bits of security: times, precision, key sizes, memory. Every result is decrypted
    /// and checked. Makes a Python environment in target/peers-openfhe the first time, with a
    /// `python3.10` (the wheel of OpenFHE is for that one), unless NEARFIELD_OPENFHE_PYTHON names
    /// a Python that has openfhe and numpy. Takes about an hour and 14 GB of memory; leave the
    /// machine alone. The other sections of the page stay as they are.
    PeersCkks(PeersCkks),
    /// One process of ours, for `peers-ckks`.
    #[command(hide = true)]
    PeersCkksOurs {
        /// As JSON.
        job: String,
    },
    /// One run of ours, for `peers`.
    #[command(hide = true)]
    PeersOurs {
        /// Preset and shape, as in `vgg8b-3x32x32`.
        network: String,
        /// `train` or `infer`.
        mode: String,
        /// Seconds that are timed.
        seconds: f64,
    },
    /// Write the section of docs/results.md on ReBoot's published accuracies.
    ///
    /// Trains its networks on plain numbers, by the published protocol and by a strict one.
    /// Finished trainings are kept in target/reboot-tables and not made again; the section is written
    /// from all that are there: several calls add up.
    RebootTables(RebootTables),
    /// Write docs/results.md from finished run folders.
    Results {
        /// Run folders.
        #[arg(required = true)]
        runs: Vec<PathBuf>,
    },
}

/// What `bootstraps` measures.
#[derive(Args)]
pub(crate) struct Bootstraps {
    /// Levels from one bootstrapping to the next: presets of 8, 11 and 13 levels.
    #[arg(long, value_delimiter = ',', default_value = "8,11,13")]
    levels: Vec<usize>,
    /// Bootstrappings in a row.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// At the first number of levels, also complex and few slots, and the other sets of
    /// kernels: some ten minutes more.
    #[arg(long)]
    variants: bool,
}

/// What `encrypted-steps` trains.
#[derive(Args)]
pub(crate) struct EncryptedSteps {
    /// The folder of MNIST's files.
    #[arg(long, default_value = "data/mnist")]
    data: PathBuf,
    /// Steps of each.
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// Of emlp1-1, emlp1-48, emlp1-48-iterated, emlp2-48, emlp3-48, 784-128-32 and 784-200.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Where keys and ciphertexts are kept meanwhile [default: the system's temporary folder].
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// What `reboot-tables` trains.
#[derive(Args)]
pub(crate) struct RebootTables {
    /// The folder of mnist, fashion-mnist and tabular.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Seeds 1 to this.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
    /// Epochs.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Experiments whose names begin with one of these, such as `mnist` or `iris-10`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Trainings at a time.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Start no further training after this number of minutes.
    #[arg(long)]
    minutes: Option<f64>,
    /// Train one epoch of each and say how long all would take.
    #[arg(long)]
    measure: bool,
}

/// What `peers-ckks` measures.
#[derive(Args)]
pub(crate) struct PeersCkks {
    /// How often each operation is timed.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How many processes of each kind bootstrap: twice each, after a warm-up run.
    #[arg(long, default_value_t = 2)]
    bootstrap_rounds: usize,
    /// Measure no bootstrapping, and leave its section as it is: about ten minutes.
    #[arg(long, conflicts_with = "bootstrap_only")]
    operations_only: bool,
    /// Measure bootstrapping alone, and leave the section on operations as it is.
    #[arg(long)]
    bootstrap_only: bool,
    /// On one core, on two, or on one and then on two.
    #[arg(long, value_enum, default_value = "both")]
    threads: Threads,
    /// Levels between our bootstraps: presets of 8, 11 and 13 levels.
    #[arg(long, value_delimiter = ',', default_value = "8,11,13")]
    level_sets: Vec<usize>,
    /// Levels between OpenFHE's. More than 8 leave it so short a scale that few bits survive.
    #[arg(long, value_delimiter = ',', default_value = "8")]
    openfhe_level_sets: Vec<usize>,
    /// Try everything in a ring too small to be safe, and print the sections instead of writing
    /// them.
    #[arg(long, hide = true, value_parser = clap::value_parser!(u32).range(10..16))]
    insecure_log_degree: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Threads {
    #[value(name = "1")]
    One,
    #[value(name = "2")]
    Two,
    Both,
}

impl From<RebootTables> for xtask::reboot_tables::Options {
    fn from(arguments: RebootTables) -> Self {
        xtask::reboot_tables::Options {
            data: arguments.data,
            seeds: arguments.seeds,
            epochs: arguments.epochs,
            only: arguments.only,
            threads: arguments.threads,
            minutes: arguments.minutes,
            measure: arguments.measure,
        }
    }
}

impl From<PeersCkks> for xtask::peers::ckks::Options {
    fn from(arguments: PeersCkks) -> Self {
        xtask::peers::ckks::Options {
            rounds: arguments.rounds,
            bootstrap_rounds: arguments.bootstrap_rounds,
            operations: !arguments.bootstrap_only,
            bootstrap: !arguments.operations_only,
            threads: match arguments.threads {
                Threads::One => vec![1],
                Threads::Two => vec![2],
                Threads::Both => vec![1, 2],
            },
            level_sets: arguments.level_sets,
            openfhe_level_sets: arguments.openfhe_level_sets,
            insecure_log_degree: arguments.insecure_log_degree,
        }
    }
}

impl From<Bootstraps> for xtask::bootstraps::Options {
    fn from(arguments: Bootstraps) -> Self {
        xtask::bootstraps::Options {
            levels: arguments.levels,
            rounds: arguments.rounds.into(),
            variants: arguments.variants,
        }
    }
}

impl From<EncryptedSteps> for xtask::encrypted_steps::Options {
    fn from(arguments: EncryptedSteps) -> Self {
        xtask::encrypted_steps::Options {
            data: arguments.data,
            steps: arguments.steps,
            only: arguments.only,
            folder: arguments.folder,
        }
    }
}
