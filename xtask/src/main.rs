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
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Golden { cases } => golden(&cases),
    }
}

fn golden(cases: &[PathBuf]) -> ExitCode {
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
    if equal {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
