//! `nearfield train FOLDER` and `nearfield infer`: what the server does.

use crate::cli::{InferArguments, TrainArguments};
use crate::commands::INTERRUPTED;
use crate::commands::train::stop_on_signal;
use anyhow::Result;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use nearfield_enc::{Server, StepRecord};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

pub(in crate::commands) fn train(
    folder: &Path,
    arguments: &TrainArguments,
    json: bool,
) -> Result<ExitCode> {
    let stop = stop_on_signal()?;
    let begun = Instant::now();
    let mut server = Server::open(folder, arguments.keep_states)?;
    let task = server.planned().task.clone();
    let (first, last) = (server.step(), end(task.steps, arguments.limits.max_steps));
    if !json {
        eprintln!(
            "{}: keys read in {:.0} s; {first} of {} steps are made",
            task.name,
            begun.elapsed().as_secs_f64(),
            task.steps
        );
    }
    if task.insecure {
        eprintln!(
            "INSECURE: a ring of degree 2^{} hides nothing; this is for tests",
            task.log_degree
        );
    }
    let bar = bar(json, first, last);
    let mut durations = Vec::new();
    let mut made = first;
    server.train(|times| {
        if let Some(times) = times {
            made = times.step;
            durations.push(times.total());
            tell(&bar, times, &durations, last, json);
        }
        made < last && !stop.load(Ordering::Relaxed)
    })?;
    bar.finish_and_clear();
    let path = folder.display();
    if made < last {
        eprintln!("stopped after step {made}; go on with: nearfield train {path}");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    match json {
        true => println!(
            "{}",
            json!({ "event": "end", "folder": folder, "steps": made, "peak_bytes": peak_bytes() })
        ),
        false => println!(
            "{made} of {} steps are made; their owner can decrypt the model with: nearfield \
             decrypt --owner THEIRS --server {path}",
            task.steps
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// All that this process ever had resident, where the system tells.
fn peak_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn end(steps: u64, most: Option<u64>) -> u64 {
    most.map_or(steps, |most| most.min(steps))
}

fn bar(json: bool, first: u64, last: u64) -> ProgressBar {
    if json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("step {pos}/{len} [{bar:24}] {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(last).with_style(style.progress_chars("=> "));
    bar.set_position(first);
    bar
}

fn tell(bar: &ProgressBar, times: &StepRecord, durations: &[Duration], last: u64, json: bool) {
    let compute = times.compute;
    if json {
        println!(
            "{}",
            json!({
                "event": "step",
                "step": times.step,
                "batch": times.batch,
                "load_seconds": times.load.as_secs_f64(),
                "refresh_seconds": compute.refresh.as_secs_f64(),
                "learn_seconds": compute.learn.as_secs_f64(),
                "update_seconds": compute.update.as_secs_f64(),
                "save_seconds": times.save.as_secs_f64(),
            })
        );
        return;
    }
    let mut recent: Vec<Duration> = durations.iter().rev().take(9).copied().collect();
    recent.sort_unstable();
    let median = recent[recent.len() / 2];
    let left = u32::try_from(last.saturating_sub(times.step)).unwrap_or(u32::MAX);
    bar.set_position(times.step);
    bar.set_message(format!(
        "{:.1} s (refresh {:.1}, learn {:.1}, update {:.1}), {} left",
        times.total().as_secs_f64(),
        compute.refresh.as_secs_f64(),
        compute.learn.as_secs_f64(),
        compute.update.as_secs_f64(),
        HumanDuration(median.saturating_mul(left)),
    ));
}

pub(in crate::commands) fn infer(arguments: &InferArguments, json: bool) -> Result<ExitCode> {
    let server = Server::open(&arguments.server, 1)?;
    let begun = Instant::now();
    let answered = server.infer(&arguments.requests)?;
    let seconds = begun.elapsed().as_secs_f64();
    match json {
        true => println!(
            "{}",
            json!({ "answers": arguments.requests, "ciphertexts": answered, "seconds": seconds })
        ),
        false => println!(
            "{answered} ciphertexts of samples answered in {seconds:.1} s, in {}",
            arguments.requests.display()
        ),
    }
    Ok(ExitCode::SUCCESS)
}
