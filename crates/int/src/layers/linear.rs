//! The integer linear layer, without bias.
//!
//! With a batch `x: [samples, inputs]`, weights `W: [outputs, inputs]` and a gradient
//! `g: [samples, outputs]`:
//!
//! ```text
//! forward     y = scale(x W^T)             [samples, outputs]
//! backward    g W                          [samples, inputs]
//! update      W -= g^T x / rate + decay    [outputs, inputs]
//! ```
//!
//! All sums are modulo 2^32. [`crate::gemm`] forms them: rows by blocks of columns.

use super::images::Images;
use super::scaling::Scaling;
use crate::audit::{Counting, LayerAudit, Range};
use crate::gemm::{GradientValue, Halves, Product, RowsMut, UpdateStats, Weights};
use crate::kernel::{Isa, ROWS, Span};
use crate::parallel;
use crate::sgd::IntegerSgd;
use alloc::vec::Vec;
use workspace::{bounds, column_squares, row_squares, transpose};

#[cfg(test)]
mod tests;
mod workspace;

pub(crate) use workspace::LinearWorkspace;

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
pub(crate) struct Linear {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    weights: Weights,
}

impl Linear {
    /// A layer with these weights.
    ///
    /// # Panics
    /// If there are not `inputs * outputs` weights, or none.
    pub(crate) fn new(inputs: usize, outputs: usize, weights: &[i32]) -> Self {
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
    pub(crate) fn values(&self) -> Vec<i32> {
        self.weights.values()
    }

    /// Bytes of the weights.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.weights.bytes()
    }

    /// Largest magnitude of a weight.
    pub(crate) fn max_abs_weight(&self) -> u64 {
        self.weights.max_abs().into()
    }

    /// `scale(x W^T)`.
    ///
    /// # Shapes
    /// `input`: `[samples, inputs]`; `scaled`: `[samples, outputs]`.
    pub(crate) fn forward(
        &self,
        workspace: &mut LinearWorkspace,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let (isa, samples) = (Isa::current(), input.samples());
        let columns = &mut workspace.columns;
        columns.fill_from_rows(Halves::narrow(&input.values), self.inputs);
        let depth = self.weights.stride();
        let max_abs = [self.weights.max_abs(), input.max_abs.into()];
        let measure = |squares: &mut _| row_squares(isa, &input.values, self.inputs, squares);
        let product = Product {
            isa,
            rows: self.weights.halves(),
            span: Span::contiguous(depth),
            columns,
            bounds: bounds(counting, depth, max_abs, &mut workspace.squares, measure),
            max_abs: counting.maxima(),
        };
        let by_output = &mut workspace.by_output;
        by_output.resize(scaled.len(), 0);
        let products = input.values.len() * self.outputs;
        let task = |index: usize, scaled: &mut [i8]| {
            let mut audit = LayerAudit::default();
            let first = index * ROWS;
            let rows = first..first + scaled.len() / samples;
            let rows = product.rows(rows, |row| self.weights.squares(row));
            audit.forward = product.for_each_block(&rows, |sample, sums| {
                for (scaled, sums) in scaled.chunks_exact_mut(samples).zip(sums.rows()) {
                    let scaled = &mut scaled[sample..sample + sums.len()];
                    audit.cut += scaling.apply(isa, sums, scaled);
                }
            });
            audit
        };
        let audit = parallel::for_each_part(by_output, ROWS * samples, products, task);
        transpose(by_output, samples, scaled);
        audit
    }

    /// `g W`, with the weights as they are now.
    ///
    /// # Shapes
    /// `gradient`: `[samples, outputs]`; `at_input`: `[samples, inputs]`.
    pub(crate) fn backward(
        &self,
        workspace: &mut LinearWorkspace,
        gradient: &[i8],
        at_input: &mut [i32],
    ) {
        let (columns, rows) = (&mut workspace.columns, &mut workspace.gradient);
        columns.fill_from_columns(self.weights.halves(), self.inputs, self.weights.stride());
        rows.fill(gradient, self.outputs);
        let product = Product {
            isa: Isa::current(),
            rows: rows.halves(),
            span: Span::contiguous(rows.stride()),
            columns,
            bounds: None,
            max_abs: false,
        };
        let products = at_input.len() * self.outputs;
        parallel::for_each_part(at_input, ROWS * self.inputs, products, |index, at_input| {
            let first = index * ROWS;
            let rows = product.rows(first..first + at_input.len() / self.inputs, |_| 0);
            product.for_each_block(&rows, |input, sums| {
                let samples = at_input.chunks_exact_mut(self.inputs);
                for (at_input, sums) in samples.zip(sums.rows()) {
                    at_input[input..input + sums.len()].copy_from_slice(sums);
                }
            });
        });
    }

    /// `W -= g^T x / rate + decay`, some rows at a time: the whole gradient never exists.
    ///
    /// # Shapes
    /// `gradient`: `[samples, outputs]`; `input`: `[samples, inputs]`.
    pub(crate) fn update<T: GradientValue>(
        &mut self,
        workspace: &mut LinearWorkspace,
        gradient: &[T],
        input: &Images,
        sgd: IntegerSgd,
        counting: Counting,
    ) -> LayerAudit {
        let (columns, rows) = (&mut workspace.columns, &mut workspace.gradient);
        rows.fill_transposed(gradient, self.outputs);
        columns.fill_from_columns(Halves::narrow(&input.values), self.inputs, self.inputs);
        let (max_abs, depth) = ([rows.max_abs(), input.max_abs.into()], rows.stride());
        let measure = |squares: &mut _| column_squares(&input.values, self.inputs, squares);
        let product = Product {
            isa: Isa::current(),
            rows: rows.halves(),
            span: Span::contiguous(depth),
            columns,
            bounds: bounds(counting, depth, max_abs, &mut workspace.squares, measure),
            max_abs: counting.maxima(),
        };
        let rule = sgd.update_rule();
        let products = input.values.len() * self.outputs;
        let rows_a_task = ROWS_UPDATED.min(self.outputs.div_ceil(2));
        let task = |first: usize, weights: &mut RowsMut<'_>| {
            let mut stats = UpdateStats::default();
            let own = product.rows(first..first + weights.count(), |row| rows.squares(row));
            let range = product.for_each_block(&own, |column, sums| {
                weights.update(column, sums, rule, &mut stats);
            });
            (range, stats)
        };
        let (gradient, stats): (Range, _) = self.weights.update(rows_a_task, products, task);
        LayerAudit::of_update(gradient, stats.wrapped, stats.max_abs, counting)
    }
}
