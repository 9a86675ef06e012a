//! `docs/performance.md`: our speed and memory compared with PyTorch's, interleaved, and the share of
//! the machine's limit that our kernels reach.

pub mod ckks;
mod kernels;
mod ours;
mod process;
mod python;

use crate::machine::machine_and_commit;
use crate::page::{PERFORMANCE, sections, write_performance};
use crate::statistics::median;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;

pub use ours::run as run_ours;

/// Where PyTorch is.
const PYTORCH: python::Environment = python::Environment {
    variable: "NEARFIELD_PEERS_PYTHON",
    folder: "target/peers",
    maker: "python3",
    packages: &["torch", "numpy"],
};

/// How the section on kernels begins.
const KERNELS: &str = "## Kernels";

/// What is compared: network, what is done with it, and on how many cores.
const CASES: [(&str, &str, usize); 8] = [
    ("mlp1-784", "train", 1),
    ("mlp4-3072", "train", 1),
    ("vgg8b-3x32x32", "train", 1),
    ("vgg8b-1x28x28", "train", 1),
    ("vgg8b-3x32x32", "infer", 1),
    ("mlp1-784", "train", 2),
    ("vgg8b-3x32x32", "train", 2),
    ("vgg8b-1x28x28", "train", 2),
];

/// Who runs a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Candidate {
    Ours,
    /// Number type and optimiser.
    Torch(&'static str, &'static str),
}

const CANDIDATES: [Candidate; 4] = [
    Candidate::Ours,
    Candidate::Torch("f32", "sgd"),
    Candidate::Torch("bf16", "sgd"),
    Candidate::Torch("bf16", "adam"),
];

/// What one process measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    images_a_second: f64,
    peak_bytes: u64,
    /// Of what ran.
    #[serde(default)]
    version: String,
}

/// The measurements of one case, `[candidate][round]`.
struct Case {
    network: &'static str,
    mode: &'static str,
    cores: usize,
    measured: Vec<Vec<Measured>>,
}

/// Measures and writes `docs/performance.md`.
///
/// # Errors
/// If there is no Python with torch and none can be made, or a process fails.
pub fn write(rounds: usize, seconds: f64) -> Result<()> {
    ensure!(rounds > 0, "at least one round");
    let python = PYTORCH.python()?;
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let mut cases = Vec::new();
    for (network, mode, cores) in CASES.into_iter().filter(|case| case.2 <= available) {
        let mut measured = vec![Vec::new(); CANDIDATES.len()];
        for round in 0..rounds {
            for (candidate, measured) in CANDIDATES.iter().zip(&mut measured) {
                let found = measure(&python, *candidate, (network, mode, cores), seconds)?;
                eprintln!(
                    "{network} {mode} on {cores}, round {}: {candidate:?} {:.1} images/s, {} MB",
                    round + 1,
                    found.images_a_second,
                    found.peak_bytes / 1_000_000
                );
                measured.push(found);
            }
        }
        cases.push(Case {
            network,
            mode,
            cores,
            measured,
        });
    }
    let page = page(&cases, &kernels::table()?, (rounds, seconds))?;
    let old = std::fs::read_to_string(PERFORMANCE).unwrap_or_default();
    write_performance(&sections::keep_others(&old, &page))
}

/// Measures the kernels alone again, and leaves the rest of the page as it is.
///
/// # Errors
/// If there is no page yet, or a kernel's result is wrong.
pub fn write_kernels() -> Result<()> {
    let page = std::fs::read_to_string(PERFORMANCE).context(PERFORMANCE)?;
    write_performance(&sections::replace(&page, &kernels::table()?))
}

