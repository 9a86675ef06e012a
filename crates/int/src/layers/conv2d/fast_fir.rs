//! 3x3 convolutions by fewer products ([`crate::kernel::fast_fir`] says how), with the same bits.
//!
//! The outputs of a sample are cut into *bands* of three rows, and these into tiles of three
//! columns; where three does not divide a size, bands, or columns, of one are left at the sides.
//! Each of the 36 products is a matrix product of its own: of the transformed inputs of all tiles
//! that have it with the transformed weights.

use super::layer::{Conv2d, ConvShape};
use crate::audit::{Counting, LayerAudit};
use crate::gemm::High;
use crate::kernel::fast_fir::{FILTERS, MAX_INPUT, PRODUCTS, SIX, TOGETHER};
use crate::kernel::{BLOCK, Isa};
use crate::layers::images::Images;
use crate::layers::scaling::Scaling;
use crate::parallel;
use cut::Cuts;
use pass::Pass;
use scratch::{Band, GAP, SQUARE};

mod cut;
mod filters;
mod inputs;
mod pass;
mod scratch;
mod sums;
mod workspace;

pub(super) use workspace::FastFirWorkspace;

/// At most one weight in this many may be beyond int16: then the high halves of transformed weights
/// cost less than the products, and both together less than forming all products directly.
const WIDE: usize = 16;

/// Whether a layer of this shape is faster this way for batches of `samples`. Transforming a weight
/// costs about as much as 400 products more than laying it out, and the rest a sixth of the
/// products.
pub(super) fn is_profitable(shape: ConvShape, samples: usize) -> bool {
    let fits = shape.kernel == 3
        && shape.input.channels.is_multiple_of(TOGETHER)
        && shape.output.channels.is_multiple_of(FILTERS);
    let direct = 9 * shape.positions();
    fits && samples * direct.saturating_sub(Cuts::of(shape).products() * 7 / 6) > 400
}

/// Bytes of the transformed weights, and of the memory of each thread.
pub(super) fn planned(shape: ConvShape, samples: usize) -> [usize; 2] {
    let (depth, filters) = (shape.input.channels, shape.output.channels);
    let cuts = Cuts::of(shape);
    let Cuts { rows, columns } = cuts;
    let bands = cuts.bands_together().min(samples * rows.parts());
    let width = BLOCK.min(filters);
    // Singles have half of the products of threes at most.
    let products = (bands * SIX).min(samples * rows.products()) * columns.products();
    let inputs = size_of::<i16>() * (products + SQUARE) * (depth + GAP);
    let sums = bands * columns.products() + (3 * bands + 1) * columns.outputs();
    let scratch = inputs + size_of::<i32>() * sums * width + size_of::<Band>() * bands;
    [size_of::<i16>() * PRODUCTS * depth * filters, scratch]
}

impl Conv2d {
    /// Transforms the weights, if the operands allow that: few weights beyond int16, and inputs
    /// small enough to be added up.
    pub(super) fn prepare_fast(&self, workspace: &mut FastFirWorkspace, input: &Images) -> bool {
        let weights = self.weights.halves();
        let wide = match weights.high {
            High::Dense(high) => high.iter().filter(|&&high| high != 0).count(),
            High::None | High::Sparse(_) => 0,
        };
        if input.max_abs > MAX_INPUT || wide > weights.low.len() / WIDE {
            return false;
        }
        let (depth, filters) = (self.shape.frame().depth, self.shape.output.channels);
        workspace.transform(weights, depth, filters);
        true
    }

    /// As [`Conv2d::forward`], with weights that were transformed; wrapped sums are not counted.
    pub(super) fn forward_fast(
        &self,
        workspace: &FastFirWorkspace,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let (output, samples) = (self.shape.output, input.samples());
        let cuts = Cuts::of(self.shape);
        let together = cuts.samples_a_task(samples, parallel::threads());
        let pass = Pass {
            layer: self,
            isa: Isa::current(),
            workspace,
            input,
            scaling,
            counting,
            cuts,
        };
        let depth = self.shape.frame().depth;
        let products = samples * cuts.products() * depth * output.channels;
        let part = together * output.features();
        parallel::for_each_part(scaled, part, products, |index, scaled| {
            let threads = &workspace.threads;
            threads.lend(|scratch| pass.some_samples(index * together, scratch, scaled))
        })
    }
}
