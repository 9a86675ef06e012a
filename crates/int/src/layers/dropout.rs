//! Dropout between blocks.

use crate::{Error, Result};
use alloc::format;
use nearfield_train::random::Stream;

/// `floor(1000 / (1 - p))` for p = 5 %, 10 %, … 95 %.
///
/// # Source
/// The published code of NITRO-D, whose table this is.
const SCALES: [i32; 19] = [
    1052, 1111, 1176, 1250, 1333, 1428, 1538, 1666, 1818, 2000, 2222, 2500, 2857, 3333, 4000, 5000,
    6666, 10000, 20000,
];

/// Zeroes values at random while training and raises the rest by `1 / (1 - p)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dropout {
    percent: u32,
    scale: i32,
}

impl Dropout {
    /// Dropout of `percent` of the values: a multiple of 5 from 5 to 95.
    ///
    /// # Errors
    /// For any other share.
    pub(crate) fn new(percent: u32) -> Result<Self> {
        let row = (percent / 5)
            .checked_sub(1)
            .filter(|_| percent.is_multiple_of(5));
        match row.and_then(|row| SCALES.get(row as usize)) {
            Some(&scale) => Ok(Dropout { percent, scale }),
            None => Err(Error::Setting {
                setting: "dropout",
                problem: format!("{percent} % is not a multiple of 5 from 5 to 95"),
            }),
        }
    }

    /// What kept values are multiplied by, in thousandths.
    pub(crate) fn scale(self) -> u32 {
        self.scale.unsigned_abs()
    }

    /// Drops and raises values in place; the draws come from `stream` in the order of `values`.
    ///
    /// # Range
    /// Values of magnitude up to 127 stay within ±2,540.
    #[allow(clippy::cast_possible_truncation, reason = "at most 127 * 20")]
    pub(crate) fn apply(self, values: &mut [i16], stream: &mut Stream) {
        let mut drawn = [0; 64];
        for values in values.chunks_mut(drawn.len()) {
            let drawn = &mut drawn[..values.len()];
            stream.below_each(100, drawn);
            for (value, &drawn) in values.iter_mut().zip(&*drawn) {
                let raised = i32::from(*value) * self.scale / 1000;
                *value = if drawn < self.percent {
                    0
                } else {
                    raised as i16
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nearfield_train::random::Purpose;

    #[test]
    fn kept_values_are_raised_toward_zero_and_the_share_is_right() {
        let mut values = [91_i16; 10_000];
        let mut stream = Stream::new(1, Purpose::Dropout, 0, 0);
        Dropout::new(15).unwrap().apply(&mut values, &mut stream);
        let dropped = values.iter().filter(|&&value| value == 0).count();
        assert!((1_350..1_650).contains(&dropped), "{dropped}");
        assert!(values.iter().all(|&value| value == 0 || value == 107));
    }

    #[test]
    fn the_table_is_its_formula_and_other_shares_are_refused() {
        for percent in (5..=95).step_by(5) {
            let scale = i32::try_from(100_000 / (100 - percent)).unwrap();
            assert_eq!(Dropout::new(percent).unwrap().scale, scale, "{percent} %");
        }
        for percent in [0, 3, 12, 100, u32::MAX] {
            assert!(Dropout::new(percent).is_err(), "{percent}");
        }
    }
}
