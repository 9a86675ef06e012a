//! Our CKKS compared with OpenFHE's: the same operations, interleaved, and bootstrapping.

mod candidate;
mod job;
mod measure;
mod ours;
mod page;

pub use job::Job;
pub use ours::run as run_ours;

use super::python;
use crate::page::{PERFORMANCE, sections, write_performance};
use anyhow::{Result, bail, ensure};
use candidate::{Candidate, Ready};
use job::Work;
use measure::{Operations, operations, processes};

/// Where OpenFHE is. Wheels are for one Python and one Ubuntu, and run where libraries are newer.
const OPENFHE: python::Environment = python::Environment {
    variable: "NEARFIELD_OPENFHE_PYTHON",
    folder: "target/peers-openfhe",
    maker: "python3.10",
    packages: &["openfhe==1.6.1.0.22.4", "numpy"],
};

/// log2 of the degree that everything is measured at, unless only the commands are tried.
const LOG_DEGREE: u32 = 16;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// How often each operation is timed.
    pub rounds: usize,
    /// How many processes of each kind bootstrap.
    pub bootstrap_rounds: usize,
    /// Whether operations are measured.
    pub operations: bool,
    /// Whether bootstrapping is.
    pub bootstrap: bool,
    /// On how many cores, one after the other.
    pub threads: Vec<usize>,
    /// Levels between bootstraps, of ours.
    pub level_sets: Vec<usize>,
    /// The same, of OpenFHE's.
    pub openfhe_level_sets: Vec<usize>,
    /// Try the commands with rings too small to be safe, and print what would be written.
    pub insecure_log_degree: Option<u32>,
}

/// Operations on ciphertexts of some chain of primes.
#[derive(Clone, Debug, PartialEq)]
struct Shape {
    name: &'static str,
    ours: Work,
    theirs: Work,
}

/// Measures, and writes sections of `docs/performance.md`.
///
/// # Errors
/// If there is no Python with OpenFHE and none can be made, a process fails, or a result is
/// wrong.
pub fn write(options: &Options) -> Result<()> {
    check(options)?;
    let python = OPENFHE.python()?;
    let start = |candidate: Candidate, threads, work: &Work| {
        candidate.start(&python, threads, &job(options, work))
    };
    let mut written = Vec::new();
    if options.operations {
        let measured = shapes()
            .into_iter()
            .map(|shape| Ok((shape.clone(), measure_shape(&shape, options, &start)?)));
        let measured: Vec<_> = measured.collect::<Result<_>>()?;
        written.push(page::operations(&measured, options)?);
    }
    if options.bootstrap {
        let mut measured = Vec::new();
        for &threads in &options.threads {
            let (all, rounds) = (bootstraps(options), options.bootstrap_rounds);
            measured.extend(processes(&all, threads, rounds, &start)?);
        }
        written.push(page::bootstraps(&measured, options)?);
    }
    publish(&written, options)
}

/// The operations of a shape on one core and on two.
fn measure_shape(
    shape: &Shape,
    options: &Options,
    start: &impl Fn(Candidate, usize, &Work) -> Result<Ready>,
) -> Result<Vec<(usize, Operations)>> {
    let on = |&threads: &usize| {
        eprintln!("operations, {}, on {threads}: setting up", shape.name);
        let pair = [
            start(Candidate::Ours, threads, &shape.ours)?,
            start(Candidate::OpenFhe, threads, &shape.theirs)?,
        ];
        Ok((threads, operations(pair, options.rounds)?))
    };
    options.threads.iter().map(on).collect()
}

fn check(options: &Options) -> Result<()> {
    ensure!(
        options.rounds > 0 && options.bootstrap_rounds > 0,
        "at least one round"
    );
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    if let Some(threads) = options.threads.iter().find(|&&n| n > available) {
        bail!("{threads} threads on {available} cores: take `--threads 1`");
    }
    for &levels in &options.level_sets {
        crate::bootstraps::preset(levels)?;
    }
    Ok(())
}

fn job(options: &Options, work: &Work) -> Job {
    Job {
        log_degree: options.insecure_log_degree.unwrap_or(LOG_DEGREE),
        insecure: options.insecure_log_degree.is_some(),
        work: work.clone(),
    }
}

