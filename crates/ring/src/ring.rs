//! The ring of polynomials modulo many primes: operations on whole polynomials, on all threads.

mod derived;

use crate::pool::{Pool, Row};
use crate::{
    Automorphism, Basis, Coeff, Limbs, Modulus, Montgomery, Ntt, NttTable, Poly, Representation,
    Result,
};
use rayon::prelude::*;
use std::sync::Arc;

pub use derived::Segment;

/// `Z_Q[X] / (X^N + 1)`, where `Q` is the product of a chain of primes, and of special primes by
/// which key switches extend it.
#[derive(Clone, Debug)]
pub struct Ring {
    tables: Vec<NttTable>,
    chain: usize,
    pool: Arc<Pool>,
}

impl Ring {
    /// The ring of this degree modulo a chain of primes and special primes.
    ///
    /// # Errors
    /// [`Error::NoModulus`](crate::Error::NoModulus) if the chain is empty,
    /// [`Error::DuplicateModulus`](crate::Error::DuplicateModulus) if a prime occurs twice, and as
    /// [`NttTable::new`].
    pub fn new(degree: usize, chain: &[Modulus], special: &[Modulus]) -> Result<Self> {
        Basis::new(chain)?;
        let all = Basis::new(&[chain, special].concat())?;
        let tables = all.moduli().par_iter();
        let tables = tables.map(|&modulus| NttTable::new(modulus, degree));
        Ok(Ring {
            tables: tables.collect::<Result<Vec<_>>>()?,
            chain: chain.len(),
            pool: Pool::new(degree),
        })
    }

    /// Number of coefficients.
    pub fn degree(&self) -> usize {
        self.tables[0].degree()
    }

    /// All its primes.
    pub fn limbs(&self) -> Limbs {
        Limbs {
            chain: self.chain,
            special: self.tables.len() - self.chain,
        }
    }

    /// The transform modulo a prime of the chain.
    pub fn chain_table(&self, index: usize) -> &NttTable {
        &self.tables[..self.chain][index]
    }

    /// The transforms for the rows of a polynomial with these limbs.
    ///
    /// # Panics
    /// If the ring has fewer primes.
    fn tables(&self, limbs: Limbs) -> impl ExactSizeIterator<Item = &NttTable> + Clone {
        let all = self.limbs();
        let fits = limbs.chain <= all.chain && limbs.special <= all.special;
        assert!(fits, "{limbs:?} of {all:?}");
        (0..limbs.count()).map(move |row| self.table(limbs, row))
    }

    /// The transform for a row of a polynomial with these limbs.
    pub fn table(&self, limbs: Limbs, row: usize) -> &NttTable {
        if row < limbs.chain {
            &self.tables[row]
        } else {
            &self.tables[self.chain + row - limbs.chain]
        }
    }

    /// The primes of the rows of a polynomial with these limbs.
    ///
    /// # Panics
    /// If the ring has fewer primes.
    pub fn moduli(&self, limbs: Limbs) -> impl ExactSizeIterator<Item = Modulus> + Clone {
        self.tables(limbs).map(NttTable::modulus)
    }

    /// A row from the pool, to be overwritten: it holds whatever was last in it.
    pub fn row(&self) -> Row {
        self.pool.take()
    }

    /// A polynomial to be overwritten: its rows hold whatever was last in them, which may not even be
    /// residues.
    ///
    /// # Panics
    /// If the ring has fewer primes.
    pub fn unfilled<R: Representation>(&self, limbs: Limbs) -> Poly<R> {
        let rows = self.tables(limbs).map(|_| self.row());
        Poly::from_rows(rows.collect(), limbs.chain)
    }

    /// The polynomial 0.
    ///
    /// # Panics
    /// If the ring has fewer primes.
    pub fn zero<R: Representation>(&self, limbs: Limbs) -> Poly<R> {
        let mut poly = self.unfilled(limbs);
        poly.rows_mut().iter_mut().for_each(|row| row.fill(0));
        poly
    }

    /// The polynomial with these small signed coefficients, in constant time.
    ///
    /// # Panics
    /// If there are not `degree` coefficients, or the ring has fewer primes.
    pub fn small(&self, coefficients: &[i8], limbs: Limbs) -> Poly<Coeff> {
        assert_eq!(coefficients.len(), self.degree(), "as many as the degree");
        let mut poly = self.unfilled(limbs);
        self.for_each_row(&mut poly, |table, _, row| {
            table.modulus().residues_of_small(coefficients, row);
        });
        poly
    }

    /// Coefficients to values, in the same memory.
    pub fn forward(&self, mut poly: Poly<Coeff>) -> Poly<Ntt> {
        self.for_each_row(&mut poly, |table, _, row| table.forward(row));
        poly.reinterpreted()
    }

    /// Values to coefficients, in the same memory.
    pub fn inverse(&self, mut poly: Poly<Ntt>) -> Poly<Coeff> {
        self.for_each_row(&mut poly, |table, _, row| table.inverse(row));
        poly.reinterpreted()
    }

    /// Values to Montgomery form, in the same memory.
    pub fn montgomery(&self, mut poly: Poly<Ntt>) -> Poly<Montgomery> {
        self.for_each_row(&mut poly, |table, _, row| {
            table.modulus().montgomery_row(row);
        });
        poly.reinterpreted()
    }

