//! A run of an encrypted training with its data.

use anyhow::Result;
use nearfield_enc::dense::Dense;
use nearfield_enc::matrices::Matrices;
use nearfield_enc::matrix::Matrix;
use nearfield_enc::task::{Planned, Task};
use std::path::Path;

/// Samples in the clear: features from 0 to 1, and classes.
#[derive(Clone, Debug)]
pub struct Samples {
    /// A row for each sample.
    pub inputs: Matrix,
    /// Its class.
    pub labels: Vec<u16>,
}

/// All that an owner has.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is asked of the server; its layout is chosen by [`Setup::plan`].
    pub task: Task,
    /// Training samples, batch after batch, and no more than the batches have.
    pub train: Samples,
    /// Test samples.
    pub test: Samples,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Initial weights.
    pub weights: Matrices,
    /// The run file with nothing left open.
    pub text: String,
}

impl Setup {
    /// The task with the layout that takes least work.
    ///
    /// # Errors
    /// If its network fits no layout.
    pub fn plan(&self) -> Result<Planned> {
        Ok(self.task.clone().with_best_layout()?)
    }

    /// The share of test samples that the last head of a model answers rightly, if there are
    /// any.
    ///
    /// # Errors
    /// If the model is of another network.
    pub fn accuracy(&self, matrices: &Matrices) -> Result<Option<f64>> {
        if self.test.labels.is_empty() {
            return Ok(None);
        }
        let model = Dense::new(matrices.clone());
        let scores = model.evaluate(&self.test.inputs, &self.test.labels)?;
        #[allow(clippy::cast_precision_loss, reason = "a share for people")]
        let share = scores
            .last()
            .map(|score| score.right.correct as f64 / score.right.seen.max(1) as f64);
        Ok(share)
    }

    /// Reads a run file and its data.
    ///
    /// # Errors
    /// Says what is wrong with either.
    pub fn read(path: &Path) -> Result<Self> {
        use nearfield_enc::network::NetworkSpec;
        use nearfield_enc::schedule::{RateSpec, Schedule};
        #[derive(serde::Deserialize)]
        struct File {
            name: String,
            seed: u64,
            train: std::path::PathBuf,
            test: Option<std::path::PathBuf>,
            classes: usize,
            hidden: Vec<usize>,
            batch: usize,
            rate: f64,
            decay: f64,
            steps: u64,
            velocity_range: f64,
            log_degree: u32,
        }
        let text = std::fs::read_to_string(path)?;
        let file: File = toml::from_str(&text)?;
        let load = |path: &Path| -> Result<Samples> {
            let mut values = Vec::new();
            let mut labels = Vec::new();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_path(path)?;
            for record in reader.records() {
                let record = record?;
                let n = record.len() - 1;
                for f in record.iter().take(n) {
                    values.push(f.parse::<f64>()?);
                }
                labels.push(record[n].parse::<u16>()?);
            }
            let rows = labels.len();
            Ok(Samples {
                inputs: Matrix::new(rows, values.len() / rows, values)?,
                labels,
            })
        };
        let all = load(&file.train)?;
        let test = match &file.test {
            Some(p) => load(p)?,
            None => Samples {
                inputs: Matrix::zeros(0, all.inputs.columns()),
                labels: vec![],
            },
        };
        let batches = u32::try_from(all.labels.len() / file.batch)?;
        let n = batches as usize * file.batch;
        let order: Vec<usize> =
            nearfield_train::random::epoch_order(file.seed, 0, u32::try_from(all.labels.len())?)
                .into_iter()
                .map(|i| i as usize)
                .take(n)
                .collect();
        let train = Samples {
            inputs: all.inputs.gather(&order)?,
            labels: order.iter().map(|&i| all.labels[i]).collect(),
        };
        let network = NetworkSpec::new(train.inputs.columns(), file.hidden.clone(), file.classes)?;
        Ok(Setup {
            weights: Matrices::new(&network, file.seed),
            task: Task {
                version: 1,
                name: file.name,
                features: train.inputs.columns(),
                hidden: file.hidden,
                classes: file.classes,
                batch: file.batch,
                batches,
                steps: file.steps,
                order_seed: file.seed,
                training: RateSpec {
                    rate: file.rate,
                    decay: file.decay,
                    momentum: 0.9,
                    schedule: Schedule::Constant,
                },
                weight_range: 1.0,
                velocity_range: file.velocity_range,
                rows: 0,
                levels: 0,
                log_degree: file.log_degree,
                insecure: file.log_degree < 16,
            },
            train,
            test,
            classes: (0..file.classes).map(|c| c.to_string()).collect(),
            text,
        })
    }
}
