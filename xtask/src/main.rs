//! `cargo xtask`: the developers' commands.

mod cli;

use anyhow::{Context, Result};
use clap::Parser;
use cli::{Cli, Command};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xtask::golden::encrypted::{self, Encrypted};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match kernels_are_known().and_then(|()| run(command)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// An unknown name in `NEARFIELD_KERNELS` would otherwise be measured as the fastest kernels.
fn kernels_are_known() -> Result<()> {
    nearfield_int::kernel::Isa::check_environment()?;
    Ok(nearfield_ring::Isa::check_environment()?)
}

/// `false` if what was checked or compared is not as it should be.
fn run(command: Command) -> Result<bool> {
    if cfg!(debug_assertions) && measures(&command) {
        return again_in_release();
    }
    match command {
        Command::Check { only } => return xtask::check::run(&only),
        Command::Circles { crates, all } => {
            let all_places = all;
            return xtask::circles::run(&xtask::circles::Options { crates, all_places });
        }
        Command::Golden {
            cases,
            encrypted,
            steps,
        } => return Ok(golden(&cases, encrypted, steps)),
        Command::Bootstraps(arguments) => xtask::bootstraps::write(&arguments.into()),
        Command::BootstrapsServer { folder, job } => xtask::bootstraps::serve(&folder, &job),
        Command::EncryptedSteps(arguments) => xtask::encrypted_steps::write(&arguments.into()),
        Command::Peers { kernels: true, .. } => xtask::peers::write_kernels(),
        Command::Peers {
            rounds, seconds, ..
        } => xtask::peers::write(rounds, seconds),
        Command::PeersOurs {
            network,
            mode,
            seconds,
        } => peers_ours(&network, &mode, seconds),
        Command::PeersCkks(arguments) => xtask::peers::ckks::write(&arguments.into()),
        Command::PeersCkksOurs { job } => {
            let (lines, answers) = (std::io::stdin().lock(), std::io::stdout().lock());
            xtask::peers::ckks::run_ours(&job, lines, answers)
        }
        Command::RebootTables(arguments) => xtask::reboot_tables::write(&arguments.into()),
        Command::Results { runs } => xtask::results::write(&runs),
    }?;
    Ok(true)
}

/// Whether a command writes times to documents.
fn measures(command: &Command) -> bool {
    matches!(
        command,
        Command::Bootstraps(_)
            | Command::EncryptedSteps(_)
            | Command::Peers { .. }
            | Command::PeersCkks(_)
            | Command::RebootTables(_)
    )
}

/// The same command line, by a build in release mode.
fn again_in_release() -> Result<bool> {
    let status = xtask::cargo::command()
        .args(["run", "--quiet", "--release", "--package", "xtask", "--"])
        .args(std::env::args_os().skip(1))
        .status()
        .context("cargo could not be started")?;
    Ok(status.success())
}

fn peers_ours(network: &str, mode: &str, seconds: f64) -> Result<()> {
    let measured = xtask::peers::run_ours(network, mode, seconds)?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn golden(cases: &[PathBuf], encrypted: Option<Encrypted>, steps: Option<u64>) -> bool {
    let mut equal = true;
    for folder in cases {
        match golden_case(folder, encrypted, steps) {
            Ok(agrees) => equal &= agrees,
            Err(error) => {
                println!("{}: cannot be run: {error:#}", folder.display());
                equal = false;
            }
        }
    }
    equal
}

fn golden_case(folder: &Path, how: Option<Encrypted>, steps: Option<u64>) -> Result<bool> {
    if !encrypted::is_case(folder) {
        let outcome = xtask::golden::run(folder)?;
        println!("{}: {outcome}", folder.display());
        return Ok(outcome.is_equal());
    }
    let agrees = encrypted::in_the_clear(folder)?;
    Ok(match how {
        Some(how) => encrypted::on_ciphertexts(folder, how, steps)? && agrees,
        None => agrees,
    })
}
