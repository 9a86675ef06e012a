//! Matrices given by their nonzero diagonals.

use num_complex::Complex64;
use std::collections::BTreeMap;

/// A square matrix by its generalized diagonals: entry `j` of diagonal `d` is the matrix's entry
/// in row `j`, column `(j + d) mod slots`.
///
/// The product with a vector uses only operations that ciphertexts have: it is the sum over `d` of
/// diagonal `d` times the vector rotated left by `d`.
///
/// # Shapes
/// Every diagonal has `slots` entries. Diagonals of zeros are left out.
///
/// # Source
/// Halevi, Shoup 2014/106.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagonals {
    slots: usize,
    diagonals: BTreeMap<usize, Vec<Complex64>>,
}

impl Diagonals {
    /// A matrix of `slots` rows and columns.
    ///
    /// # Panics
    /// If `slots` is not a power of two, an index is not below it, or a diagonal has another
    /// length.
    pub fn new(slots: usize, mut diagonals: BTreeMap<usize, Vec<Complex64>>) -> Self {
        assert!(
            slots.is_power_of_two(),
            "{slots} slots: take a power of two"
        );
        for (&index, diagonal) in &diagonals {
            assert!(index < slots, "diagonal {index} of {slots}");
            assert_eq!(diagonal.len(), slots, "entries of diagonal {index}");
        }
        diagonals.retain(|_, diagonal| diagonal.iter().any(|&entry| entry != Complex64::ZERO));
        Diagonals { slots, diagonals }
    }

    /// A small matrix from its rows.
    ///
    /// # Panics
    /// If it is not square, or the number of rows is not a power of two.
    pub fn from_dense(rows: &[Vec<Complex64>]) -> Self {
        let slots = rows.len();
        let square = rows.iter().all(|row| row.len() == slots);
        assert!(square, "{slots} rows: each needs as many entries");
        let diagonal = |d| (0..slots).map(|j| rows[j][(j + d) % slots]).collect();
        Self::new(slots, (0..slots).map(|d| (d, diagonal(d))).collect())
    }

    /// Number of rows, and of columns.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Number of nonzero diagonals.
    pub fn len(&self) -> usize {
        self.diagonals.len()
    }

    /// Whether the matrix is zero.
    pub fn is_empty(&self) -> bool {
        self.diagonals.is_empty()
    }

    /// Indices of the nonzero diagonals, ascending.
    pub fn indices(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.diagonals.keys().copied()
    }

    /// A diagonal, unless it is zero.
    pub fn diagonal(&self, index: usize) -> Option<&[Complex64]> {
        self.diagonals.get(&index).map(Vec::as_slice)
    }

    /// Nonzero diagonals with their indices, ascending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (usize, &[Complex64])> {
        self.diagonals.iter().map(|(&d, entries)| (d, &entries[..]))
    }

    /// Whether every entry is real.
    pub fn is_real(&self) -> bool {
        let mut entries = self.diagonals.values().flatten();
        entries.all(|entry| entry.im == 0.0)
    }

    /// The matrix times a vector.
    ///
    /// # Panics
    /// If the vector does not have one entry for each slot.
    pub fn apply(&self, vector: &[Complex64]) -> Vec<Complex64> {
        assert_eq!(vector.len(), self.slots, "one entry for each slot");
        let mut result = vec![Complex64::ZERO; self.slots];
        for (d, diagonal) in self.iter() {
            add_product(&mut result, diagonal, vector, d);
        }
        result
    }

    /// The product that applies this matrix first and `next` second.
    ///
    /// # Panics
    /// If the two differ in size.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        assert_eq!(self.slots, next.slots, "matrices of one size");
        let mut diagonals = BTreeMap::new();
        for (e, outer) in next.iter() {
            for (d, inner) in self.iter() {
                let sum = diagonals
                    .entry((e + d) % self.slots)
                    .or_insert_with(|| vec![Complex64::ZERO; self.slots]);
                add_product(sum, outer, inner, e);
            }
        }
        Self::new(self.slots, diagonals)
    }

    /// The matrix times a number.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        for entry in self.diagonals.values_mut().flatten() {
            *entry *= factor;
        }
        self
    }
}

/// Adds `weights` times the vector rotated left.
fn add_product(
    sum: &mut [Complex64],
    weights: &[Complex64],
    vector: &[Complex64],
    rotation: usize,
) {
    let (head, tail) = vector.split_at(rotation);
    for ((sum, weight), entry) in sum.iter_mut().zip(weights).zip(tail.iter().chain(head)) {
        *sum += weight * entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SLOTS: usize = 8;

    fn complex() -> impl Strategy<Value = Complex64> {
        (-1.0..1.0, -1.0..1.0).prop_map(|(re, im)| Complex64::new(re, im))
    }

    fn vector() -> impl Strategy<Value = Vec<Complex64>> {
        prop::collection::vec(complex(), SLOTS)
    }

    fn rows() -> impl Strategy<Value = Vec<Vec<Complex64>>> {
        prop::collection::vec(vector(), SLOTS)
    }

    fn close(a: &[Complex64], b: &[Complex64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).norm() < 1e-13)
    }

    proptest! {
        #[test]
        fn diagonals_give_the_product_of_the_rows(rows in rows(), x in vector()) {
            let product = |row: &Vec<Complex64>| row.iter().zip(&x).map(|(m, x)| m * x).sum();
            let expected: Vec<Complex64> = rows.iter().map(product).collect();
            prop_assert!(close(&Diagonals::from_dense(&rows).apply(&x), &expected));
        }

        #[test]
        fn a_composition_does_one_and_then_the_other(a in rows(), b in rows(), x in vector()) {
            let (a, b) = (Diagonals::from_dense(&a), Diagonals::from_dense(&b));
            prop_assert!(close(&a.then(&b).apply(&x), &b.apply(&a.apply(&x))));
        }

        #[test]
        fn a_scaled_matrix_scales_its_result(a in rows(), x in vector(), factor in -2.0..2.0) {
            let a = Diagonals::from_dense(&a);
            let expected: Vec<_> = a.apply(&x).iter().map(|y| y * factor).collect();
            prop_assert!(close(&a.scaled(factor).apply(&x), &expected));
        }
    }

    #[test]
    fn diagonals_of_zeros_are_left_out() {
        let mut rows = vec![vec![Complex64::ZERO; SLOTS]; SLOTS];
        rows[SLOTS - 1][1] = Complex64::ONE;
        let matrix = Diagonals::from_dense(&rows);
        assert!(matrix.indices().eq([2]));
        assert!(matrix.is_real());
        rows[3][3] = Complex64::I;
        let matrix = Diagonals::from_dense(&rows);
        assert!(matrix.indices().eq([0, 2]));
        assert!(!matrix.is_real());
        assert_eq!(matrix.diagonal(0).map(|d| d[3]), Some(Complex64::I));
        assert_eq!(matrix.diagonal(1), None);
    }
}
