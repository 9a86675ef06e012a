//! What a network costs and which integers it needs, before anything is trained.

use crate::arithmetic::{SCALED_LIMIT, TARGET};
use crate::memory::StepMemory;
use crate::plan::{BlockPlan, ForwardPlan, Plan, Transition, TransitionLayer};
use crate::spec::{NetworkSpec, Shape};
use crate::{Error, Result};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// One layer with weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerInspection {
    /// Name of its tensor, less `.weight`.
    pub name: String,
    /// What it is, for people.
    pub kind: String,
    /// Size of a sample going in.
    pub input: Shape,
    /// Size of a sample coming out.
    pub output: Shape,
    /// Number of weights.
    pub parameters: u64,
    /// Products that its forward pass forms for one sample.
    pub multiply_adds: u64,
    /// Largest magnitude of an input.
    #[serde(rename = "largest_input")]
    pub max_abs_input: u64,
    /// Largest magnitude of a weight: measured, or what decay holds it to (int16 without).
    #[serde(rename = "largest_weight")]
    pub max_abs_weight: u64,
    /// No sum can exceed this, whatever the data.
    pub worst_sum: u64,
    /// Bits that a signed accumulator needs for the worst sum.
    pub accumulator_bits: u32,
    /// Up to this magnitude of the weights no int32 sum can wrap, whatever the data.
    pub safe_weight: u64,
}

/// A whole network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Its layers, with blocks' heads after their forward layers.
    pub layers: Vec<LayerInspection>,
    /// Number of weights.
    pub parameters: u64,
    /// Products of a forward pass without heads, for one sample.
    pub multiply_adds: u64,
    /// Products of a training step with heads and weight gradients, for one sample, where
    /// gradients are dense (heads that pool by the maximum leave out all but the winners).
    pub training_multiply_adds: u64,
    /// The memory that training occupies, without the samples.
    pub memory: StepMemory,
}

/// What bounds the magnitudes of the weights.
#[derive(Clone, Debug)]
pub enum WeightLimits {
    /// Inverse decays of forward layers and of heads, which hold the weights near themselves.
    Decay {
        /// Of forward layers; 0 for none.
        forward: u32,
        /// Of heads and the output layer; 0 for none.
        head: u32,
    },
    /// Measured, in the order of the tensors.
    Measured(Vec<u64>),
}

impl WeightLimits {
    fn of(&self, tensor: usize, is_forward: bool) -> u64 {
        match self {
            WeightLimits::Measured(max_abs) => max_abs.get(tensor).copied().unwrap_or(0),
            WeightLimits::Decay { forward, head } => {
                match if is_forward { *forward } else { *head } {
                    0 => u64::from(i16::MAX.unsigned_abs()),
                    decay => decay.into(),
                }
            }
        }
    }
}

/// Largest batch.
const MAX_SAMPLES: usize = 1 << 24;

/// The cost and the integer ranges of a network that is trained in batches of `batch`.
///
/// # Errors
/// If the description cannot be built, or `batch` is 0 or beyond 2^24.
pub fn inspect(spec: &NetworkSpec, limits: &WeightLimits, batch: usize) -> Result<Inspection> {
    if !(1..=MAX_SAMPLES).contains(&batch) {
        return Err(Error::Setting {
            setting: "batch",
            problem: format!("{batch} is outside 1 to {MAX_SAMPLES}"),
        });
    }
    let plan = Plan::new(spec)?;
    let activated = (-127..=127)
        .map(|x| spec.activation.apply(x).unsigned_abs())
        .max();
    let activated = u64::from(activated.unwrap_or(127));
    let mut input = dropped(&plan.stem, 128);
    let mut layers = Vec::new();
    for (index, block) in plan.blocks.iter().enumerate() {
        layers.push(forward_layer(index, block, input, limits));
        layers.push(head_layer(index, block, plan.classes, (activated, limits)));
        input = dropped(&block.transition, activated);
    }
    let output = Sums {
        name: "output".into(),
        kind: "linear".into(),
        fan_in: plan.output_inputs(),
        max_abs_input: input,
        max_abs_weight: limits.of(layers.len(), false),
    };
    let after = plan
        .blocks
        .last()
        .map_or(spec.input, |block| block.transition.output);
    layers.push(output.layer(after, Shape::flat(plan.classes)));
    Ok(totals(&plan, layers, batch))
}

fn totals(plan: &Plan, layers: Vec<LayerInspection>, batch: usize) -> Inspection {
    let forward = |layer: &&LayerInspection| !layer.name.ends_with("head");
    let all: u64 = layers.iter().map(|layer| layer.multiply_adds).sum();
    let deltas: u64 = plan
        .blocks
        .iter()
        .map(|b| (b.head_inputs * plan.classes) as u64)
        .sum();
    let parameters = layers.iter().map(|layer| layer.parameters).sum();
    Inspection {
        parameters,
        multiply_adds: layers
            .iter()
            .filter(forward)
            .map(|layer| layer.multiply_adds)
            .sum(),
        training_multiply_adds: 2 * all + deltas,
        memory: StepMemory::plan(plan, batch, threads()),
        layers,
    }
}

/// Threads that a step works on.
fn threads() -> usize {
    #[cfg(feature = "threads")]
    let count = rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    let count = 1;
    count
}

/// The largest magnitude after a transition: dropout raises what it keeps.
fn dropped(transition: &Transition, max_abs: u64) -> u64 {
    transition
        .layers
        .iter()
        .fold(max_abs, |max_abs, (layer, _)| match layer {
            TransitionLayer::Dropout(dropout, _) => max_abs * u64::from(dropout.scale()) / 1000,
            _ => max_abs,
        })
}

