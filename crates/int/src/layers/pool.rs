//! Pooling over windows whose stride is their size, one sample at a time.

use crate::spec::{HeadPadding, Shape};

/// The winner of a window in which padding won: it takes the gradient nowhere.
pub const NO_WINNER: u32 = u32::MAX;

/// A pooling window: size (and stride), and padding on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
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
    pub const fn square(size: usize) -> Self {
        Window {
            height: size,
            width: size,
            pad_height: 0,
            pad_width: 0,
        }
    }

    /// Size of the pooled sample; incomplete windows are dropped. `None` if none is complete.
    pub fn output(self, input: Shape) -> Option<Shape> {
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
    pub fn area(self) -> usize {
        self.height * self.width
    }

    /// Calls `visit(window, position)` for every place of every window in row-major order;
    /// `position` is `None` on padding.
    fn for_each(self, input: Shape, mut visit: impl FnMut(usize, Option<usize>)) {
        let Some(output) = self.output(input) else {
            return;
        };
        for window in 0..output.features() {
            let (channel, rest) = (
                window / (output.height * output.width),
                window % (output.height * output.width),
            );
            let (top, left) = (
                rest / output.width * self.height,
                rest % output.width * self.width,
            );
            for row in top..top + self.height {
                for column in left..left + self.width {
                    let position = inside(row, self.pad_height, input.height)
                        .zip(inside(column, self.pad_width, input.width))
                        .map(|(y, x)| (channel * input.height + y) * input.width + x);
                    visit(window, position);
                }
            }
        }
    }

    /// The largest value of each window, and where it stands in the sample. The first of equals
    /// in row-major order wins.
    pub fn max(
        self,
        input: Shape,
        padding: HeadPadding,
        values: &[i16],
        pooled: &mut [i16],
        winners: &mut [u32],
    ) {
        let Some(output) = self.output(input) else {
            return;
        };
        let mut results = pooled.iter_mut().zip(winners);
        for channel in values.chunks_exact(input.height * input.width).zip(0_u32..) {
            let offset = channel.1 * u32::try_from(channel.0.len()).unwrap_or(u32::MAX);
            for row in 0..output.height {
                for column in 0..output.width {
                    let place = self.place(input, row, column);
                    let Some((pooled, winner)) = results.next() else {
                        return;
                    };
                    let (value, position) = place.largest(channel.0, input.width);
                    let padded = padding == HeadPadding::Zero
                        && place.padding_wins(self, value, position / input.width);
                    (*pooled, *winner) = match padded {
                        true => (0, NO_WINNER),
                        false => (value, offset + u32::try_from(position).unwrap_or(NO_WINNER)),
                    };
                }
            }
        }
    }

    /// The part of the input under a window.
    fn place(self, input: Shape, row: usize, column: usize) -> Place {
        let along = |index: usize, window: usize, pad: usize, size: usize| {
            let (start, end) = (index * window, (index + 1) * window);
            (
                start.saturating_sub(pad),
                end.saturating_sub(pad).min(size),
                start < pad,
            )
        };
        let (top, bottom, above) = along(row, self.height, self.pad_height, input.height);
        let (left, right, before) = along(column, self.width, self.pad_width, input.width);
        Place {
            top,
            bottom,
            left,
            right,
            padded_first: above || before,
        }
    }

    /// The mean of each window, rounded toward zero; padding counts as 0.
    #[allow(clippy::cast_possible_truncation, reason = "a mean of int16 values")]
    pub fn avg(self, input: Shape, values: &[i16], pooled: &mut [i16]) {
        let area = self.area() as i64;
        let mut sum = 0;
        let mut seen = 0;
        self.for_each(input, |window, position| {
            sum += position.map_or(0, |position| i64::from(values[position]));
            seen += 1;
            if seen == area {
                pooled[window] = (sum / area) as i16;
                (sum, seen) = (0, 0);
            }
        });
    }

    /// The gradient of [`Window::avg`]: each place of a window gets its share, rounded toward
    /// zero. Every value of `gradient` is set.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "not larger than the int32 divided"
    )]
    pub fn avg_backward(self, input: Shape, pooled: &[i32], gradient: &mut [i32]) {
        let area = self.area() as i64;
        gradient.fill(0);
        self.for_each(input, |window, position| {
            if let Some(position) = position {
                gradient[position] = (i64::from(pooled[window]) / area) as i32;
            }
        });
    }
}

/// The rows and columns of an input that lie under a window.
struct Place {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
    /// Whether the window's first place is padding.
    padded_first: bool,
}

impl Place {
    /// The largest value and its place in the channel; the first of equals. Value and place are
    /// compared as one number: which value is the largest cannot be foreseen, so a branch on it
    /// would cost more than the pooling.
    fn largest(&self, channel: &[i16], width: usize) -> (i16, usize) {
        let mut best = i64::MIN;
        for row in self.top..self.bottom {
            let start = row * width;
            let values = &channel[start + self.left..start + self.right];
            for (place, &value) in (start + self.left..).zip(values) {
                best = best.max((i64::from(value) << 32) - place as i64);
            }
        }
        let value = (best + i64::from(u32::MAX)) >> 32;
        let place = (value << 32) - best;
        (
            i16::try_from(value).unwrap_or(i16::MIN),
            usize::try_from(place).unwrap_or(0),
        )
    }

