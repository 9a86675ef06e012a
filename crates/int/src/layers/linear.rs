//! The integer linear layer, without bias.

use super::scaling::Scaling;
use super::sums;
use crate::audit::{Lanes, LayerAudit, Merge};
use crate::kernel::{Panel, Set, Wide};
use crate::parallel;
use crate::sgd::IntegerSgd;
use alloc::vec;
use alloc::vec::Vec;

/// Rows of weights whose sums one task forms: whole tiles of every kernel.
const ROWS_A_TASK: usize = 24;

/// A fully connected layer.
///
/// # Shapes
/// Weights `[outputs, inputs]`, row-major; a batch of inputs `[samples, inputs]`.
///
/// # Source
/// NITRO-D section 3.1, integer linear layer.
#[derive(Clone, Debug)]
pub struct Linear {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) weight: Vec<i32>,
}

impl Linear {
    /// A layer with these weights.
    ///
    /// # Panics
    /// If there are not `inputs * outputs` weights, or none.
    pub fn new(inputs: usize, outputs: usize, weight: Vec<i32>) -> Self {
        assert!(
            inputs > 0 && outputs > 0 && weight.len() == inputs * outputs,
            "whole weights"
        );
        Linear {
            inputs,
            outputs,
            weight,
        }
    }

    /// Scaled sums of inputs times weights, `[samples, outputs]`.
    pub fn forward(
        &self,
        input: &[i16],
        scaling: Scaling,
        scaled: &mut [i8],
        largest: bool,
    ) -> LayerAudit {
        let samples = input.len() / self.inputs;
        let (set, wide) = (Set::active(), Wide::new(&self.weight, self.inputs));
        let panel = Panel::from_rows(input, self.inputs);
        let lanes = Lanes::new(&panel, wide.largest());
        let mut by_output = vec![0; scaled.len()];
        let task = |index: usize, scaled: &mut [i8]| {
            let start = index * ROWS_A_TASK;
            let rows = start..start + scaled.len() / samples;
            let mut cut = 0;
            let forward = sums::for_each_row(&wide, rows, &lanes, largest, |row, lane, sums| {
                let place = row * samples + lane;
                cut += scaling.apply(set, sums, &mut scaled[place..place + sums.len()]);
            });
            LayerAudit {
                forward,
                cut,
                ..LayerAudit::default()
            }
        };
        let products = input.len() * self.outputs;
        let audit = parallel::for_each_part(&mut by_output, ROWS_A_TASK * samples, products, task);
        transpose(&by_output, samples, scaled);
        audit
    }

    /// Gradient at the input, `[samples, inputs]`, from the gradient at the output,
    /// `[samples, outputs]`, with the weights as they are now.
    pub fn input_gradient(&self, gradient: &[i32]) -> Vec<i32> {
        let (set, samples) = (Set::active(), gradient.len() / self.outputs);
        let mut at_input = vec![0; samples * self.inputs];
        for (row, gradient) in at_input
            .chunks_exact_mut(self.inputs)
            .zip(gradient.chunks_exact(self.outputs))
        {
            for (&scale, weights) in gradient.iter().zip(self.weight.chunks_exact(self.inputs)) {
                if scale != 0 {
                    set.add_scaled_wide(row, scale, weights);
                }
            }
        }
        at_input
    }

    /// Largest magnitude of a weight.
    pub fn largest_weight(&self) -> u64 {
        self.weight
            .iter()
            .map(|weight| weight.unsigned_abs())
            .max()
            .unwrap_or(0)
            .into()
    }

    /// Corrects the weights by the gradient summed over the batch, a few rows at a time: no whole
    /// gradient exists.
    pub fn learn(
        &mut self,
        gradient: &[i32],
        input: &[i16],
        sgd: IntegerSgd,
        largest: bool,
    ) -> LayerAudit {
        let samples = gradient.len() / self.outputs;
        let mut by_output = vec![0; gradient.len()];
        transpose(gradient, self.outputs, &mut by_output);
        let (set, wide) = (Set::active(), Wide::new(&by_output, samples));
        let panel = Panel::from_columns(input, self.inputs);
        let lanes = Lanes::new(&panel, wide.largest());
        let (inputs, products) = (self.inputs, input.len() * self.outputs);
        let task = |index: usize, weights: &mut [i32]| {
            let start = index * ROWS_A_TASK;
            let rows = start..start + weights.len() / inputs;
            let mut updates = 0;
            let gradient = sums::for_each_row(&wide, rows, &lanes, largest, |row, lane, sums| {
                let place = row * inputs + lane;
                updates += sgd.update(set, &mut weights[place..place + sums.len()], sums);
            });
            LayerAudit {
                gradient,
                updates,
                ..LayerAudit::default()
            }
        };
        let part = ROWS_A_TASK * self.inputs;
        let mut audit = parallel::for_each_part(&mut self.weight, part, products, task);
        if largest {
            let weights = LayerAudit {
                largest_weight: self.largest_weight(),
                ..Default::default()
            };
            audit.merge(&weights);
        }
        audit
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transpose<T: Copy>(values: &[T], columns: usize, transposed: &mut [T]) {
    let rows = values.len() / columns;
    for (row, values) in values.chunks_exact(columns).enumerate() {
        for (place, &value) in transposed[row..].iter_mut().step_by(rows).zip(values) {
            *place = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_layer_computes_what_a_pencil_does() {
        let mut layer = Linear::new(2, 3, vec![1000, 0, 0, 1000, -500, 300]);
        let input = [3, -5, 100, 100];
        let mut scaled = [0; 6];
        let audit = layer.forward(&input, Scaling::new(2), &mut scaled, true);
        // 3000, -5000, -3000 and 100000, 100000, -20000, over 512.
        assert_eq!(scaled, [5, -9, -5, 127, 127, -39]);
        assert_eq!((audit.cut, audit.forward.largest), (2, 100_000));

        let gradient = [1, 0, -2, 0, 4, 0];
        assert_eq!(layer.input_gradient(&gradient), [2000, -600, 0, 4000]);

        let sgd = IntegerSgd::new(10, 1, 0);
        let audit = layer.learn(&gradient, &input, sgd, true);
        // Gradients: [3, -5], [400, 400], [-6, 10].
        assert_eq!(layer.weight, [1000, 0, -40, 960, -500, 299]);
        assert_eq!((audit.gradient.largest, audit.largest_weight), (400, 1000));
    }

    #[test]
    fn decay_also_reaches_rows_without_gradient() {
        let mut layer = Linear::new(1, 2, vec![50, -120]);
        layer.learn(&[0, 0], &[7], IntegerSgd::new(512, 1, 100), false);
        assert_eq!(layer.weight, [50, -119]);
    }
}
