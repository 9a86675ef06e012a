//! Switching keys: the core of products, rotations and bootstrapping.

use super::Evaluator;
use crate::gadget::Gadget;
use crate::keys::SwitchingKey;
use nearfield_ring::{Limbs, Modulus, Ntt, Poly, Ring, Row};
use rayon::prelude::*;

/// A polynomial's digits, raised to the special primes once for many key switches.
pub(crate) struct RaisedDigits(Vec<Poly<Ntt>>);

/// Multiplies a polynomial by a secret and switches it: the result is `P` times that, under the
/// key's other secret. Work is shared out by primes: all digits are raised to one, and meet the
/// key there while they are in the cache.
pub(crate) fn switch(
    ring: &Ring,
    gadget: &Gadget,
    poly: &Poly<Ntt>,
    key: &SwitchingKey,
) -> [Poly<Ntt>; 2] {
    let chain = poly.limbs().chain;
    let limbs = gadget.raised(chain);
    let split = gadget.split(ring, poly);
    fill_pair(ring, limbs, |row, to| {
        let mut works: Vec<Row> = (0..gadget.digits(chain)).map(|_| ring.row()).collect();
        let digits = works.iter_mut().enumerate();
        let digits =
            digits.map(|(digit, work)| gadget.raise(ring, (poly, &split), (digit, row), work));
        let digits: Vec<&[u64]> = digits.collect();
        for (half, to) in to.into_iter().enumerate() {
            let modulus = ring.table(limbs, row).modulus();
            key.multiply(modulus, &digits, (limbs, row), half, to);
        }
    })
}

/// Raises a polynomial's digits, to be switched many times.
pub(crate) fn hoist(ring: &Ring, gadget: &Gadget, poly: &Poly<Ntt>) -> RaisedDigits {
    let chain = poly.limbs().chain;
    let split = gadget.split(ring, poly);
    let digits = (0..gadget.digits(chain)).map(|digit| {
        let mut raised = ring.unfilled(gadget.raised(chain));
        ring.each(&mut raised, |_, row, to| {
            let mut work = ring.row();
            to.copy_from_slice(gadget.raise(ring, (poly, &split), (digit, row), &mut work));
        });
        raised
    });
    RaisedDigits(digits.collect())
}

impl RaisedDigits {
    /// What [`switch`] does, from here on.
    pub(crate) fn switch(&self, ring: &Ring, key: &SwitchingKey) -> [Poly<Ntt>; 2] {
        let limbs = self.0[0].limbs();
        fill_pair(ring, limbs, |row, to| {
            let modulus = ring.table(limbs, row).modulus();
            for (half, to) in to.into_iter().enumerate() {
                self.multiply(modulus, key, (half, row), to);
            }
        })
    }

    /// One half of the switched polynomial, modulo the prime of a row.
    pub(crate) fn multiply(
        &self,
        modulus: Modulus,
        key: &SwitchingKey,
        (half, row): (usize, usize),
        to: &mut [u64],
    ) {
        let limbs = self.0[0].limbs();
        let digits: Vec<&[u64]> = self.0.iter().map(|digit| &digit.rows()[row][..]).collect();
        key.multiply(modulus, &digits, (limbs, row), half, to);
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
