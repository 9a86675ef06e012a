//! Pooling between blocks.

use crate::kernel::Isa;
use crate::layers::images::{Frame, Images};
use crate::layers::pool::Window;
use crate::parallel;
use crate::plan::TransitionLayer;
use crate::spec::{Activation, Shape};

/// A sample whose windows are pooled by their maximum before the activation.
pub(super) struct Pooled<'a> {
    pub(super) window: Window,
    /// Size of the sample.
    pub(super) input: Shape,
    /// Its scaled sums, `[height, width, channels]`.
    pub(super) values: &'a [i8],
    pub(super) activation: Activation,
}

impl Pooled<'_> {
    /// Fills `out` with the activations of consecutive channels of a window, the first of which has
    /// index `first` in the pooled sample.
    pub(super) fn fill(&self, first: usize, out: &mut [i16]) {
        const PIECE: usize = 256;
        let isa = Isa::current();
        let channels = self.input.channels;
        let (window, mut channel) = (first / channels, first % channels);
        for out in out.chunks_mut(PIECE) {
            let mut best = [i8::MIN; PIECE];
            let best = &mut best[..out.len()];
            for pixel in self.window.pixels(self.input, window).flatten() {
                isa.max_i8(best, &self.values[pixel * channels + channel..]);
            }
            self.activation.apply_all(isa, best, out);
            channel += out.len();
        }
    }
}

/// Pools plain images.
pub(super) fn pool_images(layer: TransitionLayer, input: Shape, from: &Images, to: &mut Images) {
    let whole = Window {
        height: input.height,
        width: input.width,
        pad_height: 0,
        pad_width: 0,
    };
    let window = match layer {
        TransitionLayer::MaxPool(window) | TransitionLayer::AvgPool(window) => window,
        _ => whole,
    };
    let shape = window.output(input).unwrap_or(input);
    to.resize(Frame::plain(shape), from.samples());
    let products = 4 * from.values.len();
    parallel::for_each_part(&mut to.values, shape.features(), products, |index, to| {
        let from = &from.values[index * input.features()..][..input.features()];
        for (index, to) in to.iter_mut().enumerate() {
            let (at, channel) = (index / input.channels, index % input.channels);
            let value = |pixel: usize| from[pixel * input.channels + channel];
            *to = if let TransitionLayer::AvgPool(window) = layer {
                window.avg(input, at, value)
            } else {
                let pixels = window.pixels(input, at).flatten();
                pixels.map(value).max().unwrap_or(0)
            };
        }
    });
}
