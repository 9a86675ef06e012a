//! Switching keys: the core of products, rotations and bootstrapping.

use super::Evaluator;
use crate::gadget::{Digits, Gadget};
use crate::keys::SwitchingKey;
use nearfield_ring::{Limbs, Modulus, Ntt, NttTable, Poly, Ring, Row};
use rayon::prelude::*;

/// A polynomial's digits, raised and transformed once for many key switches.
pub(crate) struct RaisedDigits {
    limbs: Limbs,
    digits: Digits,
}

/// Multiplies a polynomial by a secret and switches it: the result is `P` times that, under the
/// key's other secret. Work is shared out by primes: all digits modulo one are transformed, and
/// meet the key while they are in the cache.
pub(crate) fn switch(
    ring: &Ring,
    gadget: &Gadget,
    poly: &Poly<Ntt>,
    key: &SwitchingKey,
) -> [Poly<Ntt>; 2] {
    let limbs = gadget.raised(poly.limbs().chain);
    let mut digits = gadget.raise(ring, poly);
    let (mut a, mut b) = (ring.unfilled(limbs), ring.unfilled(limbs));
    let rows = (digits.par_iter_mut(), a.rows_mut(), b.rows_mut()).into_par_iter();
    rows.enumerate().for_each(|(row, (digits, a, b))| {
        let table = ring.table(limbs, row);
        let mut digits = std::mem::take(digits);
        transform(table, &mut digits);
        let digits = values(&digits, poly, row);
        for (half, to) in [a, b].into_iter().enumerate() {
            key.multiply(table.modulus(), &digits, (limbs, row), half, to);
        }
    });
    [a, b]
}

/// Raises a polynomial's digits, to be switched many times.
pub(crate) fn hoist(ring: &Ring, gadget: &Gadget, poly: &Poly<Ntt>) -> RaisedDigits {
    let limbs = gadget.raised(poly.limbs().chain);
    let mut digits = gadget.raise(ring, poly);
    let rows = digits.par_iter_mut().enumerate();
    rows.for_each(|(row, digits)| transform(ring.table(limbs, row), digits));
    RaisedDigits { limbs, digits }
}

fn transform(table: &NttTable, digits: &mut [Option<Row>]) {
    for row in digits.iter_mut().flatten() {
        table.forward(row);
    }
}

/// The values of all digits modulo the prime of a row.
fn values<'a>(digits: &'a [Option<Row>], poly: &'a Poly<Ntt>, row: usize) -> Vec<&'a [u64]> {
    let values = digits.iter().map(|digit| match digit {
        Some(values) => &values[..],
        None => &poly.rows()[row][..],
    });
    values.collect()
}

impl RaisedDigits {
    /// The primes modulo which they are raised.
    pub(crate) fn limbs(&self) -> Limbs {
        self.limbs
    }

    /// What [`switch`] does, from here on, with the polynomial that the digits are of.
    pub(crate) fn switch(
        &self,
        ring: &Ring,
        poly: &Poly<Ntt>,
        key: &SwitchingKey,
    ) -> [Poly<Ntt>; 2] {
        fill_pair(ring, self.limbs, |row, to| {
            let modulus = ring.table(self.limbs, row).modulus();
            for (half, to) in to.into_iter().enumerate() {
                self.multiply(modulus, (poly, key), (half, row), to);
            }
        })
    }

    /// One half of the switched polynomial, modulo the prime of a row.
    pub(crate) fn multiply(
        &self,
        modulus: Modulus,
        (poly, key): (&Poly<Ntt>, &SwitchingKey),
        (half, row): (usize, usize),
        to: &mut [u64],
    ) {
        let digits = values(&self.digits[row], poly, row);
        key.multiply(modulus, &digits, (self.limbs, row), half, to);
    }
}

impl SwitchingKey {
    /// The sum of products of digits and one half of this key, modulo the prime of a row.
    fn multiply(
        &self,
        modulus: Modulus,
        digits: &[&[u64]],
        (limbs, row): (Limbs, usize),
        half: usize,
        to: &mut [u64],
    ) {
        let products = digits.iter().zip(&self.digits).map(|(digit, pair)| {
            let key = &pair[half];
            let place = if row < limbs.chain {
                row
            } else {
                row - limbs.chain + key.limbs().chain
            };
            (*digit, &key.rows()[place][..])
        });
        let products: Vec<(&[u64], &[u64])> = products.collect();
        modulus.inner_product(&products, to);
    }
}

/// Two polynomials whose rows are made together, on all threads.
pub(crate) fn fill_pair(
    ring: &Ring,
    limbs: Limbs,
    fill: impl Fn(usize, [&mut Row; 2]) + Sync,
) -> [Poly<Ntt>; 2] {
    let (mut a, mut b) = (ring.unfilled(limbs), ring.unfilled(limbs));
    let rows: (&mut [Row], &mut [Row]) = (a.rows_mut(), b.rows_mut());
    let pairs = rows.0.par_iter_mut().zip(rows.1.par_iter_mut());
    pairs
        .enumerate()
        .for_each(|(row, (a, b))| fill(row, [a, b]));
    [a, b]
}

impl Evaluator {
    /// Divides both parts of a raised pair by the special primes, and by the last prime of the
    /// chain if asked for. `finish` gets each part's rows with their indices.
    pub(super) fn lower(
        &self,
        raised: [Poly<Ntt>; 2],
        rescale: bool,
        finish: impl Fn(usize, usize, &mut Row) + Sync,
    ) -> [Poly<Ntt>; 2] {
        let (ring, gadget) = (self.params.ring(), self.params.gadget());
        let [first, second] = raised;
        let lower = |part, poly| {
            gadget.lower(ring, poly, rescale, |index, row: &mut Row| {
                finish(part, index, row);
            })
        };
        let (first, second) = rayon::join(|| lower(0, first), || lower(1, second));
        [first, second]
    }
}
