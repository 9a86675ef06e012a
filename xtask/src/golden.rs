//! Golden trajectories: recorded trainings, repeated through the public API and compared bit
//! for bit.

mod case;
mod data;
pub mod encrypted;

pub use case::Case;
pub use data::DATA_VARIABLE;

use anyhow::{Context, Result, bail};
use nearfield::integer::Samples;
use nearfield_files::read_bounded;
use nearfield_int::model::TensorFile;
use nearfield_int::{Network, Tensors};
use nearfield_train::history::Tally;
use std::fmt;
use std::path::Path;

/// A golden case has no larger files.
const MAX_BYTES: u64 = 4 << 30;

/// How a repeated case compares with its record.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All weights equal after every recorded step.
    Equal {
        /// Number of tensors compared each time.
        tensors: usize,
        /// The recorded steps.
        steps: Vec<u64>,
        /// Correct predictions of the output layer while training.
        training: Tally,
        /// Switches that the case left to their defaults.
        defaults: String,
    },
    /// The first difference.
    Differs {
        /// Name of the tensor.
        tensor: String,
        /// The step after which it was recorded.
        step: u64,
        /// Index in the flattened tensor.
        index: usize,
        /// The recorded value.
        recorded: i32,
        /// Our value.
        ours: i32,
    },
    /// Weights agree, but the recorded number of correct predictions does not.
    Counts {
        /// As recorded.
        recorded: Tally,
        /// As counted.
        ours: Tally,
    },
}

impl Outcome {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        matches!(self, Outcome::Equal { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Equal {
                tensors,
                steps,
                training,
                defaults,
            } => write!(
                f,
                "equal ({tensors} tensors after steps {steps:?}; {} of {} correct; {defaults})",
                training.correct, training.seen
            ),
            Outcome::Differs {
                tensor,
                step,
                index,
                recorded,
                ours,
            } => write!(
                f,
                "differs: tensor {tensor}, step {step}, index {index}: recorded {recorded}, ours {ours}"
            ),
            Outcome::Counts { recorded, ours } => write!(
                f,
                "differs: weights are equal, but {} of {} correct predictions were recorded and ours are {} of {}",
                recorded.correct, recorded.seen, ours.correct, ours.seen
            ),
        }
    }
}

/// Repeats the case in `folder`.
///
/// # Errors
/// If the folder holds no case that can be run; differences are outcomes, not errors.
pub fn run(folder: &Path) -> Result<Outcome> {
    let case = Case::read(folder)?;
    let samples = data::samples(folder, &case)?;
    let spec = case.network()?;
    let initial = tensors(&folder.join("initial.safetensors"))?;
    let mut network = Network::from_tensors(&spec, initial)?;
    let batches = samples.len() / case.batch;
    if batches == 0 {
        bail!("{} samples make no batch of {}", samples.len(), case.batch);
    }
    let mut training = Tally::default();
    let mut done = 0;
    let mut steps = case.steps_recorded.clone();
    steps.sort_unstable();
    for &recorded in &steps {
        while done < recorded {
            training.add(step(&mut network, &samples, &case, done)?);
            done += 1;
        }
        let record = tensors(&folder.join(format!("after_{recorded}.safetensors")))?;
        if let Some(difference) = first_difference(&network, &record, recorded)? {
            return Ok(difference);
        }
    }
    if let (Some(correct), Some(seen)) = (case.train_correct, case.train_seen)
        && seen == training.seen
        && correct != training.correct
    {
        return Ok(Outcome::Counts {
            recorded: Tally { correct, seen },
            ours: training,
        });
    }
    Ok(Outcome::Equal {
        tensors: spec_tensors(&network),
        steps,
        training,
        defaults: case.switches(),
    })
}

fn spec_tensors(network: &Network) -> usize {
    network.tensors().count()
}

fn step(network: &mut Network, samples: &Samples, case: &Case, number: u64) -> Result<Tally> {
    let batches = (samples.len() / case.batch) as u64;
    let first = usize::try_from(number % batches)? * case.batch;
    let features = samples.shape.features();
    let values = &samples.values[first * features..(first + case.batch) * features];
    let labels = &samples.labels[first..first + case.batch];
    Ok(network
        .train_step(values, labels, &case.step_settings(number))?
        .output)
}

fn tensors(path: &Path) -> Result<Tensors> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    let tensors = TensorFile::new(&bytes).and_then(|file| file.tensors());
    tensors.with_context(|| path.display().to_string())
}

fn first_difference(network: &Network, record: &Tensors, step: u64) -> Result<Option<Outcome>> {
    let names: Vec<_> = network.tensors().map(|(name, ..)| name).collect();
    if let Some(name) = record.keys().find(|name| !names.contains(name)) {
        bail!("after_{step}.safetensors has a tensor `{name}` that the network has not");
    }
    for (tensor, shape, values) in network.tensors() {
        let Some((recorded_shape, recorded)) = record.get(&tensor) else {
            bail!("after_{step}.safetensors has no tensor `{tensor}`");
        };
        if *recorded_shape != shape {
            bail!("after_{step}.safetensors: `{tensor}` is {recorded_shape:?}, not {shape:?}");
        }
        if let Some(index) = (0..values.len()).find(|&index| values[index] != recorded[index]) {
            let (recorded, ours) = (recorded[index], values[index]);
            return Ok(Some(Outcome::Differs {
                tensor,
                step,
                index,
                recorded,
                ours,
            }));
        }
    }
    Ok(None)
}
