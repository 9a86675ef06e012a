//! Whole bootstrappings: an owner writes keys and a ciphertext, a server of its own process reads
//! them and bootstraps, and the owner decrypts. At full size this measures time, precision, disk
//! and memory; in a small ring it shows that every set of kernels gives the same bits.

mod job;
mod owner;
mod page;
mod server;

pub use job::Options;
pub(crate) use job::preset;
pub use server::serve;

use anyhow::{Context, Result, ensure};
use job::{Job, KEYS, Row, Served, output};
use nearfield_ring::Isa;
use owner::Owner;
use std::path::Path;
use std::process::{Command, Stdio};

/// Bootstrappings of a variant: enough for a median and for what one costs the next.
const ROUNDS_OF_VARIANTS: usize = 3;

/// Measures, and writes a section of `docs/performance.md`.
///
/// # Errors
/// If a file or a process fails, or a result is wrong.
pub fn write(options: &Options) -> Result<()> {
    let available = Isa::available();
    let fastest = &available[available.len() - 1..];
    let mut rows = Vec::new();
    for (index, &levels) in options.levels.iter().enumerate() {
        rows.extend(measure(&Job::full(levels, options.rounds), fastest)?);
        if options.variants && index == 0 {
            let full = Job::full(levels, ROUNDS_OF_VARIANTS);
            rows.extend(measure(&full, &available[..available.len() - 1])?);
            for (complex, log_gap) in [(true, 0), (false, 5), (true, 5)] {
                let job = Job {
                    complex,
                    log_gap,
                    ..full.clone()
                };
                rows.extend(measure(&job, fastest)?);
            }
        }
    }
    page::publish(options, &rows)
}

/// One owner, and a server with each of some instruction sets.
fn measure(job: &Job, isas: &[Isa]) -> Result<Vec<Row>> {
    let slots = page::slots(job);
    println!("{} levels, {slots}: keys", job.levels);
    let folder = tempfile::tempdir()?;
    let owner = Owner::prepare(folder.path(), job)?;
    let rows = isas.iter().map(|isa| {
        let kernels = isa.name();
        println!(
            "{} levels, {slots}: {} rounds, {kernels}",
            job.levels, job.rounds
        );
        let served = run_server(folder.path(), job, kernels)?;
        Ok(Row {
            job: job.clone(),
            kernels,
            key_file_bytes: folder.path().join(KEYS).metadata()?.len(),
            served,
            precision: owner.check(folder.path())?,
        })
    });
    rows.collect()
}

/// Whether every instruction set bootstraps to the same bits.
///
/// # Errors
/// If a file or a process fails.
pub fn same_bits() -> Result<bool> {
    let job = Job {
        insecure_log_degree: Some(11),
        ..Job::full(8, 1)
    };
    let folder = tempfile::tempdir()?;
    let owner = Owner::prepare(folder.path(), &job)?;
    let mut outputs = Vec::new();
    for isa in Isa::available() {
        run_server(folder.path(), &job, isa.name())?;
        let bits = owner.check(folder.path())?[0].worst_bits;
        ensure!(bits > 18.0, "{}: {bits} bits", isa.name());
        outputs.push(std::fs::read(folder.path().join(output(0)))?);
    }
    let same = outputs.iter().all(|bytes| *bytes == outputs[0]);
    let names: Vec<&str> = Isa::available().iter().map(|isa| isa.name()).collect();
    let verdict = if same { "ok" } else { "FAILED" };
    println!("== the same bootstrapped bits from {names:?}: {verdict}");
    Ok(same)
}

fn run_server(folder: &Path, job: &Job, kernels: &str) -> Result<Served> {
    let output = Command::new(crate::cargo::this_program()?)
        .arg("bootstraps-server")
        .arg(folder)
        .arg(serde_json::to_string(job)?)
        .env("NEARFIELD_KERNELS", kernels)
        .stdout(Stdio::piped())
        .spawn()?
        .wait_with_output()?;
    ensure!(output.status.success(), "the server failed");
    serde_json::from_slice(&output.stdout).context("the server's answer")
}
