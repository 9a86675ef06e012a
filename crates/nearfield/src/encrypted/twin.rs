//! The twin of an encrypted training: the same circuit, on the same batches, in floating point.

use super::setup::Setup;
use crate::Result;
use nearfield_enc::{Batch, Circuit, Clear, Matrices, TaskPlan};

/// A twin between two steps.
pub struct Twin<'a> {
    setup: &'a Setup,
    planned: &'a TaskPlan,
    circuit: Circuit<'a, Clear>,
    state: Vec<Vec<f64>>,
    step: u64,
}

/// What a step of the twin was.
pub struct TwinStep {
    /// The number of its batch.
    pub batch: u32,
    /// By how much the answers exceeded the labels, for each sample and class.
    pub errors: Vec<Vec<f64>>,
}

/// The largest magnitudes in a state, in units of its ranges: more than 1 cannot be refreshed
/// well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Largest {
    /// Of weights.
    pub weight: f64,
    /// Of velocities.
    pub velocity: f64,
}

impl Largest {
    /// The larger of both, one by one; what is not a number stays.
    #[must_use]
    pub fn max(self, other: Largest) -> Largest {
        let larger = |a: f64, b: f64| {
            if a.is_nan() || b.is_nan() {
                f64::NAN
            } else {
                a.max(b)
            }
        };
        Largest {
            weight: larger(self.weight, other.weight),
            velocity: larger(self.velocity, other.velocity),
        }
    }
}

impl<'a> Twin<'a> {
    /// A twin at its beginning.
    ///
    /// # Errors
    /// Never for slots of the plan.
    pub fn new(
        setup: &'a Setup,
        planned: &'a TaskPlan,
        slots: &'a Clear,
        weights: &Matrices,
    ) -> Result<Self> {
        let ranges = planned.task.ranges();
        Ok(Twin {
            setup,
            planned,
            circuit: Circuit::new(slots, &planned.layout, ranges)?,
            state: planned.layout.pack_matrices(weights, ranges),
            step: 0,
        })
    }

    /// Makes a step.
    ///
    /// # Errors
    /// If the run has fewer samples than its task.
    pub fn step(&mut self) -> Result<TwinStep> {
        let task = &self.planned.task;
        let number = task.batch_of(self.step);
        let rates = task.training.at(self.step);
        let stepped = self.circuit.step(&self.state, self.batch(number), &rates)?;
        self.state = stepped.state;
        self.step += 1;
        let layout = &self.planned.layout;
        Ok(TwinStep {
            batch: number,
            errors: layout.unpack_predictions(&stepped.errors, task.batch),
        })
    }

    fn batch(&self, number: u32) -> Batch<Vec<f64>> {
        let (task, layout) = (&self.planned.task, &self.planned.layout);
        let first = number as usize * task.batch;
        let samples = first..first + task.batch;
        let train = &self.setup.train;
        let inputs: Vec<&[f64]> = samples.clone().map(|row| train.inputs.row(row)).collect();
        let labels = train.labels[samples].iter();
        let labels: Vec<usize> = labels.map(|&label| usize::from(label)).collect();
        layout.pack_batch(&inputs, &labels)
    }

    /// Weights and velocities.
    ///
    /// # Errors
    /// Never for a state of the plan.
    pub fn matrices(&self) -> Result<Matrices> {
        let layout = &self.planned.layout;
        Ok(layout.unpack_matrices(&self.state, self.planned.task.ranges())?)
    }

    /// The largest numbers of its state.
    ///
    /// # Errors
    /// Never for a state of the plan.
    pub fn largest(&self) -> Result<Largest> {
        let ranges = self.planned.task.ranges();
        let mut largest = Largest::default();
        for (_, parameter) in self.matrices()?.parameters() {
            let most = |values: &[f64]| values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            let weight = most(parameter.weight.values()) / ranges.weights;
            let velocity = most(parameter.velocity.values()) / ranges.velocities;
            largest.weight = largest.weight.max(weight);
            largest.velocity = largest.velocity.max(velocity);
        }
        Ok(largest)
    }
}
