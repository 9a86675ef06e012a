//! Checkpoints: state and weights of a run in one file, bound to its data and its run.toml.

use crate::error::with_causes;
use crate::integer::state::State;
use crate::{Error, Result};
use nearfield_files::read_bounded;
use nearfield_int::model::{self, TensorFile};
use nearfield_int::{LazyTensor, Network, Tensors};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;

/// Version of the checkpoints that this release writes and reads.
const CHECKPOINT_VERSION: u32 = 2;

/// Largest file taken for a checkpoint or a model.
pub const MAX_BYTES: u64 = 8 << 30;

/// Prefix of the tensors of the best epoch in a checkpoint.
const BEST: &str = "best.";

/// What a run is bound to: a checkpoint of other data or another configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// BLAKE3 of training and test data.
    pub data: String,
    /// BLAKE3 of run.toml.
    pub run: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    digests: Digests,
    seed: u64,
    state: State,
}

/// A checkpoint read back.
#[derive(Debug)]
pub struct Checkpoint {
    /// The state.
    pub state: State,
    bytes: Vec<u8>,
}

impl Checkpoint {
    /// The weights.
    ///
    /// # Errors
    /// Never: they were read before.
    pub fn weights(&self) -> Result<Tensors> {
        self.tensors(|name| (!name.starts_with(BEST)).then_some(name))
    }

    /// The weights of the best epoch; none if no epoch was completed.
    ///
    /// # Errors
    /// Never: they were read before.
    pub fn best(&self) -> Result<Tensors> {
        self.tensors(|name| name.strip_prefix(BEST))
    }

    fn tensors(&self, known_as: impl Fn(&str) -> Option<&str>) -> Result<Tensors> {
        let file = TensorFile::new(&self.bytes)?;
        let names = file.names().into_iter();
        let tensors = names.filter_map(|name| Some((name, known_as(name)?)));
        tensors
            .map(|(name, known)| Ok((known.to_owned(), file.tensor(name)?)))
            .collect()
    }
}

/// What a checkpoint holds of a run.
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    /// What the run is bound to.
    pub digests: &'a Digests,
    /// Its seed.
    pub seed: u64,
    /// Its state.
    pub state: &'a State,
    /// Its weights.
    pub network: &'a Network,
    /// The weights of the best epoch, if one was completed.
    pub best: Option<&'a Network>,
}

/// Writes a checkpoint as a safetensors file with a digest of its own.
///
/// # Errors
/// If it cannot be written.
pub fn write(snapshot: Snapshot<'_>, to: &mut dyn Write) -> io::Result<()> {
    let header = Header {
        version: CHECKPOINT_VERSION,
        digests: snapshot.digests.clone(),
        seed: snapshot.seed,
        state: snapshot.state.clone(),
    };
    let json = serde_json::to_string(&header)?;
    let best = snapshot
        .best
        .into_iter()
        .flat_map(Network::lazy_tensors)
        .map(|mut tensor| {
            tensor.name.insert_str(0, BEST);
            tensor
        });
    let tensors: Vec<LazyTensor<'_>> = snapshot.network.lazy_tensors().chain(best).collect();
    let digest = digest(
        &json,
        tensors
            .iter()
            .map(|tensor| (&tensor.name[..], digest_of(&tensor.values()))),
    );
    model::write_tensors(tensors, format!("{digest}\n{json}"), to)
}

/// Reads a checkpoint that must belong to this run.
///
/// # Errors
/// If it is damaged, or of other data, another configuration or another version.
pub fn from_bytes(bytes: Vec<u8>, digests: &Digests) -> Result<Checkpoint> {
    let file = TensorFile::new(&bytes)?;
    let refuse = |problem: &str| Error::Checkpoint(problem.to_owned());
    let text = file
        .text()
        .ok_or_else(|| refuse("it is not a checkpoint: it holds no state"))?;
    let (written, json) = text
        .split_once('\n')
        .ok_or_else(|| refuse("it is not a checkpoint: it has no digest"))?;
    let header: Header = serde_json::from_str(json)
        .map_err(|error| refuse(&format!("its state is damaged: {error}")))?;
    if header.version != CHECKPOINT_VERSION {
        return Err(refuse(&format!(
            "it is of version {}, this release reads version {CHECKPOINT_VERSION}",
            header.version
        )));
    }
    let tensors = file.names().into_iter();
    let tensors = tensors.map(|name| Ok((name, digest_of(&file.tensor(name)?.1))));
    let tensors = tensors.collect::<Result<Vec<_>>>()?;
    if digest(json, tensors.into_iter()) != written {
        return Err(refuse(
            "it is damaged: its content does not match its digest",
        ));
    }
    if header.digests.run != digests.run {
        return Err(refuse(
            "it belongs to another run: its run.toml was another one",
        ));
    }
    if header.digests.data != digests.data {
        return Err(refuse(
            "it belongs to other data: the data set has changed since the run began",
        ));
    }
    Ok(Checkpoint {
        state: header.state,
        bytes,
    })
}

