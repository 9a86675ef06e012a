//! The integer linear layer, without bias.

use super::images::Images;
use super::scaling::Scaling;
use super::sums::Bounds;
use crate::audit::{Counting, LayerAudit, Range};
use crate::gemm::{self, Columns, Halves, High, Panel, Rows, SparseColumns, UpdateStats, Weights};
use crate::kernel::{BLOCK, Isa, ROWS, Span, TileBuffer};
use crate::parallel;
use crate::sgd::IntegerSgd;
use alloc::vec::Vec;

mod operands;

use operands::{GradientRows, GradientValue, Operands, row_starts};

/// Rows of weights that are corrected together: as many as memory is well read in at once.
const ROWS_CORRECTED: usize = 24;

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
    panel: Panel,
    high_panel: Panel,
    few: SparseColumns,
    /// Scaled sums, `[outputs, samples]`.
    by_output: Vec<i8>,
    gradient: GradientRows,
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
        let (samples, stride) = (input.samples(), self.weights.stride());
        work.panel.resize(self.inputs, samples);
        for block in 0..work.panel.blocks() {
            let rows = &input.values[block * BLOCK * self.inputs..];
            work.panel.fill_from_rows(block, rows, self.inputs);
        }
        let isa = Isa::current();
        let largest = [self.weights.max_abs(), input.largest.into()];
        if Bounds::wanted(counting, stride, largest) {
            let squares = input.values.chunks_exact(self.inputs);
            let squares = squares.map(|row| isa.squares(row));
            work.squares.clear();
            work.squares.extend(squares);
        }
        let operands = Operands {
            isa,
            rows: self.weights.halves(),
            stride,
            panel: &work.panel,
            lane_squares: &work.squares,
            largest,
            counting,
        };
        work.by_output.resize(scaled.len(), 0);
        let part = ROWS * samples;
        let products = input.values.len() * self.outputs;
        let task = |index: usize, scaled: &mut [i8]| {
            let mut audit = LayerAudit::default();
            let rows = index * ROWS..index * ROWS + scaled.len() / samples;
            let squares_of = |row| self.weights.squares(row);
            let forward = operands.for_each_block(rows, squares_of, |lane, sums| {
                for (scaled, sums) in scaled.chunks_exact_mut(samples).zip(sums.rows()) {
                    let scaled = &mut scaled[lane..lane + sums.len()];
                    audit.cut += scaling.apply(isa, sums, scaled);
                }
            });
            LayerAudit { forward, ..audit }
        };
        let audit = parallel::for_each_part(&mut work.by_output, part, products, task);
        transpose(&work.by_output, samples, scaled);
        audit
    }

    /// Gradient at the input, `[samples, inputs]`, from the gradient at the output,
    /// `[samples, outputs]`, with the weights as they are now.
    pub fn input_gradient(&self, work: &mut LinearWork, gradient: &[i8], at_input: &mut [i32]) {
        let (isa, halves) = (Isa::current(), self.weights.halves());
        let stride = self.weights.stride();
        let fill = |panel: &mut Panel, values: &[i16]| {
            panel.resize(self.outputs, self.inputs);
            for block in 0..panel.blocks() {
                panel.fill_from_columns(block, &values[block * BLOCK..], stride);
            }
        };
        fill(&mut work.panel, halves.low);
        self.list_high(work, halves.high, fill);
        let depth = self.outputs.next_multiple_of(2);
        let samples = gradient.len() / self.outputs;
        work.gradient.low.resize(samples * depth);
        for (row, gradient) in work
            .gradient
            .low
            .chunks_exact_mut(depth)
            .zip(gradient.chunks_exact(self.outputs))
        {
            row.fill(0);
            row.iter_mut()
                .zip(gradient)
                .for_each(|(place, &value)| *place = value.into());
        }
        let (panel, lanes_high) = (&work.panel, |block| match halves.high {
            High::None => High::None,
            High::Sparse(_) => High::Sparse(work.few.of(block)),
            High::Dense(_) => High::Dense(work.high_panel.block(block)),
        });
        let rows = &work.gradient.low;
        let products = at_input.len() * self.outputs;
        parallel::for_each_part(at_input, ROWS * self.inputs, products, |index, at_input| {
            let starts = row_starts(index * ROWS, depth);
            let starts = &starts[..at_input.len() / self.inputs];
            let mut sums = TileBuffer::default();
            for block in 0..panel.blocks() {
                let rows = Rows {
                    values: Halves::narrow(rows),
                    starts,
                    span: Span::contiguous(depth),
                };
                let lanes = Columns {
                    values: Halves {
                        low: panel.block(block),
                        high: lanes_high(block),
                    },
                    width: panel.width(block),
                };
                let sums = &mut sums[..starts.len() * lanes.width];
                gemm::products(isa, &rows, &lanes, sums);
                let count = panel.count(block);
                for (row, sums) in at_input
                    .chunks_exact_mut(self.inputs)
                    .zip(sums.chunks_exact(lanes.width))
                {
                    row[block * BLOCK..][..count].copy_from_slice(&sums[..count]);
                }
            }
        });
    }

    /// Lays out what weights have above their low halves, with inputs as lanes.
    fn list_high(&self, work: &mut LinearWork, high: High<'_>, fill: impl Fn(&mut Panel, &[i16])) {
        match high {
            High::None => {}
            High::Dense(high) => fill(&mut work.high_panel, high),
            High::Sparse(few) => {
                let stride = self.weights.stride();
                work.few
                    .list(&work.panel, few, |place| (place / stride, place % stride));
            }
        }
    }

    /// Corrects the weights by the gradient summed over the batch, a few rows at a time: no whole
    /// gradient exists. `gradient` is `[samples, outputs]`.
    pub(crate) fn learn<T: GradientValue>(
        &mut self,
        work: &mut LinearWork,
        gradient: &[T],
        input: &Images,
        sgd: IntegerSgd,
        counting: Counting,
    ) -> LayerAudit {
        let (isa, inputs) = (Isa::current(), self.inputs);
        let samples = gradient.len() / self.outputs;
        work.gradient.fill(gradient, self.outputs);
        work.panel.resize(samples, inputs);
        for block in 0..work.panel.blocks() {
            work.panel
                .fill_from_columns(block, &input.values[block * BLOCK..], inputs);
        }
        let stride = samples.next_multiple_of(2);
        let largest = [work.gradient.largest, input.largest.into()];
        if Bounds::wanted(counting, stride, largest) {
            column_squares(&input.values, inputs, &mut work.squares);
        }
        let operands = Operands {
            isa,
            rows: work.gradient.halves(),
            stride,
            panel: &work.panel,
            lane_squares: &work.squares,
            largest,
            counting,
        };
        let correction = sgd.update_rule();
        let products = input.values.len() * self.outputs;
        let rows_a_task = ROWS_CORRECTED.min(self.outputs.div_ceil(2));
        let (gradient, corrected): (Range, _) =
            self.weights.correct(rows_a_task, products, |first, rows| {
                let mut corrected = UpdateStats::default();
                let all = first..first + rows.count();
                let squares_of = |row: usize| {
                    let places = row * stride..(row + 1) * stride;
                    operands.rows.squares(isa, places)
                };
                let range = operands.for_each_block(all, squares_of, |lane, sums| {
                    rows.correct(lane, sums, correction, &mut corrected);
                });
                (range, corrected)
            });
        LayerAudit {
            gradient,
            updates: corrected.wrapped,
            largest_weight: if counting.largest() {
                corrected.largest.into()
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
        let gradient = &self.gradient;
        self.panel.bytes()
            + self.high_panel.bytes()
            + self.few.bytes()
            + self.by_output.capacity()
            + gradient.low.bytes()
            + gradient.high.bytes()
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
