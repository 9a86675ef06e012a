//! The integer convolution: stride 1, square kernel, zero padding, no bias.

use super::images::{Frame, Images};
use super::scaling::Scaling;
use super::sums::{self, Bounds};
use crate::audit::{LayerAudit, Merge};
use crate::kernel::{
    self, BLOCK, FewOfLanes, Halves, High, Lanes, Panel, ROWS, Rows, SUMS, Set, Span, Weights,
};
use crate::parallel;
use crate::plan::{BlockPlan, ForwardPlan};
use crate::spec::Shape;
use alloc::vec;
use alloc::vec::Vec;

mod fast_fir;
mod gradient;

use fast_fir::FastWork;
pub(crate) use gradient::{GradientWork, OutputGradient, planned_gradient};

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
    /// Where the inputs of each output position start in the frame of a sample.
    starts: Vec<usize>,
}

/// Memory that convolutions work in.
#[derive(Debug, Default)]
pub(crate) struct ConvWork {
    lanes: Panel,
    high: Panel,
    few: FewOfLanes,
    /// Sums of squares of the inputs of each output position, `[samples, positions]`.
    squares: Vec<u64>,
    /// Of each pixel, `[samples, pixels]`.
    pixel_squares: Vec<u64>,
    /// Of the weights of each filter.
    filter_squares: Vec<u64>,
    fast: FastWork,
    /// Which blocks of filters are formed by fewer products.
    takes_fast: Vec<bool>,
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
        let position = |index: usize| (index / output.width, index % output.width);
        let starts = (0..output.height * output.width).map(|index| {
            let (y, x) = position(index);
            y * frame.row() + x * frame.depth
        });
        Conv2d {
            input,
            output,
            kernel,
            padding,
            weights: Weights::new(&own, area * frame.depth),
            starts: starts.collect(),
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
        look_for_largest: bool,
    ) -> LayerAudit {
        self.measure(work, input);
        self.choose(work, input);
        let mut audit = LayerAudit::default();
        if work.takes_fast.contains(&true) {
            let work = (&work.fast, work.takes_fast.as_slice());
            audit = self.forward_fast(work, input, scaling, scaled, look_for_largest);
        }
        if work.takes_fast.contains(&false) {
            self.prepare(work);
            audit.merge(&self.forward_directly(work, input, scaling, scaled, look_for_largest));
        }
        audit
    }

    /// As [`Conv2d::forward`], for the blocks of filters that are left.
    fn forward_directly(
        &self,
        work: &ConvWork,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        look_for_largest: bool,
    ) -> LayerAudit {
        let (features, samples) = (self.output.features(), input.samples());
        let together = POSITIONS_A_TASK
            .div_ceil(self.positions())
            .min(samples.div_ceil(TASKS))
            .max(1);
        let pass = Pass {
            layer: self,
            set: Set::active(),
            work,
            largest: [self.weights.largest(), input.largest.into()],
            scaling,
            look_for_largest,
        };
        let products = scaled.len() * self.span().depth();
        parallel::for_each_part(scaled, together * features, products, |index, scaled| {
            pass.some_samples(input, index * together, scaled)
        })
    }

    /// Whether the sizes of the operands alone prove that no sum can wrap.
    fn is_small(&self, input: &Images) -> bool {
        let largest = [self.weights.largest(), input.largest.into()];
        Bounds::suffice(self.span().depth(), largest)
    }

    /// Measures both operands, if anything is to be proved by that.
    fn measure(&self, work: &mut ConvWork, input: &Images) {
        if !self.is_small(input) {
            self.weights.measure(&mut work.filter_squares);
            self.measure_inputs(input, work);
        }
    }

    /// Chooses the blocks of filters that are formed by fewer products: those whose sums are
    /// proved not to wrap, if that is faster and the operands allow it.
    fn choose(&self, work: &mut ConvWork, input: &Images) {
        let filters = self.output.channels;
        let pays = fast_fir::pays(self.kernel, self.input, self.output, input.samples());
        let all = pays && self.is_small(input);
        work.takes_fast.clear();
        work.takes_fast.resize(filters.div_ceil(BLOCK), all);
        if pays && !all {
            let most = sums::most(&work.squares);
            let blocks = work.filter_squares.chunks(BLOCK);
            for (takes, squares) in work.takes_fast.iter_mut().zip(blocks) {
                *takes = sums::harmless(most, sums::most(squares));
            }
        }
        let any = work.takes_fast.contains(&true);
        if any && !self.prepare_fast(&mut work.fast, &work.takes_fast, input) {
            work.takes_fast.fill(false);
        }
    }

    /// Lays the weights of the other blocks out as lanes.
    fn prepare(&self, work: &mut ConvWork) {
        let depth = self.span().depth();
        let halves = self.weights.halves();
        self.lay_out(halves.low, &work.takes_fast, &mut work.lanes);
        match halves.high {
            High::None => {}
            High::Dense(high) => self.lay_out(high, &work.takes_fast, &mut work.high),
            High::Few(few) => work
                .few
                .list(&work.lanes, few, |place| (place % depth, place / depth)),
        }
    }

    fn lay_out(&self, rows: &[i16], takes_fast: &[bool], panel: &mut Panel) {
        let (depth, filters) = (self.span().depth(), self.output.channels);
        panel.resize(depth, filters);
        let size = panel.block_size();
        // A value costs about as much as sixteen products.
        let work = 16 * rows.len();
        parallel::for_each_part(panel.values_mut(), size, work, |block, values| {
            if takes_fast[block] {
                return;
            }
            let first = block * BLOCK;
            let lanes = (BLOCK.min(filters - first), values.len() / depth);
            kernel::fill_from_rows(values, (&rows[first * depth..], depth), depth, lanes);
        });
    }

