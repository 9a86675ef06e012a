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
