//! What the server does: it trains, and answers encrypted inputs.

use crate::Result;
use nearfield_enc::{Server, StepRecord, Task};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The server of an encrypted training, in the folder that its owner handed over.
pub struct ServerSide {
    server: Server,
}

/// How a call of [`ServerSide::train`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerOutcome {
    /// The steps of the training, or those of this call, are made.
    Ended {
        /// Steps made so far.
        step: u64,
    },
    /// The stop flag was set; a later call continues after this step.
    Interrupted {
        /// Steps made so far.
        step: u64,
    },
}

impl ServerSide {
    /// Opens a folder and reads its keys. The state of every `keep_states`-th step stays, beside
    /// the last two.
    ///
    /// # Errors
    /// If something in it is not as its owner made it, or a secret key is in it.
    pub fn open(folder: &Path, keep_states: u64) -> Result<Self> {
        let server = Server::open(folder, keep_states)?;
        Ok(ServerSide { server })
    }

    /// What is trained.
    pub fn task(&self) -> &Task {
        &self.server.planned().task
    }

    /// Steps that are made.
    pub fn step(&self) -> u64 {
        self.server.step()
    }

    /// The step after which [`ServerSide::train`] ends with this limit.
    pub fn last_step(&self, max_steps: Option<u64>) -> u64 {
        let steps = self.task().steps;
        max_steps.map_or(steps, |max| max.min(steps))
    }

    /// Trains until all steps, or `max_steps` counted from the first one, are made, or `stop` is
    /// set. `on_step` is told of every step.
    ///
    /// # Errors
    /// If a file is not as its owner made it, or a step cannot be written; steps written before
    /// stay.
    pub fn train(
        &mut self,
        max_steps: Option<u64>,
        stop: &AtomicBool,
        mut on_step: impl FnMut(&StepRecord),
    ) -> Result<ServerOutcome> {
        let last = self.last_step(max_steps);
        let mut step = self.step();
        self.server.train(|times| {
            if let Some(times) = times {
                step = times.step;
                on_step(times);
            }
            step < last && !stop.load(Ordering::Relaxed)
        })?;
        Ok(match step < last {
            true => ServerOutcome::Interrupted { step },
            false => ServerOutcome::Ended { step },
        })
    }

    /// Answers the encrypted inputs of a folder with the encrypted model, and returns how many
    /// ciphertexts of samples there were.
    ///
    /// # Errors
    /// If they are not of this training.
    pub fn answer(&self, requests: &Path) -> Result<usize> {
        Ok(self.server.infer(requests)?)
    }
}
