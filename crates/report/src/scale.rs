//! The axes of a chart: from where to where, and which round numbers stand along them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;

/// Letters of the numbers that fit side by side under a chart, with space between them.
const LETTERS_ACROSS: u32 = 36;
/// What values are written in.
const FINEST: f64 = 0.001;
/// Less than this share of the largest value is not shown as a slope.
const FLAT: f64 = 0.05;

/// The range of an axis and where its numbers stand.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// Value at the axis' beginning.
    pub(crate) low: f64,
    /// Value at its end.
    pub(crate) high: f64,
    ticks: Vec<f64>,
    decimals: usize,
}

impl Scale {
    /// From the first epoch (step, …) to the last one, numbered at whole ones.
    pub(crate) fn of_whole((first, last): (f64, f64)) -> Scale {
        let edge = ((last - first) * 0.02).max(0.5);
        let letters = letters(first, 0).max(letters(last, 0));
        let most = (f64::from(LETTERS_ACROSS) / f64::from(letters)).floor();
        let step = round_step(last - first, most.clamp(2.0, 8.0), 1.0);
        Scale {
            low: first - edge,
            high: last + edge,
            ticks: ticks(first, last, step),
            decimals: 0,
        }
    }

    /// Round numbers around the values, within 0 to 100 and at least a point apart, so that
    /// a flat curve does not look like a mountain range.
    pub(crate) fn of_accuracies(values: impl Iterator<Item = f64>) -> Scale {
        let (mut low, mut high) = range(values).unwrap_or((0.0, 100.0));
        if high - low < 1.0 {
            low = (f64::midpoint(low, high) - 0.5).clamp(0.0, 99.0);
            high = low + 1.0;
        }
        let step = round_step(high - low, 6.0, 0.1);
        low = (low / step).floor() * step;
        high = ((high / step).ceil() * step).min(100.0);
        Scale {
            low,
            high,
            ticks: ticks(low, high, step),
            decimals: usize::from(step < 0.99),
        }
    }

    /// Round numbers around values of any kind. They are far enough apart that a flat line
    /// does not look like a mountain range, and begin at 0 where that costs little height.
    pub(crate) fn of_values(values: impl Iterator<Item = f64>) -> Scale {
        let (mut low, mut high) = range(values).unwrap_or((0.0, 1.0));
        let positive = low >= 0.0;
        let largest = high.abs().max(low.abs());
        let least = if largest > 0.0 {
            (largest * FLAT).max(FINEST * 10.0)
        } else {
            1.0
        };
        if high - low < least {
            low = f64::midpoint(low, high) - least / 2.0;
            high = low + least;
        }
        if positive && low < high / 2.0 {
            low = 0.0;
        }
        let step = round_step(high - low, 6.0, FINEST);
        low = (low / step).floor() * step;
        high = (high / step).ceil() * step;
        Scale {
            low,
            high,
            ticks: ticks(low, high, step),
            decimals: [1.0, 0.1, 0.01]
                .iter()
                .filter(|&&unit| step < unit * 0.99)
                .count(),
        }
    }

