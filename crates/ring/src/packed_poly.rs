//! Polynomials of packed rows: what stays in memory for long, as keys do.

use crate::{Limbs, Montgomery, PackedRow, Poly, Ring};
use rayon::prelude::*;

/// A polynomial in [`Montgomery`] form, as packed rows.
///
/// # Shapes
/// A row for each prime, in the order of [`Poly`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedPoly {
    rows: Vec<PackedRow>,
    chain: usize,
}

impl PackedPoly {
    /// The primes that it is known modulo.
    pub fn limbs(&self) -> Limbs {
        Limbs {
            chain: self.chain,
            special: self.rows.len() - self.chain,
        }
    }

    /// Its rows.
    pub fn rows(&self) -> &[PackedRow] {
        &self.rows
    }

    /// The row modulo the same prime as row `row` of a polynomial with these limbs.
    pub fn row_of(&self, limbs: Limbs, row: usize) -> &PackedRow {
        &self.rows[self.limbs().index_of(limbs, row)]
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(PackedRow::bytes).sum()
    }
}

impl Ring {
    /// Packs a polynomial.
    pub fn pack(&self, poly: &Poly<Montgomery>) -> PackedPoly {
        let limbs = poly.limbs();
        let rows = poly.rows().par_iter().enumerate();
        let rows = rows.map(|(index, row)| {
            let modulus = self.table(limbs, index).modulus();
            PackedRow::new(modulus, row)
        });
        PackedPoly {
            rows: rows.collect(),
            chain: limbs.chain,
        }
    }
}
