//! `nearfield inspect`

use crate::arguments::InspectArguments;
use crate::output::Output;
use anyhow::{Context, Result, ensure};
use nearfield::integer::{Inspected, InspectionReport, inspect};
use nearfield_int::{Inspection, LayerInspection, Shape, WeightLimits, fixed_ranges};
use serde_json::json;
use std::io::{self, Write};

pub(super) fn run(arguments: &InspectArguments, output: Output) -> Result<()> {
    let input = arguments.input.as_deref().map(shape).transpose()?;
    let network = Inspected::named(&arguments.network, input, arguments.classes);
    let found = inspect(&network, arguments.batch);
    let InspectionReport {
        inspection,
        limits,
        batch,
    } = match &network {
        Inspected::Preset { name, .. } => {
            found.with_context(|| format!("`{name}` is not a file"))?
        }
        _ => found?,
    };
    output.show(
        || json!(inspection),
        |out| {
            print_layers(&inspection, out)?;
            print_costs(&inspection, batch, out)?;
            print_ranges(&inspection, &limits, out)
        },
    )
}

/// `784` or `3x32x32`.
fn shape(text: &str) -> Result<Shape> {
    let sizes: Result<Vec<usize>, _> = text.split('x').map(str::parse).collect();
    let sizes = sizes.with_context(|| format!("`{text}` is not a size like 784 or 3x32x32"))?;
    ensure!(sizes.len() != 2, "`{text}`: give CHANNELSxHEIGHTxWIDTH");
    Ok(nearfield::integer::samples::shape_of(&sizes)?)
}

fn print_layers(inspection: &Inspection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<18} {:<16} {:>12} {:>12} {:>12} {:>14}",
        "layer", "kind", "input", "output", "weights", "multiply-adds"
    )?;
    for layer in &inspection.layers {
        writeln!(
            out,
            "{:<18} {:<16} {:>12} {:>12} {:>12} {:>14}",
            layer.name,
            layer.kind,
            size(layer.input),
            size(layer.output),
            layer.parameters,
            layer.multiply_adds
        )?;
    }
    writeln!(out)
}

fn print_costs(inspection: &Inspection, batch: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "weights          {} ({} as int16)",
        inspection.parameters,
        bytes(inspection.memory.weights)
    )?;
    writeln!(
        out,
        "multiply-adds    {} a sample forward without local classifiers",
        inspection.multiply_adds
    )?;
    writeln!(
        out,
        "                 {} a sample in training, at most (pooling leaves gradients sparse)",
        inspection.training_multiply_adds
    )?;
    let memory = &inspection.memory;
    writeln!(
        out,
        "memory           {} to train in batches of {batch}, besides the samples:",
        bytes(memory.total())
    )?;
    for (part, size) in memory.parts() {
        writeln!(out, "                 {:>10} {part}", bytes(size))?;
    }
    Ok(())
}

fn print_ranges(
    inspection: &Inspection,
    limits: &WeightLimits,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out)?;
    writeln!(
        out,
        "{:<18} {:>12} {:>14} {:>20} {:>6} {:>14}",
        "integer ranges", "input", "weight", "worst sum", "bits", "safe weight"
    )?;
    for LayerInspection {
        name,
        max_abs_input,
        max_abs_weight,
        worst_sum,
        accumulator_bits,
        safe_weight,
        ..
    } in &inspection.layers
    {
        writeln!(
            out,
            "{name:<18} {max_abs_input:>12} {max_abs_weight:>14} {worst_sum:>20} {accumulator_bits:>6} {safe_weight:>14}"
        )?;
    }
    writeln!(out)?;
    for (name, low, high, bits) in fixed_ranges() {
        writeln!(out, "{name:<24} {low:>5} to {high:<4} {bits} bits")?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "{}",
        match limits {
            WeightLimits::Measured(_) => "Weights are the largest magnitudes in the model.",
            WeightLimits::Decay { .. } =>
                "Weights are what decay holds them near (a soft cap), or int16 without decay.",
        }
    )?;
    writeln!(
        out,
        "Sums are kept in int32: beyond the safe weight a worst case can wrap (training counts\n\
         those that do)."
    )
}

fn size(shape: Shape) -> String {
    match shape {
        Shape {
            channels,
            height: 1,
            width: 1,
        } => channels.to_string(),
        Shape {
            channels,
            height,
            width,
        } => format!("{channels}x{height}x{width}"),
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} bytes"),
        10_000..10_000_000 => format!("{} kB", count / 1000),
        _ => format!("{} MB", count / 1_000_000),
    }
}
