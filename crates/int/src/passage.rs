//! What stands between blocks: pooling and dropout, on the way into the next layer's frame.

use crate::audit::Merge;
use crate::kernel::Isa;
use crate::layers::activation::Activation;
use crate::layers::images::{Frame, Images, Sample};
use crate::layers::pool::Window;
use crate::network::StepSettings;
use crate::parallel;
use crate::plan::{Passage, PassageLayer};
use crate::spec::Shape;
use nearfield_train::random::{Purpose, Stream};

/// Values that dropout takes together.
const TOGETHER: usize = 64;

/// What goes into a passage.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Samples as they are read, `[samples, channels, height, width]`.
    Samples(&'a [i8]),
    /// What a block scaled, `[samples, height, width, channels]`, before its activation.
    Scaled(&'a [i8], Activation),
}

/// Sends a batch of samples of size `input` through a passage into `out`, framed as the next
/// layer wants it; dropout acts only in training.
pub(crate) fn send(
    passage: &Passage,
    (source, input): (Source<'_>, Shape),
    (out, frame): (&mut Images, Frame),
    stages: &mut [Images; 2],
    training: Option<&StepSettings>,
) {
    let (pool, shape, rest) = match (source, passage.layers.as_slice()) {
        // Activations never fall, so that the largest of a window may be taken before them.
        (Source::Scaled(..), [(PassageLayer::MaxPool(window), input), rest @ ..]) => {
            let shape = window.output(*input).unwrap_or(*input);
            (Some(*window), shape, rest)
        }
        (_, all) => (None, input, all),
    };
    let dropout_alone =
        |(layer, _): &(PassageLayer, Shape)| matches!(layer, PassageLayer::Dropout(..));
    if rest.iter().all(dropout_alone) {
        lay((source, pool, input), shape, (out, frame));
        for &(layer, _) in rest {
            drop_out(layer, shape, out, training);
        }
        return;
    }
    let [stage, next] = stages;
    lay((source, pool, input), shape, (stage, Frame::plain(shape)));
    for &(layer, shape) in rest {
        if let PassageLayer::Dropout(..) = layer {
            drop_out(layer, shape, stage, training);
        } else {
            pool_images(layer, shape, stage, next);
            core::mem::swap(stage, next);
        }
    }
    reframe(stage, (out, frame));
}

/// Lays samples, or activations, into a frame; pooled first if asked for.
fn lay(
    (source, pool, input): (Source<'_>, Option<Window>, Shape),
    shape: Shape,
    (out, frame): (&mut Images, Frame),
) {
    let (Source::Samples(values) | Source::Scaled(values, _)) = source;
    let samples = values.len() / input.features();
    out.resize(frame, samples);
    // A value costs about as much as four products.
    let work = 4 * values.len();
    let isa = Isa::current();
    let largest = parallel::for_each_part(&mut out.values, frame.size(), work, |index, out| {
        let values = &values[index * input.features()..][..input.features()];
        if matches!(source, Source::Samples(_)) && frame == Frame::flat(input) {
            // The order in which samples are read is the one that is wanted.
            let places = out.iter_mut().zip(values);
            places.for_each(|(place, &value)| *place = value.into());
            return Largest(isa.max_abs_i16(out));
        }
        let mut sample = Sample::new(shape, frame, out);
        match (source, pool) {
            (Source::Samples(_), _) => sample.fill(false, |first, places| {
                let (channels, pixels) = (input.channels, input.height * input.width);
                for (pixel, places) in (first / channels..).zip(places.chunks_mut(channels)) {
                    let channel = first % channels;
                    let values = values[channel * pixels + pixel..].iter().step_by(pixels);
                    for (place, &value) in places.iter_mut().zip(values) {
                        *place = value.into();
                    }
                }
            }),
            (Source::Scaled(_, activation), None) => sample.fill(false, |first, places| {
                activation.apply_all(isa, &values[first..], places);
            }),
            (Source::Scaled(_, activation), Some(window)) => {
                let pooled = Pooled {
                    window,
                    input,
                    values,
                    activation,
                };
                sample.fill(true, |first, places| pooled.fill(first, places));
            }
        }
        Largest(isa.max_abs_i16(out))
    });
    out.largest = largest.0;
}

/// Largest magnitude in some samples.
#[derive(Default)]
struct Largest(u16);

impl Merge for Largest {
    fn merge(&mut self, other: &Self) {
        self.0 = self.0.max(other.0);
    }
}

/// A sample whose windows' largest values are wanted.
struct Pooled<'a> {
    window: Window,
    input: Shape,
    values: &'a [i8],
    activation: Activation,
}

impl Pooled<'_> {
    /// Fills in the activations of some channels of a window, from that of the output value
    /// `first` on.
    fn fill(&self, first: usize, places: &mut [i16]) {
        const PIECE: usize = 256;
        let isa = Isa::current();
        let channels = self.input.channels;
        let (window, mut channel) = (first / channels, first % channels);
        for places in places.chunks_mut(PIECE) {
            let mut best = [i8::MIN; PIECE];
            let best = &mut best[..places.len()];
            for pixel in self.window.pixels(self.input, window).flatten() {
                isa.max_i8(best, &self.values[pixel * channels + channel..]);
            }
            self.activation.apply_all(isa, best, places);
            channel += places.len();
        }
    }
}

/// Pools plain images.
fn pool_images(layer: PassageLayer, input: Shape, from: &Images, to: &mut Images) {
    let whole = Window {
        height: input.height,
        width: input.width,
        pad_height: 0,
        pad_width: 0,
    };
    let window = match layer {
        PassageLayer::MaxPool(window) | PassageLayer::AvgPool(window) => window,
        _ => whole,
    };
    let shape = window.output(input).unwrap_or(input);
    to.resize(Frame::plain(shape), from.samples());
    let work = 4 * from.values.len();
    parallel::for_each_part(&mut to.values, shape.features(), work, |index, to| {
        let from = &from.values[index * input.features()..][..input.features()];
        for (index, to) in to.iter_mut().enumerate() {
            let (place, channel) = (index / input.channels, index % input.channels);
            let value = |pixel: usize| from[pixel * input.channels + channel];
            *to = if let PassageLayer::AvgPool(window) = layer {
                window.avg(input, place, value)
            } else {
                let pixels = window.pixels(input, place).flatten();
                pixels.map(value).max().unwrap_or(0)
            };
        }
    });
}

/// Lays plain images into another frame.
fn reframe(from: &Images, (out, frame): (&mut Images, Frame)) {
    let shape = from.frame.shape;
    out.resize(frame, from.samples());
    let work = 4 * from.values.len();
    parallel::for_each_part(&mut out.values, frame.size(), work, |index, out| {
        let from = &from.values[index * shape.features()..][..shape.features()];
        Sample::new(shape, frame, out).fill(false, |first, places| {
            places.copy_from_slice(&from[first..first + places.len()]);
        });
    });
    out.largest = Isa::current().max_abs_i16(&out.values);
}

/// Drops values in training; draws are made in the order sample, channel, row, column, whatever
/// the frame.
fn drop_out(
    layer: PassageLayer,
    shape: Shape,
    images: &mut Images,
    training: Option<&StepSettings>,
) {
    let (PassageLayer::Dropout(dropout, number), Some(step)) = (layer, training) else {
        return;
    };
    let mut stream = Stream::new(step.seed, Purpose::Dropout, number, step.step);
    let frame = images.frame;
    for sample in images.values.chunks_exact_mut(frame.size()) {
        if frame.shape != shape || shape.height * shape.width == 1 && frame.padding == 0 {
            dropout.apply(&mut sample[..shape.features()], &mut stream);
            continue;
        }
        let pixels = shape.height * shape.width;
        let place = |pixel: usize| frame.pixel(pixel / shape.width, pixel % shape.width);
        for channel in 0..shape.channels {
            for first in (0..pixels).step_by(TOGETHER) {
                let pixels = first..pixels.min(first + TOGETHER);
                let mut values = [0; TOGETHER];
                let values = &mut values[..pixels.len()];
                for (value, pixel) in values.iter_mut().zip(pixels.clone()) {
                    *value = sample[place(pixel) + channel];
                }
                dropout.apply(values, &mut stream);
                for (value, pixel) in values.iter().zip(pixels) {
                    sample[place(pixel) + channel] = *value;
                }
            }
        }
    }
    images.largest = Isa::current().max_abs_i16(&images.values);
}
