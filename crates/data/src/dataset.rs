//! Labelled samples in memory, as a file stores them.

use crate::{Error, Result};

/// Most classes that a set may have.
pub const MAX_CLASSES: usize = 65_535;

/// Values as the file stores them; no arithmetic is done on them here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Unsigned bytes, such as grey levels.
    U8(Vec<u8>),
    /// Signed bytes.
    I8(Vec<i8>),
    /// Decimals in exact fixed point, every column scaled by its own power of ten.
    Decimal(Vec<i64>),
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::U8(values) => values.len(),
            Values::I8(values) => values.len(),
            Values::Decimal(values) => values.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of the samples `indices`, of `features` values each; all must be in range.
    fn select(&self, indices: &[usize], features: usize) -> Values {
        match self {
            Values::U8(values) => Values::U8(gather(values, indices, features)),
            Values::I8(values) => Values::I8(gather(values, indices, features)),
            Values::Decimal(values) => Values::Decimal(gather(values, indices, features)),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Values::U8(_) => 0,
            Values::I8(_) => 1,
            Values::Decimal(_) => 2,
        }
    }
}

/// Labelled samples, held one after the other.
///
/// The fields are open, so that a set can be written down as it is; [`Dataset::check`] tells
/// whether they fit each other. The readers here return sets that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The values of all samples, sample after sample.
    pub values: Values,
    /// Shape of one sample: `[1, 28, 28]` (channels, height, width), `[784]`, `[13]`.
    pub shape: Vec<usize>,
    /// The class of every sample.
    pub labels: Vec<u16>,
    /// Names of the classes; the place in the list is the label.
    pub classes: Vec<String>,
}

impl Dataset {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of values in one sample: the product of the shape.
    pub fn features(&self) -> usize {
        product(&self.shape).unwrap_or(usize::MAX)
    }

    /// Checks that values, shape, labels and classes fit each other.
    ///
    /// # Errors
    /// [`Error::Data`] says which two do not.
    pub fn check(&self) -> Result<()> {
        check_shape(&self.shape)?;
        let expected = product(&self.shape).and_then(|features| features.checked_mul(self.len()));
        if expected != Some(self.values.len()) {
            return Err(Error::Data(format!(
                "{} labels of samples of shape {:?} do not fit {} values; \
                 give one label to each sample",
                self.len(),
                self.shape,
                self.values.len(),
            )));
        }
        if self.classes.is_empty() || self.classes.len() > MAX_CLASSES {
            return Err(Error::Data(format!(
                "there are {} classes; give 1 to {MAX_CLASSES}",
                self.classes.len(),
            )));
        }
        label_beyond(&self.labels, self.classes.len())
            .map_or(Ok(()), |problem| Err(Error::Data(problem)))
    }

    /// A fingerprint (BLAKE3) of the shape, the kind of the values, the values in little-endian
    /// order, the labels and the names of the classes; every list goes in after its length.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"nearfield dataset 1\n");
        hash_length(&mut hasher, self.shape.len());
        for &size in &self.shape {
            hash_length(&mut hasher, size);
        }
        hasher.update(&[self.values.kind()]);
        hash_length(&mut hasher, self.values.len());
        match &self.values {
            Values::U8(values) => {
                hasher.update(values);
            }
            Values::I8(values) => hash_all(&mut hasher, values, |value| value.to_le_bytes()),
            Values::Decimal(values) => hash_all(&mut hasher, values, |value| value.to_le_bytes()),
        }
        hash_length(&mut hasher, self.labels.len());
        hash_all(&mut hasher, &self.labels, |label| label.to_le_bytes());
        hash_length(&mut hasher, self.classes.len());
        for name in &self.classes {
            hash_length(&mut hasher, name.len());
            hasher.update(name.as_bytes());
        }
        hasher.finalize().into()
    }

    /// A copy of the samples `indices`, in that order; an index may come more than once.
    ///
    /// # Errors
    /// [`Error::Data`] where an index is not below the number of samples, or where the set
    /// itself does not pass [`Dataset::check`].
    pub fn select(&self, indices: &[usize]) -> Result<Dataset> {
        self.check()?;
        if let Some(index) = indices.iter().find(|&&index| index >= self.len()) {
            return Err(Error::Data(format!(
                "sample {index} is asked for, but there are only {} samples, numbered from 0",
                self.len(),
            )));
        }
        Ok(Dataset {
            values: self.values.select(indices, self.features()),
            shape: self.shape.clone(),
            labels: gather(&self.labels, indices, 1),
            classes: self.classes.clone(),
        })
    }

    /// The same samples under another shape of as many values.
    ///
    /// # Errors
    /// [`Error::Data`] where the new shape has another number of values.
    pub fn reshaped(self, shape: Vec<usize>) -> Result<Dataset> {
        check_shape(&shape)?;
        if product(&shape) != Some(self.features()) {
            return Err(Error::Data(format!(
                "samples of shape {:?} have {} values and cannot take the shape {shape:?}; \
                 give a shape whose sizes multiply to {}",
                self.shape,
                self.features(),
                self.features(),
            )));
        }
        Ok(Dataset { shape, ..self })
    }
}

fn check_shape(shape: &[usize]) -> Result<()> {
    if shape.is_empty() || shape.contains(&0) {
        return Err(Error::Data(format!(
            "a sample cannot have the shape {shape:?}; give one or more sizes, none of them 0"
        )));
    }
    Ok(())
}

