//! Commands of encrypted trainings.

mod compare;
mod decrypt;
mod demo;
mod encrypt;
mod eval;
mod infer;
mod keygen;
mod plan;
mod show;
mod train;
mod twin;

use crate::arguments::EncryptedCommand;
use crate::output::Output;
use anyhow::Result;
use std::process::ExitCode;

/// Runs one of them.
///
/// # Errors
/// Whatever the command meets.
pub(super) fn run(command: EncryptedCommand, output: Output) -> Result<ExitCode> {
    let done = match command {
        EncryptedCommand::Train(arguments) => return train::run(&arguments, output),
        EncryptedCommand::Plan(arguments) => plan::run(&arguments, output),
        EncryptedCommand::Keygen(arguments) => keygen::run(&arguments, output),
        EncryptedCommand::Encrypt(arguments) => encrypt::run(&arguments, output),
        EncryptedCommand::Infer(arguments) => infer::run(&arguments, output),
        EncryptedCommand::Decrypt(arguments) => decrypt::run(&arguments, output),
        EncryptedCommand::Compare(arguments) => compare::run(&arguments, output),
        EncryptedCommand::Twin(arguments) => twin::run(&arguments, output),
        EncryptedCommand::Eval(arguments) => eval::run(&arguments, output),
        EncryptedCommand::Demo(arguments) => demo::run(&arguments, output),
    };
    done.map(|()| ExitCode::SUCCESS)
}
