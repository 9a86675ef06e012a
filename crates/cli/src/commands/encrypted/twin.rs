//! `nearfield train --clear`: the twin.

use crate::cli::TrainArguments;
use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use nearfield::encrypted::setup::Setup;
use nearfield::encrypted::twin::Twin;
use nearfield_enc::{Clear, Matrices};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

pub(in crate::commands) fn run(
    path: &Path,
    arguments: &TrainArguments,
    json: bool,
) -> Result<ExitCode> {
    let setup = Setup::read(path)?;
    let planned = setup.plan()?;
    let slots = Clear::new(planned.layout.grid().slots());
    let weights = match &arguments.init_weights {
        Some(path) => Matrices::load(setup.weights.spec(), path)?,
        None => setup.weights.clone(),
    };
    let mut twin = Twin::new(&setup, &planned, &slots, &weights)?;
    let task = &planned.task;
    let steps = arguments
        .limits
        .max_steps
        .unwrap_or(task.steps)
        .min(task.steps);
    let begun = Instant::now();
    let bar = match json {
        true => ProgressBar::hidden(),
        false => ProgressBar::new(steps).with_style(
            ProgressStyle::with_template("step {pos}/{len} [{bar:24}] {msg} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        ),
    };
    let (mut weight, mut velocity) = (0.0_f64, 0.0_f64);
    for step in 1..=steps {
        twin.step()?;
        let largest = twin.largest()?;
        weight = weight.max(largest.weight);
        velocity = velocity.max(largest.velocity);
        ensure!(
            weight.is_finite() && velocity.is_finite(),
            "training diverged at step {step}: take a smaller rate"
        );
        bar.set_position(step);
        if step.is_multiple_of(u64::from(task.batches)) || step == steps {
            let accuracy = setup.accuracy(&twin.matrices()?)?;
            tell(&bar, step, accuracy, json);
        }
    }
    bar.finish_and_clear();
    let matrices = twin.matrices()?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| "twin.safetensors".into());
    matrices.save(&out)?;
    let accuracy = setup.accuracy(&matrices)?;
    if json {
        println!(
            "{}",
            json!({
                "event": "end", "model": out, "steps": steps, "test_accuracy": accuracy,
                "largest_weight_in_range": weight, "largest_velocity_in_range": velocity,
                "seconds": begun.elapsed().as_secs_f64(),
            })
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}: {steps} steps in the clear", task.name);
    if let Some(accuracy) = accuracy {
        println!("  test accuracy {:.2} %", 100.0 * accuracy);
    }
    println!(
        "  largest       weight {:.3} of its range {}, velocity {:.3} of its range {}",
        weight * task.weight_range,
        task.weight_range,
        velocity * task.velocity_range,
        task.velocity_range
    );
    if weight > 1.0 || velocity > 1.0 {
        println!(
            "  WARNING       an encrypted training would lose its precision: raise \
             encryption.weight_range or velocity_range above these"
        );
    }
    println!("  model         {}", out.display());
    Ok(ExitCode::SUCCESS)
}

fn tell(bar: &ProgressBar, step: u64, accuracy: Option<f64>, json: bool) {
    let percent = accuracy.map(|accuracy| 100.0 * accuracy);
    match json {
        true => println!(
            "{}",
            json!({ "event": "epoch", "step": step, "test_accuracy": accuracy })
        ),
        false => bar.set_message(percent.map_or_else(String::new, |it| format!("{it:.2} %"))),
    }
}
