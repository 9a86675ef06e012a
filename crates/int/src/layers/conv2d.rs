//! The integer convolution: stride 1, square kernel, zero padding, no bias.
//!
//! With a batch `x`, filters `W` and a gradient `g` at the outputs, over channels `c`, kernel
//! positions `k, l` and filters `f`:
//!
//! ```text
//! forward    y[f, i, j] = scale(sum over c, k, l of x[c, i + k, j + l] W[f, c, k, l])
//! update     W[f, c, k, l] -= (sum over i, j of g[f, i, j] x[c, i + k, j + l]) / rate + decay
//! ```
//!
//! Forward, all products are formed directly, or fewer of transformed operands (`fast_fir`).
//! No gradient at the inputs is needed: it stops at the block.

use super::images::Images;
use super::scaling::Scaling;
use crate::audit::{Counting, LayerAudit, Merge};
use crate::gemm::ColumnPanel;

mod direct;
mod fast_fir;
mod gradient;
mod layer;
#[cfg(test)]
mod tests;
mod wraps;

use fast_fir::FastFirWorkspace;
pub(crate) use gradient::{GradientWorkspace, OutputGradient, planned_gradient};
pub(crate) use layer::{Conv2d, ConvShape};
use wraps::WrapScratch;

/// Memory that convolutions work in.
#[derive(Debug, Default)]
pub(crate) struct ConvWorkspace {
    filters: ColumnPanel,
    fast: FastFirWorkspace,
    wraps: WrapScratch,
    pub(crate) gradient: GradientWorkspace,
}

impl ConvWorkspace {
    /// Bytes that it occupies, but for gradients.
    pub(crate) fn bytes(&self) -> usize {
        self.filters.bytes() + self.fast.bytes() + self.wraps.bytes()
    }
}

impl Conv2d {
    /// Scaled sums of inputs times weights.
    ///
    /// # Shapes
    /// `input`: a batch in the frame of the layer; `scaled`: `[samples, height, width, filters]`.
    pub(crate) fn forward(
        &self,
        workspace: &mut ConvWorkspace,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let ConvWorkspace {
            filters,
            fast,
            wraps,
            ..
        } = workspace;
        let is_profitable = fast_fir::is_profitable(self.shape, input.samples());
        let mut audit = if is_profitable && self.prepare_fast(fast, input) {
            self.forward_fast(fast, input, scaling, scaled, counting)
        } else {
            let depth = self.shape.span().depth();
            filters.fill_from_rows(self.weights.halves(), depth);
            self.forward_directly(filters, input, scaling, scaled, counting)
        };
        if counting.wraps() {
            let wrapped = self.count_wrapped(wraps, input);
            audit.forward.merge(&wrapped);
        }
        audit
    }
}

/// Bytes of the operands of a forward pass, and of what bounds its sums.
pub(crate) fn planned_operands(shape: ConvShape, batch: usize, threads: usize) -> usize {
    let (filters, depth) = (shape.output.channels, shape.span().depth());
    let pixels = batch * shape.frame().size() / shape.frame().depth;
    let wraps = wraps::planned(batch * shape.positions(), pixels, filters, depth);
    if fast_fir::is_profitable(shape, batch) {
        let [weights, scratch] = fast_fir::planned(shape, batch);
        return weights + threads * scratch + wraps;
    }
    direct::planned(filters, depth) + wraps
}
