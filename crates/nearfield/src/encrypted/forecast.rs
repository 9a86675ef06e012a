//! What an encrypted training will cost, before anything is encrypted.

use super::setup::Setup;
use crate::{Error, Result};
use nearfield_enc::{Estimate, Speed, TaskPlan};
use std::path::Path;
use std::time::Duration;

/// The costs of a training.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// The task with its layout and the counts of a step.
    pub planned: TaskPlan,
    /// Sizes and probabilities.
    pub estimate: Estimate,
    /// Time of a step on this machine, where it was measured.
    pub step_time: Option<Duration>,
    /// What the person who wrote the run file should know.
    pub notes: Vec<String>,
}

impl Forecast {
    /// Plans the training of a run file. Measuring this machine takes a few seconds.
    ///
    /// # Errors
    /// If the run file is not in order, or its network fits no layout.
    pub fn new(run_file: &Path, measure: bool) -> Result<Self> {
        let setup = Setup::read(run_file)?;
        let planned = setup.plan()?;
        let step_time = match measure {
            true => Some(Speed::measure(&planned)?.step_time(&planned.step.counts)),
            false => None,
        };
        Ok(Forecast {
            estimate: Estimate::new(&planned)?,
            planned,
            step_time,
            notes: setup.notes,
        })
    }

    /// Whether this machine has the memory that the server needs, as far as the system tells.
    ///
    /// # Errors
    /// [`Error::Memory`] if it has not.
    pub fn check_memory(&self) -> Result<()> {
        match memory_of_this_machine() {
            Some(available) if self.estimate.peak_bytes > available => Err(Error::Memory {
                needed: self.estimate.peak_bytes,
                available,
            }),
            _ => Ok(()),
        }
    }
}

/// Bytes of memory of this machine, where the system tells.
fn memory_of_this_machine() -> Option<u64> {
    kibibytes("/proc/meminfo", "MemTotal:")
}

/// Bytes that this process had resident at most, where the system tells.
pub fn peak_resident_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmHWM:")
}

/// A line `NAME 123 kB` of a file of the system, in bytes.
fn kibibytes(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
