//! Data sets as a network sees them: int8 samples with their labels.

use crate::{Error, Result};
use nearfield_data::{Dataset, Values};
use nearfield_int::{Normalization, Preprocessing, Reading, Shape, Statistics};

/// Samples ready for a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samples {
    /// Size of one sample.
    pub shape: Shape,
    /// Inputs, `[samples, features]`.
    pub values: Vec<i8>,
    /// Classes.
    pub labels: Vec<u16>,
}

impl Samples {
    /// Prepares a data set.
    ///
    /// # Errors
    /// If its samples have another size than the preprocessing, or values that do not fit.
    pub fn new(data: &Dataset, preprocessing: &Preprocessing) -> Result<Self> {
        let shape = shape_of(&data.shape)?;
        if shape.features() != preprocessing.features {
            return Err(Error::Samples(format!(
                "the samples have {} values ({:?}), the model was made for {}",
                shape.features(),
                data.shape,
                preprocessing.features
            )));
        }
        let values = match &data.values {
            Values::U8(values) => preprocessing.apply(values)?,
            Values::I8(values) => preprocessing.apply(values)?,
            Values::Decimal(values) => preprocessing.apply(values)?,
        };
        Ok(Samples {
            shape,
            values,
            labels: data.labels.clone(),
        })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Copies the samples of these indices into `values` and `labels`.
    ///
    /// # Panics
    /// If an index is not below [`Samples::len`].
    pub fn gather(&self, indices: &[u32], values: &mut Vec<i8>, labels: &mut Vec<u16>) {
        values.clear();
        labels.clear();
        let features = self.shape.features();
        for &index in indices {
            let index = index as usize;
            values.extend_from_slice(&self.values[index * features..][..features]);
            labels.push(self.labels[index]);
        }
    }

    /// Consecutive batches of `size`, each with its labels; the last may be smaller.
    pub fn batches(&self, size: usize) -> impl Iterator<Item = (&[i8], &[u16])> {
        self.values
            .chunks(size * self.shape.features())
            .zip(self.labels.chunks(size))
    }
}

/// Takes the constants of a preprocessing from the first `at_most` samples of a data set.
///
/// # Errors
/// If there are no samples, or some of their values do not vary.
pub fn fit(
    data: &Dataset,
    normalization: Normalization,
    statistics: Statistics,
    at_most: usize,
) -> Result<Preprocessing> {
    let shape = shape_of(&data.shape)?;
    let features = shape.features();
    let reading = match &data.values {
        Values::U8(_) => Reading::UNSIGNED,
        Values::I8(_) => Reading::SIGNED,
        Values::Decimal(_) if normalization == Normalization::None => Reading::SIGNED,
        Values::Decimal(values) => Reading::decimal(
            values
                .iter()
                .map(|value| value.unsigned_abs())
                .max()
                .unwrap_or(0),
        ),
    };
    if normalization == Normalization::None {
        return Ok(Preprocessing::unchanged(reading, features));
    }
    let groups = match statistics {
        Statistics::All => 1,
        Statistics::Feature => features,
        Statistics::Channel if data.shape.len() == 1 => 1,
        Statistics::Channel => shape.channels,
    };
    let seen = at_most.min(data.labels.len()) * features;
    Ok(match &data.values {
        Values::U8(values) => Preprocessing::fit(&values[..seen], reading, features, groups)?,
        Values::I8(values) => Preprocessing::fit(&values[..seen], reading, features, groups)?,
        Values::Decimal(values) => Preprocessing::fit(&values[..seen], reading, features, groups)?,
    })
}

/// The size of a sample: a list of features, an image, or an image of several channels.
///
/// # Errors
/// For any other number of dimensions.
pub fn shape_of(dimensions: &[usize]) -> Result<Shape> {
    match *dimensions {
        [features] => Ok(Shape::flat(features)),
        [height, width] => Ok(Shape::image(1, height, width)),
        [channels, height, width] => Ok(Shape::image(channels, height, width)),
        _ => Err(Error::Samples(format!(
            "samples of shape {dimensions:?} are neither [features] nor [channels, height, width]"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(shape: Vec<usize>, values: Vec<u8>) -> Dataset {
        let count = values.len() / shape.iter().product::<usize>();
        Dataset {
            values: Values::U8(values),
            shape,
            labels: (0..count)
                .map(|label| u16::try_from(label % 2).unwrap())
                .collect(),
            classes: vec!["even".into(), "odd".into()],
        }
    }

    #[test]
    fn channels_are_normalised_on_their_own_and_flat_data_as_one() {
        let images = data(vec![2, 1, 2], vec![0, 2, 100, 200, 4, 6, 50, 250]);
        let fitted = fit(&images, Normalization::Mad, Statistics::Channel, 9).unwrap();
        assert_eq!(fitted.groups.len(), 2);
        let flat = images.reshaped(vec![4]).unwrap();
        let fitted = fit(&flat, Normalization::Mad, Statistics::Channel, 9).unwrap();
        assert_eq!(fitted.groups.len(), 1);
        let fitted = fit(&flat, Normalization::Mad, Statistics::Feature, 9).unwrap();
        assert_eq!(fitted.groups.len(), 4);
    }

    #[test]
    fn statistics_see_the_first_samples_only() {
        let some = data(vec![1], vec![0, 10, 255, 255]);
        let fitted = fit(&some, Normalization::Mad, Statistics::All, 2).unwrap();
        assert_eq!(
            (fitted.groups[0].mean, fitted.groups[0].deviation),
            (-123, 5)
        );
    }

    #[test]
    fn samples_of_another_size_are_refused_with_both_sizes() {
        let preprocessing = Preprocessing::unchanged(Reading::UNSIGNED, 3);
        let error = Samples::new(&data(vec![2], vec![1, 2]), &preprocessing).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("have 2 values ([2]), the model was made for 3")
        );
    }

    #[test]
    fn gathering_follows_the_indices() {
        let preprocessing = Preprocessing::unchanged(Reading::UNSIGNED, 2);
        let samples = Samples::new(&data(vec![2], vec![1, 2, 3, 4, 5, 6]), &preprocessing).unwrap();
        let (mut values, mut labels) = (vec![9], vec![9]);
        samples.gather(&[2, 0], &mut values, &mut labels);
        assert_eq!((values, labels), (vec![-123, -122, -127, -126], vec![0, 0]));
    }
}
