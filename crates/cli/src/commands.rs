//! The commands of the program.

mod encrypted;
mod eval;
mod inspect;
mod predict;
mod report;
mod resume;
mod samples;
mod train;
mod training;

use crate::arguments::{Arguments, Command};
use crate::environment::{check_kernels, use_threads};
use crate::output::Output;
use anyhow::Result;
use std::process::ExitCode;

/// Runs the command line.
///
/// # Errors
/// Whatever the command meets.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    check_kernels()?;
    if let Some(threads) = arguments.command.threads() {
        use_threads(threads)?;
    }
    let output = Output::new(arguments.json);
    let done = match arguments.command {
        Command::Train(arguments) => return train::run(&arguments, output),
        Command::Resume(arguments) => return resume::run(&arguments, output),
        Command::Encrypted(arguments) => return encrypted::run(arguments.command, output),
        Command::Eval(arguments) => eval::run(&arguments, output),
        Command::Predict(arguments) => predict::run(&arguments, output),
        Command::Inspect(arguments) => inspect::run(&arguments, output),
        Command::Report(arguments) => report::run(&arguments, output),
    };
    done.map(|()| ExitCode::SUCCESS)
}
