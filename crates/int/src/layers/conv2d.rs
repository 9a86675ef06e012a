//! The integer convolution: stride 1, square kernel, zero padding, no bias.

use super::images::{Frame, Images};
use super::scaling::Scaling;
use crate::audit::{Counting, LayerAudit, Merge};
use crate::gemm::{ColumnPanel, Halves, Product, Weights};
use crate::kernel::{BLOCK, Isa, ROWS, Span, TileBuffer};
use crate::parallel;
use crate::plan::{BlockPlan, ForwardPlan};
use crate::spec::Shape;
use alloc::vec;
use alloc::vec::Vec;

mod fast_fir;
mod gradient;
mod wraps;

use fast_fir::FastWork;
pub(crate) use gradient::{GradientWork, OutputGradient, planned_gradient};
use wraps::WrapScratch;

/// Output positions that one task computes at least, if there are tasks enough.
const POSITIONS_A_TASK: usize = 192;

/// Tasks into which a batch is cut at least.
const TASKS: usize = 8;

/// A convolution (cross-correlation, as everywhere in the field).
///
/// # Shapes
/// Weights `[filters, channels, kernel, kernel]`, kept as `[filters, kernel, kernel, channels]`
/// with an even number of channels; a batch of inputs in the frame [`Conv2d::frame`].
///
/// # Source
/// NITRO-D section 3.1, integer convolutional layer.
#[derive(Clone, Debug)]
pub struct Conv2d {
    input: Shape,
    output: Shape,
    kernel: usize,
    padding: usize,
    weights: Weights,
    /// The pixel of a sample's frame with which the inputs of each output position begin.
    pixels: Vec<usize>,
}

/// Memory that convolutions work in.
#[derive(Debug, Default)]
pub(crate) struct ConvWork {
    filters: ColumnPanel,
    fast: FastWork,
    wraps: WrapScratch,
    pub(crate) gradient: GradientWork,
}

impl Conv2d {
    /// Size of a sample's output, or `None` if the kernel does not fit.
    pub fn output(input: Shape, filters: usize, kernel: usize, padding: usize) -> Option<Shape> {
        let along = |size: usize| {
            (size + 2 * padding)
                .checked_sub(kernel)
                .map(|rest| rest + 1)
        };
        Some(Shape::image(
            filters,
            along(input.height)?,
            along(input.width)?,
        ))
    }

    /// A layer from a checked plan, with weights `[filters, channels, kernel, kernel]`.
    ///
    /// # Panics
    /// If the number of weights is not that of the shapes.
    pub fn new(
        input: Shape,
        output: Shape,
        kernel: usize,
        padding: usize,
        weights: &[i32],
    ) -> Self {
        let (filters, area) = (output.channels, kernel * kernel);
        assert_eq!(
            weights.len(),
            filters * input.channels * area,
            "whole weights"
        );
        let frame = Frame::padded(input, padding);
        let mut own = vec![0; filters * area * frame.depth];
        for (own, weights) in own
            .chunks_exact_mut(area * frame.depth)
            .zip(weights.chunks_exact(input.channels * area))
        {
            for (index, &weight) in weights.iter().enumerate() {
                own[index % area * frame.depth + index / area] = weight;
            }
        }
        let positions = 0..output.height * output.width;
        let pixels = positions.map(|at| at / output.width * frame.columns() + at % output.width);
        Conv2d {
            input,
            output,
            kernel,
            padding,
            weights: Weights::new(&own, area * frame.depth),
            pixels: pixels.collect(),
        }
    }

    /// The weights, `[filters, channels, kernel, kernel]`.
    pub fn values(&self) -> Vec<i32> {
        let (area, depth) = (self.kernel * self.kernel, self.frame().depth);
        let own = self.weights.values();
        let mut values = Vec::with_capacity(self.output.channels * self.fan_in());
        for own in own.chunks_exact(area * depth) {
            for channel in 0..self.input.channels {
                values.extend((0..area).map(|place| own[place * depth + channel]));
            }
        }
        values
    }

    /// How the layer reads its inputs.
    pub fn frame(&self) -> Frame {
        Frame::padded(self.input, self.padding)
    }

    /// Products in each sum.
    pub fn fan_in(&self) -> usize {
        self.input.channels * self.kernel * self.kernel
    }