fn product(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1, |product: usize, &size| product.checked_mul(size))
}

/// What is wrong with the first label that names no class, if there is one.
pub(crate) fn label_beyond(labels: &[u16], classes: usize) -> Option<String> {
    let index = labels
        .iter()
        .position(|&label| usize::from(label) >= classes)?;
    Some(format!(
        "sample {index} (numbered from 0) has label {}, but with {classes} classes labels end \
         at {}; give more classes or correct the label",
        labels[index],
        classes.saturating_sub(1),
    ))
}

fn gather<T: Copy>(values: &[T], indices: &[usize], width: usize) -> Vec<T> {
    indices
        .iter()
        .flat_map(|&index| &values[index * width..(index + 1) * width])
        .copied()
        .collect()
}

fn hash_length(hasher: &mut blake3::Hasher, length: usize) {
    hasher.update(&u64::try_from(length).unwrap_or(u64::MAX).to_le_bytes());
}

/// Hashes through a buffer, for BLAKE3 is slow on a few bytes at a time.
fn hash_all<T: Copy, const N: usize>(
    hasher: &mut blake3::Hasher,
    values: &[T],
    bytes: impl Fn(T) -> [u8; N],
) {
    let mut buffer = Vec::new();
    for chunk in values.chunks(4096) {
        buffer.clear();
        buffer.extend(chunk.iter().flat_map(|&value| bytes(value)));
        hasher.update(&buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Dataset {
        Dataset {
            values: Values::U8((0..12).collect()),
            shape: vec![1, 2, 2],
            labels: vec![0, 1, 1],
            classes: vec!["no".into(), "yes".into()],
        }
    }

    #[test]
    fn select_copies_in_the_order_asked_for() {
        let chosen = three().select(&[2, 0, 2]).unwrap();
        assert_eq!(
            chosen.values,
            Values::U8(vec![8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11])
        );
        assert_eq!(chosen.labels, [1, 0, 1]);
        assert_eq!((chosen.len(), chosen.features()), (3, 4));
        assert!(three().select(&[]).unwrap().is_empty());
        assert_eq!(three().select(&[0, 1, 2]).unwrap(), three());
    }

    #[test]
    fn select_refuses_an_index_beyond_the_end() {
        let message = three().select(&[0, 3]).unwrap_err().to_string();
        assert!(
            message.contains("sample 3") && message.contains("only 3 samples"),
            "{message}"
        );
    }

    #[test]
    fn reshaped_keeps_the_number_of_values() {
        let flat = three().reshaped(vec![4]).unwrap();
        assert_eq!((flat.shape.as_slice(), flat.features()), (&[4][..], 4));
        for bad in [vec![5], vec![], vec![4, 0], vec![usize::MAX, 3]] {
            assert!(three().reshaped(bad).is_err());
        }
        let one = Dataset {
            shape: vec![1],
            ..three()
        };
        assert!(one.reshaped(vec![]).is_err());
    }

    #[test]
    fn check_finds_every_misfit() {
        let broken: [fn(&mut Dataset); 7] = [
            |set| set.values = Values::I8(vec![0; 11]),
            |set| set.shape = vec![],
            |set| set.shape = vec![0],
            |set| set.shape = vec![usize::MAX, 2],
            |set| set.labels = vec![0, 1],
            |set| set.labels[1] = 2,
            |set| set.classes = vec![String::new(); MAX_CLASSES + 1],
        ];
        three().check().unwrap();
        for break_it in broken {
            let mut set = three();
            break_it(&mut set);
            assert!(set.check().is_err(), "{:?}", set.shape);
            assert!(set.select(&[0]).is_err());
        }
    }

    #[test]
    fn digest_depends_on_every_part() {
        let changed: [fn(&mut Dataset); 7] = [
            |_| (),
            |set| set.values = Values::I8((0..12).collect()),
            |set| set.values = Values::Decimal((0..12).collect()),
            |set| set.values = Values::U8((1..13).collect()),
            |set| set.shape = vec![4],
            |set| set.labels = vec![1, 0, 1],
            |set| set.classes = vec!["n".into(), "oyes".into()],
        ];
        let digests = changed.map(|change| {
            let mut set = three();
            change(&mut set);
            assert_eq!(set.digest(), set.clone().digest());
            set.digest()
        });
        let distinct: std::collections::BTreeSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());
    }

    #[test]
    fn digest_hashes_the_bytes_that_its_documentation_lists() {
        let set = Dataset {
            values: Values::Decimal(vec![-2]),
            shape: vec![1],
            labels: vec![1],
            classes: vec!["a".into(), "bc".into()],
        };
        let mut bytes = b"nearfield dataset 1\n".to_vec();
        let number = |bytes: &mut Vec<u8>, n: u64| bytes.extend(n.to_le_bytes());
        number(&mut bytes, 1);
        number(&mut bytes, 1);
        bytes.push(2);
        number(&mut bytes, 1);
        bytes.extend((-2i64).to_le_bytes());
        number(&mut bytes, 1);
        bytes.extend([1, 0]);
        number(&mut bytes, 2);
        number(&mut bytes, 1);
        bytes.push(b'a');
        number(&mut bytes, 2);
        bytes.extend(b"bc");
        assert_eq!(set.digest(), *blake3::hash(&bytes).as_bytes());
    }
}
