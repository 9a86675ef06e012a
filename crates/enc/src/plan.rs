//! Slots without numbers: a circuit's levels, keys and operations, counted by running it.

use crate::block::Labels;
use crate::circuit::{Batch, Circuit, Ranges};
use crate::layout::Layout;
use crate::slots::{Slots, Stage};
use crate::update::Rates;
use crate::{Error, Result};
use nearfield_ckks::bootstrap::SlotKind;
use nearfield_ckks::{Galois, KeyList};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts what a circuit does.
#[derive(Debug)]
pub struct Plan {
    count: usize,
    levels: usize,
    counts: Mutex<Counts>,
}

/// What a circuit did, by levels left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rotations by steps from 0 to below the number of slots: the highest level, and how many at
    /// each.
    pub rotations: BTreeMap<usize, BTreeMap<usize, usize>>,
    /// How many of them were of a vector that was rotated by other steps at the same time, by
    /// level.
    pub further_rotations: BTreeMap<usize, usize>,
    /// Products brought back to vectors, by their level before.
    pub relinearizations: BTreeMap<usize, usize>,
    /// Products of vectors.
    pub products: BTreeMap<usize, usize>,
    /// Products of vectors and masks.
    pub weighings: BTreeMap<usize, usize>,
    /// Vectors refreshed by themselves.
    pub refreshes: usize,
    /// Pairs of vectors refreshed together.
    pub pair_refreshes: usize,
    /// Levels left at each place of a step.
    pub stages: BTreeMap<Stage, usize>,
}

impl Counts {
    /// Number of rotations.
    pub fn rotation_count(&self) -> usize {
        self.rotations.values().flat_map(BTreeMap::values).sum()
    }

    /// So many key switches at a level, as if each was the only one of its vector.
    pub(crate) fn first_ones(&self, level: usize, key_switches: usize) -> f64 {
        let further = self.further_rotations.get(&level).copied().unwrap_or(0);
        #[allow(clippy::cast_precision_loss, reason = "counts are small")]
        let float = |count: usize| count as f64;
        float(key_switches) - (1.0 - FURTHER_ROTATION) * float(further)
    }

    /// Key switches by level: rotations and relinearizations.
    ///
    /// [`Counts::further_rotations`] are among them.
    pub fn key_switches(&self) -> BTreeMap<usize, usize> {
        let mut all = self.relinearizations.clone();
        for by_level in self.rotations.values() {
            for (&level, &count) in by_level {
                *all.entry(level).or_insert(0) += count;
            }
        }
        all
    }
}

impl Plan {
    /// So many slots, and so many levels after a refresh.
    pub fn new(count: usize, levels: usize) -> Self {
        Plan {
            count,
            levels,
            counts: Mutex::default(),
        }
    }

    /// What was done so far.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// # Errors
/// If none is left.
fn spend(level: usize, what: &'static str) -> Result<usize> {
    level.checked_sub(1).ok_or(Error::Levels { what })
}

/// Levels of a bootstrapping below those of a training.
const BOOTSTRAP_LEVELS: usize = 3;
/// About how many special primes a key switch has.
const SPECIAL_PRIMES: f64 = 10.0;
/// About the work of a refresh, of that of a pair, and of a product of ciphertexts with its
/// share of reading.
const REFRESH_WORK: f64 = 8000.0;
const PAIR_REFRESH_WORK: f64 = 11_000.0;
const PRODUCT_WORK: f64 = 8.0;

/// The share of a key switch that a further rotation of the same vector takes.
const FURTHER_ROTATION: f64 = 0.13;

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

fn one_more(counts: &mut BTreeMap<usize, usize>, level: usize) {
    *counts.entry(level).or_insert(0) += 1;
}

impl Slots for Plan {
    /// Levels left.
    type Vector = usize;
    type Product = usize;
    type Mask = ();

    fn count(&self) -> usize {
        self.count
    }

    fn mask(&self, _: Vec<f64>) {}

    fn rotate(&self, a: &usize, steps: isize) -> Result<usize> {
        let steps = steps.rem_euclid(self.count.cast_signed()).unsigned_abs();
        if steps != 0 {
            one_more(self.lock().rotations.entry(steps).or_default(), *a);
        }
        Ok(*a)
    }

    fn rotate_each(&self, a: &usize, steps: &[isize]) -> Result<Vec<usize>> {
        for _ in steps.iter().skip(1) {
            one_more(&mut self.lock().further_rotations, *a);
        }
        steps.iter().map(|&steps| self.rotate(a, steps)).collect()
    }

    fn add_rotations(&self, a: &usize, steps: &[isize]) -> Result<usize> {
        self.rotate_each(a, steps)?;
        Ok(*a)
    }

    fn add(&self, a: &mut usize, b: &usize) -> Result<()> {
        *a = (*a).min(*b);
        Ok(())
    }

    fn subtract(&self, a: &mut usize, b: &usize) -> Result<()> {
        self.add(a, b)
    }

    fn product(&self, a: &usize, b: &usize) -> Result<usize> {
        let level = *a.min(b);
        one_more(&mut self.lock().products, level);
        Ok(level)
    }

    fn add_product(&self, a: &mut usize, b: &usize) -> Result<()> {
        self.add(a, b)
    }

    fn finish(&self, product: &usize) -> Result<usize> {
        one_more(&mut self.lock().relinearizations, *product);
        spend(*product, "a product")
    }

    fn square_plus_itself(&self, a: &usize) -> Result<usize> {
        self.finish(&self.product(a, a)?)
    }

    fn twice_plus_one(&self, a: &usize) -> Result<usize> {
        Ok(*a)
    }

    fn weigh(&self, terms: &[(&usize, &())]) -> Result<usize> {
        let level = terms.iter().map(|(level, ())| **level).min().unwrap_or(0);
        for _ in terms {
            one_more(&mut self.lock().weighings, level);
        }
        spend(level, "a product with a mask")
    }

    fn lower(&self, a: &mut usize, levels: usize) -> Result<()> {
        *a = (*a).min(levels);
        Ok(())
    }

    fn levels(&self, a: &usize) -> usize {
        *a
    }

    fn passed(&self, stage: Stage, a: &usize) {
        self.lock().stages.insert(stage, *a);
    }

    fn refresh(&self, _: &usize) -> Result<usize> {
        self.lock().refreshes += 1;
        Ok(self.levels)
    }

    fn refresh_pair(&self, _: &usize, _: &usize) -> Result<(usize, usize)> {
        self.lock().pair_refreshes += 1;
        Ok((self.levels, self.levels))
    }
}
