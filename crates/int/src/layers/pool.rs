//! Pooling over windows whose stride is their size, one sample at a time, over all channels of a
//! pixel at once.

use crate::kernel::Isa;
use crate::spec::{Activation, HeadPadding, Shape};

/// The winner of a window in which padding won: it takes the gradient nowhere.
pub(crate) const NO_WINNER: u32 = u32::MAX;

/// Channels that are worked on at once.
const PIECE: usize = 256;

/// A pooling window: size (and stride), and padding on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Rows of padding above and below.
    pub pad_height: usize,
    /// Columns of padding left and right.
    pub pad_width: usize,
}

impl Window {
    /// A square window without padding.
    pub(crate) const fn square(size: usize) -> Self {
        Window {
            height: size,
            width: size,
            pad_height: 0,
            pad_width: 0,
        }
    }

    /// Size of the pooled sample; incomplete windows are dropped. `None` if none is complete.
    pub(crate) fn output(self, input: Shape) -> Option<Shape> {
        let along = |size: usize, pad: usize, window: usize| {
            (size + 2 * pad)
                .checked_sub(window)
                .map(|rest| rest / window + 1)
        };
        Some(Shape {
            channels: input.channels,
            height: along(input.height, self.pad_height, self.height)?,
            width: along(input.width, self.pad_width, self.width)?,
        })
    }

    /// Number of values in a window.
    pub(crate) fn area(self) -> usize {
        self.height * self.width
    }

    /// Most values in a window, so that the index of one fits 16 bits.
    pub(crate) const MAX_VALUES: usize = 1 << 16;

    /// The pixels of the window `index`, in row-major order; `None` on padding.
    pub(crate) fn pixels(
        self,
        input: Shape,
        index: usize,
    ) -> impl Iterator<Item = Option<usize>> + Clone {
        let across = (input.width + 2 * self.pad_width) / self.width.max(1);
        let (row, column) = (index / across.max(1), index % across.max(1));
        let rows = row * self.height..(row + 1) * self.height;
        rows.flat_map(move |row| {
            (column * self.width..(column + 1) * self.width).map(move |column| {
                let y = inside(row, self.pad_height, input.height)?;
                Some(y * input.width + inside(column, self.pad_width, input.width)?)
            })
        })
    }

    /// The largest activation of each window, and where it stands. The first of equals in
    /// row-major order wins.
    ///
    /// # Shapes
    /// `scaled`: the values of a sample before `activation`, `[height, width, channels]`;
    /// `winners`: `[channels, windows]`.
    pub(crate) fn winners(
        self,
        input: Shape,
        padding: HeadPadding,
        (scaled, activation): (&[i8], Activation),
        winners: &mut Winners<'_>,
    ) {
        let isa = Isa::current();
        let windows = winners.values.len() / input.channels;
        let (mut best, mut indices) = ([0; PIECE], [0; PIECE]);
        let (mut active, zeros) = ([0; PIECE], [0; PIECE]);
        for window in 0..windows {
            let corner = self.corner(input, window);
            for first in (0..input.channels).step_by(PIECE) {
                let count = PIECE.min(input.channels - first);
                let (best, indices) = (&mut best[..count], &mut indices[..count]);
                best.fill(i16::MIN);
                for (at, pixel) in (0..=u16::MAX).zip(self.pixels(input, window)) {
                    let values = match pixel {
                        Some(pixel) => {
                            let scaled = &scaled[pixel * input.channels + first..][..count];
                            activation.apply_all(isa, scaled, &mut active[..count]);
                            &active
                        }
                        None if padding == HeadPadding::Zero => &zeros,
                        None => continue,
                    };
                    isa.max_with_index(best, indices, values, at);
                }
                for (channel, (&best, &at)) in (first..).zip(best.iter().zip(&*indices)) {
                    let pixel = self.pixel(input, corner, at);
                    let pixel = pixel.filter(|_| best > i16::MIN);
                    let before = pixel.map_or(0, |pixel| scaled[pixel * input.channels + channel]);
                    winners.set(channel * windows + window, best, pixel, before);
                }
            }
        }
    }

    /// The row and column, with padding, at which a window begins.
    fn corner(self, input: Shape, window: usize) -> [usize; 2] {
        let across = (input.width + 2 * self.pad_width) / self.width;
        [window / across * self.height, window % across * self.width]
    }

