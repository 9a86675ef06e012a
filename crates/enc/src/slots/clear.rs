//! Slots in floating point: the twin, which is the plaintext run of the same circuit.

use crate::slots::Slots;
use crate::{Error, Result};

/// Vectors of `f64`. Levels are unlimited.
#[derive(Clone, Debug)]
pub struct Clear {
    slots: usize,
}

impl Clear {
    /// Vectors of `slots` slots.
    pub fn new(slots: usize) -> Self {
        Clear { slots }
    }
}

impl Slots for Clear {
    type Vector = Vec<f64>;
    type Product = Vec<f64>;
    type Mask = Vec<f64>;

    fn count(&self) -> usize {
        self.slots
    }

    fn mask(&self, values: Vec<f64>) -> Vec<f64> {
        values
    }

    fn rotate(&self, a: &Vec<f64>, steps: isize) -> Result<Vec<f64>> {
        let mut rotated = a.clone();
        rotated.rotate_left(steps.rem_euclid(self.slots.cast_signed()).unsigned_abs());
        Ok(rotated)
    }

    fn add(&self, a: &mut Vec<f64>, b: &Vec<f64>) -> Result<()> {
        zip_with(a, b, |a, b| *a += b)
    }

    fn subtract(&self, a: &mut Vec<f64>, b: &Vec<f64>) -> Result<()> {
        zip_with(a, b, |a, b| *a -= b)
    }

    fn product(&self, a: &Vec<f64>, b: &Vec<f64>) -> Result<Vec<f64>> {
        let mut product = a.clone();
        zip_with(&mut product, b, |a, b| *a *= b)?;
        Ok(product)
    }

    fn add_product(&self, a: &mut Vec<f64>, b: &Vec<f64>) -> Result<()> {
        self.add(a, b)
    }

    fn relinearize_rescale(&self, product: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(product.clone())
    }

    fn square_plus_itself(&self, a: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(a.iter().map(|z| z * z + z).collect())
    }

    fn double_plus_one(&self, a: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(a.iter().map(|z| 2.0 * z + 1.0).collect())
    }

    fn linear_combination(&self, terms: &[(&Vec<f64>, &Vec<f64>)]) -> Result<Vec<f64>> {
        if terms.is_empty() {
            return Err(Error::NoTerms);
        }
        let mut sum = vec![0.0; self.slots];
        for (vector, mask) in terms {
            let product = self.product(vector, mask)?;
            self.add(&mut sum, &product)?;
        }
        Ok(sum)
    }

    fn drop_levels(&self, _: &mut Vec<f64>, _: usize) -> Result<()> {
        Ok(())
    }

    fn levels(&self, _: &Vec<f64>) -> usize {
        usize::MAX
    }

    fn refresh(&self, a: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(a.clone())
    }

    fn refresh_pair(&self, a: &Vec<f64>, b: &Vec<f64>) -> Result<(Vec<f64>, Vec<f64>)> {
        Ok((a.clone(), b.clone()))
    }
}

/// Combines `a` and `b` slot by slot, in `a`.
fn zip_with(a: &mut [f64], b: &[f64], combine: impl Fn(&mut f64, f64)) -> Result<()> {
    if a.len() != b.len() {
        return Err(Error::Count {
            what: "slots of an operand",
            found: b.len(),
            expected: a.len(),
        });
    }
    for (a, &b) in a.iter_mut().zip(b) {
        combine(a, b);
    }
    Ok(())
}
