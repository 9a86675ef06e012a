//! Models as files: safetensors, with everything needed to evaluate in the metadata.

use crate::network::Network;
use crate::preprocess::Preprocessing;
use crate::spec::NetworkSpec;
use crate::tensors::{LazyTensor, Tensors};
use crate::{Error, Result};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{self, Write};

/// The only key of the metadata: the format keeps keys in no particular order, so that only with
/// one key equal models are equal bytes.
const METADATA_KEY: &str = "nearfield";

/// The length of a header is a multiple of this many bytes.
const ALIGNMENT: usize = 8;

/// Version of [`ModelCard`] that this release writes and reads.
pub const MODEL_VERSION: u32 = 1;

/// The content of a model file besides its weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Version of this description.
    pub version: u32,
    /// The network.
    pub network: NetworkSpec,
    /// How stored values become inputs.
    pub preprocessing: Preprocessing,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Decimals of each column, if the data were a table of decimal numbers.
    pub decimals: Option<Vec<u8>>,
}

impl ModelCard {
    fn check(&self) -> Result<()> {
        if self.version != MODEL_VERSION {
            return Err(Error::ModelVersion {
                found: self.version,
                supported: MODEL_VERSION,
            });
        }
        let damaged = |problem: String| Err(Error::Metadata { problem });
        let (names, classes) = (self.classes.len(), self.network.classes);
        if names != classes {
            return damaged(format!("{names} class names for {classes} classes"));
        }
        let (inputs, features) = (self.network.input.features(), self.preprocessing.features);
        if inputs != features {
            return damaged(format!(
                "{features} features preprocessed for {inputs} inputs"
            ));
        }
        self.preprocessing.check()
    }
}

/// Writes a model as a safetensors file.
///
/// # Errors
/// If it cannot be written.
pub fn write(network: &Network, card: &ModelCard, to: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(card)?;
    write_tensors(network.lazy_tensors().collect(), json, to)
}

/// A tensor that is about to be written.
struct Entry<'a> {
    tensor: LazyTensor<'a>,
    dtype: Dtype,
    /// Bytes of a value.
    width: usize,
    bytes: usize,
}

impl<'a> Entry<'a> {
    fn new(tensor: LazyTensor<'a>) -> Self {
        let values = tensor.values();
        let narrow = values.iter().all(|&value| i16::try_from(value).is_ok());
        let (dtype, width) = if narrow {
            (Dtype::I16, size_of::<i16>())
        } else {
            (Dtype::I32, size_of::<i32>())
        };
        Entry {
            tensor,
            dtype,
            width,
            bytes: width * values.len(),
        }
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        for values in self.tensor.values().chunks(1 << 14) {
            bytes.clear();
            for value in values {
                bytes.extend_from_slice(&value.to_le_bytes()[..self.width]);
            }
            to.write_all(&bytes)?;
        }
        Ok(())
    }
}

/// Writes named tensors, with one text, as a safetensors file: of int16 where all values fit,
/// else of int32. Equal content gives equal bytes. The values of one tensor at a time are in
/// memory.
///
/// # Errors
/// If it cannot be written, or a shape does not match its values.
pub fn write_tensors(
    tensors: Vec<LazyTensor<'_>>,
    text: String,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut entries: Vec<Entry<'_>> = tensors.into_iter().map(Entry::new).collect();
    // The order of the format: wide ones first.
    entries.sort_by(|a, b| {
        b.dtype
            .cmp(&a.dtype)
            .then(a.tensor.name.cmp(&b.tensor.name))
    });
    let mut end = 0;
    let infos = entries.iter().map(|entry| {
        let start = end;
        end += entry.bytes;
        let info = TensorInfo {
            dtype: entry.dtype,
            shape: entry.tensor.shape.clone(),
            data_offsets: (start, end),
        };
        (entry.tensor.name.clone(), info)
    });
    let text = HashMap::from([(METADATA_KEY.to_owned(), text)]);
    let header = Metadata::new(Some(text), infos.collect()).map_err(io::Error::other)?;
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(&header)?;
    entries.iter().try_for_each(|entry| entry.write(to))
}