/// Runs one candidate as a process of its own, on the first cores.
fn measure(
    python: &Path,
    candidate: Candidate,
    (network, mode, cores): (&str, &str, usize),
    seconds: f64,
) -> Result<Measured> {
    let program = crate::cargo::this_program()?;
    let mut words: Vec<OsString> = match candidate {
        Candidate::Ours => vec![
            program.into(),
            "peers-ours".into(),
            network.into(),
            mode.into(),
        ],
        Candidate::Torch(dtype, optimizer) => vec![
            python.into(),
            Path::new("xtask/peers/pytorch.py").into(),
            network.into(),
            mode.into(),
            dtype.into(),
            optimizer.into(),
            cores.to_string().into(),
        ],
    };
    words.push(seconds.to_string().into());
    let mut command = process::on_cores(cores, &words);
    let output = command
        .output()
        .with_context(|| format!("{command:?} cannot be run"))?;
    ensure!(output.status.success(), "{command:?} failed");
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).with_context(|| format!("{command:?} printed {text}"))
}

fn page(cases: &[Case], kernels: &str, (rounds, seconds): (usize, f64)) -> Result<String> {
    let version = &cases[0].measured[1][0].version;
    let mut page = String::new();
    writeln!(
        page,
        "# Performance\n\n\
         Generated by `cargo xtask peers --rounds {rounds} --seconds {seconds}`. {}\n\n\
         ## Comparison with PyTorch\n\n\
         PyTorch {version} trains the same layers by backpropagation, eagerly, in float32 and in \
         bfloat16 autocast, images channels_last (`xtask/peers/pytorch.py`): with plain SGD, its \
         fastest, and with Adam, which the published float baselines of MLP 4 and VGG8B use. Ours \
         trains them by local losses with all heads, on weights as large as training makes them; \
         inference forms the scores of all heads (PyTorch's optimisers play no part in it). Batches of 64 random samples, data in memory. \
         Candidates run interleaved, each a process of its own on the same cores; figures are \
         medians of {rounds} rounds of {seconds} seconds, ratios medians of the rounds' ratios.\n",
        machine_and_commit()
    )?;
    writeln!(
        page,
        "| network | | cores | ours, images/s | f32 SGD | bf16 SGD | bf16 Adam | ours / f32 SGD | ours / bf16 SGD | ours / bf16 Adam | peak memory: ours | f32 SGD | bf16 SGD | bf16 Adam |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for case in cases {
        row(&mut page, case)?;
    }
    page.push_str(&scaling(cases)?);
    page.push('\n');
    page.push_str(kernels);
    Ok(page)
}

fn row(page: &mut String, case: &Case) -> Result<()> {
    write!(
        page,
        "| {} | {} | {} |",
        case.network, case.mode, case.cores
    )?;
    for measured in &case.measured {
        write!(
            page,
            " {:.0} |",
            median(measured.iter().map(|m| m.images_a_second))
        )?;
    }
    let ours = &case.measured[0];
    for theirs in &case.measured[1..] {
        let rounds = ours.iter().zip(theirs);
        let ratios = rounds.map(|(ours, theirs)| ours.images_a_second / theirs.images_a_second);
        write!(page, " {:.2} |", median(ratios))?;
    }
    for measured in &case.measured {
        let peak = measured.iter().map(|m| m.peak_bytes).max().unwrap_or(0);
        write!(page, " {} MB |", peak / 1_000_000)?;
    }
    page.push('\n');
    Ok(())
}

/// What a second core adds.
fn scaling(cases: &[Case]) -> Result<String> {
    let mut text = String::from("\nTwo cores against one, ours: ");
    let two = cases.iter().filter(|case| case.cores == 2);
    let mut parts = Vec::new();
    for case in two {
        let same = |other: &&Case| {
            (other.network, other.mode, other.cores) == (case.network, case.mode, 1)
        };
        if let Some(one) = cases.iter().find(same) {
            let rate = |case: &Case| median(case.measured[0].iter().map(|m| m.images_a_second));
            parts.push(format!("{} {:.2}", case.network, rate(case) / rate(one)));
        }
    }
    if parts.is_empty() {
        return Ok(String::new());
    }
    writeln!(text, "{}.", parts.join(", "))?;
    Ok(text)
}
