//! How well a decrypted model, or a twin's, does.

use super::setup::Setup;
use crate::{Error, Result};
use nearfield_enc::{Dense, HeadScore, Matrices};
use std::path::Path;

/// How well every block's head does on test samples; the last one's prediction is the answer.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Number of test samples.
    pub samples: usize,
    /// The heads, first block first.
    pub heads: Vec<HeadScore>,
    /// What the person who wrote the run file should know.
    pub notes: Vec<String>,
}

/// Evaluates a model file on the test samples of a run file.
///
/// # Errors
/// If the model is of another network, or the run has no test samples.
pub fn evaluate(model: &Path, run_file: &Path) -> Result<Evaluation> {
    let setup = Setup::read(run_file)?;
    let samples = setup.test.labels.len();
    if samples == 0 {
        return Err(Error::Samples(format!(
            "{} has no test samples",
            run_file.display()
        )));
    }
    let dense = Dense::new(Matrices::load(setup.weights.spec(), model)?);
    let heads = dense.evaluate(&setup.test.inputs, &setup.test.labels)?;
    Ok(Evaluation {
        samples,
        heads,
        notes: setup.notes,
    })
}
