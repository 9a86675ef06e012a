//! Models that training left behind.

use crate::integer::checkpoint::MAX_BYTES;
use crate::{Error, Result};
use nearfield_files::read_bounded;
use nearfield_int::model::{self, ModelCard, TensorFile};
use nearfield_int::{Network, Tensors};
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

/// A model read back from its file.
#[derive(Clone, Debug)]
pub struct TrainedModel {
    /// The network with its weights.
    pub network: Network,
    /// Classes, preprocessing, and the network's description.
    pub card: ModelCard,
}

impl TrainedModel {
    /// Reads a model file, or the model of a run folder.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if the run has none yet, [`Error::RealWeights`] if it comes from
    /// encrypted training, [`Error::Model`] if it is damaged.
    pub fn read(path: &Path) -> Result<Self> {
        let file = match path.is_dir() {
            false => path.to_path_buf(),
            true => path.join("model.safetensors"),
        };
        if !file.exists() && path.join("run.toml").exists() {
            return Err(Error::Unfinished {
                folder: path.to_path_buf(),
            });
        }
        let bytes = read_bounded(&file, MAX_BYTES)?;
        if has_real_weights(&bytes) {
            return Err(Error::RealWeights { path: file });
        }
        match model::from_bytes(&bytes) {
            Ok((network, card)) => Ok(TrainedModel { network, card }),
            Err(source) => Err(Error::Model { path: file, source }),
        }
    }
}

fn has_real_weights(bytes: &[u8]) -> bool {
    SafeTensors::deserialize(bytes).is_ok_and(|tensors| {
        tensors
            .iter()
            .any(|(_, tensor)| tensor.dtype() == Dtype::F64)
    })
}

/// Reads the tensors of a safetensors file, to begin a run with.
///
/// # Errors
/// [`Error::Model`] if it is damaged.
pub fn read_tensors(path: &Path) -> Result<Tensors> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    let tensors = TensorFile::new(&bytes).and_then(|file| file.tensors());
    tensors.map_err(|source| Error::Model {
        path: path.to_path_buf(),
        source,
    })
}
