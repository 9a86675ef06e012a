//! Switching keys: the core of products, rotations and bootstrapping.

use crate::gadget::{Digits, Gadget};
use crate::keys::SwitchingKey;
use nearfield_ring::{Automorphism, Limbs, Ntt, NttTable, PackedRow, Poly, Ring, Row};
use rayon::prelude::*;

/// A polynomial to be switched by a key. The result encrypts, under the second secret of the key,
/// the polynomial times the first secret, times the product of the special primes. Threads share
/// the work by primes: all digits modulo one prime are transformed, and multiplied with the key
/// while they are in the cache.
pub(crate) struct KeySwitch<'a> {
    pub(crate) ring: &'a Ring,
    pub(crate) gadget: &'a Gadget,
    pub(crate) poly: &'a Poly<Ntt>,
    pub(crate) key: &'a SwitchingKey,
    /// The automorphism that the polynomial is mapped by first, if there is one.
    pub(crate) map: Option<&'a Automorphism>,
}

/// The digits of a polynomial, raised and transformed once for many key switches.
pub(crate) struct RaisedDigits {
    limbs: Limbs,
    digits: Digits,
}

impl KeySwitch<'_> {
    fn limbs(&self) -> Limbs {
        self.gadget.raised(self.poly.limbs().chain)
    }

    /// Calls `each` with the index of every row, its pair of rows of the result and its item.
    pub(crate) fn each<T: Send>(
        &self,
        items: impl IndexedParallelIterator<Item = T>,
        each: impl Fn(usize, [Row; 2], T) + Sync,
    ) {
        let digits = self.gadget.raise(self.ring, self.poly);
        let rows = digits.into_par_iter().zip(items).enumerate();
        rows.for_each(|(row, (digits, item))| each(row, self.pair(row, digits), item));
    }

    /// The result divided by the special primes, and by the last prime of the chain if `rescale`.
    /// `add` may add to the rows before the division, `finish` gets them after it.
    pub(crate) fn lowered(
        &self,
        rescale: bool,
        add: impl Fn(usize, &mut [Row; 2]) + Sync,
        finish: impl Fn(usize, &mut [Row; 2]) + Sync,
    ) -> [Poly<Ntt>; 2] {
        let digits = self.gadget.raise(self.ring, self.poly);
        let make = |row, digits| {
            let mut pair = self.pair(row, digits);
            add(row, &mut pair);
            pair
        };
        let chain = self.poly.limbs().chain;
        let division = self.gadget.division(self.ring, chain, rescale);
        division.of_rows(digits, make, finish)
    }

    /// The result modulo the prime of a row.
    fn pair(&self, row: usize, mut digits: Vec<Option<Row>>) -> [Row; 2] {
        let table = self.ring.table(self.limbs(), row);
        transform(table, &mut digits);
        let digits = values(&digits, self.poly, row);
        let products = self.key.pairs(&digits, self.limbs(), row);
        let modulus = table.modulus();
        let mut pair = [self.ring.row(), self.ring.row()];
        match self.map {
            None => {
                for (half, sum) in pair.iter_mut().enumerate() {
                    let products = products
                        .iter()
                        .map(|(digit, halves)| (*digit, halves[half]));
                    let products: Vec<(&[u64], &PackedRow)> = products.collect();
                    modulus.inner_product_packed(&products, sum);
                }
            }
            Some(map) => {
                let [first, second] = &mut pair;
                map.inner_products(modulus, &products, None, [first, second]);
            }
        }
        pair
    }
}

/// Raises the digits of a polynomial for many key switches.
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
    /// The primes that they are raised to.
    pub(crate) fn limbs(&self) -> Limbs {
        self.limbs
    }

    /// Pairs of rows that `make` computes from these digits, divided by the special primes.
    pub(crate) fn lowered(
        &self,
        ring: &Ring,
        gadget: &Gadget,
        make: impl Fn(usize) -> [Row; 2] + Sync,
        finish: impl Fn(usize, &mut [Row; 2]) + Sync,
    ) -> [Poly<Ntt>; 2] {
        let rows = vec![(); self.limbs.count()];
        let division = gadget.division(ring, self.limbs.chain, false);
        division.of_rows(rows, |row, ()| make(row), finish)
    }

    /// The digits of the polynomial with both parts of a key, modulo the prime of a row.
    pub(crate) fn pairs<'a>(
        &'a self,
        poly: &'a Poly<Ntt>,
        key: &'a SwitchingKey,
        row: usize,
    ) -> Vec<(&'a [u64], [&'a PackedRow; 2])> {
        let digits = values(&self.digits[row], poly, row);
        key.pairs(&digits, self.limbs, row)
    }
}

impl SwitchingKey {
    /// Digits with both parts of this key, modulo the prime of a row.
    fn pairs<'a>(
        &'a self,
        digits: &[&'a [u64]],
        limbs: Limbs,
        row: usize,
    ) -> Vec<(&'a [u64], [&'a PackedRow; 2])> {
        let pairs = digits.iter().zip(&self.digits);
        pairs
            .map(|(digit, pair)| (*digit, pair.each_ref().map(|half| half.row_of(limbs, row))))
            .collect()
    }
}
