//! Pooling over windows whose stride is their size, one sample at a time.

use crate::spec::Shape;

mod max;

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

    /// Most values in a window, so that a place in it fits 16 bits.
    pub const MOST_VALUES: usize = 1 << 16;

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
