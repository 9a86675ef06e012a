//! Samples as numbers that can be trained on.

use crate::{Error, Result};
use nearfield_data::{Dataset, Values};
use nearfield_enc::Matrix;

/// Labelled samples in floating point: all finite, every label a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    inputs: Matrix,
    labels: Vec<u16>,
    classes: Vec<String>,
}

impl Samples {
    /// Samples, one a row.
    ///
    /// # Errors
    /// [`Error::Samples`] with row and column of what is no finite number, or with what does not fit.
    pub fn new(inputs: Matrix, labels: Vec<u16>, classes: Vec<String>) -> Result<Self> {
        if inputs.rows() != labels.len() {
            return Err(Error::Samples(format!(
                "there are {} samples and {} labels; give one label to each",
                inputs.rows(),
                labels.len()
            )));
        }
        let place = inputs.values().iter().position(|value| !value.is_finite());
        if let Some(place) = place {
            return Err(Error::Samples(format!(
                "row {}, column {} (from 1) is {}; give finite numbers",
                place / inputs.columns() + 1,
                place % inputs.columns() + 1,
                inputs.values()[place]
            )));
        }
        let beyond = |&label: &u16| usize::from(label) >= classes.len();
        if let Some(row) = labels.iter().position(beyond) {
            return Err(Error::Samples(format!(
                "row {} (from 1) has label {}, but there are {} classes",
                row + 1,
                labels[row],
                classes.len()
            )));
        }
        Ok(Samples {
            inputs,
            labels,
            classes,
        })
    }

    /// The samples of a data set, with every column of a table back in its own unit.
    ///
    /// # Errors
    /// [`Error::Samples`] if the set does not fit itself or `decimals`.
    pub fn from_dataset(data: &Dataset, decimals: Option<&[u8]>) -> Result<Self> {
        data.check()?;
        let features = data.features();
        let values: Vec<f64> = match &data.values {
            Values::U8(values) => values.iter().map(|&value| value.into()).collect(),
            Values::I8(values) => values.iter().map(|&value| value.into()).collect(),
            Values::Decimal(values) => {
                let decimals = decimals.unwrap_or(&[]);
                if decimals.len() != features && !decimals.is_empty() {
                    return Err(Error::Samples(format!(
                        "samples of {features} values do not fit the decimals of {} columns",
                        decimals.len()
                    )));
                }
                let number = |(place, &value): (usize, &i64)| {
                    let decimals = decimals.get(place % features).copied().unwrap_or(0);
                    // Both are below 2^53, so this is the number nearest to what the file says.
                    #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
                    let value = value as f64;
                    value / 10_f64.powi(decimals.into())
                };
                values.iter().enumerate().map(number).collect()
            }
        };
        let inputs = Matrix::new(data.len(), features, values)?;
        Samples::new(inputs, data.labels.clone(), data.classes.clone())
    }

    /// The same samples with other numbers for them.
    pub(crate) fn with_inputs(&self, inputs: Matrix) -> Result<Self> {
        Samples::new(inputs, self.labels.clone(), self.classes.clone())
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Their numbers, a sample a row.
    pub fn inputs(&self) -> &Matrix {
        &self.inputs
    }

    /// Their classes.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// Names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The samples of these numbers, in that order; one may come more than once.
    ///
    /// # Errors
    /// [`Error::Samples`] if there is no such sample.
    pub fn select(&self, samples: &[usize]) -> Result<Self> {
        let inputs = self.inputs.gather(samples)?;
        let labels = samples.iter().map(|&sample| self.labels[sample]).collect();
        Samples::new(inputs, labels, self.classes.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nearfield_data::iris;

    #[test]
    fn tables_come_back_in_their_own_units() {
        let table = iris::load().unwrap();
        let samples = Samples::from_dataset(&table.dataset, Some(&table.decimals)).unwrap();
        assert_eq!(samples.inputs().row(0), [5.1, 3.5, 1.4, 0.2]);
        assert_eq!(samples.len(), 150);
        let error = Samples::from_dataset(&table.dataset, Some(&[1, 2])).unwrap_err();
        assert!(
            error.to_string().contains("decimals of 2 columns"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_number_is_named_by_row_and_column() {
        let classes = vec!["a".to_owned()];
        let refusal = |values: Vec<f64>, labels: Vec<u16>| {
            let inputs = Matrix::new(2, 2, values).unwrap();
            let error = Samples::new(inputs, labels, classes.clone()).unwrap_err();
            error.to_string()
        };
        let text = refusal(vec![0.0, 1.0, f64::NAN, 2.0], vec![0, 0]);
        assert!(text.contains("row 2, column 1 (from 1) is NaN"), "{text}");
        assert!(refusal(vec![0.0; 4], vec![0, 1]).contains("row 2 (from 1) has label 1"));
        assert!(refusal(vec![0.0; 4], vec![0]).contains("2 samples and 1 labels"));
    }

    #[test]
    fn samples_are_selected_with_their_labels() {
        let table = iris::load().unwrap();
        let all = Samples::from_dataset(&table.dataset, Some(&table.decimals)).unwrap();
        let some = all.select(&[149, 0]).unwrap();
        assert_eq!(some.labels(), [2, 0]);
        assert_eq!(some.inputs().row(1), all.inputs().row(0));
        assert!(all.select(&[150]).is_err());
    }
}
