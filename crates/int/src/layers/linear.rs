//! The integer linear layer, without bias.

use super::images::Images;
use super::scaling::Scaling;
use crate::audit::{Counting, LayerAudit, Range};
use crate::gemm::{
    Bounds, ColumnPanel, GradientValue, Halves, Product, RowBuffer, UpdateStats, Weights,
};
use crate::kernel::{Isa, ROWS, Span};
use crate::parallel;
use crate::sgd::IntegerSgd;
use alloc::vec::Vec;

/// Rows of weights that are updated together: as many as memory is read well in at once.
const ROWS_UPDATED: usize = 24;

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
    weights: Weights,
}

/// Memory that linear layers work in.
#[derive(Debug, Default)]
pub struct LinearWork {
    columns: ColumnPanel,
    /// Scaled sums, `[outputs, samples]`.
    by_output: Vec<i8>,
    gradient: RowBuffer,
    /// The sum of squares of each column.
    squares: Vec<u64>,
}

impl Linear {
    /// A layer with these weights.
    ///
    /// # Panics
    /// If there are not `inputs * outputs` weights, or none.
    pub fn new(inputs: usize, outputs: usize, weights: &[i32]) -> Self {
        assert!(
            inputs > 0 && outputs > 0 && weights.len() == inputs * outputs,
            "whole weights"
        );
        Linear {
            inputs,
            outputs,
            weights: Weights::new(weights, inputs),
        }
    }

    /// The weights, `[outputs, inputs]`.
    pub fn values(&self) -> Vec<i32> {
        self.weights.values()
    }

