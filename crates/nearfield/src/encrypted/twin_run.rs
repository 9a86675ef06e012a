//! A whole training of the twin: the same circuit, in floating point.

use super::setup::Setup;
use super::twin::{Largest, Twin};
use crate::{Error, Result};
use nearfield_enc::{Clear, Matrices, Task};
use std::path::{Path, PathBuf};

/// How the twin is trained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TwinOptions {
    /// Initial weights, from a safetensors file; ones drawn by the run's seed where not given.
    pub initial: Option<PathBuf>,
    /// Steps at most; all of the run's where not given.
    pub max_steps: Option<u64>,
}

/// How far a twin is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwinProgress {
    /// Steps made.
    pub step: u64,
    /// Steps that it will make.
    pub steps: u64,
    /// After an epoch and the last step: the share of test samples predicted correctly.
    pub test_accuracy: Option<f64>,
    /// Whether an epoch, or the training, ends with this step.
    pub ends_epoch: bool,
}

/// What a twin came to.
#[derive(Clone, Debug)]
pub struct TwinSummary {
    /// What was trained.
    pub task: Task,
    /// Steps made.
    pub steps: u64,
    /// The file of its weights.
    pub model: PathBuf,
    /// The share of test samples predicted correctly, if there are any.
    pub test_accuracy: Option<f64>,
    /// The largest magnitudes of all steps, in units of the task's ranges.
    pub largest: Largest,
    /// What the person who wrote the run file should know.
    pub notes: Vec<String>,
}

impl TwinSummary {
    /// Whether weights and velocities stayed in the ranges of the task: an encrypted training
    /// loses its precision beyond.
    pub fn within_ranges(&self) -> bool {
        self.largest.weight <= 1.0 && self.largest.velocity <= 1.0
    }
}

/// Trains the twin of a run file and writes its weights to `out`.
///
/// # Errors
/// [`Error::Diverged`] where weights are no longer finite; else if the run file is not in order.
pub fn train_twin(
    run_file: &Path,
    options: &TwinOptions,
    out: &Path,
    progress: &mut dyn FnMut(TwinProgress),
) -> Result<TwinSummary> {
    let setup = Setup::read(run_file)?;
    let planned = setup.plan()?;
    let slots = Clear::new(planned.layout.grid().slots());
    let weights = match &options.initial {
        Some(path) => Matrices::load(setup.weights.spec(), path)?,
        None => setup.weights.clone(),
    };
    let mut twin = Twin::new(&setup, &planned, &slots, &weights)?;
    let task = &planned.task;
    let steps = options.max_steps.unwrap_or(task.steps).min(task.steps);
    let mut largest = Largest::default();
    for step in 1..=steps {
        twin.step()?;
        largest = largest.max(twin.largest()?);
        if !largest.weight.is_finite() || !largest.velocity.is_finite() {
            return Err(Error::Diverged { step });
        }
        let ends_epoch = step.is_multiple_of(u64::from(task.batches)) || step == steps;
        let test_accuracy = match ends_epoch {
            true => setup.accuracy(&twin.matrices()?)?,
            false => None,
        };
        progress(TwinProgress {
            step,
            steps,
            test_accuracy,
            ends_epoch,
        });
    }
    let matrices = twin.matrices()?;
    matrices.save(out)?;
    Ok(TwinSummary {
        steps,
        model: out.to_path_buf(),
        test_accuracy: setup.accuracy(&matrices)?,
        largest,
        task: planned.task.clone(),
        notes: setup.notes.clone(),
    })
}
