//! Dropout between blocks, in whatever frame the next layer reads.

use crate::kernel::Isa;
use crate::layers::images::Images;
use crate::plan::TransitionLayer;
use crate::spec::Shape;
use crate::step::StepSettings;
use nearfield_train::random::{Purpose, Stream};

/// Values that are drawn for at once.
const CHUNK: usize = 64;

/// Drops values in training; draws are made in the order sample, channel, row, column, whatever
/// the frame.
pub(super) fn drop_out(
    layer: TransitionLayer,
    shape: Shape,
    images: &mut Images,
    training: Option<&StepSettings>,
) {
    let (TransitionLayer::Dropout(dropout, number), Some(step)) = (layer, training) else {
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
        let start = |pixel: usize| frame.pixel(pixel / shape.width, pixel % shape.width);
        for channel in 0..shape.channels {
            for first in (0..pixels).step_by(CHUNK) {
                let pixels = first..pixels.min(first + CHUNK);
                let mut values = [0; CHUNK];
                let values = &mut values[..pixels.len()];
                for (value, pixel) in values.iter_mut().zip(pixels.clone()) {
                    *value = sample[start(pixel) + channel];
                }
                dropout.apply(values, &mut stream);
                for (value, pixel) in values.iter().zip(pixels) {
                    sample[start(pixel) + channel] = *value;
                }
            }
        }
    }
    images.max_abs = Isa::current().max_abs_i16(&images.values);
}
