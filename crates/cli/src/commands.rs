//! The commands of the program.

mod encrypted;
mod eval;
mod inspect;
mod predict;
mod report;
mod resume;
mod samples;
mod train;

use crate::cli::{Cli, Command};
use anyhow::{Context, Result, ensure};
use nearfield_int::kernel::Isa;
use std::process::ExitCode;

/// Exit code of a run that was interrupted and can be resumed.
pub(crate) const INTERRUPTED: u8 = 130;

/// Runs the command line.
///
/// # Errors
/// Whatever the command meets.
pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    if let Some(threads) = cli.threads {
        ensure!(
            (1..=1024).contains(&threads),
            "`--threads` must be from 1 to 1024"
        );
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global()
            .context("the threads could not be started")?;
    }
    check_kernels()?;
    match cli.command {
        Command::Train(arguments) => train::run(&arguments, cli.json),
        Command::Resume(arguments) => resume::run(&arguments, cli.json),
        Command::Eval(arguments) => eval::run(&arguments, cli.json),
        Command::Predict(arguments) => predict::run(&arguments, cli.json),
        Command::Inspect(arguments) => inspect::run(&arguments, cli.json),
        Command::Report(arguments) => report::run(&arguments, cli.json),
        Command::Plan(arguments) => encrypted::plan::run(&arguments, cli.json),
        Command::Keygen(arguments) => encrypted::owner::keygen(&arguments, cli.json),
        Command::Encrypt(arguments) => encrypted::owner::encrypt(&arguments, cli.json),
        Command::Decrypt(arguments) => encrypted::owner::decrypt(&arguments, cli.json),
        Command::Infer(arguments) => encrypted::server::infer(&arguments, cli.json),
        Command::Compare(arguments) => encrypted::compare::run(&arguments, cli.json),
        Command::Demo(arguments) => encrypted::demo::run(&arguments, cli.json),
    }
}

/// Refuses a set of kernels that this processor cannot run, before anything is done.
fn check_kernels() -> Result<()> {
    let Some(name) = std::env::var_os("NEARFIELD_KERNELS") else {
        return Ok(());
    };
    let names: Vec<_> = Isa::available().into_iter().map(Isa::name).collect();
    ensure!(
        names.iter().any(|&known| name == known),
        "NEARFIELD_KERNELS={}: this processor can run {}",
        name.display(),
        names.join(", ")
    );
    Ok(())
}