    /// Bytes of the weights.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.weights.bytes()
    }

    /// Largest magnitude of a weight.
    pub fn largest_weight(&self) -> u64 {
        self.weights.max_abs().into()
    }

    /// Scaled sums of inputs times weights, `[samples, outputs]`.
    pub(crate) fn forward(
        &self,
        work: &mut LinearWork,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let (isa, samples) = (Isa::current(), input.samples());
        work.columns
            .fill_from_rows(Halves::narrow(&input.values), self.inputs);
        let max_abs = [self.weights.max_abs(), input.largest.into()];
        let span = Span::contiguous(self.weights.stride());
        let bounds = Bounds::are_needed(counting, span.depth(), max_abs).then(|| {
            let samples = input.values.chunks_exact(self.inputs);
            work.squares.clear();
            work.squares
                .extend(samples.map(|values| isa.squares(values)));
            Bounds {
                max_abs,
                column_squares: &work.squares,
            }
        });
        let product = Product {
            isa,
            rows: self.weights.halves(),
            span,
            columns: &work.columns,
            bounds,
            max_abs: counting.largest(),
        };
        work.by_output.resize(scaled.len(), 0);
        let products = input.values.len() * self.outputs;
        let task = |index: usize, scaled: &mut [i8]| {
            let mut audit = LayerAudit::default();
            let first = index * ROWS;
            let rows = first..first + scaled.len() / samples;
            let rows = product.rows(rows, |row| self.weights.squares(row));
            audit.forward = product.for_each_block(&rows, |column, sums| {
                for (scaled, sums) in scaled.chunks_exact_mut(samples).zip(sums.rows()) {
                    let scaled = &mut scaled[column..column + sums.len()];
                    audit.cut += scaling.apply(isa, sums, scaled);
                }
            });
            audit
        };
        let audit = parallel::for_each_part(&mut work.by_output, ROWS * samples, products, task);
        transpose(&work.by_output, samples, scaled);
        audit
    }

    /// Gradient at the input, `[samples, inputs]`, from the gradient at the output,
    /// `[samples, outputs]`, with the weights as they are now.
    pub fn input_gradient(&self, work: &mut LinearWork, gradient: &[i8], at_input: &mut [i32]) {
        let stride = self.weights.stride();
        work.columns
            .fill_from_columns(self.weights.halves(), self.inputs, stride);
        work.gradient.fill(gradient, self.outputs);
        let product = Product {
            isa: Isa::current(),
            rows: work.gradient.halves(),
            span: Span::contiguous(work.gradient.stride()),
            columns: &work.columns,
            bounds: None,
            max_abs: false,
        };
        let products = at_input.len() * self.outputs;
        parallel::for_each_part(at_input, ROWS * self.inputs, products, |index, at_input| {
            let first = index * ROWS;
            let rows = product.rows(first..first + at_input.len() / self.inputs, |_| 0);
            product.for_each_block(&rows, |column, sums| {
                let samples = at_input.chunks_exact_mut(self.inputs);
                for (at_input, sums) in samples.zip(sums.rows()) {
                    at_input[column..column + sums.len()].copy_from_slice(sums);
                }
            });
        });
    }

    /// Updates the weights by the gradient summed over the batch, a few rows at a time: no whole
    /// gradient exists. `gradient` is `[samples, outputs]`.
    pub(crate) fn learn<T: GradientValue>(
        &mut self,
        work: &mut LinearWork,
        gradient: &[T],
        input: &Images,
        sgd: IntegerSgd,
        counting: Counting,
    ) -> LayerAudit {
        work.gradient.fill_transposed(gradient, self.outputs);
        work.columns
            .fill_from_columns(Halves::narrow(&input.values), self.inputs, self.inputs);
        let max_abs = [work.gradient.max_abs(), input.largest.into()];
        let span = Span::contiguous(work.gradient.stride());
        let bounds = Bounds::are_needed(counting, span.depth(), max_abs).then(|| {
            column_squares(&input.values, self.inputs, &mut work.squares);
            Bounds {
                max_abs,
                column_squares: &work.squares,
            }
        });
        let product = Product {
            isa: Isa::current(),
            rows: work.gradient.halves(),
            span,
            columns: &work.columns,
            bounds,
            max_abs: counting.largest(),
        };
        let rule = sgd.update_rule();
        let products = input.values.len() * self.outputs;
        let rows_a_task = ROWS_UPDATED.min(self.outputs.div_ceil(2));
        let (gradient, stats): (Range, _) =
            self.weights
                .update(rows_a_task, products, |first, weights| {
                    let mut stats = UpdateStats::default();
                    let rows = first..first + weights.count();
                    let rows = product.rows(rows, |row| work.gradient.squares(row));
                    let range = product.for_each_block(&rows, |column, sums| {
                        weights.update(column, sums, rule, &mut stats);
                    });
                    (range, stats)
                });
        LayerAudit {
            gradient,
            updates: stats.wrapped,
            largest_weight: if counting.largest() {
                stats.max_abs.into()
            } else {
                0
            },
            ..LayerAudit::default()
        }
    }
}

impl LinearWork {
    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.bytes()
            + self.by_output.capacity()
            + self.gradient.bytes()
            + size_of::<u64>() * self.squares.capacity()
    }
}

