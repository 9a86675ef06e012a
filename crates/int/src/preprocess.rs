//! Integer normalisation: from stored values to the int8 inputs of a network.

use crate::{Error, Result};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How stored values become network inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalization {
    /// Mean 0 and mean absolute deviation 51, which is a deviation of about 64.
    #[default]
    Mad,
    /// As stored (uint8 less 128).
    None,
}

/// Which values share a mean and a deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistics {
    /// Those of a channel of an image.
    Channel,
    /// Those of one feature (a column of a table).
    Feature,
    /// All of them.
    All,
}

/// Mean and mean absolute deviation of a group of features, rounded toward zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Mean, after the shift.
    pub mean: i64,
    /// Mean absolute deviation from that mean; never 0.
    pub deviation: i64,
}

impl Group {
    /// `None` for a deviation of 0.
    fn new(mean: i128, deviation: i128) -> Option<Self> {
        let whole = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
        (deviation != 0).then(|| Group {
            mean: whole(mean),
            deviation: whole(deviation),
        })
    }
}

/// How a stored value is read: `stored * scale + shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// 1 for bytes. Decimals are finer than their last digit by this factor, so that the
    /// rounding of means and deviations does not matter.
    pub scale: i64,
    /// -128 for uint8, else 0.
    pub shift: i64,
}

impl Reading {
    /// Of uint8.
    pub const UNSIGNED: Reading = Reading {
        scale: 1,
        shift: -128,
    };
    /// Of int8, and of anything that is to stay as it is.
    pub const SIGNED: Reading = Reading { scale: 1, shift: 0 };
    /// Largest scale.
    const FINEST: i64 = 1000;

    /// Of decimals of this largest magnitude: a thousandth of their last digit, if that fits int64.
    pub fn decimal(max_abs: u64) -> Self {
        let scale = if max_abs < 1 << 43 { Self::FINEST } else { 1 };
        Reading { scale, shift: 0 }
    }

    fn value<T: Into<i64>>(self, stored: T) -> i64 {
        stored
            .into()
            .saturating_mul(self.scale)
            .saturating_add(self.shift)
    }
}

/// A preprocessing whose constants are known: part of every model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// How stored values are read.
    pub reading: Reading,
    /// Values a sample.
    pub features: usize,
    /// Means and deviations of equally many consecutive features each; none: values stay.
    pub groups: Vec<Group>,
}

/// Deviation that normalised values have: 64 over 1.25, which a normal distribution's standard
/// deviation is of its mean absolute one.
const TARGET_DEVIATION: i64 = 51;

impl Preprocessing {
    /// Values stay as they are read.
    pub fn unchanged(reading: Reading, features: usize) -> Self {
        Preprocessing {
            reading,
            features,
            groups: Vec::new(),
        }
    }

    /// Takes the statistics of `values`, `[samples, features]`, in `groups` groups of
    /// consecutive features.
    ///
    /// # Errors
    /// [`Error::Statistics`] without samples or whole groups, [`Error::ZeroDeviation`] for values that
    /// do not vary.
    ///
    /// # Source
    /// NITRO-D section 4, preprocessing: integers only, both divisions toward zero.
    pub fn fit<T>(values: &[T], reading: Reading, features: usize, groups: usize) -> Result<Self>
    where
        T: Copy + Into<i64>,
    {
        if values.is_empty() || groups == 0 || !features.is_multiple_of(groups) {
            return Err(Error::Statistics {
                values: values.len(),
                features,
                groups,
            });
        }
        let size = features / groups;
        let count = i128::try_from(values.len() / groups).unwrap_or(i128::MAX);
        let means_of = |of: &dyn Fn(usize, i64) -> i128| {
            let mut sums = vec![0_i128; groups];
            for (index, part) in values.chunks(size).enumerate() {
                let group = index % groups;
                sums[group] += part
                    .iter()
                    .map(|&v| of(group, reading.value(v)))
                    .sum::<i128>();
            }
            sums.into_iter().map(|sum| sum / count).collect::<Vec<_>>()
        };
        let means = means_of(&|_, value| value.into());
        let deviations = means_of(&|group, value| (i128::from(value) - means[group]).abs());
        let mut preprocessing = Preprocessing::unchanged(reading, features);
        for (group, (mean, deviation)) in means.iter().zip(deviations).enumerate() {
            let constants = Group::new(*mean, deviation).ok_or_else(|| Error::ZeroDeviation {
                group: group_name(group, groups, features),
            })?;
            preprocessing.groups.push(constants);
        }
        Ok(preprocessing)
    }

