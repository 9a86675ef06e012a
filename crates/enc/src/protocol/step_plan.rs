//! A step, planned: its levels, keys and operations, counted by running the circuit.

use crate::circuit::Circuit;
use crate::layout::{Batch, Labels, Layout, Ranges};
use crate::schedule::Rates;
use crate::slots::{Counts, Plan};
use crate::{Error, Result};
use nearfield_ckks::bootstrap::SlotKind;
use nearfield_ckks::{Galois, KeyList};

/// Levels of a bootstrapping below those of a training.
const BOOTSTRAP_LEVELS: usize = 3;
/// About how many special primes a key switch has.
const SPECIAL_PRIMES: f64 = 10.0;
/// About the work of a refresh, of that of a pair, and of a product of ciphertexts with its
/// share of reading.
const REFRESH_WORK: f64 = 8000.0;
const PAIR_REFRESH_WORK: f64 = 11_000.0;
const PRODUCT_WORK: f64 = 8.0;

/// Most levels that a step is tried with.
const MOST_LEVELS: usize = 60;

/// What a step of a network is, planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPlan {
    /// Levels from one refresh to the next, the one that unpacks the state included.
    pub levels: usize,
    /// Vectors of samples in a batch.
    pub vectors: usize,
    /// What is done.
    pub counts: Counts,
}

impl StepPlan {
    /// The fewest levels with which a step on a batch of so many samples can be made, and what
    /// it does: the circuit itself is run.
    ///
    /// # Errors
    /// If there are not enough levels for it at all.
    pub fn new(layout: &Layout, batch: usize, rates: &Rates) -> Result<Self> {
        let vectors = batch.div_ceil(layout.samples());
        let mut failed = Error::Levels { what: "a step" };
        for levels in 1..=MOST_LEVELS {
            match try_step(layout, vectors, levels, rates) {
                Ok(counts) => {
                    return Ok(StepPlan {
                        levels,
                        vectors,
                        counts,
                    });
                }
                Err(error @ Error::Levels { .. }) => failed = error,
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    }

    /// The levels of the circuit, without the one that unpacks the state.
    pub fn circuit_levels(&self) -> usize {
        self.levels - 1
    }

    /// Levels that encrypted inputs need.
    pub fn input_levels(&self) -> usize {
        self.levels - 1
    }
}

impl StepPlan {
    /// Adds the keys that the circuit needs, above the levels of a bootstrapping itself.
    pub fn list_keys(&self, base: usize, list: &mut KeyList) {
        for (&steps, by_level) in &self.counts.rotations {
            let highest = by_level.keys().max().copied().unwrap_or(0);
            list.add_galois(Galois::Rotation(steps.cast_signed()), base + highest);
        }
        if let Some(highest) = self.counts.relinearizations.keys().max() {
            list.add_relinearization(base + highest);
        }
    }

    /// About how much work a step is, for choosing among layouts: in transforms of a row.
    ///
    /// A key switch transforms a digit for each target prime, and back what the special primes
    /// are divided out of.
    pub fn work(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "counts are small")]
        let float = |count: usize| count as f64;
        let all = self.counts.key_switches().into_iter();
        let key_switches = all.map(|(level, count)| {
            let primes = float(level + BOOTSTRAP_LEVELS + 1);
            let digits = (primes / SPECIAL_PRIMES).ceil();
            let work = (digits + 2.0) * (primes + SPECIAL_PRIMES);
            work * self.counts.first_ones(level, count)
        });
        let refreshes = REFRESH_WORK * float(self.counts.refreshes)
            + PAIR_REFRESH_WORK * float(self.counts.pair_refreshes);
        let products = float(self.counts.products.values().sum());
        key_switches.sum::<f64>() + refreshes + PRODUCT_WORK * products
    }

    /// Whether a bootstrapping is of pairs of vectors, in complex slots.
    pub fn slot_kind(&self) -> SlotKind {
        match self.counts.pair_refreshes {
            0 => SlotKind::Real,
            _ => SlotKind::Complex,
        }
    }
}

fn try_step(layout: &Layout, vectors: usize, levels: usize, rates: &Rates) -> Result<Counts> {
    let plan = Plan::new(layout.grid.slots(), levels);
    let unit = Ranges {
        weights: 1.0,
        velocities: 1.0,
    };
    let circuit = Circuit::new(&plan, layout, unit)?;
    let labels = Labels {
        expanded: Some(levels),
        repeated: Some(levels),
    };
    let batch = Batch {
        inputs: vec![vec![levels - 1; layout.input_vectors()]; vectors],
        labels: vec![labels; vectors],
    };
    circuit.step(&vec![0; layout.state_vectors()], batch, rates)?;
    Ok(plan.counts())
}