/// The sum of squares of each column.
fn column_squares(values: &[i16], columns: usize, squares: &mut Vec<u64>) {
    squares.clear();
    squares.resize(columns, 0);
    for row in values.chunks_exact(columns) {
        for (square, &value) in squares.iter_mut().zip(row) {
            *square += u64::from(value.unsigned_abs()).pow(2);
        }
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
    use crate::arithmetic::wrapped;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn a_small_layer_computes_what_a_pencil_does() {
        let mut work = LinearWork::default();
        let mut layer = Linear::new(2, 3, &[1000, 0, 0, 1000, -500, 300]);
        let input = Images::flat(&[3, -5, 100, 100], 2);
        let mut scaled = [0; 6];
        let audit = layer.forward(
            &mut work,
            &input,
            Scaling::new(2),
            &mut scaled,
            Counting::WrapsAndLargest,
        );
        // 3000, -5000, -3000 and 100000, 100000, -20000, over 512.
        assert_eq!(scaled, [5, -9, -5, 127, 127, -39]);
        assert_eq!((audit.cut, audit.forward.largest), (2, 100_000));
        let mut again = [0; 6];
        layer.forward(
            &mut work,
            &input,
            Scaling::new(2),
            &mut again,
            Counting::Nothing,
        );
        assert_eq!(again, scaled);

        let gradient = [1_i8, 0, -2, 0, 4, 0];
        let mut at_input = [0; 4];
        layer.input_gradient(&mut work, &gradient, &mut at_input);
        assert_eq!(at_input, [2000, -600, 0, 4000]);

        let sgd = IntegerSgd::new(10, 1, 0);
        let audit = layer.learn(&mut work, &gradient, &input, sgd, Counting::WrapsAndLargest);
        // Gradients: [3, -5], [400, 400], [-6, 10].
        assert_eq!(layer.values(), [1000, 0, -40, 960, -500, 299]);
        assert_eq!((audit.gradient.largest, audit.largest_weight), (400, 1000));
    }

    #[test]
    fn decay_also_reaches_rows_without_gradient() {
        let mut layer = Linear::new(1, 2, &[50, -120]);
        let sgd = IntegerSgd::new(512, 1, 100);
        layer.learn(
            &mut LinearWork::default(),
            &[0_i32, 0],
            &Images::flat(&[7], 1),
            sgd,
            Counting::Wraps,
        );
        assert_eq!(layer.values(), [50, -119]);
    }

    #[test]
    fn gradients_and_weights_beyond_int16_give_exact_sums() {
        let mut work = LinearWork::default();
        let mut layer = Linear::new(3, 1, &[100_000, -3, 70_000]);
        let mut at_input = vec![0; 3];
        layer.input_gradient(&mut work, &[-2_i8], &mut at_input);
        assert_eq!(at_input, [-200_000, 6, -140_000]);
        let sgd = IntegerSgd::new(1, 1, 0);
        let audit = layer.learn(
            &mut work,
            &[155_000_i32],
            &Images::flat(&[1, -1, 20_000], 3),
            sgd,
            Counting::WrapsAndLargest,
        );
        let wrapped = wrapped(155_000 * 20_000);
        assert_eq!(
            layer.values(),
            [-55_000, 154_997, 70_000_i32.wrapping_sub(wrapped)]
        );
        assert_eq!(audit.gradient.wrapped, 1);
        assert_eq!(audit.gradient.largest, 3_100_000_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn gradients_with_any_share_beyond_int16_correct_as_the_definition(
            (samples, share) in (1..70_usize, 0..=100_u32),
            draws in proptest::collection::vec((0..100_u32, any::<i32>()), 70 * 9),
            inputs in proptest::collection::vec(-127..=127_i16, 70 * 21),
        ) {
            let (inputs, gradient) = (&inputs[..samples * 21], &draws[..samples * 9]);
            let gradient: Vec<i32> = gradient
                .iter()
                .map(|&(draw, value)| if draw < share { value >> 8 } else { value >> 16 })
                .collect();
            let mut layer = Linear::new(21, 9, &[0; 9 * 21]);
            let images = Images::flat(inputs, 21);
            let sgd = IntegerSgd::new(1, 1, 0);
            let audit = layer.learn(&mut LinearWork::default(), &gradient, &images, sgd, Counting::Wraps);
            let mut beyond = 0;
            let expected: Vec<i32> = (0..9 * 21)
                .map(|place| {
                    let (output, input) = (place / 21, place % 21);
                    let product = |sample: usize| {
                        i64::from(gradient[sample * 9 + output]) * i64::from(inputs[sample * 21 + input])
                    };
                    let exact: i64 = (0..samples).map(product).sum();
                    beyond += u64::from(i32::try_from(exact).is_err());
                    wrapped(exact).wrapping_neg()
                })
                .collect();
            prop_assert_eq!(layer.values(), expected);
            prop_assert_eq!(audit.gradient.wrapped, beyond);
        }
    }
}
