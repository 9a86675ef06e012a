//! `nearfield encrypted plan`

use super::show::size;
use crate::arguments::PlanArguments;
use crate::output::Output;
use anyhow::Result;
use indicatif::HumanDuration;
use nearfield::encrypted::Forecast;
use nearfield_enc::{Estimate, Task, TaskPlan};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::time::Duration;

pub(super) fn run(arguments: &PlanArguments, output: Output) -> Result<()> {
    let forecast = Forecast::new(&arguments.run_file, arguments.measure)?;
    output.notes(&forecast.notes)?;
    show(&forecast, output)?;
    // The server is taken to be like this machine.
    Ok(forecast.check_memory()?)
}

pub(super) fn show(forecast: &Forecast, output: Output) -> Result<()> {
    output.show(
        || to_json(forecast),
        |out| {
            print_layout(&forecast.planned, out)?;
            print_step(&forecast.planned, out)?;
            print_sizes(forecast, out)?;
            print_odds(&forecast.planned.task, &forecast.estimate, out)?;
            print_time(forecast.planned.task.steps, forecast.step_time, out)
        },
    )
}

fn print_layout(planned: &TaskPlan, out: &mut dyn Write) -> io::Result<()> {
    let (task, layout, counts) = (&planned.task, &planned.layout, &planned.step.counts);
    let grid = layout.grid();
    writeln!(
        out,
        "{}: {}, batches of {}",
        task.name,
        layout.network(),
        task.batch
    )?;
    writeln!(
        out,
        "  run           {} steps on {} batches of {} samples",
        task.steps, task.batches, task.batch
    )?;
    writeln!(
        out,
        "  slots         {} rows x {} samples x {} columns; a batch is {} x {} ciphertexts",
        grid.rows(),
        grid.blocks(),
        grid.columns(),
        planned.step.vectors,
        layout.input_vectors() + layout.label_forms().len()
    )?;
    writeln!(
        out,
        "  state         {} ciphertexts: {}",
        layout.state_vectors(),
        match layout.shares_vector() {
            true => "weights and velocities together".to_owned(),
            false => format!("weights in {0}, velocities in {0}", layout.planes()),
        }
    )?;
    writeln!(
        out,
        "  levels        {}: {} of the circuit, 1 to unpack the state",
        planned.step.levels,
        planned.step.circuit_levels()
    )?;
    for (stage, left) in &counts.levels_left {
        writeln!(out, "                  {left:4} left: {stage}")?;
    }
    Ok(())
}

fn print_step(planned: &TaskPlan, out: &mut dyn Write) -> io::Result<()> {
    let (task, counts) = (&planned.task, &planned.step.counts);
    writeln!(
        out,
        "  a step        {} {}bootstrappings, {} rotations, {} products relinearized",
        counts.refreshes + counts.pair_refreshes,
        if task.iterated { "iterated " } else { "" },
        counts.rotation_count(),
        counts.relinearizations.values().sum::<usize>()
    )?;
    for (level, count) in counts.key_switches().iter().rev() {
        writeln!(
            out,
            "                  {count:4} key switches with {level} levels left"
        )?;
    }
    Ok(())
}

fn print_sizes(forecast: &Forecast, out: &mut dyn Write) -> io::Result<()> {
    let (task, estimate) = (&forecast.planned.task, &forecast.estimate);
    let (memory, file) = (estimate.key_bytes_in_memory, estimate.key_bytes_on_disk);
    writeln!(
        out,
        "  keys          {}: {} on disk, {} in memory",
        estimate.key_count,
        size(file),
        size(memory)
    )?;
    writeln!(
        out,
        "  matrices      {} in memory",
        size(estimate.matrix_bytes)
    )?;
    writeln!(
        out,
        "  memory        {} at the peak, on the server",
        size(estimate.peak_bytes)
    )?;
    writeln!(
        out,
        "  disk          {} for the data, {} for each state that is kept",
        size(estimate.batch_bytes * u64::from(task.batches)),
        size(estimate.state_bytes)
    )
}

fn print_odds(task: &Task, estimate: &Estimate, out: &mut dyn Write) -> io::Result<()> {
    let (found, limit) = (estimate.log2_modulus, estimate.log2_modulus_limit);
    writeln!(
        out,
        "  security      {}",
        match task.insecure {
            true => format!("INSECURE: degree 2^{}, for tests alone", task.log_degree),
            false => format!("128 bits: log2 of all primes {found:.0} of at most {limit}"),
        }
    )?;
    writeln!(
        out,
        "  failures      the whole run fails with a probability below 2^{:.0}",
        estimate.log2_failure
    )?;
    writeln!(
        out,
        "  precision     about {:.0} bits of weights at the end, if errors add up at\n                random",
        estimate.expected_bits
    )
}

fn print_time(steps: u64, step_time: Option<Duration>, out: &mut dyn Write) -> io::Result<()> {
    let Some(time) = step_time else {
        return writeln!(out, "  time          measured with --measure");
    };
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    writeln!(
        out,
        "  time          {:.1} s a step, {} the run, on this machine",
        time.as_secs_f64(),
        HumanDuration(time.saturating_mul(steps))
    )
}

fn to_json(forecast: &Forecast) -> Value {
    let Forecast {
        planned,
        estimate,
        step_time,
        ..
    } = forecast;
    let counts = &planned.step.counts;
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
        "seconds_a_step": step_time.map(|time| time.as_secs_f64()),
    })
}
