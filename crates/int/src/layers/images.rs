//! Batches of activations: images with their channels last, framed for the layer that reads
//! them.

use crate::Aligned;
use crate::spec::Shape;

/// How the samples of a batch stand in memory: pixel by pixel, row by row, with all channels of
/// a pixel side by side, within a border of zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Size of a sample.
    pub shape: Shape,
    /// Pixels of the border on each side.
    pub padding: usize,
    /// Values that a pixel takes: its channels, and a 0 behind them where they must be even.
    pub depth: usize,
}

impl Frame {
    /// Nothing but the samples.
    pub(crate) fn plain(shape: Shape) -> Self {
        Frame {
            shape,
            padding: 0,
            depth: shape.channels,
        }
    }

    /// All features of a sample in the order channel, row, column, as linear layers read them.
    pub(crate) fn flat(shape: Shape) -> Self {
        Frame::plain(Shape::flat(shape.features()))
    }

    /// As a convolution with this padding reads them.
    pub(crate) fn padded(shape: Shape, padding: usize) -> Self {
        Frame {
            shape,
            padding,
            depth: shape.channels.next_multiple_of(2),
        }
    }

    /// Pixels in a row, with its border.
    pub(crate) fn columns(self) -> usize {
        self.shape.width + 2 * self.padding
    }

    /// Values in a row, with its border.
    pub(crate) fn row(self) -> usize {
        self.columns() * self.depth
    }

    /// Values of a sample, with its border.
    pub(crate) fn size(self) -> usize {
        (self.shape.height + 2 * self.padding) * self.row()
    }

    /// Where a pixel of the sample starts.
    pub(crate) fn pixel(self, y: usize, x: usize) -> usize {
        (y + self.padding) * self.row() + (x + self.padding) * self.depth
    }

    /// Puts zeros around one sample, and behind the channels of its pixels.
    fn clear_around(self, sample: &mut [i16]) {
        if self.depth > self.shape.channels {
            sample.fill(0);
            return;
        }
        if self.padding == 0 {
            return;
        }
        let (inside, side) = (self.shape.width * self.depth, self.padding * self.depth);
        let (first, last) = (
            self.pixel(0, 0),
            self.pixel(self.shape.height - 1, 0) + inside,
        );
        sample[..first].fill(0);
        sample[last..].fill(0);
        for y in 1..self.shape.height {
            let start = self.pixel(y, 0);
            sample[start - 2 * side..start].fill(0);
        }
    }
}

/// Channels that are worked on at once at most.
const PIECE: usize = 256;

/// Where the values of one sample go.
pub(crate) struct Sample<'a> {
    /// Size of the sample as it is put in: that of the frame, or as many features.
    shape: Shape,
    frame: Frame,
    values: &'a mut [i16],
}

impl<'a> Sample<'a> {
    /// A sample of this `shape` within `frame`; its border is cleared.
    pub(crate) fn new(shape: Shape, frame: Frame, values: &'a mut [i16]) -> Self {
        frame.clear_around(values);
        Sample {
            shape,
            frame,
            values,
        }
    }

    /// Size of the sample as it is put in.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether a row of pixels is one run of values.
    fn takes_rows(&self) -> bool {
        self.frame.shape == self.shape && self.frame.depth == self.shape.channels
    }

    /// Puts in every pixel: `fill(first value, values)` fills some consecutive values of the
    /// sample in the order row, column, channel, which lie within a row and, if `single`, within
    /// a pixel.
    pub(crate) fn fill(&mut self, single: bool, mut fill: impl FnMut(usize, &mut [i16])) {
        let Shape {
            channels,
            height,
            width,
        } = self.shape;
        if self.takes_rows() {
            let step = if single { channels } else { channels * width };
            for y in 0..height {
                let start = self.frame.pixel(y, 0);
                let row = &mut self.values[start..start + channels * width];
                for (index, values) in row.chunks_exact_mut(step).enumerate() {
                    fill(y * width * channels + index * step, values);
                }
            }
            return;
        }
        let mut piece = [0; PIECE];
        for pixel in 0..height * width {
            for first in (0..channels).step_by(PIECE) {
                let piece = &mut piece[..PIECE.min(channels - first)];
                fill(pixel * channels + first, piece);
                self.put(pixel, first, piece);
            }
        }
    }

