//! The server, which has evaluation keys alone.

use super::job::{INPUT, Job, KEYS, Served, output};
use super::owner::{params, plan};
use anyhow::{Context, Result};
use nearfield_ckks::bootstrap::Bootstrapper;
use nearfield_ckks::file::KeyFile;
use nearfield_ckks::{Ciphertext, Encoder, Evaluator, Stored};
use std::path::Path;
use std::time::Instant;

/// Bootstraps what is in a folder, and prints what that took as JSON.
///
/// # Errors
/// If the folder's files are not what they should be.
pub fn serve(folder: &Path, job: &str) -> Result<()> {
    let job: Job = serde_json::from_str(job)?;
    let params = params(&job)?;
    let encoder = Encoder::new(&params);
    let start = Instant::now();
    let keys = KeyFile::open(folder.join(KEYS), &params)?.read_all()?;
    let load_seconds = start.elapsed().as_secs_f64();
    let plan = plan(&encoder, &job)?;
    let encapsulation = keys
        .encapsulation
        .context("the keys of the sparse secret")?;
    let key_bytes = keys.evaluation.bytes() + encapsulation.bytes();
    let matrix_bytes = plan.bytes();
    let bootstrapper = Bootstrapper::new(plan, Evaluator::new(keys.evaluation), encapsulation)?;
    let mut ciphertext = Ciphertext::load(folder.join(INPUT), &params)?;
    let mut seconds = Vec::new();
    for round in 0..job.rounds {
        let start = Instant::now();
        ciphertext = bootstrapper.bootstrap(&ciphertext)?;
        seconds.push(start.elapsed().as_secs_f64());
        ciphertext.save(folder.join(output(round)))?;
    }
    let served = Served {
        seconds,
        load_seconds,
        matrix_bytes,
        key_bytes,
        peak_bytes: crate::machine::peak_bytes(),
    };
    println!("{}", serde_json::to_string(&served)?);
    Ok(())
}
