//! Entry point: parses the command line, runs a command, says what went wrong.

mod cli;
mod commands;
mod progress;

use clap::Parser;
use cli::Cli;
use nearfield::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            if let Some(hint) = hint(&error) {
                eprintln!("{hint}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The command that helps on, where there is one.
fn hint(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref()? {
        Error::RealWeights { path } => Some(format!(
            "`nearfield eval {} --run RUN.toml` reads it",
            path.display()
        )),
        Error::Unfinished { folder } => Some(format!(
            "continue it with `nearfield resume {}`",
            folder.display()
        )),
        _ => None,
    }
}
