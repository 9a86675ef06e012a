//! Arithmetic of rows: many residues modulo one prime.
//!
//! What is multiplied by often (keys, plaintexts, matrices) is kept in *Montgomery form*, times
//! `R` modulo the prime. Then a product with what is not, divided by `R`, is the plain product.
//! `R` is 2^52 for moduli below 2^50 and 2^64 for larger ones.

use crate::{Modulus, Multiplier};

/// # Range
/// Residues in and out, of rows of the same length.
///
/// # Panics
/// If rows that belong together differ in length.
impl Modulus {
    /// `a += b`.
    pub fn add_rows(self, a: &mut [u64], b: &[u64]) {
        each(a, b, |a, b| self.add(a, b));
    }

    /// `a -= b`.
    pub fn sub_rows(self, a: &mut [u64], b: &[u64]) {
        each(a, b, |a, b| self.sub(a, b));
    }

    /// `a = -a`.
    pub fn neg_row(self, a: &mut [u64]) {
        a.iter_mut().for_each(|a| *a = self.neg(*a));
    }

    /// `a *= by`.
    pub fn scale_row(self, a: &mut [u64], by: Multiplier) {
        a.iter_mut().for_each(|a| *a = self.mul_by(*a, by));
    }

    /// `a += by` in every place.
    pub fn add_constant_row(self, a: &mut [u64], by: u64) {
        a.iter_mut().for_each(|a| *a = self.add(*a, by));
    }

    /// `a += b * by`.
    pub fn add_scaled_rows(self, a: &mut [u64], b: &[u64], by: Multiplier) {
        each(a, b, |a, b| self.add(a, self.mul_by(b, by)));
    }

    /// `a = (a - b) * by`.
    pub fn sub_scale_rows(self, a: &mut [u64], b: &[u64], by: Multiplier) {
        each(a, b, |a, b| self.mul_by(self.sub(a, b), by));
    }

    /// `a *= b`.
    pub fn mul_rows(self, a: &mut [u64], b: &[u64]) {
        each(a, b, |a, b| self.mul(a, b));
    }

    /// Plain residues to Montgomery form.
    pub fn montgomery_row(self, a: &mut [u64]) {
        let factor = self.multiplier(self.montgomery_factor());
        self.scale_row(a, factor);
    }

    /// The sum of products, one factor of each in Montgomery form: `to = sum(a * b) / R`.
    ///
    /// # Panics
    /// If there are more than 64 products.
    pub fn inner_product(self, products: &[(&[u64], &[u64])], to: &mut [u64]) {
        to.fill(0);
        self.add_inner_product(products, to);
    }

    /// `to += sum(a * b) / R`, one factor of each product in Montgomery form.
    ///
    /// # Panics
    /// If there are more than 64 products.
    pub fn add_inner_product(self, products: &[(&[u64], &[u64])], to: &mut [u64]) {
        assert!(products.len() <= 64, "{} products at once", products.len());
        let inverse = self.multiplier(self.invert_by_fermat(self.montgomery_factor()));
        for (index, to) in to.iter_mut().enumerate() {
            let sum = products
                .iter()
                .fold(0, |sum, (a, b)| self.add(sum, self.mul(a[index], b[index])));
            *to = self.add(*to, self.mul_by(sum, inverse));
        }
    }

    /// `R` modulo this.
    fn montgomery_factor(self) -> u64 {
        let bits = if self.value() < 1 << 50 { 52 } else { 64 };
        let power = (1_u128 << bits) % u128::from(self.value());
        u64::try_from(power).unwrap_or(0)
    }
}

fn each(a: &mut [u64], b: &[u64], operation: impl Fn(u64, u64) -> u64) {
    assert_eq!(a.len(), b.len(), "rows of the same length");
    for (a, &b) in a.iter_mut().zip(b) {
        *a = operation(*a, b);
    }
}
