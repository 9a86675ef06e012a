//! The memory that training steps work in: planned from a network's sizes, and measured.
//!
//! All of it is allocated in the first steps; later ones allocate nothing but short lists of weights
//! beyond int16, where there are any.

use crate::kernel::{BLOCK, ROWS};
use crate::layers::conv2d;
use crate::plan::{BlockPlan, ForwardPlan, Plan};
use serde::Serialize;

/// Bytes by what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StepMemory {
    /// All weights, as int16.
    pub weights: u64,
    /// Inputs and outputs of a block (int16), with borders of zeros.
    pub activations: u64,
    /// Scaled sums of a block's forward layer (int8).
    pub scaled: u64,
    /// Weights or inputs in the order of the kernels (int16), and what bounds their sums.
    pub operands: u64,
    /// Features, winners and gradients of a head.
    pub heads: u64,
    /// Weight gradients of convolutions under way, of all threads (int32).
    pub gradients: u64,
}

impl StepMemory {
    /// What training in batches of `batch` samples will take, while all weights fit int16.
    pub fn plan(plan: &Plan, batch: usize, threads: usize) -> Self {
        let max = |size: &dyn Fn(&BlockPlan) -> usize| plan.blocks.iter().map(size).max();
        let max = |size: &dyn Fn(&BlockPlan) -> usize| max(size).unwrap_or(0);
        let classes = plan.classes;
        let output = linear_operands(plan.output_inputs(), classes, batch);
        let forward = max(&|block| match block.forward {
            ForwardPlan::Linear => {
                let gradient = 2 * 2 * block.output.channels * even(batch);
                linear_operands(block.input.features(), block.output.channels, batch) + gradient
            }
            ForwardPlan::Conv2d { .. } => 0,
        });
        let heads = max(&|block| linear_operands(block.head_inputs, classes, batch));
        let operands = max(&|block| {
            let shape = block.conv_shape();
            shape.map_or(0, |shape| conv2d::planned_operands(shape, batch, threads))
        });
        let gradient = max(&|block| {
            let positions = block.head_inputs / block.output.channels;
            let shape = block.conv_shape();
            shape.map_or(0, |shape| {
                conv2d::planned_gradient(shape, positions, batch, threads)
            })
        });
        let head = max(&|block| {
            // Of a pooled feature: its pixel, and its value before the activation.
            let winner = size_of::<u32>() + size_of::<i8>();
            let winner = if block.head_window.is_some() {
                winner
            } else {
                0
            };
            block.head_inputs * (size_of::<i16>() + size_of::<i32>() + winner)
        });
        StepMemory {
            weights: as_u64(weights(plan)),
            activations: as_u64(activations(plan, batch)),
            scaled: as_u64(max(&|block| block.output.features()) * batch),
            operands: as_u64(forward + heads.max(output) + operands),
            heads: as_u64((head + 2 * classes) * batch),
            gradients: as_u64(gradient * threads),
        }
    }

    /// Its parts, named for people.
    pub fn parts(&self) -> [(&'static str, u64); 6] {
        [
            ("weights (int16)", self.weights),
            ("activations in and out (int16)", self.activations),
            ("scaled sums of a block (int8)", self.scaled),
            ("operands in the order of the kernels", self.operands),
            ("heads: features and their gradients", self.heads),
            ("weight gradients under way (int32)", self.gradients),
        ]
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.parts().iter().map(|part| part.1).sum()
    }
}

fn weights(plan: &Plan) -> usize {
    let block = |block: &BlockPlan| {
        let forward = match block.forward {
            ForwardPlan::Linear => even(block.input.features()),
            ForwardPlan::Conv2d { kernel, .. } => kernel * kernel * even(block.input.channels),
        };
        block.output.channels * forward + plan.classes * even(block.head_inputs)
    };
    let blocks: usize = plan.blocks.iter().map(block).sum();
    2 * (blocks + plan.classes * even(plan.output_inputs()))
}

/// Two buffers: a block reads one and writes the other, the next block the other way around.
fn activations(plan: &Plan, batch: usize) -> usize {
    let max_abs = |turn: usize| {
        let frames = (0..=plan.blocks.len()).map(|index| plan.frame_after(index).size());
        frames.skip(turn).step_by(2).max().unwrap_or(0)
    };
    let stages = |layers: &[_]| if layers.len() > 1 { 2 } else { 0 };
    let transitions = plan.blocks.iter().map(|block| {
        let layers = &block.transition.layers;
        let max_abs = layers.iter().map(|(_, input)| input.features()).max();
        stages(layers) * max_abs.unwrap_or(0)
    });
    2 * batch * (max_abs(0) + max_abs(1) + transitions.max().unwrap_or(0))
}

/// A linear layer's inputs and gradients in the order of the kernels.
fn linear_operands(inputs: usize, outputs: usize, batch: usize) -> usize {
    let columns = |count: usize| count / BLOCK * BLOCK + (count % BLOCK).next_multiple_of(16);
    let forward = columns(batch) * even(inputs);
    let backward = columns(inputs) * even(batch).max(even(outputs));
    let rows = outputs * even(batch);
    2 * (forward.max(backward) + rows.max(batch * even(outputs)))
        + outputs * batch
        + 8 * (inputs.max(batch) + outputs.max(ROWS))
}

fn even(count: usize) -> usize {
    count.next_multiple_of(2)
}

fn as_u64(bytes: usize) -> u64 {
    bytes as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;
    use crate::presets;
    use crate::spec::{NetworkSpec, Shape};
    use crate::step::StepSettings;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn steps_occupy_the_planned_memory() {
        let image = Shape::image(3, 32, 32);
        for (preset, input, batch) in [
            ("mlp1", Shape::flat(784), 64),
            ("mlp3", Shape::flat(784), 40),
            ("cnn", image, 12),
            ("vgg8b", image, 3),
        ] {
            let spec = NetworkSpec::new(input, 10, presets::layers(preset, 10).unwrap());
            let mut network = Network::new(&spec, 1).unwrap();
            let values: Vec<i8> = (0..batch * input.features())
                .map(|i| i8::try_from(i % 120).unwrap())
                .collect();
            let labels = vec![3; batch];
            for step in 0..4 {
                let settings = StepSettings {
                    step,
                    ..StepSettings::default()
                };
                network.train_step(&values, &labels, &settings).unwrap();
            }
            let threads = rayon::current_num_threads();
            let planned = StepMemory::plan(network.plan(), batch, threads);
            let measured = network.memory();
            let parts = planned.parts().into_iter().zip(measured.parts());
            for ((name, planned), (_, measured)) in parts {
                // Alignment takes up to a line a buffer.
                assert!(
                    measured <= planned + planned / 20 + 2048,
                    "{preset} {name}: {measured} of {planned}"
                );
            }
            let (planned, measured) = (planned.total(), measured.total());
            assert!(
                measured * 10 > planned * 6,
                "{preset}: {measured} of {planned}"
            );
        }
    }
}
