//! Entry point: parses the command line, runs a command, says what went wrong.

use clap::Parser;
use nearfield::cli::Cli;
use nearfield::commands;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
