//! Layers between blocks: pooling and dropout, on the way into the next layer's frame.

use crate::audit::Merge;
use crate::kernel::Isa;
use crate::layers::images::{Frame, Images, Sample};
use crate::layers::pool::Window;
use crate::parallel;
use crate::plan::{Transition, TransitionLayer};
use crate::spec::{Activation, Shape};
use crate::step::StepSettings;

mod dropout;
mod pooling;

use dropout::drop_out;
use pooling::{Activated, pool_images};

/// Values that go into a transition.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Samples as they are read, `[samples, channels, height, width]`.
    Samples(&'a [i8]),
    /// Scaled sums of a block before its activation, `[samples, height, width, channels]`.
    Scaled(&'a [i8], Activation),
}

/// A batch that goes into a transition.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    /// Its values.
    pub(crate) source: Source<'a>,
    /// Size of a sample.
    pub(crate) shape: Shape,
}

/// Where a batch goes, and how the next layer reads it.
pub(crate) struct Destination<'a> {
    pub(crate) images: &'a mut Images,
    pub(crate) frame: Frame,
}

/// Sends a batch through the layers of a transition; dropout acts only in training.
pub(crate) fn apply(
    transition: &Transition,
    incoming: Incoming<'_>,
    destination: Destination<'_>,
    scratch: &mut [Images; 2],
    training: Option<&StepSettings>,
) {
    let (pool, shape, rest) = match (incoming.source, transition.layers.as_slice()) {
        // Activations never fall, so that the maximum of a window may be taken before them.
        (Source::Scaled(..), [(TransitionLayer::MaxPool(window), input), rest @ ..]) => {
            let shape = window.output(*input).unwrap_or(*input);
            (Some(*window), shape, rest)
        }
        (_, all) => (None, incoming.shape, all),
    };
    if rest.iter().all(|(layer, _)| layer.is_dropout()) {
        let Destination { images, frame } = destination;
        lay_out_pooled(incoming, pool, shape, &mut Destination { images, frame });
        for &(layer, _) in rest {
            drop_out(layer, shape, images, training);
        }
        return;
    }
    let [images, next] = scratch;
    let frame = Frame::plain(shape);
    lay_out_pooled(incoming, pool, shape, &mut Destination { images, frame });
    for &(layer, shape) in rest {
        if layer.is_dropout() {
            drop_out(layer, shape, images, training);
        } else {
            pool_images(layer, shape, images, next);
            core::mem::swap(images, next);
        }
    }
    reframe(images, destination);
}

/// Lays a batch out in the frame of its destination, with activations applied.
pub(crate) fn lay_out(incoming: Incoming<'_>, mut destination: Destination<'_>) {
    lay_out_pooled(incoming, None, incoming.shape, &mut destination);
}

/// As [`lay_out`]; activations are first pooled by the maximum of each window, if there is one,
/// to the given shape.
fn lay_out_pooled(
    incoming: Incoming<'_>,
    pool: Option<Window>,
    shape: Shape,
    destination: &mut Destination<'_>,
) {
    let Incoming {
        source,
        shape: input,
    } = incoming;
    let (Source::Samples(values) | Source::Scaled(values, _)) = source;
    let frame = destination.frame;
    let out = &mut *destination.images;
    out.resize(frame, values.len() / input.features());
    // A value costs about as much as four products.
    let products = 4 * values.len();
    let isa = Isa::current();
    let max_abs = parallel::for_each_part(&mut out.values, frame.size(), products, |index, out| {
        let values = &values[index * input.features()..][..input.features()];
        match source {
            // The samples' own order is the frame's.
            Source::Samples(_) if frame == Frame::flat(input) => {
                let pairs = out.iter_mut().zip(values);
                pairs.for_each(|(out, &value)| *out = value.into());
            }
            Source::Samples(_) => lay_out_sample(values, Sample::new(shape, frame, out)),
            Source::Scaled(_, activation) => {
                let activated = Activated {
                    values,
                    input,
                    activation,
                };
                activated.lay_out(pool, Sample::new(shape, frame, out));
            }
        }
        MaxAbs(isa.max_abs_i16(out))
    });
    out.max_abs = max_abs.0;
}

/// Lays out a sample `[channels, height, width]`.
fn lay_out_sample(values: &[i8], mut sample: Sample<'_>) {
    let Shape {
        channels,
        height,
        width,
    } = sample.shape();
    let pixels = height * width;
    sample.fill(false, |first, out| {
        for (pixel, out) in (first / channels..).zip(out.chunks_mut(channels)) {
            let channel = first % channels;
            let values = values[channel * pixels + pixel..].iter().step_by(pixels);
            for (out, &value) in out.iter_mut().zip(values) {
                *out = value.into();
            }
        }
    });
}

/// Largest magnitude in some samples.
#[derive(Default)]
struct MaxAbs(u16);

impl Merge for MaxAbs {
    fn merge(&mut self, other: &Self) {
        self.0 = self.0.max(other.0);
    }
}

/// Lays plain images out in another frame.
fn reframe(from: &Images, destination: Destination<'_>) {
    let Destination { images: out, frame } = destination;
    let shape = from.frame.shape;
    out.resize(frame, from.samples());
    let products = 4 * from.values.len();
    parallel::for_each_part(&mut out.values, frame.size(), products, |index, out| {
        let from = &from.values[index * shape.features()..][..shape.features()];
        Sample::new(shape, frame, out).fill(false, |first, out| {
            out.copy_from_slice(&from[first..first + out.len()]);
        });
    });
    out.max_abs = Isa::current().max_abs_i16(&out.values);
}
