//! Slots without numbers: a circuit's levels, keys and operations, counted by running it.

use crate::slots::{Slots, Stage};
use crate::{Error, Result};
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

/// The share of a key switch that a further rotation of the same vector takes.
const FURTHER_ROTATION: f64 = 0.13;

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