/// The newest checkpoint of a run folder that can be read, and what was wrong with newer ones.
///
/// # Errors
/// If there is none.
pub fn latest(folder: &Path, digests: &Digests) -> Result<(Checkpoint, Vec<String>)> {
    let mut problems = Vec::new();
    for path in nearfield_files::checkpoints(folder)? {
        let read = read_bounded(&path, MAX_BYTES).map_err(Error::from);
        match read.and_then(|bytes| from_bytes(bytes, digests)) {
            Ok(checkpoint) => return Ok((checkpoint, problems)),
            Err(error) => problems.push(format!("{}: {}", path.display(), with_causes(&error))),
        }
    }
    Err(match problems.is_empty() {
        true => Error::NoCheckpoint {
            folder: folder.to_path_buf(),
        },
        false => Error::UnusableCheckpoints { problems },
    })
}

/// The digest of a checkpoint's state and of its tensors' own digests, in order of their names.
fn digest<'a>(json: &str, tensors: impl Iterator<Item = (&'a str, blake3::Hash)>) -> String {
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_unstable_by_key(|tensor| tensor.0);
    let mut hasher = blake3::Hasher::new();
    hasher.update(json.as_bytes());
    for (name, values) in tensors {
        hasher.update(name.as_bytes());
        hasher.update(values.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn digest_of(values: &[i32]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::new();
    for values in values.chunks(1 << 14) {
        bytes.clear();
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        hasher.update(&bytes);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nearfield_int::{LayerSpec, NetworkSpec, Shape};

    fn network() -> Network {
        let spec = NetworkSpec::new(Shape::flat(3), 2, vec![LayerSpec::Linear { units: 4 }]);
        Network::new(&spec, 1).unwrap()
    }

    fn digests(data: &str, run: &str) -> Digests {
        Digests {
            data: data.into(),
            run: run.into(),
        }
    }

    fn to_bytes(state: &State, best: Option<&Network>, digests: &Digests) -> Vec<u8> {
        let snapshot = Snapshot {
            digests,
            seed: 1,
            state,
            network: &network(),
            best,
        };
        let mut bytes = Vec::new();
        write(snapshot, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_checkpoint_survives_its_file() {
        let state = State {
            step: 7,
            rate_inv: 512,
            ..State::default()
        };
        let own = digests("d", "r");
        let bytes = to_bytes(&state, Some(&network()), &own);
        let back = from_bytes(bytes, &own).unwrap();
        assert_eq!(back.state, state);
        let weights = back.weights().unwrap();
        assert_eq!(weights, back.best().unwrap());
        assert_eq!(weights.len(), 3);
        let bytes = to_bytes(&state, None, &own);
        let back = from_bytes(bytes, &own).unwrap();
        assert_eq!(
            (back.weights().unwrap().len(), back.best().unwrap().len()),
            (3, 0)
        );
    }

    #[test]
    fn a_checkpoint_of_another_run_or_other_data_is_refused() {
        let own = digests("d", "r");
        let bytes = to_bytes(&State::default(), None, &own);
        let refusal = |other: Digests| from_bytes(bytes.clone(), &other).unwrap_err().to_string();
        assert!(refusal(digests("d", "x")).contains("another run"));
        assert!(refusal(digests("x", "r")).contains("other data"));
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let own = digests("d", "r");
        let bytes = to_bytes(&State::default(), None, &own);
        let intact = from_bytes(bytes.clone(), &own).unwrap();
        let weights = intact.weights().unwrap();
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 4;
            // Padding and the tensors' own description may hide a bit, never a changed result.
            if let Ok(read) = from_bytes(damaged, &own) {
                assert_eq!(
                    (&read.state, read.weights().unwrap()),
                    (&intact.state, weights.clone()),
                    "{index}"
                );
            }
        }
    }
}