    /// The pixel at an index of the window that begins at a corner.
    fn pixel(self, input: Shape, [top, left]: [usize; 2], at: u16) -> Option<usize> {
        // Short divisions are fast. A window that is wider than 16 bits count has one row only.
        let (row, column) = match u16::try_from(self.width) {
            Ok(width) => (at / width, at % width),
            Err(_) => (0, at),
        };
        let y = inside(top + usize::from(row), self.pad_height, input.height)?;
        let x = inside(left + usize::from(column), self.pad_width, input.width)?;
        Some(y * input.width + x)
    }

    /// The mean of each window of some channels, rounded toward zero; padding counts as 0.
    /// `value(pixel)` gives the values of these channels.
    #[allow(clippy::cast_possible_truncation, reason = "a mean of int16 values")]
    pub(crate) fn avg(self, input: Shape, window: usize, value: impl Fn(usize) -> i16) -> i16 {
        let sum: i64 = self
            .pixels(input, window)
            .flatten()
            .map(|pixel| i64::from(value(pixel)))
            .sum();
        (sum / self.area() as i64) as i16
    }

    /// The gradient of a mean at each of its values, rounded toward zero.
    pub(crate) fn avg_backward(self, gradient: i32) -> i32 {
        let area = i64::try_from(self.area()).unwrap_or(i64::MAX);
        i32::try_from(i64::from(gradient) / area).unwrap_or(0)
    }

    /// The window that a pixel lies in, if it lies in one.
    pub(crate) fn of_pixel(self, input: Shape, pixel: usize) -> Option<usize> {
        let output = self.output(input)?;
        let row = (pixel / input.width + self.pad_height) / self.height;
        let column = (pixel % input.width + self.pad_width) / self.width;
        (row < output.height && column < output.width).then_some(row * output.width + column)
    }
}

/// What a head keeps of the windows of one sample, `[channels, windows]`.
#[derive(Debug)]
pub(crate) struct Winners<'a> {
    /// The largest activations.
    pub(crate) values: &'a mut [i16],
    /// Pixels that they stand at, or [`NO_WINNER`].
    pub(crate) positions: &'a mut [u32],
    /// Their values before the activation.
    pub(crate) scaled: &'a mut [i8],
}

impl Winners<'_> {
    /// Sets the winner of a window: its activation, or the least int16 where there is none.
    #[inline(always)]
    fn set(&mut self, index: usize, best: i16, pixel: Option<usize>, before: i8) {
        self.values[index] = if best > i16::MIN { best } else { 0 };
        let position = pixel.and_then(|pixel| u32::try_from(pixel).ok());
        self.positions[index] = position.unwrap_or(NO_WINNER);
        self.scaled[index] = before;
    }
}

