//! Pooling between blocks.

use crate::kernel::Isa;
use crate::layers::images::{Frame, Images, Sample};
use crate::layers::pool::Window;
use crate::parallel;
use crate::plan::TransitionLayer;
use crate::spec::{Activation, Shape};

/// Scaled sums of a block for one sample, on their way through its activation.
#[derive(Clone, Copy)]
pub(super) struct Activated<'a> {
    /// `[height, width, channels]`
    pub(super) values: &'a [i8],
    /// Size of the sample.
    pub(super) input: Shape,
    pub(super) activation: Activation,
}

impl Activated<'_> {
    /// Lays the activations out, pooled by the maximum of each window if there is one.
    pub(super) fn lay_out(self, pool: Option<Window>, mut sample: Sample<'_>) {
        let isa = Isa::current();
        match pool {
            None => sample.fill(false, |first, out| {
                let values = &self.values[first..];
                self.activation.apply_all(isa, values, out);
            }),
            Some(window) => sample.fill(true, |first, out| self.pool(window, first, out)),
        }
    }

    /// Fills `out` with the activations of consecutive channels of a window, the first of which has
    /// index `first` in the pooled sample.
    fn pool(self, window: Window, first: usize, out: &mut [i16]) {
        const PIECE: usize = 256;
        let isa = Isa::current();
        let channels = self.input.channels;
        let (index, mut channel) = (first / channels, first % channels);
        for out in out.chunks_mut(PIECE) {
            let mut best = [i8::MIN; PIECE];
            let best = &mut best[..out.len()];
            for pixel in window.pixels(self.input, index).flatten() {
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