    /// Calls `operation` with the transform, the index and the residues of each row, on all threads.
    pub fn for_each_row<R: Representation>(
        &self,
        poly: &mut Poly<R>,
        operation: impl Fn(&NttTable, usize, &mut [u64]) + Sync,
    ) {
        let limbs = poly.limbs();
        let rows = poly.rows_mut().par_iter_mut().enumerate();
        rows.for_each(|(index, row)| operation(self.table(limbs, index), index, row));
    }

    /// `a += b`, modulo the primes that `a` has.
    ///
    /// # Panics
    /// If `b` lacks one of them.
    pub fn add_assign<R: Representation>(&self, a: &mut Poly<R>, b: &Poly<R>) {
        self.each_pair(a, b, Modulus::add_rows);
    }

    /// `a -= b`, modulo the primes that `a` has.
    ///
    /// # Panics
    /// If `b` lacks one of them.
    pub fn sub_assign<R: Representation>(&self, a: &mut Poly<R>, b: &Poly<R>) {
        self.each_pair(a, b, Modulus::sub_rows);
    }

    /// The image of a polynomial.
    ///
    /// # Panics
    /// If the automorphism has another degree.
    pub fn map<R: Representation>(&self, automorphism: &Automorphism, from: &Poly<R>) -> Poly<R> {
        let mut to = self.unfilled(from.limbs());
        self.for_each_row(&mut to, |table, index, row| {
            R::map(automorphism, table.modulus(), &from.rows()[index], row);
        });
        to
    }

    fn each_pair<R: Representation>(
        &self,
        a: &mut Poly<R>,
        b: &Poly<R>,
        operation: impl Fn(Modulus, &mut [u64], &[u64]) + Sync,
    ) {
        let limbs = a.limbs();
        self.for_each_row(a, |table, index, row| {
            operation(table.modulus(), row, b.row_of(limbs, index));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sampler;
    use crate::prime::ntt_primes;
    use proptest::prelude::*;

    fn ring() -> Ring {
        Ring::new(
            32,
            &ntt_primes(40, 32, 3).unwrap()[..2],
            &ntt_primes(40, 32, 3).unwrap()[2..],
        )
        .unwrap()
    }

    fn random(ring: &Ring, seed: u8) -> Poly<Coeff> {
        let mut sampler = Sampler::from_seed([seed; 32]);
        let mut poly = ring.unfilled(ring.limbs());
        for (row, modulus) in poly.rows_mut().iter_mut().zip(ring.moduli(ring.limbs())) {
            sampler.uniform(modulus, row);
        }
        poly
    }

    proptest! {
        #[test]
        fn the_laws_of_a_ring_hold(seeds in any::<[u8; 3]>()) {
            let ring = ring();
            let [a, b, c] = seeds.map(|seed| ring.forward(random(&ring, seed)));
            let sum = |x: &Poly<Ntt>, y: &Poly<Ntt>| {
                let mut z = x.clone();
                ring.add_assign(&mut z, y);
                z
            };
            let product = |x: &Poly<Ntt>, y: &Poly<Ntt>| ring.product(x, y);
            prop_assert_eq!(sum(&a, &b), sum(&b, &a));
            prop_assert_eq!(product(&a, &b), product(&b, &a));
            prop_assert_eq!(product(&product(&a, &b), &c), product(&a, &product(&b, &c)));
            prop_assert_eq!(product(&a, &sum(&b, &c)), sum(&product(&a, &b), &product(&a, &c)));
            let mut difference = sum(&a, &b);
            ring.sub_assign(&mut difference, &b);
            prop_assert_eq!(&difference, &a);
            let zero: Poly<Ntt> = ring.zero(ring.limbs());
            prop_assert_eq!(sum(&a, &ring.difference(&zero, &a)), zero);
        }

        #[test]
        fn addition_and_automorphisms_agree_in_both_representations(
            seeds in any::<[u8; 2]>(), odd in 0..32_usize,
        ) {
            let ring = ring();
            let automorphism = Automorphism::new(2 * odd + 1, 32).unwrap();
            let [mut a, b] = seeds.map(|seed| random(&ring, seed));
            let (mut values, other) = (ring.forward(a.clone()), ring.forward(b.clone()));
            ring.add_assign(&mut a, &b);
            ring.add_assign(&mut values, &other);
            let mapped = ring.map(&automorphism, &a);
            prop_assert_eq!(ring.inverse(ring.map(&automorphism, &values)), mapped);
        }
    }

    #[test]
    fn small_coefficients_are_reduced_with_their_sign() {
        let ring = ring();
        let coefficients: Vec<i8> = (-16..16).map(|c| c * 8).collect();
        let limbs = Limbs {
            chain: 1,
            special: 1,
        };
        let poly = ring.small(&coefficients, limbs);
        assert_eq!(poly.limbs(), limbs);
        for (row, modulus) in poly.rows().iter().zip(ring.moduli(limbs)) {
            for (&residue, &coefficient) in row.iter().zip(&coefficients) {
                assert_eq!(residue, modulus.reduce_signed(coefficient.into()));
            }
        }
    }

    #[test]
    fn truncation_keeps_the_first_primes_and_rows_are_found_by_their_prime() {
        let ring = ring();
        let whole = random(&ring, 1);
        let mut part = whole.clone();
        part.truncate(1);
        assert_eq!(part.limbs(), Limbs::chain(1));
        assert_eq!(part.rows()[0], whole.rows()[0]);
        let mut special = ring.zero(Limbs {
            chain: 1,
            special: 1,
        });
        ring.add_assign(&mut special, &whole);
        assert_eq!(special.rows()[1], whole.rows()[2]);
    }
}
