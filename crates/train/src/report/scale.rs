//! The axes of a chart: from where to where, and which round numbers stand along them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;

/// The range of an axis and where its numbers stand.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// Value at the axis' beginning.
    pub(super) low: f64,
    /// Value at its end.
    pub(super) high: f64,
    ticks: Vec<f64>,
    decimals: usize,
}

impl Scale {
    /// From the first epoch to the last one, numbered at whole epochs.
    pub(super) fn of_epochs((first, last): (f64, f64)) -> Scale {
        let edge = ((last - first) * 0.02).max(0.5);
        let step = round_step(last - first, 8.0, 1.0);
        Scale {
            low: first - edge,
            high: last + edge,
            ticks: ticks(first, last, step),
            decimals: 0,
        }
    }

    /// Round numbers around the values, within 0 to 100 and at least a point apart, so that
    /// a flat curve does not look like a mountain range.
    pub(super) fn of_accuracies(values: impl Iterator<Item = f64>) -> Scale {
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
    let mut number = ((low - slack) / step).ceil();
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
            let scale = Scale::of_epochs((1.0, last.into()));
            assert!((1..=9).contains(&scale.ticks.len()), "{scale:?}");
            assert!(scale.ticks.iter().all(|tick| tick.fract() == 0.0));
        }
    }
}
