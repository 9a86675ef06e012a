//! The plan of a step: levels, operations and keys, counted by running the circuit without data.

use super::cost;
use crate::circuit::Circuit;
use crate::layout::{Batch, Labels, Layout, Ranges};
use crate::schedule::Rates;
use crate::slots::{Counts, Plan};
use crate::{Error, Result};
use nearfield_ckks::bootstrap::SlotKind;
use nearfield_ckks::{Galois, KeyList};

/// Maximum of the levels that a step is tried with.
const MAX_LEVELS: usize = 60;

/// The plan of a training step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPlan {
    /// Levels from one refresh to the next, the one that unpacks the state included.
    pub levels: usize,
    /// Number of vectors of samples in a batch.
    pub vectors: usize,
    /// The operations of the step.
    pub counts: Counts,
}

impl StepPlan {
    /// The plan with the fewest levels for a step on `batch` samples.
    ///
    /// # Errors
    /// [`Error::TooDeep`] if the network takes more levels than are ever tried.
    pub fn new(layout: &Layout, batch: usize, rates: &Rates) -> Result<Self> {
        let vectors = batch.div_ceil(layout.samples_per_vector());
        for levels in 1..=MAX_LEVELS {
            match count_step(layout, vectors, levels, rates) {
                Ok(counts) => {
                    return Ok(StepPlan {
                        levels,
                        vectors,
                        counts,
                    });
                }
                Err(Error::Levels { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::TooDeep {
            network: layout.network().to_string(),
            max_levels: MAX_LEVELS,
        })
    }

    /// Levels of the circuit, without the one that unpacks the state.
    pub fn circuit_levels(&self) -> usize {
        self.levels - 1
    }

    /// Levels that encrypted inputs and labels need.
    pub fn input_levels(&self) -> usize {
        self.levels - 1
    }

    /// Adds the keys of the circuit to a list; `base` is the level at which a bootstrapping takes
    /// ciphertexts, above which the levels of the circuit begin.
    pub fn list_keys(&self, base: usize, list: &mut KeyList) {
        for (&steps, by_level) in &self.counts.rotations {
            let highest = by_level.keys().max().copied().unwrap_or(0);
            list.add_galois(Galois::Rotation(steps.cast_signed()), base + highest);
        }
        if let Some(highest) = self.counts.relinearizations.keys().max() {
            list.add_relinearization(base + highest);
        }
    }

    /// Whether a bootstrapping refreshes pairs of vectors, in complex slots.
    pub fn slot_kind(&self) -> SlotKind {
        match self.counts.pair_refreshes {
            0 => SlotKind::Real,
            _ => SlotKind::Complex,
        }
    }

    /// About how much work a step is, for choosing among layouts.
    pub(super) fn work(&self) -> f64 {
        cost::work(&self.counts, &cost::WORK)
    }
}

/// The operations of a step that has `levels` levels after a refresh.
///
/// # Errors
/// [`Error::Levels`] if it takes more.
fn count_step(layout: &Layout, vectors: usize, levels: usize, rates: &Rates) -> Result<Counts> {
    let plan = Plan::new(layout.grid().slots(), levels);
    let unit = Ranges {
        weights: 1.0,
        velocities: 1.0,
    };
    let labels = Labels {
        expanded: Some(levels),
        repeated: Some(levels),
    };
    let batch = Batch {
        inputs: vec![vec![levels - 1; layout.input_vectors()]; vectors],
        labels: vec![labels; vectors],
    };
    let state = vec![0; layout.state_vectors()];
    Circuit::new(&plan, layout, unit)?.step(&state, batch, rates)?;
    Ok(plan.into_counts())
}
