//! Costs and integer ranges of a network, before training or after.

use crate::Result;
use crate::integer::resolve::{preset_layers, read_run};
use crate::integer::trained_model::TrainedModel;
use nearfield_int::{Inspection, NetworkSpec, Shape, WeightLimits};
use std::path::{Path, PathBuf};

/// A network to inspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspected {
    /// That of a run file, with its data.
    RunFile(PathBuf),
    /// That of a model file or run folder, with its weights.
    Model(PathBuf),
    /// A published one.
    Preset {
        /// Its name.
        name: String,
        /// Size of a sample; where not given, that of MNIST's images.
        input: Option<Shape>,
        /// Number of classes.
        classes: usize,
    },
}

impl Inspected {
    /// What `name` means: a file that ends in `.toml` is a run file, any other that exists is a
    /// model, and the rest are presets for samples of size `input` and of `classes` classes.
    pub fn named(name: &str, input: Option<Shape>, classes: usize) -> Self {
        let path = Path::new(name);
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        if is_toml {
            return Inspected::RunFile(path.to_path_buf());
        }
        if path.exists() {
            return Inspected::Model(path.to_path_buf());
        }
        Inspected::Preset {
            name: name.to_owned(),
            input,
            classes,
        }
    }
}

/// What an inspection found, and what it assumed.
#[derive(Clone, Debug)]
pub struct InspectionReport {
    /// Layers, costs and ranges.
    pub inspection: Inspection,
    /// What is known of the weights.
    pub limits: WeightLimits,
    /// Samples in a batch.
    pub batch: usize,
}

/// Inspects a network. `batch` counts where there is no run file to say how many samples a batch
/// has.
///
/// # Errors
/// If a file cannot be read, there is no such preset, or the network does not fit its input.
pub fn inspect(network: &Inspected, batch: usize) -> Result<InspectionReport> {
    let (spec, limits, batch) = match network {
        Inspected::RunFile(path) => {
            let (run, loaded) = read_run(path)?;
            let (forward, head) = (run.training.decay_forward, run.training.decay_head);
            let spec = run.spec(loaded.train.classes.len())?;
            let limits = WeightLimits::Decay { forward, head };
            (spec, limits, run.training.batch)
        }
        Inspected::Model(path) => {
            let trained = TrainedModel::read(path)?;
            (trained.card.network.clone(), measured(&trained), batch)
        }
        Inspected::Preset {
            name,
            input,
            classes,
        } => {
            let layers = preset_layers(name, 0)?;
            let usual = match name.starts_with("mlp") {
                true => Shape::flat(784),
                false => Shape::image(1, 28, 28),
            };
            let spec = NetworkSpec::new(input.unwrap_or(usual), *classes, layers);
            let limits = WeightLimits::Decay {
                forward: 0,
                head: 0,
            };
            (spec, limits, batch)
        }
    };
    Ok(InspectionReport {
        inspection: nearfield_int::inspect(&spec, &limits, batch)?,
        limits,
        batch,
    })
}

/// The largest magnitude of each tensor.
fn measured(trained: &TrainedModel) -> WeightLimits {
    let max_abs = |values: &[i32]| values.iter().map(|w| w.unsigned_abs()).max().unwrap_or(0);
    let tensors = trained.network.tensors();
    WeightLimits::Measured(
        tensors
            .map(|(_, _, values)| max_abs(&values).into())
            .collect(),
    )
}
