//! Means, deviations and medians of a few measurements.

#[allow(clippy::cast_precision_loss, reason = "a few runs")]
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The sample's standard deviation; 0 for a single value.
#[allow(clippy::cast_precision_loss, reason = "a few runs")]
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert!((mean(&[97.0, 98.0, 99.0]) - 98.0).abs() < 1e-12);
        assert!((deviation(&[97.0, 98.0, 99.0]) - 1.0).abs() < 1e-12);
        assert!(deviation(&[97.0]).abs() < 1e-12);
    }
}
