//! The section of `docs/results.md` on ReBoot's accuracies: its networks, trained on plain
//! numbers by the same arithmetic.

mod experiments;
mod job;
mod page;

use crate::machine::machine_and_commit;
use crate::page::sections;
use anyhow::{Context, Result, ensure};
use experiments::{EXPERIMENTS, Experiment};
use job::{Job, Record};
use nearfield::Profile;
use nearfield::data::Loaded;
use nearfield_files::{read_bounded, write_atomically};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Where finished trainings are kept, so that the page can be written from several calls.
const RECORDS: &str = "target/reboot-tables";
const PAGE: &str = "docs/results.md";

/// What is trained.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of the data sets.
    pub data: PathBuf,
    /// Seeds 1 to this.
    pub seeds: u64,
    /// Epochs of every training.
    pub epochs: u32,
    /// Names of experiments, or what they begin with; all where empty.
    pub only: Vec<String>,
    /// Trainings at a time.
    pub threads: usize,
    /// After this number of minutes no further training starts.
    pub minutes: Option<f64>,
    /// Train one epoch of each and say how long all would take.
    pub measure: bool,
}

/// Trains and writes the section.
///
/// # Errors
/// If data are damaged, or no experiment is meant.
pub fn write(options: &Options) -> Result<()> {
    let jobs = jobs(options)?;
    let stored = stored(&jobs)?;
    if options.measure {
        return measure(options, &jobs, &stored);
    }
    std::fs::create_dir_all(RECORDS)?;
    train(options, &jobs, &stored)?;
    let records = records()?;
    let section = page::section(&records, &machine_and_commit())?;
    let old = String::from_utf8(read_bounded(Path::new(PAGE), 1 << 24)?)?;
    write_atomically(
        Path::new(PAGE),
        sections::replace(&old, &section).as_bytes(),
    )?;
    println!("{PAGE}");
    Ok(())
}

/// Seed by seed, so that a run that is broken off has something of every experiment.
fn jobs(options: &Options) -> Result<Vec<Job>> {
    let is_meant = |experiment: &&Experiment| {
        let mut only = options.only.iter();
        options.only.is_empty() || only.any(|name| experiment.name.starts_with(name.as_str()))
    };
    let chosen: Vec<&Experiment> = EXPERIMENTS.iter().filter(is_meant).collect();
    let names: Vec<&str> = EXPERIMENTS.iter().map(|each| each.name).collect();
    ensure!(
        !chosen.is_empty(),
        "no experiment has such a name: the experiments are {}",
        names.join(", ")
    );
    let mut jobs = Vec::new();
    for seed in 1..=options.seeds {
        for experiment in &chosen {
            for profile in [Profile::Reference, Profile::Strict] {
                jobs.push(Job {
                    experiment,
                    profile,
                    seed,
                    epochs: options.epochs,
                    data: options.data.clone(),
                });
            }
        }
    }
    Ok(jobs)
}

/// Every data set once, by what says where it is.
fn stored(jobs: &[Job]) -> Result<BTreeMap<String, Arc<Loaded>>> {
    let mut stored = BTreeMap::new();
    for job in jobs {
        if let Entry::Vacant(place) = stored.entry(job.source_key()?) {
            let data = job.load().with_context(|| job.experiment.name)?;
            place.insert(Arc::new(data));
        }
    }
    Ok(stored)
}

fn train(options: &Options, jobs: &[Job], stored: &BTreeMap<String, Arc<Loaded>>) -> Result<()> {
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let deadline = options
        .minutes
        .map(|minutes| Duration::from_secs_f64(60.0 * minutes));
    let failure = Mutex::new(None);
    let work = || {
        while deadline.is_none_or(|deadline| begun.elapsed() < deadline) {
            let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return Ok(());
            };
            let path = Path::new(RECORDS).join(job.file_name());
            if path.is_file() {
                continue;
            }
            let record = job.train(&stored[&job.source_key()?], None)?;
            println!("{}", record.line());
            write_atomically(&path, serde_json::to_string_pretty(&record)?.as_bytes())?;
        }
        Ok::<(), anyhow::Error>(())
    };
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                if let Err(error) = work()
                    && let Ok(mut failure) = failure.lock()
                {
                    *failure = Some(error);
                }
            });
        }
    });
    match failure.into_inner() {
        Ok(Some(error)) => Err(error),
        _ => Ok(()),
    }
}

fn measure(options: &Options, jobs: &[Job], stored: &BTreeMap<String, Arc<Loaded>>) -> Result<()> {
    let mut total = 0.0;
    for job in jobs.iter().filter(|job| job.seed == 1) {
        let record = job.train(&stored[&job.source_key()?], Some(1))?;
        let minutes = record.seconds * f64::from(job.epochs) / 60.0;
        total += minutes;
        println!(
            "{} {:?}: {:.3} s an epoch, {minutes:.1} min for {} epochs",
            job.experiment.name, job.profile, record.seconds, job.epochs
        );
    }
    #[allow(clippy::cast_precision_loss, reason = "some seeds")]
    let all = total * options.seeds as f64;
    println!(
        "{total:.0} core minutes for one seed, {all:.0} for {}",
        options.seeds
    );
    Ok(())
}

/// All trainings that were finished, now or before.
fn records() -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for entry in std::fs::read_dir(RECORDS)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let bytes = read_bounded(&path, 1 << 20)?;
            let record: Record = serde_json::from_slice(&bytes)
                .with_context(|| format!("{}: remove it", path.display()))?;
            records.push(record);
        }
    }
    Ok(records)
}
