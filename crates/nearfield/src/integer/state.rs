//! The state of a run between two steps, and its checkpoints.

use anyhow::{Context, Result, bail, ensure};
use nearfield_files::read_bounded;
use nearfield_int::model::{self, TensorFile};
use nearfield_int::network::{LazyTensor, Network, StepCount, Tensors};
use nearfield_train::history::{EpochRecord, Tally};
use nearfield_train::plateau::Plateau;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;

/// Version of the checkpoints that this release writes and reads.
const CHECKPOINT_VERSION: u32 = 2;

/// Largest file taken for a checkpoint or a model.
pub const MOST_BYTES: u64 = 8 << 30;

/// Prefix of the tensors of the best epoch in a checkpoint.
const BEST: &str = "best.";

/// Everything but the weights that the next step depends on, or the run's results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Steps made.
    pub step: u64,
    /// Epochs completed.
    pub epochs: u32,
    /// The data cursor: steps made of the epoch under way. The random state is (seed, epoch,
    /// step): every draw opens its own stream from them.
    pub batch: u64,
    /// Inverse learning rate now.
    pub rate_inv: u64,
    /// Counter of learning-rate cuts.
    pub rate_cut: Plateau,
    /// Counter of early stopping.
    pub early_stop: Plateau,
    /// Whether early stopping has ended the run.
    pub stopped: bool,
    /// The epoch that decided best, with its accuracy.
    pub best: Option<(u32, Tally)>,
    /// Counts of the epoch under way.
    pub counts: StepCount,
    /// Counts of the whole run.
    pub totals: StepCount,
    /// Milliseconds spent in the epoch under way.
    pub milliseconds: u64,
    /// The completed epochs.
    pub history: Vec<EpochRecord>,
}

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
        let wanted = names.filter_map(|name| Some((name, known_as(name)?)));
        wanted
            .map(|(name, known)| Ok((known.to_owned(), file.tensor(name)?)))
            .collect()
    }
}

/// Writes a checkpoint as a safetensors file with a digest of its own.
///
/// # Errors
/// If it cannot be written.
pub fn write(
    state: &State,
    network: &Network,
    best: Option<&Network>,
    (digests, seed): (&Digests, u64),
    to: &mut dyn Write,
) -> io::Result<()> {
    let header = Header {
        version: CHECKPOINT_VERSION,
        digests: digests.clone(),
        seed,
        state: state.clone(),
    };
    let json = serde_json::to_string(&header)?;
    let best = best
        .into_iter()
        .flat_map(Network::lazy_tensors)
        .map(|mut tensor| {
            tensor.name.insert_str(0, BEST);
            tensor
        });
    let tensors: Vec<LazyTensor<'_>> = network.lazy_tensors().chain(best).collect();
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
    let text = file
        .text()
        .context("it is no checkpoint: it holds no state")?;
    let (written, json) = text
        .split_once('\n')
        .context("it is no checkpoint: it has no digest")?;
    let header: Header = serde_json::from_str(json).context("its state is damaged")?;
    ensure!(
        header.version == CHECKPOINT_VERSION,
        "it is of version {}, this program reads version {CHECKPOINT_VERSION}",
        header.version
    );
    let tensors = file.names().into_iter();
    let tensors = tensors.map(|name| Ok((name, digest_of(&file.tensor(name)?.1))));
    let tensors = tensors.collect::<Result<Vec<_>>>()?;
    ensure!(
        digest(json, tensors.into_iter()) == written,
        "it is damaged: its content does not match its digest"
    );
    if header.digests.run != digests.run {
        bail!("it belongs to another run: its run.toml was another one");
    }
    if header.digests.data != digests.data {
        bail!("it belongs to other data: the data set has changed since the run began");
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
    let mut damaged = Vec::new();
    for path in nearfield_files::checkpoints(folder)? {
        let read = read_bounded(&path, MOST_BYTES).map_err(Into::into);
        match read.and_then(|bytes| from_bytes(bytes, digests)) {
            Ok(checkpoint) => return Ok((checkpoint, damaged)),
            Err(error) => damaged.push(format!("{}: {error:#}", path.display())),
        }
    }
    match damaged.is_empty() {
        true => bail!(
            "{} has no checkpoint: start the run again",
            folder.display()
        ),
        false => bail!("no checkpoint can be used:\n  {}", damaged.join("\n  ")),
    }
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
    use nearfield_int::spec::{LayerSpec, NetworkSpec, Shape};

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
        let mut bytes = Vec::new();
        write(state, &network(), best, (digests, 1), &mut bytes).unwrap();
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
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            // Padding and the tensors' own description may hide a bit, never a changed result.
            if let Ok(read) = from_bytes(damaged, &own) {
                assert_eq!(
                    (&read.state, read.weights().unwrap()),
                    (&intact.state, weights.clone()),
                    "{place}"
                );
            }
        }
    }
}
