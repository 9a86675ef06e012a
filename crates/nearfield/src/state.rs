//! The state of a run between two steps, and its checkpoints.

use anyhow::{Context, Result, bail, ensure};
use nearfield_int::model;
use nearfield_int::network::{Network, StepCount, Tensors};
use nearfield_train::folder::{self, read_bounded};
use nearfield_train::history::{EpochRecord, Tally};
use nearfield_train::plateau::Plateau;
use serde::{Deserialize, Serialize};
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
    /// The weights.
    pub weights: Tensors,
    /// The weights of the best epoch, if one was completed.
    pub best: Tensors,
}

/// A checkpoint as the bytes of a safetensors file with a digest of its own.
///
/// # Errors
/// Never for a state of a run.
pub fn to_bytes(
    state: &State,
    network: &Network,
    best: Option<&Network>,
    (digests, seed): (&Digests, u64),
) -> Result<Vec<u8>> {
    let header = Header {
        version: CHECKPOINT_VERSION,
        digests: digests.clone(),
        seed,
        state: state.clone(),
    };
    let json = serde_json::to_string(&header)?;
    let tensors = || {
        let best = best.into_iter().flat_map(Network::tensors);
        let best = best.map(|(name, shape, values)| (format!("{BEST}{name}"), shape, values));
        network.tensors().chain(best)
    };
    let digest = digest(
        &json,
        tensors().map(|(name, _, values)| (name, digest_of(&values))),
    );
    Ok(model::tensors_to_bytes(
        tensors(),
        format!("{digest}\n{json}"),
    )?)
}

/// Reads a checkpoint that must belong to this run.
///
/// # Errors
/// If it is damaged, or of other data, another configuration or another version.
pub fn from_bytes(bytes: &[u8], digests: &Digests) -> Result<Checkpoint> {
    let (tensors, text) = model::tensors_from_bytes(bytes)?;
    let text = text.context("it is no checkpoint: it holds no state")?;
    let (written, json) = text
        .split_once('\n')
        .context("it is no checkpoint: it has no digest")?;
    let header: Header = serde_json::from_str(json).context("its state is damaged")?;
    ensure!(
        header.version == CHECKPOINT_VERSION,
        "it is of version {}, this program reads version {CHECKPOINT_VERSION}",
        header.version
    );
    let (best, weights): (Tensors, Tensors) = tensors
        .into_iter()
        .partition(|(name, _)| name.starts_with(BEST));
    let best: Tensors = best
        .into_iter()
        .map(|(name, tensor)| (name.trim_start_matches(BEST).to_owned(), tensor))
        .collect();
    check_digest(written, json, &weights, &best)?;
    if header.digests.run != digests.run {
        bail!("it belongs to another run: its run.toml was another one");
    }
    if header.digests.data != digests.data {
        bail!("it belongs to other data: the data set has changed since the run began");
    }
    Ok(Checkpoint {
        state: header.state,
        weights,
        best,
    })
}

/// The newest checkpoint of a run folder that can be read, and what was wrong with newer ones.
///
/// # Errors
/// If there is none.
pub fn latest(folder: &Path, digests: &Digests) -> Result<(Checkpoint, Vec<String>)> {
    let mut damaged = Vec::new();
    for path in folder::checkpoints(folder)? {
        let read = read_bounded(&path, MOST_BYTES).map_err(Into::into);
        match read.and_then(|bytes| from_bytes(&bytes, digests)) {
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

fn check_digest(written: &str, json: &str, weights: &Tensors, best: &Tensors) -> Result<()> {
    let named = |prefix: &'static str| {
        move |(name, (_, values)): (&String, &(Vec<usize>, Vec<i32>))| {
            (format!("{prefix}{name}"), digest_of(values))
        }
    };
    let all = weights.iter().map(named(""));
    let found = digest(json, all.chain(best.iter().map(named(BEST))));
    ensure!(
        found == written,
        "it is damaged: its content does not match its digest"
    );
    Ok(())
}

/// BLAKE3 over the state and every tensor in the order of their names.
/// The digest of a checkpoint's state and of its tensors' own digests, by name.
fn digest(json: &str, tensors: impl Iterator<Item = (String, blake3::Hash)>) -> String {
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_unstable_by(|a, b| a.0.cmp(&b.0));
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

    #[test]
    fn a_checkpoint_survives_its_file() {
        let state = State {
            step: 7,
            rate_inv: 512,
            ..State::default()
        };
        let own = digests("d", "r");
        let bytes = to_bytes(&state, &network(), Some(&network()), (&own, 1)).unwrap();
        let back = from_bytes(&bytes, &own).unwrap();
        assert_eq!(back.state, state);
        assert_eq!(back.weights, back.best);
        assert_eq!(back.weights.len(), 3);
    }

    #[test]
    fn a_checkpoint_of_another_run_or_other_data_is_refused() {
        let own = digests("d", "r");
        let bytes = to_bytes(&State::default(), &network(), None, (&own, 1)).unwrap();
        let refusal = |other: Digests| from_bytes(&bytes, &other).unwrap_err().to_string();
        assert!(refusal(digests("d", "x")).contains("another run"));
        assert!(refusal(digests("x", "r")).contains("other data"));
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let own = digests("d", "r");
        let bytes = to_bytes(&State::default(), &network(), None, (&own, 1)).unwrap();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            // Padding and the tensors' own description may hide a bit, never a changed result.
            if let Ok(read) = from_bytes(&damaged, &own) {
                let intact = from_bytes(&bytes, &own).unwrap();
                assert_eq!(
                    (read.state, read.weights),
                    (intact.state, intact.weights),
                    "{place}"
                );
            }
        }
    }
}
