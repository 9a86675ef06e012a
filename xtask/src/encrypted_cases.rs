//! Recorded trainings on plain numbers, repeated and compared.
//!
//! A folder has `case.json`, `data.csv` (prepared samples: features, then the label),
//! `initial.safetensors` and `after_N.safetensors` for every recorded step N. Batches are
//! consecutive samples, and begin again with the first sample after the last full batch.

pub mod slots;

use anyhow::{Context, Result, bail, ensure};
use nearfield_enc::{Dense, Matrices, Matrix, NetworkSpec, RateSpec, Rates, Schedule};
use nearfield_files::read_bounded;
use serde::Deserialize;
use std::path::Path;

/// Maximum size of a file in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// The content of a case.json.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Where the samples came from.
    pub source: String,
    /// Values in a sample.
    pub features: usize,
    /// Number of classes.
    pub classes: usize,
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
    /// Samples in a batch.
    pub batch: usize,
    /// Learning rate.
    pub lr: f64,
    /// Coupled decay.
    pub weight_decay: f64,
    /// Nesterov momentum.
    pub momentum: f64,
    /// The order of samples, in words.
    pub order: String,
    /// Steps after which numbers were recorded.
    pub steps_recorded: Vec<u64>,
    /// The squared error of the last head on each of their batches before the step, by sample.
    pub last_block_rss_per_sample: Vec<f64>,
}

/// How a repeated case compares with its record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The recorded steps.
    pub steps: Vec<u64>,
    /// The largest relative difference of numbers after each ([`Matrices::distance`]).
    pub distances: Vec<f64>,
    /// The relative difference of the last head's squared error in each.
    pub squared_errors: Vec<f64>,
}

impl Comparison {
    /// Whether everything agrees up to `tolerance`.
    pub fn agrees(&self, tolerance: f64) -> bool {
        let mut all = self.distances.iter().chain(&self.squared_errors);
        all.all(|&distance| distance <= tolerance)
    }
}

impl Case {
    /// Reads the case.json of `folder`.
    ///
    /// # Errors
    /// If there is none, or it contradicts itself.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("case.json");
        let bytes = read_bounded(&path, 1 << 20)?;
        let name = path.display();
        let case: Case = serde_json::from_slice(&bytes).with_context(|| name.to_string())?;
        let (steps, losses) = (&case.steps_recorded, &case.last_block_rss_per_sample);
        ensure!(
            losses.len() == steps.len(),
            "{name}: {} steps are recorded and {} losses",
            steps.len(),
            losses.len()
        );
        ensure!(case.batch > 0, "{name}: a batch has 0 samples");
        Ok(case)
    }

    /// The network.
    ///
    /// # Errors
    /// If a size is out of range.
    pub fn network(&self) -> Result<NetworkSpec> {
        let spec = NetworkSpec::new(self.features, self.hidden.clone(), self.classes);
        Ok(spec?)
    }

    /// The rates of every step.
    ///
    /// # Errors
    /// If one is out of range.
    pub fn rates(&self) -> Result<Rates> {
        let rates = RateSpec {
            rate: self.lr,
            decay: self.weight_decay,
            momentum: self.momentum,
            schedule: Schedule::Constant,
        };
        rates.check()?;
        Ok(rates.at(0))
    }

    /// The samples of a step, counted from 0.
    pub fn samples_of(&self, step: u64, samples: usize) -> Vec<usize> {
        let batches = (samples / self.batch).max(1) as u64;
        let batch = usize::try_from(step % batches).unwrap_or(0);
        (batch * self.batch..(batch + 1) * self.batch).collect()
    }
}

/// Reads the data.csv of `folder`: samples and labels.
///
/// # Errors
/// Says line and column of what is wrong.
pub fn read_samples(folder: &Path, case: &Case) -> Result<(Matrix, Vec<u16>)> {
    let path = folder.join("data.csv");
    let bytes = read_bounded(&path, MAX_BYTES)?;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        let label = read_sample(line, case.features, &mut values)
            .with_context(|| format!("{}: line {}", path.display(), number + 1))?;
        labels.push(label);
    }
    Ok((Matrix::new(labels.len(), case.features, values)?, labels))
}

/// Appends the features of a line to `values`; returns its label.
fn read_sample(line: &str, features: usize, values: &mut Vec<f64>) -> Result<u16> {
    let fields: Vec<&str> = line.split(',').collect();
    let Some((label, fields)) = fields.split_last().filter(|(_, f)| f.len() == features) else {
        bail!(
            "has {} fields; give {features} features and a label",
            fields.len()
        );
    };
    for (column, field) in fields.iter().enumerate() {
        match field.parse() {
            Ok(value) if f64::is_finite(value) => values.push(value),
            _ => bail!("column {}: `{field}` is not a finite number", column + 1),
        }
    }
    label
        .parse()
        .with_context(|| format!("the label `{label}` is not a class"))
}

/// Repeats the case in `folder`.
///
/// # Errors
/// If the folder holds no case that can be run; differences are no errors.
pub fn run(folder: &Path) -> Result<Comparison> {
    let case = Case::read(folder)?;
    let (inputs, labels) = read_samples(folder, &case)?;
    ensure!(
        inputs.rows() >= case.batch,
        "{}: {} samples are fewer than a batch of {}",
        folder.display(),
        inputs.rows(),
        case.batch
    );
    let spec = case.network()?;
    let rates = case.rates()?;
    let mut dense = Dense::new(Matrices::load(&spec, &folder.join("initial.safetensors"))?);
    let mut comparison = Comparison::default();
    let losses = &case.last_block_rss_per_sample;
    for (&step, &recorded) in case.steps_recorded.iter().zip(losses) {
        let mut loss = f64::NAN;
        while dense.steps() < step {
            let samples = case.samples_of(dense.steps(), inputs.rows());
            let labels: Vec<u16> = samples.iter().map(|&sample| labels[sample]).collect();
            let scores = dense.step(&inputs.gather(&samples)?, &labels, &rates)?;
            #[allow(clippy::cast_precision_loss, reason = "some samples")]
            let samples = case.batch as f64;
            loss = scores
                .last()
                .map_or(loss, |score| score.squared_error / samples);
        }
        let squared_error = (loss - recorded).abs() / recorded.abs();
        let path = folder.join(format!("after_{step}.safetensors"));
        let recorded = Matrices::load(&spec, &path)?;
        comparison.steps.push(step);
        comparison.squared_errors.push(squared_error);
        comparison
            .distances
            .push(recorded.distance(dense.matrices())?);
    }
    Ok(comparison)
}
