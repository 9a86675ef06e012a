//! `nearfield plan`

use super::size;
use crate::cli::PlanArguments;
use anyhow::{Result, bail};
use nearfield::encrypted::setup::Setup;
use nearfield_enc::{Estimate, Speed, TaskPlan};
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

pub(in crate::commands) fn run(arguments: &PlanArguments, json: bool) -> Result<ExitCode> {
    let setup = Setup::read(&arguments.run_file)?;
    let planned = setup.plan()?;
    let estimate = Estimate::new(&planned)?;
    let step = match arguments.measure {
        true => Some(Speed::measure(&planned)?.step_time(&planned.step.counts)),
        false => None,
    };
    match json {
        true => print_json(&planned, &estimate, step),
        false => print(&planned, &estimate, step),
    }
    refuse_what_cannot_fit(&estimate)?;
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// If the server's memory would exceed all that this machine has, which is taken for the
/// server's.
fn refuse_what_cannot_fit(estimate: &Estimate) -> Result<()> {
    let Some(memory) = memory_of_this_machine() else {
        return Ok(());
    };
    if estimate.peak_bytes > memory {
        bail!(
            "the server will need {} of memory, and this machine has {}: take fewer hidden layers \
             or a larger machine",
            size(estimate.peak_bytes),
            size(memory)
        );
    }
    Ok(())
}

fn memory_of_this_machine() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn print(planned: &TaskPlan, estimate: &Estimate, step: Option<Duration>) {
    let (task, layout, counts) = (&planned.task, &planned.layout, &planned.step.counts);
    let grid = layout.grid();
    println!(
        "{}: {}, batches of {}",
        task.name,
        layout.network(),
        task.batch
    );
    println!(
        "  run           {} steps on {} batches of {} samples",
        task.steps, task.batches, task.batch
    );
    println!(
        "  slots         {} rows x {} samples x {} columns; a batch is {} x {} ciphertexts",
        grid.rows(),
        grid.blocks(),
        grid.columns(),
        planned.step.vectors,
        layout.input_vectors() + layout.label_forms().len()
    );
    println!(
        "  state         {} ciphertexts: {}",
        layout.state_vectors(),
        match layout.shares_vector() {
            true => "weights and velocities together".to_owned(),
            false => format!("weights in {0}, velocities in {0}", layout.planes()),
        }
    );
    println!(
        "  levels        {}: {} of the circuit, 1 to unpack the state",
        planned.step.levels,
        planned.step.circuit_levels()
    );
    for (stage, left) in &counts.levels_left {
        println!("                  {left:4} left: {stage}");
    }
    println!(
        "  a step        {} {}bootstrappings, {} rotations, {} products relinearized",
        counts.refreshes + counts.pair_refreshes,
        if task.iterated { "iterated " } else { "" },
        counts.rotation_count(),
        counts.relinearizations.values().sum::<usize>()
    );
    for (level, count) in counts.key_switches().iter().rev() {
        println!("                  {count:4} key switches with {level} levels left");
    }
    let (memory, file) = (estimate.key_bytes_in_memory, estimate.key_bytes_on_disk);
    println!(
        "  keys          {}: {} on disk, {} in memory",
        estimate.key_count,
        size(file),
        size(memory)
    );
    println!("  matrices      {} in memory", size(estimate.matrix_bytes));
    println!(
        "  memory        {} at the peak, on the server",
        size(estimate.peak_bytes)
    );
    println!(
        "  disk          {} for the data, {} for each state that is kept",
        size(estimate.batch_bytes * u64::from(task.batches)),
        size(estimate.state_bytes)
    );
    let (found, limit) = (estimate.log2_modulus, estimate.log2_modulus_limit);
    println!(
        "  security      {}",
        match task.insecure {
            true => format!("INSECURE: degree 2^{}, for tests alone", task.log_degree),
            false => format!("128 bits: log2 of all primes {found:.0} of at most {limit}"),
        }
    );
    println!(
        "  failures      the whole run fails with a probability below 2^{:.0}",
        estimate.log2_failure
    );
    println!(
        "  precision     about {:.0} bits of weights at the end, if errors add up at random",
        estimate.expected_bits
    );
    match step {
        None => println!("  time          ask for it with --measure"),
        Some(step) => {
            let steps = u32::try_from(task.steps).unwrap_or(u32::MAX);
            println!(
                "  time          {:.1} s a step, {} the run, on this machine",
                step.as_secs_f64(),
                indicatif::HumanDuration(step.saturating_mul(steps))
            );
        }
    }
}

fn print_json(planned: &TaskPlan, estimate: &Estimate, step: Option<Duration>) {
    let counts = &planned.step.counts;
    println!(
        "{}",
        json!({
            "task": planned.task,
            "state_ciphertexts": planned.layout.state_vectors(),
            "batch_vectors": planned.step.vectors,
            "input_ciphertexts": planned.layout.input_vectors(),
            "levels": planned.step.levels,
            "circuit_levels": planned.step.circuit_levels(),
            "levels_left": counts.levels_left.iter().map(|(stage, left)| {
                json!({ "stage": stage.to_string(), "levels": left })
            }).collect::<Vec<_>>(),
            "bootstraps": counts.refreshes + counts.pair_refreshes,
            "rotations": counts.rotation_count(),
            "relinearizations": counts.relinearizations.values().sum::<usize>(),
            "key_switches_by_levels_left": counts.key_switches(),
            "keys": estimate.key_count,
            "key_bytes_in_memory": estimate.key_bytes_in_memory,
            "key_bytes_on_disk": estimate.key_bytes_on_disk,
            "matrix_bytes": estimate.matrix_bytes,
            "peak_bytes": estimate.peak_bytes,
            "data_bytes": estimate.batch_bytes * u64::from(planned.task.batches),
            "state_bytes": estimate.state_bytes,
            "log2_modulus": estimate.log2_modulus,
            "log2_modulus_limit": estimate.log2_modulus_limit,
            "insecure": planned.task.insecure,
            "log2_failure": estimate.log2_failure,
            "expected_bits": estimate.expected_bits,
            "seconds_a_step": step.map(|step| step.as_secs_f64()),
        })
    );
}
