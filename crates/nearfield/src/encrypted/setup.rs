//! A run of an encrypted training with its data.

use crate::encrypted::order::Reshuffle;
use crate::encrypted::resolve::resolve_with_data;
use crate::encrypted::run::{Encryption, Resolved};
use crate::encrypted::run_file::RunFile;
use crate::encrypted::samples as enc;
use crate::{Error, Result};
use nearfield_enc::{Dense, Matrices, Matrix, Task, TaskPlan};
use std::path::Path;

/// Samples in the clear: features from 0 to 1, and classes.
#[derive(Clone, Debug)]
pub struct Samples {
    /// A row for each sample.
    pub inputs: Matrix,
    /// Its class.
    pub labels: Vec<u16>,
}

/// All that an owner has.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is asked of the server; its layout is chosen by [`Setup::plan`].
    pub task: Task,
    /// Training samples, batch after batch, and no more than the batches have.
    pub train: Samples,
    /// Test samples.
    pub test: Samples,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Initial weights.
    pub weights: Matrices,
    /// The run file with nothing left open.
    pub text: String,
    /// What to tell of run file and data.
    pub notes: Vec<String>,
}

impl Setup {
    /// The task with the layout that takes least work.
    ///
    /// # Errors
    /// If its network fits no layout.
    pub fn plan(&self) -> Result<TaskPlan> {
        Ok(self.task.clone().with_best_layout()?)
    }

    /// The share of test samples that the last head of a model answers rightly, if there are
    /// any.
    ///
    /// # Errors
    /// If the model is of another network.
    pub fn accuracy(&self, matrices: &Matrices) -> Result<Option<f64>> {
        if self.test.labels.is_empty() {
            return Ok(None);
        }
        let model = Dense::new(matrices.clone());
        let scores = model.evaluate(&self.test.inputs, &self.test.labels)?;
        #[allow(clippy::cast_precision_loss, reason = "a share for people")]
        let share = scores
            .last()
            .map(|score| score.tally.correct as f64 / score.tally.seen.max(1) as f64);
        Ok(share)
    }

    /// Reads a run file and its data.
    ///
    /// # Errors
    /// Says what is wrong with either.
    pub fn read(path: &Path) -> Result<Self> {
        let file = RunFile::read(path)?;
        let (resolved, notes) = resolve_with_data(&file)?;
        if resolved.run.training.reshuffle != Reshuffle::Batches {
            return Err(Error::setting(
                "training.reshuffle",
                "is \"samples\", which is for plain numbers alone: what is encrypted stays in its \
                 batch; take \"batches\"",
            ));
        }
        Self::of(&resolved, notes)
    }

    fn of(resolved: &Resolved, notes: Vec<String>) -> Result<Self> {
        let (run, order) = (&resolved.run, &resolved.order);
        let (train, test) = (&resolved.prepared.train, &resolved.prepared.test);
        let samples: Vec<usize> = order.fixed_batches().flatten().collect();
        let train = train.select(&samples)?;
        let task = Task {
            version: Task::VERSION,
            name: run.name.clone(),
            features: run.network.features,
            hidden: run.network.hidden.clone(),
            classes: run.network.classes,
            batch: order.batch(),
            batches: u32::try_from(order.batches()).unwrap_or(u32::MAX),
            steps: run.training.steps,
            order_seed: order.seed(),
            training: resolved.rates.clone(),
            weight_range: run.encryption.weight_range,
            velocity_range: run.encryption.velocity_range,
            iterated: run.encryption.iterated,
            rows: 0,
            levels: 0,
            log_degree: run.encryption.log_degree,
            insecure: run.encryption.security == Encryption::Insecure,
        };
        let plain = |samples: &enc::Samples| Samples {
            inputs: samples.inputs().clone(),
            labels: samples.labels().to_vec(),
        };
        Ok(Setup {
            task,
            classes: train.classes().to_vec(),
            train: plain(&train),
            test: plain(test),
            weights: Matrices::new(&resolved.network, order.seed()),
            text: run.to_toml()?,
            notes,
        })
    }
}
