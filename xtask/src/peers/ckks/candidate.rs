//! The two processes.

use super::job::{End, Job, Operation, Setup, Timed, Work};
use crate::peers::process::{Conversation, on_cores};
use anyhow::{Result, ensure};
use std::ffi::OsString;
use std::path::Path;

/// Who runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Candidate {
    Ours,
    OpenFhe,
}

/// A candidate that is ready.
pub(super) struct Ready {
    candidate: Candidate,
    pub(super) setup: Setup,
    conversation: Conversation,
}

impl Candidate {
    pub(super) fn name(self) -> &'static str {
        match self {
            Candidate::Ours => "ours",
            Candidate::OpenFhe => "OpenFHE",
        }
    }

    /// Starts a process of it on some cores, and waits until it is ready.
    ///
    /// # Errors
    /// If it fails.
    pub(super) fn start(self, python: &Path, threads: usize, job: &Job) -> Result<Ready> {
        let mut words: Vec<OsString> = match self {
            Candidate::Ours => {
                let program = crate::cargo::this_program()?;
                vec![program.into(), "peers-ckks-ours".into()]
            }
            Candidate::OpenFhe => vec![
                python.into(),
                Path::new("xtask/peers/openfhe_ckks.py").into(),
            ],
        };
        words.push(serde_json::to_string(job)?.into());
        let mut conversation = Conversation::start(self.name(), &mut on_cores(threads, &words))?;
        let setup: Setup = conversation.hear()?;
        let what = match &job.work {
            Work::Operations { .. } => "operations".to_owned(),
            Work::Bootstrap {
                variant, levels, ..
            } => format!("{variant}, {levels} levels"),
        };
        eprintln!(
            "{} ready for {what} on {threads} after {:.0} s: {} primes, log Q {:.0}, scale 2^{}",
            self.name(),
            setup.seconds,
            setup.primes,
            setup.log_modulus,
            setup.scale_bits
        );
        Ok(Ready {
            candidate: self,
            setup,
            conversation,
        })
    }

    /// Bits that the worst slot must keep, or the result is wrong.
    ///
    /// OpenFHE's bootstrapping gets as few as its scale leaves: they are printed, and judged by
    /// the reader.
    fn min_bits(self, operation: Operation) -> f64 {
        match (self, operation) {
            (Candidate::OpenFhe, Operation::Bootstrap) => 1.0,
            _ => 10.0,
        }
    }
}

impl Ready {
    /// Does an operation once.
    ///
    /// # Errors
    /// If the process fails, or its result is wrong.
    pub(super) fn time(&mut self, operation: Operation) -> Result<Timed> {
        let timed: Timed = self.conversation.ask(operation.word())?;
        let (name, word) = (self.candidate.name(), operation.word());
        ensure!(
            timed.worst_bits >= self.candidate.min_bits(operation),
            "{name}: {word} has {:.1} bits in the worst slot: it is wrong",
            timed.worst_bits
        );
        eprintln!(
            "{name}: {word} {:.1} ms, {:.1} bits, {:.1} in the worst slot",
            timed.milliseconds, timed.mean_bits, timed.worst_bits
        );
        Ok(timed)
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it fails.
    pub(super) fn end(mut self) -> Result<End> {
        self.conversation.ask("end")
    }
}