    /// Whether a padding of 0 beats `value`, or stands before an equal one, whose row this is.
    fn padding_wins(&self, window: Window, value: i16, row: usize) -> bool {
        let columns = self.right - self.left;
        let whole = (self.bottom - self.top) * columns == window.area();
        let before = self.padded_first || (columns < window.width && row > self.top);
        !whole && (value < 0 || (value == 0 && before))
    }
}

/// The gradient of [`Window::max`]: the winner takes all. Every value of `gradient` is set.
pub fn max_backward(winners: &[u32], pooled: &[i32], gradient: &mut [i32]) {
    gradient.fill(0);
    for (&winner, &value) in winners.iter().zip(pooled) {
        if let Some(place) = gradient.get_mut(winner as usize) {
            *place = value;
        }
    }
}

/// The largest value of each channel.
pub fn global_max(channel_size: usize, values: &[i16], pooled: &mut [i16]) {
    for (pooled, channel) in pooled.iter_mut().zip(values.chunks_exact(channel_size)) {
        *pooled = channel.iter().copied().max().unwrap_or(0);
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
    use proptest::prelude::*;

    const PADDED: Window = Window {
        height: 2,
        width: 2,
        pad_height: 1,
        pad_width: 1,
    };

    fn max(
        window: Window,
        padding: HeadPadding,
        side: usize,
        values: &[i16],
    ) -> (Vec<i16>, Vec<u32>) {
        let input = Shape::image(1, side, side);
        let size = window.output(input).unwrap().features();
        let (mut pooled, mut winners) = (vec![7; size], vec![7; size]);
        window.max(input, padding, values, &mut pooled, &mut winners);
        (pooled, winners)
    }

    /// The definition: every place of every window in row-major order.
    fn naive_max(
        window: Window,
        padding: HeadPadding,
        input: Shape,
        values: &[i16],
    ) -> (Vec<i16>, Vec<u32>) {
        let size = window.output(input).unwrap().features();
        let mut best = vec![(i32::MIN, 0, NO_WINNER); size];
        window.for_each(input, |index, position| {
            let candidate = match (position, padding) {
                (Some(position), _) => (values[position], u32::try_from(position).unwrap()),
                (None, HeadPadding::Zero) => (0, NO_WINNER),
                (None, HeadPadding::Never) => return,
            };
            if i32::from(candidate.0) > best[index].0 {
                best[index] = (candidate.0.into(), candidate.0, candidate.1);
            }
        });
        best.into_iter()
            .map(|(_, value, winner)| (value, winner))
            .unzip()
    }

    proptest! {
        #[test]
        fn the_maximum_is_the_definition_with_and_without_padding(
            (channels, height, width) in (1..3_usize, 1..9_usize, 1..9_usize),
            (kernel_height, kernel_width) in (1..5_usize, 1..5_usize),
            (pad_height, pad_width) in (0..3_usize, 0..3_usize),
            zero in any::<bool>(),
            seed in proptest::collection::vec(-2..3_i16, 2 * 64),
        ) {
            let window = Window {
                height: kernel_height,
                width: kernel_width,
                pad_height: pad_height.min(kernel_height - 1),
                pad_width: pad_width.min(kernel_width - 1),
            };
            let input = Shape::image(channels, height, width);
            prop_assume!(window.output(input).is_some());
            let values = &seed[..input.features()];
            let padding = if zero { HeadPadding::Zero } else { HeadPadding::Never };
            let size = window.output(input).unwrap().features();
            let (mut pooled, mut winners) = (vec![7; size], vec![7; size]);
            window.max(input, padding, values, &mut pooled, &mut winners);
            prop_assert_eq!((pooled, winners), naive_max(window, padding, input, values));
        }
    }

    #[test]
    fn the_first_of_equals_wins_and_incomplete_windows_are_dropped() {
        let values = [1, 5, 9, 5, 5, 9, 9, 9, 9];
        assert_eq!(
            max(Window::square(2), HeadPadding::Never, 3, &values),
            (vec![5], vec![1])
        );
    }

    #[test]
    fn zero_padding_beats_negative_values_only_when_published() {
        let values = [-1, -2, -3, 4];
        let (pooled, winners) = max(PADDED, HeadPadding::Never, 2, &values);
        assert_eq!((pooled, winners), (vec![-1, -2, -3, 4], vec![0, 1, 2, 3]));
        let (pooled, winners) = max(PADDED, HeadPadding::Zero, 2, &values);
        assert_eq!(pooled, [0, 0, 0, 4]);
        assert_eq!(winners, [NO_WINNER, NO_WINNER, NO_WINNER, 3]);
    }

    #[test]
    fn the_winner_takes_the_whole_gradient_and_padding_takes_none() {
        let mut gradient = [9; 4];
        max_backward(&[2, NO_WINNER, 3], &[-5, 6, 7], &mut gradient);
        assert_eq!(gradient, [0, 0, -5, 7]);
    }

    #[test]
    fn averages_and_their_gradients_round_toward_zero() {
        let input = Shape::image(1, 2, 2);
        let mut pooled = [0];
        Window::square(2).avg(input, &[-1, -2, -3, -1], &mut pooled);
        assert_eq!(pooled, [-1]);
        let mut gradient = [9; 4];
        Window::square(2).avg_backward(input, &[-7], &mut gradient);
        assert_eq!(gradient, [-1; 4]);
    }

    #[test]
    fn global_max_takes_one_value_a_channel() {
        let mut pooled = [0; 2];
        global_max(3, &[-4, -2, -9, 1, 8, 3], &mut pooled);
        assert_eq!(pooled, [-2, 8]);
    }
}
