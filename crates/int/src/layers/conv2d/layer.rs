//! A convolution's sizes and weights.

use crate::gemm::Weights;
use crate::kernel::Span;
use crate::layers::images::{Frame, Images};
use crate::spec::Shape;
use alloc::vec;
use alloc::vec::Vec;

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConvShape {
    /// Size of a sample going in.
    pub(crate) input: Shape,
    /// Size of a sample coming out.
    pub(crate) output: Shape,
    /// Height and width of the kernel.
    pub(crate) kernel: usize,
    /// Zeros on each side.
    pub(crate) padding: usize,
}

impl ConvShape {
    /// The sizes of a convolution of this many filters, or `None` if the kernel does not fit.
    pub(crate) fn new(input: Shape, filters: usize, kernel: usize, padding: usize) -> Option<Self> {
        let along = |size: usize| {
            (size + 2 * padding)
                .checked_sub(kernel)
                .map(|rest| rest + 1)
        };
        let output = Shape::image(filters, along(input.height)?, along(input.width)?);
        Some(ConvShape {
            input,
            output,
            kernel,
            padding,
        })
    }

    /// How the layer reads its inputs.
    pub(crate) fn frame(self) -> Frame {
        Frame::padded(self.input, self.padding)
    }

    /// The inputs of one output position, within a frame.
    pub(crate) fn span(self) -> Span {
        let frame = self.frame();
        Span {
            runs: self.kernel,
            stride: frame.row(),
            length: self.kernel * frame.depth,
        }
    }

    /// Output positions of a sample.
    pub(crate) fn positions(self) -> usize {
        self.output.height * self.output.width
    }

    /// Products in each sum.
    pub(crate) fn fan_in(self) -> usize {
        self.input.channels * self.kernel * self.kernel
    }
}

/// A convolution (cross-correlation, as everywhere in the field).
///
/// # Shapes
/// Weights `[filters, channels, kernel, kernel]`, kept as `[filters, kernel, kernel, channels]`
/// with an even number of channels; a batch of inputs in the frame [`ConvShape::frame`].
///
/// # Source
/// NITRO-D section 3.1, integer convolutional layer.
#[derive(Clone, Debug)]
pub(crate) struct Conv2d {
    pub(super) shape: ConvShape,
    pub(super) weights: Weights,
    /// The pixel of a sample's frame with which the inputs of each output position begin.
    pub(super) pixels: Vec<usize>,
}

impl Conv2d {
    /// A layer of checked sizes, with weights `[filters, channels, kernel, kernel]`.
    ///
    /// # Panics
    /// If the number of weights is not that of the sizes.
    pub(crate) fn new(shape: ConvShape, weights: &[i32]) -> Self {
        let ConvShape {
            input,
            output,
            kernel,
            ..
        } = shape;
        let (filters, area, frame) = (output.channels, kernel * kernel, shape.frame());
        assert_eq!(weights.len(), filters * shape.fan_in(), "whole weights");
        let mut own = vec![0; filters * area * frame.depth];
        for (own, weights) in own
            .chunks_exact_mut(area * frame.depth)
            .zip(weights.chunks_exact(input.channels * area))
        {
            for (index, &weight) in weights.iter().enumerate() {
                own[index % area * frame.depth + index / area] = weight;
            }
        }
        let positions = 0..shape.positions();
        let pixels = positions.map(|at| at / output.width * frame.columns() + at % output.width);
        Conv2d {
            shape,
            weights: Weights::new(&own, area * frame.depth),
            pixels: pixels.collect(),
        }
    }

    /// The weights, `[filters, channels, kernel, kernel]`.
    pub(crate) fn values(&self) -> Vec<i32> {
        let shape = self.shape;
        let (area, depth) = (shape.kernel * shape.kernel, shape.frame().depth);
        let own = self.weights.values();
        let mut values = Vec::with_capacity(shape.output.channels * shape.fan_in());
        for own in own.chunks_exact(area * depth) {
            for channel in 0..shape.input.channels {
                values.extend((0..area).map(|at| own[at * depth + channel]));
            }
        }
        values
    }

    /// Bytes of the weights.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.weights.bytes()
    }

    /// Where the inputs of an output position start, counted over all samples.
    pub(super) fn input_start(&self, input: &Images, position: usize) -> usize {
        let (sample, position) = (
            position / self.shape.positions(),
            position % self.shape.positions(),
        );
        sample * input.frame.size() + self.pixels[position] * input.frame.depth
    }
}