    /// Bytes of the weights.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.weights.bytes()
    }

    fn positions(&self) -> usize {
        self.output.height * self.output.width
    }

    fn span(&self) -> Span {
        span(self.frame(), self.kernel)
    }

    /// Scaled sums of inputs times weights, `[samples, height, width, filters]`.
    pub(crate) fn forward(
        &self,
        work: &mut ConvWork,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let is_profitable = fast_fir::is_profitable(
            (self.kernel, self.padding),
            self.input,
            self.output,
            input.samples(),
        );
        let mut audit = if is_profitable && self.prepare_fast(&mut work.fast, input) {
            self.forward_fast(&work.fast, input, scaling, scaled, counting)
        } else {
            let depth = self.span().depth();
            work.filters.fill_from_rows(self.weights.halves(), depth);
            self.forward_directly(&work.filters, input, scaling, scaled, counting)
        };
        if counting.wraps() {
            let wrapped = self.count_wrapped(&mut work.wraps, input);
            audit.forward.merge(&wrapped);
        }
        audit
    }

    /// As [`Conv2d::forward`], by all products; wrapped sums are not counted.
    fn forward_directly(
        &self,
        filters: &ColumnPanel,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let (features, samples) = (self.output.features(), input.samples());
        let together = POSITIONS_A_TASK
            .div_ceil(self.positions())
            .min(samples.div_ceil(TASKS))
            .max(1);
        let pass = Pass {
            layer: self,
            input,
            product: Product {
                isa: Isa::current(),
                rows: Halves::narrow(&input.values),
                span: self.span(),
                columns: filters,
                bounds: None,
                max_abs: counting.largest(),
            },
            scaling,
        };
        let products = scaled.len() * self.span().depth();
        parallel::for_each_part(scaled, together * features, products, |index, scaled| {
            pass.some_samples(index * together, scaled)
        })
    }

    /// Where the inputs of an output position start, counted over all samples.
    fn input_start(&self, input: &Images, position: usize) -> usize {
        let (sample, position) = (position / self.positions(), position % self.positions());
        sample * input.frame.size() + self.pixels[position] * input.frame.depth
    }
}

/// How the inputs of one output position stand.
fn span(frame: Frame, kernel: usize) -> Span {
    Span {
        runs: kernel,
        stride: frame.row(),
        length: kernel * frame.depth,
    }
}

impl ConvWork {
    /// Bytes that it occupies, but for gradients.
    pub(crate) fn bytes(&self) -> usize {
        self.filters.bytes() + self.fast.bytes() + self.wraps.bytes()
    }
}

/// Bytes that weights as lanes will take, and what bounds their sums.
pub(crate) fn planned_lanes(block: &BlockPlan, batch: usize, threads: usize) -> usize {
    let ForwardPlan::Conv2d { kernel, padding } = block.forward else {
        return 0;
    };
    let filters = block.output.channels;
    let positions = batch * block.output.height * block.output.width;
    let frame = Frame::padded(block.input, padding);
    let pixels = batch * frame.size() / frame.depth;
    let depth = kernel * kernel * frame.depth;
    let wraps = wraps::planned(positions, pixels, filters, depth);
    if fast_fir::is_profitable((kernel, padding), block.input, block.output, batch) {
        let [lanes, scratch] = fast_fir::planned(block.input, block.output, padding, batch);
        return lanes + threads * scratch + wraps;
    }
    let lanes = filters / BLOCK * BLOCK + (filters % BLOCK).next_multiple_of(16);
    2 * lanes * depth + wraps
}

/// The forward pass of a batch.
struct Pass<'a> {
    layer: &'a Conv2d,
    input: &'a Images,
    product: Product<'a>,
    scaling: Scaling,
}

impl Pass<'_> {
    /// Fills `scaled` with the outputs of some samples, from `first` on, block by block of filters,
    /// whose weights stay in the caches meanwhile.
    fn some_samples(&self, first: usize, scaled: &mut [i8]) -> LayerAudit {
        let positions = scaled.len() / self.layer.output.channels;
        let mut audit = LayerAudit::default();
        let mut buffer = TileBuffer::default();
        let before = first * self.layer.positions();
        for block in 0..self.product.columns.blocks() {
            for start in (0..positions).step_by(ROWS) {
                let own = start..positions.min(start + ROWS);
                let input_start = |at: usize| self.layer.input_start(self.input, before + at);
                let rows = self.product.rows_at(own.clone().map(input_start));
                let (sums, range) = self.product.form(&rows, block, &mut buffer);
                audit.forward.merge(&range);
                for (position, sums) in own.zip(sums.rows()) {
                    let place = position * self.layer.output.channels + block * BLOCK;
                    let scaled = &mut scaled[place..place + sums.len()];
                    audit.cut += self.scaling.apply(self.product.isa, sums, scaled);
                }
            }
        }
        audit
    }
}

#[cfg(test)]
mod tests;
