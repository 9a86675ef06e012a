//! `nearfield eval --run`: a decrypted model, or a twin's.

use anyhow::{Result, ensure};
use nearfield::encrypted::setup::Setup;
use nearfield::observer::percent;
use nearfield_enc::{Dense, Matrices};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(in crate::commands) fn run(model: &Path, run: &Path, json: bool) -> Result<ExitCode> {
    let setup = Setup::read(run)?;
    ensure!(
        !setup.test.labels.is_empty(),
        "{} has no test samples",
        run.display()
    );
    let dense = Dense::new(Matrices::load(setup.weights.spec(), model)?);
    let scores = dense.evaluate(&setup.test.inputs, &setup.test.labels)?;
    if json {
        let right: Vec<u64> = scores.iter().map(|score| score.tally.correct).collect();
        println!(
            "{}",
            json!({ "model": model, "right": right, "of": setup.test.labels.len() })
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{}: {} test samples",
        model.display(),
        setup.test.labels.len()
    );
    for (block, score) in scores.iter().enumerate() {
        let last = if block + 1 == scores.len() {
            " (the answer)"
        } else {
            ""
        };
        println!("  head of block {block}: {}{last}", percent(score.tally));
    }
    Ok(ExitCode::SUCCESS)
}