/// A safetensors file whose tensors are decoded on demand.
pub struct TensorFile<'a> {
    file: SafeTensors<'a>,
    text: Option<String>,
}

impl<'a> TensorFile<'a> {
    /// Reads what the file says about its tensors. Overlapping or incomplete content is refused.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let refuse = |error: safetensors::SafeTensorError| Error::Safetensors {
            problem: error.to_string(),
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(refuse)?;
        let text = header.metadata().as_ref();
        let text = text.and_then(|map| map.get(METADATA_KEY)).cloned();
        let file = SafeTensors::deserialize(bytes).map_err(refuse)?;
        Ok(TensorFile { file, text })
    }

    /// The text of [`write_tensors`], if that wrote the file.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Names of the tensors, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names = self.file.names();
        names.sort_unstable();
        names
    }

    /// Shape and values of a tensor of integers of 8, 16 or 32 bits.
    ///
    /// # Errors
    /// [`Error::MissingTensor`] or [`Error::TensorType`].
    pub fn tensor(&self, name: &str) -> Result<(Vec<usize>, Vec<i32>)> {
        let view = self.file.tensor(name);
        let view = view.map_err(|_| Error::MissingTensor {
            tensor: name.to_owned(),
        })?;
        let values = integers(view.dtype(), view.data()).ok_or_else(|| Error::TensorType {
            tensor: name.to_owned(),
            found: format!("{:?}", view.dtype()),
        })?;
        Ok((view.shape().to_vec(), values))
    }

    /// All tensors.
    ///
    /// # Errors
    /// [`Error::TensorType`] if one is of another type.
    pub fn tensors(&self) -> Result<Tensors> {
        let named = |name: &str| Ok((name.to_owned(), self.tensor(name)?));
        self.names().into_iter().map(named).collect()
    }
}

fn integers(dtype: Dtype, data: &[u8]) -> Option<Vec<i32>> {
    match dtype {
        Dtype::I8 => Some(data.iter().map(|&byte| byte.cast_signed().into()).collect()),
        Dtype::I16 => Some(
            data.as_chunks()
                .0
                .iter()
                .map(|&bytes| i16::from_le_bytes(bytes).into())
                .collect(),
        ),
        Dtype::I32 => Some(
            data.as_chunks()
                .0
                .iter()
                .map(|&bytes| i32::from_le_bytes(bytes))
                .collect(),
        ),
        _ => None,
    }
}

