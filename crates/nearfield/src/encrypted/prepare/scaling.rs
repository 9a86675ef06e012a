//! From stored numbers to inputs from 0 to 1.

use crate::{Error, Result};
use nearfield_enc::Matrix;
use serde::{Deserialize, Serialize};

/// How stored numbers become inputs: every feature is standardised where that is asked for, then
/// all are shifted and scaled alike, so that the training samples span 0 to 1.
///
/// # Source
/// ReBoot (arXiv 2506.19693), section 5: one minimum and one maximum for all features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Mean and deviation of every feature; none where features are not standardised.
    pub features: Option<Vec<Feature>>,
    /// What becomes 0.
    pub low: f64,
    /// What becomes 1.
    pub high: f64,
}

/// What a feature is standardised by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation over the training samples (divided by their number, not one less);
    /// 1 where it does not vary.
    pub deviation: f64,
}

impl Scaling {
    /// From training samples.
    ///
    /// # Errors
    /// [`Error::Samples`] if all numbers are the same.
    pub fn fit(inputs: &Matrix, standardize: bool) -> Result<Self> {
        let mut scaling = Scaling {
            features: standardize.then(|| features(inputs)),
            low: 0.0,
            high: 1.0,
        };
        let standardised = scaling.apply(inputs)?;
        let values = standardised.values().iter();
        let low = values.clone().copied().fold(f64::INFINITY, f64::min);
        let high = values.copied().fold(f64::NEG_INFINITY, f64::max);
        if low < high && (high - low).is_finite() {
            (scaling.low, scaling.high) = (low, high);
            return Ok(scaling);
        }
        Err(Error::Samples(format!(
            "training values go from {low} to {high}, which cannot be scaled; give samples that \
             differ"
        )))
    }

    /// Scales samples.
    ///
    /// # Errors
    /// [`Error::Samples`] if there is another number of features, or a scaled value is not finite.
    pub fn apply(&self, inputs: &Matrix) -> Result<Matrix> {
        if let Some(features) = &self.features
            && features.len() != inputs.columns()
        {
            return Err(Error::Samples(format!(
                "samples of {} values cannot be scaled by the statistics of {} features",
                inputs.columns(),
                features.len()
            )));
        }
        let mut scaled = inputs.clone();
        let span = self.high - self.low;
        let columns = inputs.columns().max(1);
        for (place, value) in scaled.values_mut().iter_mut().enumerate() {
            if let Some(features) = &self.features {
                let feature = features[place % columns];
                *value = (*value - feature.mean) / feature.deviation;
            }
            *value = (*value - self.low) / span;
            if !value.is_finite() {
                return Err(Error::Samples(format!(
                    "row {}, column {} (from 1) is {value} when scaled; correct it",
                    place / columns + 1,
                    place % columns + 1
                )));
            }
        }
        Ok(scaled)
    }
}

#[allow(clippy::cast_precision_loss, reason = "numbers of samples are small")]
fn features(inputs: &Matrix) -> Vec<Feature> {
    let count = inputs.rows().max(1) as f64;
    let of_column = |column: usize| (0..inputs.rows()).map(move |row| inputs.at(row, column));
    let feature = |column: usize| {
        let mean = of_column(column).sum::<f64>() / count;
        let squares: f64 = of_column(column).map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / count).sqrt();
        let varies = deviation > 1e-12 * mean.abs() && deviation > 0.0;
        Feature {
            mean,
            deviation: if varies { deviation } else { 1.0 },
        }
    };
    (0..inputs.columns()).map(feature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(values: &[f64]) -> Matrix {
        Matrix::new(values.len() / 2, 2, values.to_vec()).unwrap()
    }

    #[test]
    fn training_samples_span_nothing_to_one_and_others_follow() {
        let scaling = Scaling::fit(&matrix(&[2.0, 6.0, 4.0, 3.0]), false).unwrap();
        assert_eq!((scaling.low, scaling.high), (2.0, 6.0));
        let scaled = scaling.apply(&matrix(&[2.0, 6.0, 0.0, 8.0])).unwrap();
        assert_eq!(scaled.values(), [0.0, 1.0, -0.5, 1.5]);
    }

    #[test]
    fn every_feature_is_standardised_before_all_are_scaled_alike() {
        let inputs = matrix(&[0.0, 100.0, 2.0, 400.0, 4.0, 100.0]);
        let scaling = Scaling::fit(&inputs, true).unwrap();
        let features = scaling.features.clone().unwrap();
        assert_eq!((features[0].mean, features[1].mean), (2.0, 200.0));
        assert!((features[0].deviation - (8.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        let scaled = scaling.apply(&inputs).unwrap();
        let bounds = scaled.values().iter();
        assert_eq!(bounds.clone().copied().fold(f64::INFINITY, f64::min), 0.0);
        assert_eq!(bounds.copied().fold(0.0, f64::max), 1.0);
    }

    #[test]
    fn a_feature_that_does_not_vary_stays_finite_and_numbers_that_do_not_are_refused() {
        let scaling = Scaling::fit(&matrix(&[0.1, 1.0, 0.1, 2.0, 0.1, 3.0]), true).unwrap();
        assert_eq!(scaling.features.unwrap()[0].deviation, 1.0);
        assert!(Scaling::fit(&matrix(&[0.1; 6]), true).is_err());
        assert!(Scaling::fit(&matrix(&[0.1; 6]), false).is_err());
        assert!(Scaling::fit(&matrix(&[]), false).is_err());
    }

    #[test]
    fn other_features_and_what_overflows_are_refused() {
        let scaling = Scaling::fit(&matrix(&[0.0, 1e-300, 1e-300, 0.0]), false).unwrap();
        let error = scaling.apply(&matrix(&[0.0, 0.0, 1e300, 0.0])).unwrap_err();
        assert!(error.to_string().contains("row 2, column 1"), "{error}");
        let scaling = Scaling::fit(&matrix(&[0.0, 1.0, 2.0, 4.0]), true).unwrap();
        let wide = Matrix::zeros(1, 3);
        assert!(
            scaling
                .apply(&wide)
                .unwrap_err()
                .to_string()
                .contains("2 features")
        );
    }
}
