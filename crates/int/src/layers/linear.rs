//! The integer linear layer, without bias.

use super::scaling::Scaling;
use crate::audit::{self, LayerAudit, Merge};
use crate::kernel::{self, Narrow, Wide};
use crate::parallel;
use crate::sgd::IntegerSgd;
use alloc::vec;
use alloc::vec::Vec;

/// Samples whose sums one task forms.
const SAMPLES_A_TASK: usize = 8;

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
        let wide = Wide::new(&self.weight);
        let products = input.len() * self.outputs;
        let task = |index: usize, scaled: &mut [i8]| {
            let samples = scaled.len() / self.outputs;
            let start = index * SAMPLES_A_TASK * self.inputs;
            let narrow = Narrow::new(&input[start..start + samples * self.inputs], self.inputs);
            let mut sums = vec![0; scaled.len()];
            kernel::products_by_narrow_row(&narrow, &wide, &mut sums);
            LayerAudit {
                forward: audit::products(&narrow, &wide, &sums, largest),
                cut: scaling.apply(&sums, scaled),
                ..LayerAudit::default()
            }
        };
        parallel::for_each_part(scaled, SAMPLES_A_TASK * self.outputs, products, task)
    }

    /// Gradient at the input, `[samples, inputs]`, from the gradient at the output,
    /// `[samples, outputs]`, with the weights as they are now.
    pub fn input_gradient(&self, gradient: &[i32]) -> Vec<i32> {
        let samples = gradient.len() / self.outputs;
        let mut at_input = vec![0; samples * self.inputs];
        for (row, gradient) in at_input
            .chunks_exact_mut(self.inputs)
            .zip(gradient.chunks_exact(self.outputs))
        {
            for (&scale, weights) in gradient.iter().zip(self.weight.chunks_exact(self.inputs)) {
                if scale != 0 {
                    kernel::add_scaled_wide(row, scale, weights);
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

    /// Corrects the weights by the gradient summed over the batch, row by row: gradient and
    /// update of a row are one task, and no whole gradient exists.
    pub fn learn(
        &mut self,
        gradient: &[i32],
        input: &[i16],
        sgd: IntegerSgd,
        largest: bool,
    ) -> LayerAudit {
        let samples = gradient.len() / self.outputs;
        let gradient = transposed(gradient, self.outputs);
        let input = transposed(input, self.inputs);
        let narrow = Narrow::new(&input, samples);
        let products = input.len() * self.outputs;
        let task = |output: usize, weights: &mut [i32]| {
            let row = &gradient[output * samples..(output + 1) * samples];
            if row.iter().all(|&value| value == 0) && !sgd.decays(weights) {
                return LayerAudit::default();
            }
            let wide = Wide::new(row);
            let mut sums = vec![0; weights.len()];
            kernel::products_by_wide_row(&narrow, &wide, &mut sums);
            LayerAudit {
                gradient: audit::products(&narrow, &wide, &sums, largest),
                updates: sgd.update(weights, &sums),
                ..LayerAudit::default()
            }
        };
        let mut audit = parallel::for_each_part(&mut self.weight, self.inputs, products, task);
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
fn transposed<T: Copy + Default>(values: &[T], columns: usize) -> Vec<T> {
    let rows = values.len() / columns;
    let mut result = vec![T::default(); values.len()];
    for (row, values) in values.chunks_exact(columns).enumerate() {
        for (column, &value) in values.iter().enumerate() {
            result[column * rows + row] = value;
        }
    }
    result
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
