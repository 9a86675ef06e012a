//! The server: trains on data that it cannot read.

mod files;

use crate::circuit::{Circuit, StepTimings};
use crate::protocol::folder;
use crate::protocol::task::TaskPlan;
use crate::slots::Ckks;
use crate::{Error, Result};
use files::Files;
use nearfield_ckks::Ciphertext;
use nearfield_files::RunFolder;
use std::path::Path;
use std::time::{Duration, Instant};

/// A training on encrypted data, between two steps.
pub struct Server {
    files: Files,
    _lock: RunFolder,
    slots: Ckks,
    state: Vec<Ciphertext>,
    step: u64,
}

/// The times of a step, as the server logs them.
#[derive(Clone, Copy, Debug)]
pub struct StepRecord {
    /// The step, counted from 1.
    pub step: u64,
    /// The batch, counted from 0.
    pub batch: u32,
    /// Reading the batch.
    pub load: Duration,
    /// Computing: refresh, learning, update.
    pub compute: StepTimings,
    /// Writing the results.
    pub save: Duration,
}

impl StepRecord {
    /// The whole time.
    pub fn total(&self) -> Duration {
        let StepTimings {
            refresh,
            learn,
            update,
        } = self.compute;
        self.load + refresh + learn + update + self.save
    }
}

impl Server {
    /// Opens a folder: reads keys and the state after the last complete step. The states of every
    /// `keep_states`-th step are kept, beside the last two.
    ///
    /// # Errors
    /// If a file is not as its owner wrote it, a secret key is in the folder, or another process
    /// works there.
    pub fn open(path: &Path, keep_states: u64) -> Result<Self> {
        folder::refuse_secret_keys(path)?;
        if !path.join(folder::TASK).is_file() {
            let what = format!("holds no encrypted training: it has no {}", folder::TASK);
            return Err(Error::file(path, what));
        }
        let lock = RunFolder::lock(path)?;
        let files = Files::open(path, keep_states)?;
        let slots = files.slots()?;
        let (step, state) = files.latest()?;
        Ok(Server {
            files,
            _lock: lock,
            slots,
            state,
            step,
        })
    }

    /// Number of steps so far.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The task, planned.
    pub fn planned(&self) -> &TaskPlan {
        &self.files.planned
    }

    /// Bytes that keys, and matrices of bootstrapping, take in memory.
    pub fn bytes(&self) -> (usize, usize) {
        let keys = self.slots.evaluator().keys().bytes();
        (keys, self.slots.bootstrapper().plan().bytes())
    }

    /// Makes steps until all are done or `go_on` returns `false`. It is called before the first
    /// step, and after each with its record.
    ///
    /// # Errors
    /// If a file is not as its owner wrote it, or a step cannot be written; steps written before
    /// are kept.
    pub fn train(&mut self, mut go_on: impl FnMut(Option<&StepRecord>) -> bool) -> Result<()> {
        let planned = &self.files.planned;
        let circuit = Circuit::new(&self.slots, &planned.layout, planned.task.ranges())?;
        let mut last: Option<StepRecord> = None;
        while go_on(last.as_ref()) && self.step < planned.task.steps {
            let number = planned.task.batch_of(self.step);
            let start = Instant::now();
            let batch = self.files.batch(number)?;
            let loaded = Instant::now();
            let rates = planned.task.training.at(self.step);
            let stepped = circuit.step(&self.state, batch, &rates)?;
            let computed = Instant::now();
            self.files.save(self.step + 1, &stepped)?;
            let times = StepRecord {
                step: self.step + 1,
                batch: number,
                load: loaded - start,
                compute: stepped.timings,
                save: computed.elapsed(),
            };
            self.files.log(&times)?;
            self.state = stepped.state;
            self.step += 1;
            last = Some(times);
        }
        Ok(())
    }

    /// Answers the encrypted requests in a folder that the owner wrote, with the predictions of the
    /// trained network; returns how many there were.
    ///
    /// # Errors
    /// If they are not of this training, or cannot be read or written.
    pub fn infer(&self, requests: &Path) -> Result<usize> {
        let planned = &self.files.planned;
        let circuit = Circuit::new(&self.slots, &planned.layout, planned.task.ranges())?;
        let state = circuit.refresh(&self.state)?;
        self.files
            .answer(requests, |inputs| circuit.infer(&state, inputs))
    }
}