struct Sums {
    name: String,
    kind: String,
    fan_in: usize,
    max_abs_input: u64,
    max_abs_weight: u64,
}

impl Sums {
    fn layer(self, input: Shape, output: Shape) -> LayerInspection {
        let max_product = self.fan_in as u64 * self.max_abs_input;
        let worst_sum = max_product.saturating_mul(self.max_abs_weight);
        let outputs = output.channels as u64;
        LayerInspection {
            name: self.name,
            kind: self.kind,
            input,
            output,
            parameters: outputs * self.fan_in as u64,
            multiply_adds: output.features() as u64 * self.fan_in as u64,
            max_abs_input: self.max_abs_input,
            max_abs_weight: self.max_abs_weight,
            worst_sum,
            accumulator_bits: u64::BITS - worst_sum.leading_zeros() + 1,
            safe_weight: i32::MAX as u64 / max_product.max(1),
        }
    }
}

fn forward_layer(
    index: usize,
    block: &BlockPlan,
    max_abs_input: u64,
    limits: &WeightLimits,
) -> LayerInspection {
    let kind = match block.forward {
        ForwardPlan::Linear => String::from("linear"),
        ForwardPlan::Conv2d { kernel, padding } => format!("conv2d {kernel}x{kernel} +{padding}"),
    };
    let sums = Sums {
        name: format!("blocks.{index}.forward"),
        kind,
        fan_in: block.fan_in(),
        max_abs_input,
        max_abs_weight: limits.of(2 * index, true),
    };
    sums.layer(block.input, block.output)
}

fn head_layer(
    index: usize,
    block: &BlockPlan,
    classes: usize,
    (max_abs_input, limits): (u64, &WeightLimits),
) -> LayerInspection {
    let kind = match block.head_window {
        None => String::from("head"),
        Some(window) => format!("head, pool {}x{}", window.height, window.width),
    };
    let sums = Sums {
        name: format!("blocks.{index}.head"),
        kind,
        fan_in: block.head_inputs,
        max_abs_input,
        max_abs_weight: limits.of(2 * index + 1, false),
    };
    sums.layer(block.output, Shape::flat(classes))
}

/// Ranges of the numbers that every network has, for tables: name, least, largest, bits of a signed
/// integer.
pub fn fixed_ranges() -> [(&'static str, i32, i32, u32); 4] {
    let (least, largest) = (i8::MIN.into(), i8::MAX.into());
    [
        ("input", least, largest),
        ("scaled sum, prediction", -SCALED_LIMIT, SCALED_LIMIT),
        ("loss gradient", least, largest),
        ("target", 0, TARGET.into()),
    ]
    .map(|(name, least, largest)| (name, least, largest, signed_bits(least, largest)))
}

/// Bits of the narrowest signed integer that has both.
fn signed_bits(least: i32, largest: i32) -> u32 {
    let magnitude_bits = |value: i32| i32::BITS - (value ^ (value >> 31)).leading_zeros();
    1 + magnitude_bits(least).max(magnitude_bits(largest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    fn look(preset: &str, input: Shape, limits: &WeightLimits) -> Inspection {
        let spec = NetworkSpec::new(input, 10, presets::layers(preset, 0).unwrap());
        inspect(&spec, limits, 64).unwrap()
    }

    #[test]
    fn multiply_adds_and_safe_weights_are_the_published_ones() {
        let none = WeightLimits::Decay {
            forward: 12_000,
            head: 3_000,
        };
        let mlp1 = look("mlp1", Shape::flat(784), &none);
        assert_eq!((mlp1.parameters, mlp1.multiply_adds), (85_400, 83_900));
        assert_eq!(mlp1.layers[0].safe_weight, 21_399);
        assert_eq!(mlp1.layers[0].worst_sum, 784 * 128 * 12_000);
        assert_eq!(mlp1.layers[0].accumulator_bits, 32);
        let vgg8b = look("vgg8b", Shape::image(3, 32, 32), &none);
        assert_eq!(vgg8b.multiply_adds / 1_000_000, 949);
        assert_eq!(vgg8b.layers[10].safe_weight, 5_121);
    }

    #[test]
    fn batches_of_none_or_too_many_are_refused() {
        let spec = NetworkSpec::new(Shape::flat(4), 2, Vec::new());
        let none = WeightLimits::Measured(Vec::new());
        for batch in [0, (1 << 24) + 1, usize::MAX] {
            let error = inspect(&spec, &none, batch).unwrap_err();
            assert!(
                format!("{error}").contains("outside 1 to 16777216"),
                "{error}"
            );
        }
        assert!(inspect(&spec, &none, 1 << 24).is_ok());
    }

    #[test]
    fn every_fixed_range_but_the_targets_fills_int8() {
        assert_eq!(fixed_ranges().map(|range| range.3), [8, 8, 8, 7]);
        assert_eq!(
            [signed_bits(0, 0), signed_bits(-1, 0), signed_bits(-1, 1)],
            [1, 1, 2]
        );
    }

    #[test]
    fn measured_weights_replace_the_limits() {
        let measured = WeightLimits::Measured(alloc::vec![7, 8, 9, 10, 11]);
        let mlp1 = look("mlp1", Shape::flat(784), &measured);
        let max_abs: Vec<u64> = mlp1
            .layers
            .iter()
            .map(|layer| layer.max_abs_weight)
            .collect();
        assert_eq!(max_abs, [7, 8, 9, 10, 11]);
    }
}
