//! Slots without numbers: levels, keys and operations of a circuit, counted by running it.

use crate::slots::{Counts, Slots, Stage};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts what a circuit does.
#[derive(Debug)]
pub(crate) struct Plan {
    slots: usize,
    levels: usize,
    counts: Mutex<Counts>,
}

impl Plan {
    /// Vectors of `slots` slots that have `levels` levels after a refresh.
    pub(crate) fn new(slots: usize, levels: usize) -> Self {
        Plan {
            slots,
            levels,
            counts: Mutex::default(),
        }
    }

    /// Everything done so far.
    pub(crate) fn into_counts(self) -> Counts {
        let counts = self.counts.into_inner();
        counts.unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The level after an operation that takes one.
///
/// # Errors
/// [`Error::Levels`] if none is left.
fn spend(level: usize, operation: &'static str) -> Result<usize> {
    level.checked_sub(1).ok_or(Error::Levels { operation })
}

/// Counts an operation at a level.
fn count_one(counts: &mut BTreeMap<usize, usize>, level: usize) {
    *counts.entry(level).or_insert(0) += 1;
}

impl Slots for Plan {
    /// Levels left.
    type Vector = usize;
    type Product = usize;
    type Mask = ();

    fn count(&self) -> usize {
        self.slots
    }

    fn mask(&self, _: Vec<f64>) {}

    fn rotate(&self, a: &usize, steps: isize) -> Result<usize> {
        let steps = steps.rem_euclid(self.slots.cast_signed()).unsigned_abs();
        if steps != 0 {
            count_one(self.lock().rotations.entry(steps).or_default(), *a);
        }
        Ok(*a)
    }

    fn rotate_each(&self, a: &usize, steps: &[isize]) -> Result<Vec<usize>> {
        for _ in steps.iter().skip(1) {
            count_one(&mut self.lock().hoisted_rotations, *a);
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
        count_one(&mut self.lock().products, level);
        Ok(level)
    }

    fn add_product(&self, a: &mut usize, b: &usize) -> Result<()> {
        self.add(a, b)
    }

    fn relinearize_rescale(&self, product: &usize) -> Result<usize> {
        count_one(&mut self.lock().relinearizations, *product);
        spend(*product, "a product")
    }

    fn square_plus_itself(&self, a: &usize) -> Result<usize> {
        self.relinearize_rescale(&self.product(a, a)?)
    }

    fn double_plus_one(&self, a: &usize) -> Result<usize> {
        Ok(*a)
    }

    fn linear_combination(&self, terms: &[(&usize, &())]) -> Result<usize> {
        let level = terms.iter().map(|(level, ())| **level).min();
        let level = level.ok_or(Error::NoTerms)?;
        for _ in terms {
            count_one(&mut self.lock().mask_products, level);
        }
        spend(level, "a product with a mask")
    }

    fn drop_levels(&self, a: &mut usize, levels: usize) -> Result<()> {
        *a = (*a).min(levels);
        Ok(())
    }

    fn levels(&self, a: &usize) -> usize {
        *a
    }

    fn observe(&self, stage: Stage, a: &usize) {
        self.lock().levels_left.insert(stage, *a);
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