    /// The sum of squares of the inputs of every output position, `[samples, positions]`: those
    /// of the pixels under the kernel.
    fn measure_inputs(&self, input: &Images, work: &mut ConvWork) {
        let (set, frame) = (Set::active(), input.frame);
        let pixels = frame.size() / frame.depth;
        work.squares.resize(input.samples() * self.positions(), 0);
        work.pixel_squares.resize(input.samples() * pixels, 0);
        let squares = (work.squares.as_mut_slice(), self.positions());
        let pixel_squares = (work.pixel_squares.as_mut_slice(), pixels);
        // A value costs about as much as four products.
        let products = 4 * input.values.len();
        parallel::for_each_two_parts(
            squares,
            pixel_squares,
            products,
            |sample, squares, pixels| {
                let values = &input.values[sample * frame.size()..][..frame.size()];
                for (square, pixel) in pixels.iter_mut().zip(values.chunks_exact(frame.depth)) {
                    *square = set.squares(pixel);
                }
                for (square, start) in squares.iter_mut().zip(&self.starts) {
                    let first = start / frame.depth;
                    let rows = (0..self.kernel).map(|row| first + row * frame.columns());
                    *square = rows
                        .flat_map(|start| &pixels[start..start + self.kernel])
                        .fold(0, |sum, &pixel| sum.saturating_add(pixel));
                }
            },
        );
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
        let squares = [&self.squares, &self.pixel_squares, &self.filter_squares];
        let squares: usize = squares.iter().map(|squares| squares.capacity()).sum();
        let lanes = self.lanes.bytes() + self.high.bytes() + self.few.bytes();
        lanes + self.fast.bytes() + self.takes_fast.capacity() + size_of::<u64>() * squares
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
    let squares = 8 * (positions + pixels + filters);
    if fast_fir::pays(kernel, block.input, block.output, batch) {
        let [lanes, scratch] = fast_fir::planned(block.input, block.output, batch);
        return lanes + threads * scratch + squares;
    }
    let lanes = filters / BLOCK * BLOCK + (filters % BLOCK).next_multiple_of(16);
    let depth = kernel * kernel * block.input.channels.next_multiple_of(2);
    2 * lanes * depth + squares
}

/// The forward pass of a batch.
struct Pass<'a> {
    layer: &'a Conv2d,
    set: Set,
    work: &'a ConvWork,
    /// Largest magnitude of the weights, and of the inputs.
    largest: [u32; 2],
    scaling: Scaling,
    look_for_largest: bool,
}

impl Pass<'_> {
    /// Fills `scaled` with the outputs of some samples, the weights of 64 filters after those of
    /// others, so that they stay near.
    fn some_samples(&self, input: &Images, first: usize, scaled: &mut [i8]) -> LayerAudit {
        let positions = scaled.len() / self.layer.output.channels;
        let mut audit = LayerAudit::default();
        let taken = &self.work.takes_fast;
        for block in (0..self.work.lanes.blocks()).filter(|&block| !taken[block]) {
            for start in (0..positions).step_by(ROWS) {
                let part = start..positions.min(start + ROWS);
                audit.merge(&self.tile(input, (first, part), block, scaled));
            }
        }
        audit
    }

    /// Some positions, counted from the sample `first` on, with one block of filters.
    fn tile(
        &self,
        input: &Images,
        (first, part): (usize, core::ops::Range<usize>),
        block: usize,
        scaled: &mut [i8],
    ) -> LayerAudit {
        let (layer, all) = (self.layer, self.layer.positions());
        let mut starts = [0; ROWS];
        let starts = &mut starts[..part.len()];
        for (start, position) in starts.iter_mut().zip(part.clone()) {
            *start = (first + position / all) * input.frame.size() + layer.starts[position % all];
        }
        let rows = Rows {
            values: Halves::narrow(&input.values),
            starts,
            span: layer.span(),
        };
        let (lanes, count) = self.lanes(block);
        let mut sums = [0; SUMS];
        let sums = &mut sums[..rows.starts.len() * lanes.width];
        let mut audit = LayerAudit {
            forward: sums::form(
                self.set,
                (&rows, &lanes, count),
                &self.bounds(first * all + part.start..first * all + part.end, block),
                self.look_for_largest,
                sums,
            ),
            ..LayerAudit::default()
        };
        for (position, sums) in part.zip(sums.chunks_exact(lanes.width)) {
            let place = position * layer.output.channels + block * BLOCK;
            let scaled = &mut scaled[place..place + count];
            audit.cut += self.scaling.apply(self.set, &sums[..count], scaled);
        }
        audit
    }

    /// A block of filters, and how many there are.
    fn lanes(&self, block: usize) -> (Lanes<'_>, usize) {
        let work = self.work;
        let high = match self.layer.weights.halves().high {
            High::None => High::None,
            High::Few(_) => High::Few(work.few.of(block)),
            High::Dense(_) => High::Dense(work.high.block(block)),
        };
        let lanes = Lanes {
            values: Halves {
                low: work.lanes.block(block),
                high,
            },
            width: work.lanes.width(block),
        };
        (lanes, work.lanes.count(block))
    }

    fn bounds(&self, positions: core::ops::Range<usize>, block: usize) -> Bounds<'_> {
        let [weights, inputs] = self.largest;
        let largest = [inputs, weights];
        if Bounds::suffice(self.layer.span().depth(), largest) {
            return Bounds {
                largest,
                squares: [&[]; 2],
            };
        }
        let filters = block * BLOCK..block * BLOCK + self.work.lanes.count(block);
        Bounds {
            largest,
            squares: [
                &self.work.squares[positions],
                &self.work.filter_squares[filters],
            ],
        }
    }
}

#[cfg(test)]
mod tests;
