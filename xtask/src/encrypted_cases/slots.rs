//! Recorded trainings, repeated by the packed circuit.

use super::{Case, read_samples};
use anyhow::{Context, Result};
use nearfield_enc::{
    Batch, Circuit, Clear, Layout, Matrices, Matrix, NetworkSpec, Ranges, RateSpec, Schedule, Task,
    TaskPlan,
};
use std::path::{Path, PathBuf};

/// A recorded training, laid out in slots.
#[derive(Clone, Debug)]
pub struct PackedCase {
    folder: PathBuf,
    case: Case,
    network: NetworkSpec,
    inputs: Matrix,
    labels: Vec<u16>,
    /// The task of a server, with its plan.
    pub planned: TaskPlan,
    /// Initial weights and velocities.
    pub initial: Matrices,
}

/// Units of the state: weights of the recorded cases stay below 1, velocities below 64.
const RANGES: Ranges = Ranges {
    weights: 1.0,
    velocities: 64.0,
};

impl PackedCase {
    /// Reads a case and lays it out in a ring; one that is too small to be secure is named so.
    ///
    /// # Errors
    /// If the folder holds no case, or its network does not fit the slots.
    pub fn read(folder: &Path, log_degree: u32, insecure: bool) -> Result<Self> {
        let case = Case::read(folder)?;
        let (inputs, labels) = read_samples(folder, &case)?;
        let batches = u32::try_from(inputs.rows() / case.batch)
            .ok()
            .filter(|&batches| batches > 0)
            .with_context(|| format!("{}: fewer samples than a batch", folder.display()))?;
        let task = Task {
            log_degree,
            insecure,
            ..task(&case, batches)
        };
        let network = case.network()?;
        Ok(PackedCase {
            initial: Matrices::load(&network, &folder.join("initial.safetensors"))?,
            planned: task.with_best_layout()?,
            folder: folder.to_owned(),
            case,
            network,
            inputs,
            labels,
        })
    }

    /// The steps after which numbers were recorded.
    pub fn recorded(&self) -> &[u64] {
        &self.case.steps_recorded
    }

    /// The weights and velocities that were recorded after a step.
    ///
    /// # Errors
    /// If their file is missing or damaged.
    pub fn after(&self, step: u64) -> Result<Matrices> {
        let path = self.folder.join(format!("after_{step}.safetensors"));
        Ok(Matrices::load(&self.network, &path)?)
    }

    /// The batch of a step, counted from 0.
    pub fn batch(&self, step: u64) -> Batch<Vec<f64>> {
        let samples = self.case.samples_of(step, self.inputs.rows());
        let inputs: Vec<&[f64]> = samples.iter().map(|&row| self.inputs.row(row)).collect();
        let labels = samples.iter().map(|&row| usize::from(self.labels[row]));
        let labels: Vec<usize> = labels.collect();
        self.layout().pack_batch(&inputs, &labels)
    }

    /// Where its numbers lie.
    pub fn layout(&self) -> &Layout {
        &self.planned.layout
    }

    /// The units of the state.
    pub fn ranges(&self) -> Ranges {
        self.planned.task.ranges()
    }

    /// Repeats the case by the circuit in floating point: the largest relative difference after
    /// each recorded step.
    ///
    /// # Errors
    /// If a file of the case is missing.
    pub fn run_in_the_clear(&self) -> Result<Vec<f64>> {
        let slots = Clear::new(self.layout().grid().slots());
        let circuit = Circuit::new(&slots, self.layout(), self.ranges())?;
        let mut state = self.layout().pack_matrices(&self.initial, self.ranges());
        let rates = self.case.rates()?;
        let (mut step, mut distances) = (0, Vec::new());
        for &recorded in self.recorded() {
            while step < recorded {
                state = circuit.step(&state, self.batch(step), &rates)?.state;
                step += 1;
            }
            let found = self.layout().unpack_matrices(&state, self.ranges())?;
            distances.push(found.distance(&self.after(recorded)?)?);
        }
        Ok(distances)
    }
}

/// The task of a case in a ring of any degree.
fn task(case: &Case, batches: u32) -> Task {
    Task {
        version: Task::VERSION,
        name: case.source.clone(),
        features: case.features,
        hidden: case.hidden.clone(),
        classes: case.classes,
        batch: case.batch,
        batches,
        steps: case.steps_recorded.last().copied().unwrap_or(1),
        order_seed: 0,
        training: RateSpec {
            rate: case.lr,
            decay: case.weight_decay,
            momentum: case.momentum,
            schedule: Schedule::Constant,
        },
        weight_range: RANGES.weights,
        velocity_range: RANGES.velocities,
        iterated: false,
        rows: 0,
        levels: 0,
        log_degree: 0,
        insecure: true,
    }
}