    /// The network's inputs, from stored values, `[samples, features]`.
    ///
    /// # Errors
    /// [`Error::BeyondInt8`] if a value that is not normalised does not fit int8.
    pub fn apply<T>(&self, values: &[T]) -> Result<Vec<i8>>
    where
        T: Copy + Into<i64>,
    {
        let mut inputs = Vec::with_capacity(values.len());
        let size = self.features / self.groups.len().max(1);
        for (index, part) in values.chunks(size.max(1)).enumerate() {
            let group = self.groups.get(index % self.groups.len().max(1));
            for &stored in part {
                let value = self.reading.value(stored);
                let input = group.map_or(value, |&group| normalized(value, group));
                inputs.push(i8::try_from(input).map_err(|_| Error::BeyondInt8 { value })?);
            }
        }
        Ok(inputs)
    }

    /// Refuses constants that no fit gives, for preprocessings read from files.
    ///
    /// # Errors
    /// [`Error::Metadata`] if sizes do not match or a deviation is not positive.
    pub fn check(&self) -> Result<()> {
        let whole = self.groups.is_empty() || self.features.is_multiple_of(self.groups.len());
        let sane = |group: &Group| group.deviation > 0 && group.mean.unsigned_abs() < 1 << 56;
        let read = (1..=Reading::FINEST).contains(&self.reading.scale)
            && self.reading.shift.unsigned_abs() <= 128;
        if self.features > 0 && whole && read && self.groups.iter().all(sane) {
            return Ok(());
        }
        Err(Error::Metadata {
            problem: String::from("its preprocessing constants are not those of any data"),
        })
    }
}

fn normalized(value: i64, group: Group) -> i64 {
    let centred = value.saturating_sub(group.mean);
    (centred.saturating_mul(TARGET_DEVIATION) / group.deviation).clamp(-128, 127)
}

fn group_name(group: usize, groups: usize, features: usize) -> String {
    match groups {
        1 => String::from("the data"),
        groups if groups == features => format!("feature {group} (counted from 0)"),
        _ => format!("channel {group} (counted from 0)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_normalised_by_integers_alone() {
        let pixels = [0_u8, 10, 20, 255];
        let fitted = Preprocessing::fit(&pixels, Reading::UNSIGNED, 4, 1).unwrap();
        // Centred: -128 -118 -108 127, sum -227, mean -56; deviations 72 62 52 183.
        assert_eq!(
            fitted.groups,
            [Group {
                mean: -56,
                deviation: 92
            }]
        );
        assert_eq!(fitted.apply(&pixels).unwrap(), [-39, -34, -28, 101]);
    }

    #[test]
    fn groups_have_their_own_statistics_and_results_are_cut_to_int8() {
        let values = [0_i64, 1_000, 2, 1_000, 4, 9_000_000];
        let fitted = Preprocessing::fit(&values, Reading::SIGNED, 2, 2).unwrap();
        assert_eq!(
            fitted.groups[0],
            Group {
                mean: 2,
                deviation: 1
            }
        );
        assert_eq!(fitted.apply(&values).unwrap()[..3], [-102, -38, 0]);
        assert_eq!(fitted.apply(&[1000_i64, 0]).unwrap()[0], 127);
    }

    #[test]
    fn decimals_of_few_digits_keep_their_mean_and_deviation() {
        let yes_or_no = [0_i64, 1, 1, 1];
        let coarse = Preprocessing::fit(&yes_or_no, Reading::SIGNED, 1, 1);
        assert!(matches!(coarse, Err(Error::ZeroDeviation { .. })));
        let fitted = Preprocessing::fit(&yes_or_no, Reading::decimal(1), 1, 1).unwrap();
        assert_eq!(
            fitted.groups,
            [Group {
                mean: 750,
                deviation: 375
            }]
        );
        assert_eq!(fitted.apply(&yes_or_no).unwrap(), [-102, 34, 34, 34]);
        assert_eq!(Reading::decimal(1 << 43).scale, 1);
    }

    #[test]
    fn values_that_do_not_vary_are_refused_by_name() {
        let flat = Preprocessing::fit(&[5_u8, 1, 5, 9], Reading::UNSIGNED, 2, 2).unwrap_err();
        assert_eq!(
            flat,
            Error::ZeroDeviation {
                group: String::from("feature 0 (counted from 0)")
            }
        );
        assert!(Preprocessing::fit::<u8>(&[], Reading::UNSIGNED, 2, 1).is_err());
    }

    #[test]
    fn unchanged_values_must_fit_int8() {
        assert_eq!(
            Preprocessing::unchanged(Reading::SIGNED, 1)
                .apply(&[-128_i8, 5])
                .unwrap(),
            [-128, 5]
        );
        assert_eq!(
            Preprocessing::unchanged(Reading::UNSIGNED, 1)
                .apply(&[0_u8, 255])
                .unwrap(),
            [-128, 127]
        );
        assert!(
            Preprocessing::unchanged(Reading::SIGNED, 1)
                .apply(&[200_i64])
                .is_err()
        );
    }
}
