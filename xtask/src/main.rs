//! `cargo xtask`: the developers' commands.

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The developers' commands.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything that CI checks: format, lints, the build without std, documents, all tests,
    /// and the golden case on real MNIST where its files are there.
    Check,
    /// Train recorded cases again and compare all weights, bit for bit.
    ///
    /// Each folder holds case.json, initial.safetensors and after_N.safetensors, and its data
    /// as images.idx and labels.idx unless the case names a public data set. Public sets are
    /// looked for in $NEARFIELD_DATA, in `data` beside the case or above it, and in `data` here.
    Golden {
        /// Folders of cases.
        #[arg(required = true)]
        cases: Vec<PathBuf>,
    },
    /// Write docs/performance.md: our speed and memory beside PyTorch's, by turns.
    ///
    /// Makes a Python environment in target/peers the first time, unless NEARFIELD_PEERS_PYTHON
    /// names a Python that has torch. Takes about a quarter of an hour; leave the machine alone.
    Peers {
        /// How often each contender runs.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Seconds that each run is timed for.
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
        /// Measure the kernels alone again, and leave the rest of the page as it is.
        #[arg(long)]
        kernels: bool,
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
    /// Write docs/results.md from finished run folders.
    Results {
        /// Run folders.
        #[arg(required = true)]
        runs: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Check => xtask::check::run(),
        Command::Golden { cases } => Ok(golden(&cases)),
        Command::Peers { kernels: true, .. } => xtask::peers::write_kernels().map(|()| true),
        Command::Peers {
            rounds, seconds, ..
        } => xtask::peers::write(rounds, seconds).map(|()| true),
        Command::PeersOurs {
            network,
            mode,
            seconds,
        } => peers_ours(&network, &mode, seconds).map(|()| true),
        Command::Results { runs } => xtask::results::write(&runs).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn peers_ours(network: &str, mode: &str, seconds: f64) -> anyhow::Result<()> {
    let measured = xtask::peers::run_ours(network, mode, seconds)?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn golden(cases: &[PathBuf]) -> bool {
    let mut equal = true;
    for folder in cases {
        match xtask::golden::run(folder) {
            Ok(outcome) => {
                println!("{}: {outcome}", folder.display());
                equal &= outcome.is_equal();
            }
            Err(error) => {
                println!("{}: cannot be run: {error:#}", folder.display());
                equal = false;
            }
        }
    }
    equal
}
