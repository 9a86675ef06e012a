//! Slots in floating point: the twin that every encrypted run is compared with.

use crate::slots::Slots;
use crate::{Error, Result};

/// Vectors of `f64`.
#[derive(Clone, Debug)]
pub struct Clear {
    count: usize,
}

impl Clear {
    /// Vectors of so many slots.
    pub fn new(count: usize) -> Self {
        Clear { count }
    }
}

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

impl Slots for Clear {
    type Vector = Vec<f64>;
    type Product = Vec<f64>;
    type Mask = Vec<f64>;

    fn count(&self) -> usize {
        self.count
    }

    fn mask(&self, values: Vec<f64>) -> Vec<f64> {
        values
    }

    fn rotate(&self, a: &Vec<f64>, steps: isize) -> Result<Vec<f64>> {
        let mut rotated = a.clone();
        rotated.rotate_left(steps.rem_euclid(self.count.cast_signed()).unsigned_abs());
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

    fn finish(&self, product: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(product.clone())
    }

    fn square_plus_itself(&self, a: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(a.iter().map(|z| z * z + z).collect())
    }

    fn twice_plus_one(&self, a: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(a.iter().map(|z| 2.0 * z + 1.0).collect())
    }

    fn weigh(&self, terms: &[(&Vec<f64>, &Vec<f64>)]) -> Result<Vec<f64>> {
        let mut sum = vec![0.0; self.count];
        for (vector, mask) in terms {
            let product = self.product(vector, mask)?;
            self.add(&mut sum, &product)?;
        }
        Ok(sum)
    }

    fn lower(&self, _: &mut Vec<f64>, _: usize) -> Result<()> {
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