fn inside(padded: usize, padding: usize, size: usize) -> Option<usize> {
    padded
        .checked_sub(padding)
        .filter(|&position| position < size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    const PADDED: Window = Window {
        height: 2,
        width: 2,
        pad_height: 1,
        pad_width: 1,
    };

    /// Leaves values as they are, for those of 0 and more.
    const IDENTITY: Activation = Activation::PocketRelu;

    struct Found {
        values: Vec<i16>,
        positions: Vec<u32>,
        scaled: Vec<i8>,
    }

    fn winners(
        window: Window,
        padding: HeadPadding,
        input: Shape,
        (scaled, activation): (&[i8], Activation),
    ) -> Found {
        let size = window.output(input).unwrap().features();
        let mut found = Found {
            values: vec![7; size],
            positions: vec![7; size],
            scaled: vec![7; size],
        };
        let mut winners = Winners {
            values: &mut found.values,
            positions: &mut found.positions,
            scaled: &mut found.scaled,
        };
        window.winners(input, padding, (scaled, activation), &mut winners);
        found
    }

    proptest! {
        #[test]
        fn winners_are_the_definition_with_and_without_padding(
            (channels, height, width) in (1..4_usize, 1..9_usize, 1..9_usize),
            (kernel_height, kernel_width) in (1..5_usize, 1..5_usize),
            (pad_height, pad_width) in (0..3_usize, 0..3_usize),
            zero in any::<bool>(),
            seed in proptest::collection::vec(-9..3_i8, 3 * 64),
        ) {
            let window = Window {
                height: kernel_height,
                width: kernel_width,
                pad_height: pad_height.min(kernel_height - 1),
                pad_width: pad_width.min(kernel_width - 1),
            };
            let input = Shape::image(channels, height, width);
            prop_assume!(window.output(input).is_some());
            let output = window.output(input).unwrap();
            let scaled = &seed[..input.features()];
            let padding = if zero { HeadPadding::Zero } else { HeadPadding::Never };
            let activation = Activation::PocketLeakyRelu { alpha_inv: 4 };
            let found = winners(window, padding, input, (scaled, activation));
            for index in 0..output.features() {
                let (channel, rest) = (index / (output.height * output.width), index % (output.height * output.width));
                let (top, left) = (rest / output.width * kernel_height, rest % output.width * kernel_width);
                let mut best = (i32::MIN, None);
                for row in top..top + kernel_height {
                    for column in left..left + kernel_width {
                        let pixel = inside(row, window.pad_height, height)
                            .zip(inside(column, window.pad_width, width))
                            .map(|(y, x)| y * width + x);
                        let value = match pixel {
                            Some(pixel) => activation.apply(scaled[pixel * channels + channel]).into(),
                            None if zero => 0,
                            None => continue,
                        };
                        if value > best.0 {
                            best = (value, pixel);
                        }
                    }
                }
                let value = if best.0 == i32::MIN { 0 } else { best.0 };
                prop_assert_eq!(i32::from(found.values[index]), value);
                match best.1 {
                    None => prop_assert_eq!(found.positions[index], NO_WINNER),
                    Some(pixel) => {
                        prop_assert_eq!(found.positions[index] as usize, pixel);
                        prop_assert_eq!(found.scaled[index], scaled[pixel * channels + channel]);
                        prop_assert_eq!(window.of_pixel(input, pixel), Some(rest));
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_of_equals_wins_and_incomplete_windows_are_dropped() {
        let values = [1, 5, 9, 5, 5, 9, 9, 9, 9];
        let input = Shape::image(1, 3, 3);
        let found = winners(
            Window::square(2),
            HeadPadding::Never,
            input,
            (&values, IDENTITY),
        );
        assert_eq!((found.values, found.positions), (vec![5], vec![1]));
        assert_eq!(Window::square(2).of_pixel(input, 2), None);
    }

    #[test]
    fn equal_activations_of_different_inputs_are_equals() {
        // -3 and 0 both become -36: the first keeps its own slope.
        let input = Shape::image(1, 2, 2);
        let scaled = [-4, -3, 0, -1];
        let found = winners(
            Window::square(2),
            HeadPadding::Never,
            input,
            (&scaled, Activation::default()),
        );
        assert_eq!(
            (found.values[0], found.positions[0], found.scaled[0]),
            (-36, 1, -3)
        );
    }

    #[test]
    fn zero_padding_beats_negative_values_only_when_published() {
        let input = Shape::image(1, 2, 2);
        let scaled = [-4, -8, -12, 4];
        let leaky = Activation::PocketLeakyRelu { alpha_inv: 4 };
        let found = winners(PADDED, HeadPadding::Never, input, (&scaled, leaky));
        assert_eq!(
            (found.values, found.positions),
            (vec![-1, -2, -3, 4], vec![0, 1, 2, 3])
        );
        let found = winners(PADDED, HeadPadding::Zero, input, (&scaled, leaky));
        assert_eq!(found.values, [0, 0, 0, 4]);
        assert_eq!(found.positions, [NO_WINNER, NO_WINNER, NO_WINNER, 3]);
    }

    #[test]
    fn means_and_their_gradients_round_toward_zero() {
        let values = [-3, -2, -1, -1, 5, 5, 5, 5, 5];
        let input = Shape::image(1, 3, 3);
        let mean = |window: Window, index| window.avg(input, index, |pixel| values[pixel]);
        assert_eq!(mean(Window::square(2), 0), (-3 - 2 - 1 + 5) / 4);
        assert_eq!(mean(PADDED, 0), 0);
        assert_eq!(mean(PADDED, 3), 5);
        assert_eq!(Window::square(2).avg_backward(-7), -1);
    }
}