    /// Letters of the longest number along the axis.
    pub(crate) fn letters(&self) -> u32 {
        let each = self.ticks.iter().map(|&tick| letters(tick, self.decimals));
        each.max().unwrap_or_default()
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range()).map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight().allow_light_points() {
            true => Vec::new(),
            false => self.ticks.clone(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        format!("{value:.*}", self.decimals)
    }
}

fn letters(value: f64, decimals: usize) -> u32 {
    let written = format!("{value:.decimals$}").len();
    u32::try_from(written).unwrap_or(u32::MAX)
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// The smallest of 1, 2, 5, 10, 20, … times `finest` that fits into `span` at most `most` times.
fn round_step(span: f64, most: f64, finest: f64) -> f64 {
    let mut step = finest;
    for factor in [2.0, 2.5, 2.0].iter().cycle() {
        if span <= step * most {
            break;
        }
        step *= factor;
    }
    step
}

/// The multiples of `step` from `low` to `high`, which is at most some tens of steps away.
fn ticks(low: f64, high: f64, step: f64) -> Vec<f64> {
    let slack = step * 1e-6;
    let mut ticks = Vec::new();
    // Adding 0 turns a zero below zero, which would be written with its sign, into 0.
    let mut number = ((low - slack) / step).ceil() + 0.0;
    while number * step <= high + slack {
        ticks.push(number * step);
        number += 1.0;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracies_stay_within_their_scale_and_at_least_a_point_apart() {
        for value in [0.0, 0.3, 50.0, 99.9, 100.0] {
            let scale = Scale::of_accuracies([value].into_iter());
            assert!(scale.low >= 0.0 && scale.high <= 100.0);
            assert!(scale.low <= value && value <= scale.high);
            assert!(scale.high - scale.low > 0.99);
            assert!((2..=10).contains(&scale.ticks.len()), "{scale:?}");
        }
    }

    #[test]
    fn epochs_are_numbered_at_whole_epochs() {
        for last in [1_u32, 2, 3, 10, 57, 150, 2000, u32::MAX] {
            let scale = Scale::of_whole((1.0, last.into()));
            assert!((1..=9).contains(&scale.ticks.len()), "{scale:?}");
            assert!(scale.ticks.iter().all(|tick| tick.fract() == 0.0));
        }
    }

    #[test]
    fn larger_numbers_stand_further_apart() {
        for last in [9_f64, 9999.0, 123_456.0, 1e9, 1e12] {
            for first in [0.0, -last] {
                let scale = Scale::of_whole((first, last));
                let many = u32::try_from(scale.ticks.len()).unwrap();
                assert!((many - 1) * scale.letters() <= LETTERS_ACROSS, "{scale:?}");
            }
        }
    }

    #[test]
    fn values_of_any_size_and_sign_stay_within_their_scale() {
        for size in [0.001, 0.02, 1.0, 14.3, 400.0, 1e9] {
            for [one, other] in [
                [0.0, 1.0],
                [1.0, 1.0],
                [-1.0, 1.0],
                [-1.0, -0.9],
                [0.99, 1.0],
            ] {
                let (one, other) = (one * size, other * size);
                let scale = Scale::of_values([one, other].into_iter());
                let slack = size * 1e-9;
                assert!(
                    scale.low <= one + slack && other - slack <= scale.high,
                    "{scale:?}"
                );
                assert!((2..=9).contains(&scale.ticks.len()), "{scale:?}");
                assert!(one < 0.0 || scale.low >= 0.0, "{scale:?}");
            }
        }
    }

    #[test]
    fn different_ticks_are_written_differently_and_zero_without_a_sign() {
        for [low, high] in [
            [-0.02, 0.01],
            [-3.0, 2.0],
            [14.2, 14.9],
            [0.0, 0.0],
            [5.0, 5.0],
        ] {
            let scale = Scale::of_values([low, high].into_iter());
            let mut written: Vec<_> = scale
                .ticks
                .iter()
                .map(|tick| scale.format_ext(tick))
                .collect();
            assert!(
                written
                    .iter()
                    .all(|text| !text.starts_with('-')
                        || text.contains(|c| ('1'..='9').contains(&c))),
                "{written:?}"
            );
            let all = written.len();
            written.dedup();
            assert_eq!(written.len(), all, "{written:?}");
        }
    }

    #[test]
    fn a_flat_line_keeps_a_flat_scale_and_a_low_one_begins_at_zero() {
        let flat = Scale::of_values([14.3, 14.301].into_iter());
        assert!(flat.high - flat.low > 0.7 && flat.low > 13.0, "{flat:?}");
        let low = Scale::of_values([3.0, 9.0].into_iter());
        assert_eq!(low.low, 0.0);
        let nothing = Scale::of_values(std::iter::empty());
        assert_eq!((nothing.low, nothing.high), (0.0, 1.0));
    }
}
