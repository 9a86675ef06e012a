//! The server: trains on what it cannot read.

mod files;

use crate::circuit::{Circuit, Durations};
use crate::protocol::folder;
use crate::protocol::task::Planned;
use crate::slots::Ckks;
use crate::{Error, Result};
use files::Files;
pub use files::METRICS;
use nearfield_ckks::Ciphertext;
use nearfield_files::RunFolder;
use std::path::Path;
use std::time::{Duration, Instant};

/// A training on encrypted data under way.
pub struct Server {
    files: Files,
    _lock: RunFolder,
    slots: Ckks,
    state: Vec<Ciphertext>,
    step: u64,
}

/// How long a step took.
#[derive(Clone, Copy, Debug)]
pub struct StepTimes {
    /// The step, counted from 1.
    pub step: u64,
    /// The batch, counted from 0.
    pub batch: u32,
    /// Reading the batch.
    pub load: Duration,
    /// Computing.
    pub compute: Durations,
    /// Writing what the step leaves.
    pub save: Duration,
}

impl StepTimes {
    /// All of it.
    pub fn total(&self) -> Duration {
        let Durations {
            refresh,
            learn,
            update,
        } = self.compute;
        self.load + refresh + learn + update + self.save
    }
}

impl Server {
    /// Opens a folder: reads keys and the state after the last step that is whole. The states of
    /// every so-manieth step stay, beside the last two.
    ///
    /// # Errors
    /// If something in it is not as its owner made it, a secret key is in it, or another process
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

    /// Steps that were made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// What it was asked.
    pub fn planned(&self) -> &Planned {
        &self.files.planned
    }

    /// Bytes that keys and matrices take in memory.
    pub fn bytes(&self) -> (usize, usize) {
        let keys = self.slots.evaluator().keys().bytes();
        (keys, self.slots.bootstrapper().plan().bytes())
    }

    /// Makes steps until all are made or `go_on` says no; tells it of each.
    ///
    /// # Errors
    /// If a file is not as its owner made it, or a step cannot be written; what was written
    /// before stays.
    pub fn train(&mut self, mut go_on: impl FnMut(Option<&StepTimes>) -> bool) -> Result<()> {
        let planned = &self.files.planned;
        let circuit = Circuit::new(&self.slots, &planned.layout, planned.task.ranges())?;
        let mut last: Option<StepTimes> = None;
        while go_on(last.as_ref()) && self.step < planned.task.steps {
            let number = planned.task.batch_of(self.step);
            let begun = Instant::now();
            let batch = self.files.batch(number)?;
            let loaded = Instant::now();
            let rates = planned.task.training.at(self.step);
            let stepped = circuit.step(&self.state, batch, &rates)?;
            let computed = Instant::now();
            self.files.save(self.step + 1, &stepped)?;
            let times = StepTimes {
                step: self.step + 1,
                batch: number,
                load: loaded - begun,
                compute: stepped.durations,
                save: computed.elapsed(),
            };
            self.files.log(&times)?;
            self.state = stepped.state;
            self.step += 1;
            last = Some(times);
        }
        Ok(())
    }

    /// The answers of the trained network to encrypted inputs, which lie in a folder as the
    /// owner made it.
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
