//! The largest value of each window, and its place.

use super::{NO_WINNER, Window};
use crate::kernel::Set;
use crate::spec::{HeadPadding, Shape};
use alloc::vec;
use alloc::vec::Vec;

impl Window {
    /// The largest value of each window, and where it stands in the sample. The first of equals
    /// in row-major order wins.
    ///
    /// Values are compared together with their places, as one number each: first down the columns
    /// under a row of windows, which is work for vectors, then along the columns of each window.
    ///
    /// # Shapes
    /// A sample's `values`; one `pooled` value and one winner for each window, of at most
    /// [`Window::MOST_VALUES`] values.
    pub fn max(
        self,
        input: Shape,
        padding: HeadPadding,
        values: &[i16],
        (pooled, winners): (&mut [i16], &mut [u32]),
    ) {
        let Some(output) = self.output(input) else {
            return;
        };
        let set = Set::active();
        let ranks = self.column_ranks(input.width);
        let mut keys = vec![0; input.width];
        let mut results = pooled.iter_mut().zip(winners);
        for (channel, values) in values.chunks_exact(input.height * input.width).enumerate() {
            for row in 0..output.height {
                let rows = Under::new(row, self.height, self.pad_height, input.height);
                keys.fill(i32::MIN);
                for y in rows.start..rows.end {
                    let base =
                        i32::from(u16::MAX) - as_i32((y - rows.start + rows.skipped) * self.width);
                    let line = &values[y * input.width..(y + 1) * input.width];
                    set.raise_keys(&mut keys, line, &ranks, base);
                }
                for (column, (pooled, winner)) in (0..output.width).zip(results.by_ref()) {
                    let columns = Under::new(column, self.width, self.pad_width, input.width);
                    let best = keys[columns.start..columns.end]
                        .iter()
                        .copied()
                        .max()
                        .unwrap_or(0);
                    let place = Place {
                        window: self,
                        rows,
                        columns,
                    };
                    (*pooled, *winner) = match place.padding_wins(padding, best) {
                        true => (0, NO_WINNER),
                        false => (value_of(best), place.position(best, channel, input)),
                    };
                }
            }
        }
    }

    /// The place of each column within its window.
    fn column_ranks(self, columns: usize) -> Vec<i32> {
        (0..columns)
            .map(|x| as_i32((x + self.pad_width) % self.width))
            .collect()
    }
}

/// Rows or columns of the input under a window.
#[derive(Clone, Copy)]
struct Under {
    start: usize,
    end: usize,
    /// Padding before the first of them.
    skipped: usize,
    /// Whether there is padding behind the last.
    short: bool,
}

impl Under {
    fn new(index: usize, window: usize, padding: usize, size: usize) -> Self {
        let (first, end) = (index * window, (index + 1) * window);
        Under {
            start: first.saturating_sub(padding),
            end: end.saturating_sub(padding).min(size),
            skipped: padding.saturating_sub(first),
            short: end - padding > size,
        }
    }
}

/// A window over its input.
struct Place {
    window: Window,
    rows: Under,
    columns: Under,
}

impl Place {
    /// Row and column of the winner within the window.
    fn within(&self, key: i32) -> (usize, usize) {
        let place = usize::from(u16::MAX) - usize::from(low_half(key));
        (place / self.window.width, place % self.window.width)
    }

    fn position(&self, key: i32, channel: usize, input: Shape) -> u32 {
        let (row, column) = self.within(key);
        let y = self.rows.start + row - self.rows.skipped;
        let x = self.columns.start + column - self.columns.skipped;
        u32::try_from((channel * input.height + y) * input.width + x).unwrap_or(NO_WINNER)
    }

    /// Whether a padding of 0 beats the winner, or stands before one that is 0 too.
    fn padding_wins(&self, padding: HeadPadding, key: i32) -> bool {
        let (rows, columns) = (self.rows, self.columns);
        let padded = rows.skipped > 0 || columns.skipped > 0 || rows.short || columns.short;
        if padding == HeadPadding::Never || !padded || value_of(key) > 0 {
            return false;
        }
        let below_first = self.within(key).0 > rows.skipped;
        let before = rows.skipped > 0 || columns.skipped > 0 || (columns.short && below_first);
        value_of(key) < 0 || before
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the high half of a key is an int16"
)]
fn value_of(key: i32) -> i16 {
    (key >> 16) as i16
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the low half is what is wanted"
)]
#[allow(clippy::cast_sign_loss, reason = "its bits")]
fn low_half(key: i32) -> u16 {
    key as u16
}

fn as_i32(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
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
        window.max(input, padding, values, (&mut pooled, &mut winners));
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
            window.max(input, padding, values, (&mut pooled, &mut winners));
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
}