    /// Puts in some channels of a pixel.
    fn put(&mut self, pixel: usize, first: usize, piece: &[i16]) {
        let (pixels, width) = (self.shape.height * self.shape.width, self.shape.width);
        if self.frame.shape == self.shape {
            let start = self.frame.pixel(pixel / width, pixel % width) + first;
            self.values[start..start + piece.len()].copy_from_slice(piece);
        } else {
            let channels = self.values[first * pixels + pixel..].iter_mut();
            for (channel, &value) in channels.step_by(pixels).zip(piece) {
                *channel = value;
            }
        }
    }
}

/// A batch of activations.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    pub(crate) frame: Frame,
    pub(crate) values: Aligned<i16>,
    /// Largest magnitude of a value.
    pub(crate) max_abs: u16,
}

impl Default for Images {
    fn default() -> Self {
        Images {
            frame: Frame::plain(Shape::flat(1)),
            values: Aligned::default(),
            max_abs: 0,
        }
    }
}

impl Images {
    /// Makes this a batch of `samples` samples, to be filled in.
    pub(crate) fn resize(&mut self, frame: Frame, samples: usize) {
        self.frame = frame;
        self.values.resize(samples * frame.size());
    }

    /// Samples of `features` features.
    #[cfg(test)]
    pub(crate) fn flat(values: &[i16], features: usize) -> Self {
        let mut images = Images::default();
        images.resize(Frame::plain(Shape::flat(features)), values.len() / features);
        images.values.copy_from_slice(values);
        images.max_abs = values
            .iter()
            .map(|value| value.unsigned_abs())
            .max()
            .unwrap_or(0);
        images
    }

    /// Bytes that they occupy.
    pub(crate) fn bytes(&self) -> usize {
        self.values.bytes()
    }

    /// Number of samples.
    pub(crate) fn samples(&self) -> usize {
        self.values.len() / self.frame.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_value_of_a_sample_finds_its_place_and_zeros_stand_around(
            (channels, height, width) in (1..5_usize, 1..5_usize, 1..5_usize),
            padding in 0..3_usize, single in any::<bool>(),
        ) {
            let shape = Shape::image(channels, height, width);
            let number = |c: usize, y: usize, x: usize| {
                1 + i16::try_from((y * width + x) * channels + c).unwrap()
            };
            for frame in [Frame::plain(shape), Frame::padded(shape, padding), Frame::flat(shape)] {
                let mut values = vec![77; frame.size()];
                Sample::new(shape, frame, &mut values).fill(single, |first, values| {
                    for (value, index) in values.iter_mut().zip(first..) {
                        *value = 1 + i16::try_from(index).unwrap();
                    }
                });
                let mut expected = vec![0; frame.size()];
                for c in 0..channels {
                    for y in 0..height {
                        for x in 0..width {
                            let place = if frame.shape == shape {
                                frame.pixel(y, x) + c
                            } else {
                                (c * height + y) * width + x
                            };
                            expected[place] = number(c, y, x);
                        }
                    }
                }
                prop_assert_eq!(&values, &expected, "{:?}", frame);
            }
        }
    }

    #[test]
    fn convolutions_read_an_even_number_of_values_a_pixel() {
        let frame = Frame::padded(Shape::image(3, 4, 5), 1);
        assert_eq!((frame.depth, frame.row(), frame.size()), (4, 28, 6 * 28));
        assert_eq!(frame.pixel(0, 0), 28 + 4);
        let all: Vec<usize> = (0..5).map(|x| frame.pixel(3, x)).collect();
        assert_eq!(all, [116, 120, 124, 128, 132]);
    }
}