/// From 1210 to 1260 bits, in three ways: levels of 40 bits, as ours bootstrap with; levels of 48
/// bits, as OpenFHE does; and as few primes as each library can do with.
fn shapes() -> [Shape; 3] {
    let work = |first_bits, scale_bits, levels| Work::Operations {
        first_bits,
        scale_bits,
        levels,
        digits: 3,
    };
    [
        Shape {
            name: "29 levels of 40 bits",
            ours: work(50, 40, 29),
            theirs: work(50, 40, 29),
        },
        Shape {
            name: "25 levels of 48 bits",
            ours: work(50, 48, 25),
            theirs: work(60, 48, 25),
        },
        Shape {
            name: "primes as long as each can have",
            ours: work(50, 48, 25),
            theirs: work(60, 59, 20),
        },
    ]
}

/// What bootstraps, in the order of a round.
fn bootstraps(options: &Options) -> Vec<(Candidate, Work)> {
    let work = |variant: &str, levels| Work::Bootstrap {
        variant: variant.to_owned(),
        levels,
        // The number that leaves its scale the most bits without much cost.
        digits: if levels > 8 { 4 } else { 3 },
    };
    let ours = options.level_sets.iter();
    let ours = ours.map(|&levels| (Candidate::Ours, work(job::STC_FIRST, levels)));
    let theirs = options.openfhe_level_sets.iter().flat_map(|&levels| {
        [job::STC_FIRST, job::ORDINARY].map(|variant| (Candidate::OpenFhe, work(variant, levels)))
    });
    ours.chain(theirs).collect()
}

/// Puts sections into the page, or on the screen where they are of rings too small.
fn publish(written: &[String], options: &Options) -> Result<()> {
    if options.insecure_log_degree.is_some() {
        written.iter().for_each(|section| println!("{section}"));
        return Ok(());
    }
    let mut page =
        std::fs::read_to_string(PERFORMANCE).unwrap_or_else(|_| "# Performance\n".into());
    for section in written {
        page = sections::replace(&page, section);
    }
    write_performance(&page)
}

impl Options {
    /// The command that asks for this.
    fn command(&self) -> String {
        let list = |sets: &[usize]| {
            let words: Vec<String> = sets.iter().map(ToString::to_string).collect();
            words.join(",")
        };
        let threads = match self.threads[..] {
            [one] => one.to_string(),
            _ => "both".to_owned(),
        };
        let mut command = format!("cargo xtask peers-ckks --threads {threads}");
        if self.operations {
            command += &format!(" --rounds {}", self.rounds);
        }
        if self.bootstrap {
            command += &format!(
                " --bootstrap-rounds {} --level-sets {} --openfhe-level-sets {}",
                self.bootstrap_rounds,
                list(&self.level_sets),
                list(&self.openfhe_level_sets)
            );
        }
        match (self.operations, self.bootstrap) {
            (true, false) => command += " --operations-only",
            (false, true) => command += " --bootstrap-only",
            _ => (),
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn options() -> Options {
        Options {
            rounds: 5,
            bootstrap_rounds: 2,
            operations: true,
            bootstrap: true,
            threads: vec![1, 2],
            level_sets: vec![8, 11],
            openfhe_level_sets: vec![8],
            insecure_log_degree: None,
        }
    }

    #[test]
    fn the_command_repeats_the_options() {
        let mut options = options();
        assert_eq!(
            options.command(),
            "cargo xtask peers-ckks --threads both --rounds 5 --bootstrap-rounds 2 \
             --level-sets 8,11 --openfhe-level-sets 8"
        );
        options.threads = vec![1];
        options.bootstrap = false;
        let command = "cargo xtask peers-ckks --threads 1 --rounds 5 --operations-only";
        assert_eq!(options.command(), command);
    }

    #[test]
    fn each_round_has_every_candidate() {
        let all = bootstraps(&options());
        let of = |candidate| all.iter().filter(|all| all.0 == candidate).count();
        assert_eq!((of(Candidate::Ours), of(Candidate::OpenFhe)), (2, 2));
    }

    #[test]
    fn more_levels_than_security_allows_are_refused() {
        let mut options = options();
        options.level_sets = vec![60];
        options.threads = vec![1];
        let error = check(&options).unwrap_err().to_string();
        assert!(error.contains("60 levels"), "{error}");
    }
}
