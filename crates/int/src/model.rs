//! Models as files: safetensors, with everything needed to evaluate in the metadata.

use crate::network::{Network, Tensors};
use crate::preprocess::Preprocessing;
use crate::spec::NetworkSpec;
use crate::{Error, Result};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The only key of the metadata: files hold it in no particular order, so that one key is what
/// makes equal models equal bytes.
const METADATA_KEY: &str = "nearfield";

/// Version of [`ModelCard`] that this release writes and reads.
pub const MODEL_VERSION: u32 = 1;

/// What a model file says beside its weights.
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
        let damaged = |what: String| Err(Error::Model(what));
        if self.version != MODEL_VERSION {
            return damaged(format!(
                "it is of version {}, this program reads version {MODEL_VERSION}",
                self.version
            ));
        }
        if self.classes.len() != self.network.classes {
            return damaged(format!(
                "{} class names for {} classes",
                self.classes.len(),
                self.network.classes
            ));
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

/// A model as the bytes of a safetensors file.
///
/// # Errors
/// If the description cannot be written, which a built network never causes.
pub fn to_bytes(network: &Network, card: &ModelCard) -> Result<Vec<u8>> {
    let json = serde_json::to_string(card).map_err(|error| Error::Model(error.to_string()))?;
    tensors_to_bytes(network.tensors(), json)
}

/// Named tensors, with one text, as the bytes of a safetensors file: of int16 where all values
/// fit, else of int32. Equal content gives equal bytes.
///
/// # Errors
/// If a shape does not match its values.
pub fn tensors_to_bytes(
    tensors: impl Iterator<Item = (String, Vec<usize>, Vec<i32>)>,
    text: String,
) -> Result<Vec<u8>> {
    let owned: Vec<_> = tensors
        .map(|(name, shape, values)| {
            let narrow: Option<Vec<i16>> = values.iter().map(|&v| v.try_into().ok()).collect();
            let (dtype, bytes): (_, Vec<u8>) = match narrow {
                Some(narrow) => (
                    Dtype::I16,
                    narrow
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
                None => (
                    Dtype::I32,
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
            };
            (name, shape, dtype, bytes)
        })
        .collect();
    let mut views = Vec::new();
    for (name, shape, dtype, bytes) in &owned {
        let view = TensorView::new(*dtype, shape.clone(), bytes)
            .map_err(|error| Error::Model(error.to_string()))?;
        views.push((name.as_str(), view));
    }
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
    serialize(views, Some(metadata)).map_err(|error| Error::Model(error.to_string()))
}

/// The tensors of a safetensors file and the text that this program put there, if it did.
/// Integers of 8, 16 and 32 bits are read; overlapping, incomplete or foreign content is
/// refused.
///
/// # Errors
/// Says what is wrong with the file.
pub fn tensors_from_bytes(bytes: &[u8]) -> Result<(Tensors, Option<String>)> {
    let refuse = |error: safetensors::SafeTensorError| {
        Error::Model(format!(
            "{error}; the file is damaged or no safetensors file"
        ))
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(refuse)?;
    let text = header
        .metadata()
        .as_ref()
        .and_then(|map| map.get(METADATA_KEY))
        .cloned();
    let file = SafeTensors::deserialize(bytes).map_err(refuse)?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        let values = integers(view.dtype(), view.data()).ok_or_else(|| {
            let found = view.dtype();
            Error::Model(format!(
                "tensor `{name}` is of type {found:?}, not int8, int16 or int32"
            ))
        })?;
        tensors.insert(name.to_owned(), (view.shape().to_vec(), values));
    }
    Ok((tensors, text))
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
/// If the file is damaged, was not written by this program, or its tensors do not fit its
/// network.
pub fn from_bytes(bytes: &[u8]) -> Result<(Network, ModelCard)> {
    let (tensors, text) = tensors_from_bytes(bytes)?;
    let text = text.ok_or_else(|| {
        Error::Model(String::from(
            "it holds tensors but no nearfield metadata; to start a run from them use `--init-weights`",
        ))
    })?;
    let card: ModelCard = serde_json::from_str(&text)
        .map_err(|error| Error::Model(format!("its metadata is damaged: {error}")))?;
    card.check()?;
    Ok((Network::from_tensors(&card.network, tensors)?, card))
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

    fn refusal(bytes: &[u8]) -> String {
        from_bytes(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_model_survives_its_file_and_equal_models_are_equal_bytes() {
        let (network, card) = model();
        let bytes = to_bytes(&network, &card).unwrap();
        let (back, back_card) = from_bytes(&bytes).unwrap();
        assert_eq!(back_card, card);
        assert!(back.tensors().eq(network.tensors()));
        assert_eq!(to_bytes(&back, &back_card).unwrap(), bytes);
    }

    #[test]
    fn every_truncation_and_trailing_bytes_are_refused() {
        let (network, card) = model();
        let mut bytes = to_bytes(&network, &card).unwrap();
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
            let mut bytes = to_bytes(&network, &card).unwrap();
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
        assert!(tensors_from_bytes(&file(overlapping, &[0; 8])).is_err());
        let float = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        let error = tensors_from_bytes(&file(float, &[0; 8]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("`a` is of type F32"), "{error}");
        let huge = r#"{"a":{"dtype":"I32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#;
        assert!(tensors_from_bytes(&file(huge, &[0; 8])).is_err());
    }

    #[test]
    fn missing_unknown_and_misshapen_tensors_are_named() {
        let (network, card) = model();
        let json = serde_json::to_string(&card).unwrap();
        type Named = Vec<(String, Vec<usize>, Vec<i32>)>;
        let written = |change: &dyn Fn(&mut Named)| {
            let mut tensors: Vec<_> = network.tensors().collect();
            change(&mut tensors);
            refusal(&tensors_to_bytes(tensors.into_iter(), json.clone()).unwrap())
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
    fn damaged_metadata_is_refused() {
        let (network, mut card) = model();
        let bytes = tensors_to_bytes(network.tensors(), "{".into()).unwrap();
        assert!(refusal(&bytes).contains("metadata is damaged"));
        card.version = 99;
        assert!(refusal(&to_bytes(&network, &card).unwrap()).contains("version 99"));
        card.version = MODEL_VERSION;
        card.network.input = Shape::flat(1 << 40);
        card.preprocessing.features = 1 << 40;
        assert!(from_bytes(&to_bytes(&network, &card).unwrap()).is_err());
    }
}
