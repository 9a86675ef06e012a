//! What the owner and the server of a measurement share: the job, the files between them, and the
//! answer.

use anyhow::{Context, Result};
use nearfield_ckks::Precision;
use nearfield_ckks::bootstrap::Preset;
use serde::{Deserialize, Serialize};

/// What is measured.
pub struct Options {
    /// Levels from one bootstrapping to the next, for each row.
    pub levels: Vec<usize>,
    /// Bootstrappings in a chain.
    pub rounds: usize,
    /// Whether complex and few slots are measured too, and the other sets of kernels, at the
    /// first number of levels.
    pub variants: bool,
}

/// What the owner and the server both know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) levels: usize,
    /// None for 128 bits of security.
    pub(super) insecure_log_degree: Option<u32>,
    /// log2 of how many times fewer slots there are than could be.
    pub(super) log_gap: u32,
    pub(super) complex: bool,
    pub(super) rounds: usize,
}

impl Job {
    /// All real slots.
    pub(super) fn full(levels: usize, rounds: usize) -> Self {
        Job {
            levels,
            insecure_log_degree: None,
            log_gap: 0,
            complex: false,
            rounds,
        }
    }
}

/// What a server measures.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Served {
    pub(super) seconds: Vec<f64>,
    pub(super) load_seconds: f64,
    pub(super) matrix_bytes: usize,
    pub(super) key_bytes: usize,
    pub(super) peak_bytes: u64,
}

/// A row of the page.
pub(super) struct Row {
    pub(super) job: Job,
    pub(super) kernels: &'static str,
    pub(super) key_file_bytes: u64,
    pub(super) served: Served,
    /// After each bootstrapping.
    pub(super) precision: Vec<Precision>,
}

/// The names of files in the folder between owner and server.
pub(super) const KEYS: &str = "keys";
pub(super) const INPUT: &str = "input";

pub(super) fn output(round: usize) -> String {
    format!("output-{round}")
}

/// The preset with this number of levels.
///
/// # Errors
/// If there is none.
pub(crate) fn preset(levels: usize) -> Result<Preset> {
    let known = Preset::with_levels(levels);
    known.with_context(|| {
        format!(
            "128 bits of security do not allow {levels} levels: take fewer, such as 8, 11 or 13"
        )
    })
}
