//! Whole bootstrappings: an owner writes keys and a ciphertext, a server of its own process reads
//! them and bootstraps, and the owner decrypts. At full size this measures time, precision, disk
//! and memory; in a small ring it shows that every set of kernels gives the same bits.

mod owner;
mod page;
mod server;

pub use server::serve;

use anyhow::{Context, Result, ensure};
use nearfield_ckks::Precision;
use nearfield_ckks::bootstrap::Preset;
use nearfield_ring::kernel::Set;
use owner::Owner;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command, Stdio};

/// What is measured.
pub struct Options {
    /// Levels from one bootstrapping to the next, for each row.
    pub levels: Vec<usize>,
    /// Bootstrappings in a chain.
    pub rounds: usize,
}

/// What a server is told.
#[derive(Debug, Serialize, Deserialize)]
struct Job {
    levels: usize,
    /// None for 128 bits of security.
    insecure_log_degree: Option<u32>,
    rounds: usize,
}

/// What a server tells.
#[derive(Debug, Serialize, Deserialize)]
struct Served {
    seconds: Vec<f64>,
    load_seconds: f64,
    matrix_bytes: usize,
    key_bytes: usize,
    peak_bytes: u64,
}

/// A row of the page.
struct Row {
    levels: usize,
    key_file_bytes: u64,
    served: Served,
    /// After each bootstrapping.
    precision: Vec<Precision>,
}

/// The names of files in the folder between owner and server.
const KEYS: &str = "keys";
const INPUT: &str = "input";

fn output(round: usize) -> String {
    format!("output-{round}")
}

fn preset(levels: usize) -> Result<Preset> {
    let known = Preset::ALL
        .into_iter()
        .find(|preset| preset.levels() == levels);
    known.with_context(|| format!("{levels} levels: take 8, 11 or 13"))
}

/// Measures, and writes a section of `docs/performance.md`.
///
/// # Errors
/// If a file or a process fails, or the answers are wrong.
pub fn write(options: &Options) -> Result<()> {
    let mut rows = Vec::new();
    for &levels in &options.levels {
        let job = Job {
            levels,
            insecure_log_degree: None,
            rounds: options.rounds,
        };
        println!("{levels} levels: keys");
        let folder = tempfile::tempdir()?;
        let owner = Owner::prepare(folder.path(), &job)?;
        println!("{levels} levels: {} bootstrappings", job.rounds);
        let served = run_server(folder.path(), &job, None)?;
        let precision = owner.check(folder.path())?;
        rows.push(Row {
            levels,
            key_file_bytes: folder.path().join(KEYS).metadata()?.len(),
            served,
            precision,
        });
    }
    page::publish(options, &rows)
}

/// Whether every set of kernels bootstraps to the same bits.
///
/// # Errors
/// If a file or a process fails.
pub fn same_bits() -> Result<bool> {
    let job = Job {
        levels: 8,
        insecure_log_degree: Some(11),
        rounds: 1,
    };
    let folder = tempfile::tempdir()?;
    let owner = Owner::prepare(folder.path(), &job)?;
    let mut outputs = Vec::new();
    for set in Set::available() {
        run_server(folder.path(), &job, Some(set.name()))?;
        let precision = owner.check(folder.path())?;
        let bits = precision[0].worst_bits;
        ensure!(bits > 18.0, "{}: {bits}", set.name());
        outputs.push(std::fs::read(folder.path().join(output(0)))?);
    }
    let same = outputs.iter().all(|bytes| *bytes == outputs[0]);
    let names: Vec<&str> = Set::available().iter().map(|set| set.name()).collect();
    let verdict = if same { "ok" } else { "FAILED" };
    println!("== the same bootstrapped bits from {names:?}: {verdict}");
    Ok(same)
}

fn run_server(folder: &Path, job: &Job, kernels: Option<&str>) -> Result<Served> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("bootstraps-server")
        .arg(folder)
        .arg(serde_json::to_string(job)?)
        .stdout(Stdio::piped());
    if let Some(kernels) = kernels {
        command.env("NEARFIELD_KERNELS", kernels);
    }
    let answer = command.spawn()?.wait_with_output()?;
    ensure!(answer.status.success(), "the server failed");
    serde_json::from_slice(&answer.stdout).context("the server's answer")
}
