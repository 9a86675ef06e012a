//! Memory of secrets, which is wiped when it is dropped.

use nearfield_ring::{Limbs, Ntt, Poly, Representation, Ring, Row};
use std::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// A polynomial that is wiped when it is dropped.
pub(crate) struct Secret(Poly<Ntt>);

/// A row that is wiped when it is dropped.
pub(crate) struct SecretRow(Row);

/// Overwrites the residues of a polynomial with zeros.
pub(crate) fn wipe<R: Representation>(poly: &mut Poly<R>) {
    for row in poly.rows_mut() {
        row.zeroize();
    }
}

impl Secret {
    /// A polynomial to be wiped.
    pub(crate) fn new(poly: Poly<Ntt>) -> Self {
        Secret(poly)
    }

    /// The values modulo the prime of a row of a polynomial.
    pub(crate) fn row(&self, limbs: Limbs, row: usize) -> &[u64] {
        self.0.row_of(limbs, row)
    }
}

impl SecretRow {
    /// A row with any residues in it.
    pub(crate) fn new(ring: &Ring) -> Self {
        SecretRow(ring.row())
    }
}

impl Deref for SecretRow {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.0
    }
}

impl DerefMut for SecretRow {
    fn deref_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }
}

impl Drop for SecretRow {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}