/// A model from the bytes of its file.
///
/// # Errors
/// [`Error::Safetensors`], [`Error::NoMetadata`], [`Error::Metadata`] or [`Error::ModelVersion`] if
/// this is not a model of this release; else as [`Network::from_tensors`].
pub fn from_bytes(bytes: &[u8]) -> Result<(Network, ModelCard)> {
    let file = TensorFile::new(bytes)?;
    let text = file.text().ok_or(Error::NoMetadata)?;
    let card: ModelCard = serde_json::from_str(text).map_err(|error| Error::Metadata {
        problem: error.to_string(),
    })?;
    card.check()?;
    Ok((Network::from_tensors(&card.network, file.tensors()?)?, card))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocess::Reading;
    use crate::spec::{LayerSpec, Shape};
    use proptest::prelude::*;

    fn model() -> (Network, ModelCard) {
        let spec = NetworkSpec::new(Shape::flat(3), 2, vec![LayerSpec::Linear { units: 4 }]);
        let card = ModelCard {
            version: MODEL_VERSION,
            network: spec.clone(),
            preprocessing: Preprocessing::unchanged(Reading::SIGNED, 3),
            classes: vec!["no".into(), "yes".into()],
            decimals: None,
        };
        (Network::new(&spec, 1).unwrap(), card)
    }

    /// A safetensors file with a hand-made header.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn to_bytes(network: &Network, card: &ModelCard) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(network, card, &mut bytes).unwrap();
        bytes
    }

    fn tensors_to_bytes(tensors: Vec<LazyTensor<'_>>, text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_tensors(tensors, text.to_owned(), &mut bytes).unwrap();
        bytes
    }

    fn refusal(bytes: &[u8]) -> String {
        from_bytes(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_model_survives_its_file_and_equal_models_are_equal_bytes() {
        let (network, card) = model();
        let bytes = to_bytes(&network, &card);
        let (back, back_card) = from_bytes(&bytes).unwrap();
        assert_eq!(back_card, card);
        assert!(back.tensors().eq(network.tensors()));
        assert_eq!(to_bytes(&back, &back_card), bytes);
    }

    #[test]
    fn every_truncation_and_trailing_bytes_are_refused() {
        let (network, card) = model();
        let mut bytes = to_bytes(&network, &card);
        for length in 0..bytes.len() {
            assert!(from_bytes(&bytes[..length]).is_err(), "{length} bytes");
        }
        bytes.push(0);
        assert!(from_bytes(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn changed_bytes_never_cause_a_panic(
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            tail in proptest::collection::vec(any::<u8>(), 0..4),
        ) {
            let (network, card) = model();
            let mut bytes = to_bytes(&network, &card);
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes.extend(tail);
            if let Ok((network, _)) = from_bytes(&bytes) {
                let features = network.spec().input.features();
                let _ = network.scores(&vec![1; features]);
            }
        }
    }

    #[test]
    fn overlapping_tensors_and_foreign_types_are_refused() {
        let overlapping = r#"{"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}"#;
        assert!(TensorFile::new(&file(overlapping, &[0; 8])).is_err());
        let float = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        let float = file(float, &[0; 8]);
        let float = TensorFile::new(&float).unwrap();
        let error = float.tensors().unwrap_err().to_string();
        assert!(error.contains("`a` is of type F32"), "{error}");
        let huge = r#"{"a":{"dtype":"I32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#;
        assert!(TensorFile::new(&file(huge, &[0; 8])).is_err());
    }

    #[test]
    fn missing_unknown_and_misshapen_tensors_are_named() {
        let (network, card) = model();
        let json = serde_json::to_string(&card).unwrap();
        type Named = Vec<(String, Vec<usize>, Vec<i32>)>;
        let written = |change: &dyn Fn(&mut Named)| {
            let mut tensors: Vec<_> = network.tensors().collect();
            change(&mut tensors);
            let stored = tensors.iter().map(|(name, shape, values)| {
                LazyTensor::new(name.clone(), shape.clone(), || values.clone())
            });
            refusal(&tensors_to_bytes(stored.collect(), &json))
        };
        let missing = written(&|tensors| drop(tensors.remove(0)));
        assert!(
            missing.contains("`blocks.0.forward.weight` is missing"),
            "{missing}"
        );
        let unknown = written(&|tensors| tensors.push(("extra".into(), vec![1], vec![7])));
        assert!(unknown.contains("`extra` is not part"), "{unknown}");
        let shape = written(&|tensors| tensors[2].1 = vec![4, 2]);
        assert!(
            shape.contains("`output.weight` has shape [4, 2], the network needs [2, 4]"),
            "{shape}"
        );
    }

    #[test]
    fn a_shape_that_does_not_match_its_values_is_not_written() {
        let tensor = LazyTensor::new("a".into(), vec![2, 3], || vec![1; 5]);
        let mut bytes = Vec::new();
        assert!(write_tensors(vec![tensor], String::new(), &mut bytes).is_err());
        assert!(bytes.is_empty());
    }

    #[test]
    fn damaged_metadata_is_refused() {
        let (network, mut card) = model();
        let bytes = tensors_to_bytes(network.lazy_tensors().collect(), "{");
        assert!(refusal(&bytes).contains("metadata is damaged"));
        card.version = 99;
        assert!(refusal(&to_bytes(&network, &card)).contains("version 99"));
        card.version = MODEL_VERSION;
        card.network.input = Shape::flat(1 << 40);
        card.preprocessing.features = 1 << 40;
        assert!(from_bytes(&to_bytes(&network, &card)).is_err());
    }
}
