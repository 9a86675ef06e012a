//! New polynomials from others: copied and modified a segment of a row at a time, while it is in the
//! first-level cache, on all threads.

use crate::{Limbs, Modulus, Ntt, Poly, Representation, Ring};
use std::ops::Range;

/// Residues of a segment: with as many of another row, half of a first-level cache.
const SEGMENT: usize = 1024;

/// The position of some residues in their polynomial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Their row.
    pub row: usize,
    /// Their columns.
    pub columns: Range<usize>,
}

impl Ring {
    /// A copy of a polynomial, modulo some of its primes, with `modify` applied to every segment of it.
    ///
    /// # Panics
    /// If the polynomial lacks one of these primes.
    pub fn modified_copy<R: Representation>(
        &self,
        from: &Poly<R>,
        limbs: Limbs,
        modify: impl Fn(Modulus, Segment, &mut [u64]) + Sync,
    ) -> Poly<R> {
        let mut copy = self.unfilled(limbs);
        self.for_each_row(&mut copy, |table, row, to| {
            let from = from.row_of(limbs, row);
            let parts = to.chunks_mut(SEGMENT).zip(from.chunks(SEGMENT)).enumerate();
            for (part, (to, from)) in parts {
                to.copy_from_slice(from);
                let columns = part * SEGMENT..part * SEGMENT + to.len();
                modify(table.modulus(), Segment { row, columns }, to);
            }
        });
        copy
    }

    /// `a + b`, modulo the primes that both have.
    pub fn sum<R: Representation>(&self, a: &Poly<R>, b: &Poly<R>) -> Poly<R> {
        self.of_both(a, b, Modulus::add_rows)
    }

    /// `a - b`, modulo the primes that both have.
    pub fn difference<R: Representation>(&self, a: &Poly<R>, b: &Poly<R>) -> Poly<R> {
        self.of_both(a, b, Modulus::sub_rows)
    }

    /// `a b`, modulo the primes that both have.
    pub fn product(&self, a: &Poly<Ntt>, b: &Poly<Ntt>) -> Poly<Ntt> {
        self.product_modulo(a, b, common(a, b))
    }

    /// [`Ring::product`] modulo some of these primes.
    ///
    /// # Panics
    /// If `a` or `b` lacks one of these primes.
    pub fn product_modulo(&self, a: &Poly<Ntt>, b: &Poly<Ntt>, limbs: Limbs) -> Poly<Ntt> {
        let mut product = self.unfilled(limbs);
        self.for_each_row(&mut product, |table, row, to| {
            let (a, b) = (a.row_of(limbs, row), b.row_of(limbs, row));
            table.modulus().product_of_rows(a, b, to);
        });
        product
    }

    fn of_both<R: Representation>(
        &self,
        a: &Poly<R>,
        b: &Poly<R>,
        operation: impl Fn(Modulus, &mut [u64], &[u64]) + Sync,
    ) -> Poly<R> {
        let limbs = common(a, b);
        self.modified_copy(a, limbs, |modulus, Segment { row, columns }, to| {
            operation(modulus, to, &b.row_of(limbs, row)[columns]);
        })
    }
}

/// The primes that both have.
fn common<R: Representation>(a: &Poly<R>, b: &Poly<R>) -> Limbs {
    let (a, b) = (a.limbs(), b.limbs());
    Limbs {
        chain: a.chain.min(b.chain),
        special: a.special.min(b.special),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prime::ntt_primes;
    use crate::{Coeff, Sampler};
    use proptest::prelude::*;

    const DEGREE: usize = 2 * SEGMENT;

    fn ring() -> Ring {
        let primes = ntt_primes(45, DEGREE, 4).unwrap();
        Ring::new(DEGREE, &primes[..3], &primes[3..]).unwrap()
    }

    fn random(ring: &Ring, limbs: Limbs, seed: u8) -> Poly<Coeff> {
        let mut sampler = Sampler::from_seed([seed; 32]);
        let mut poly = ring.unfilled(limbs);
        for (row, modulus) in poly.rows_mut().iter_mut().zip(ring.moduli(limbs)) {
            sampler.uniform(modulus, row);
        }
        poly
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn new_polynomials_are_those_that_assignments_give(
            seeds in any::<[u8; 2]>(), chains in [1..4_usize, 1..4], special in [0..2_usize, 0..2],
        ) {
            let ring = ring();
            let [a, b] = [0, 1].map(|which: usize| {
                let limbs = Limbs { chain: chains[which], special: special[which] };
                ring.forward(random(&ring, limbs, seeds[which]))
            });
            let limbs = Limbs {
                chain: chains[0].min(chains[1]),
                special: special[0].min(special[1]),
            };
            let start = ring.modified_copy(&a, limbs, |_, _, _| ());
            prop_assert_eq!(start.limbs(), limbs);
            let assigned = |operation: fn(&Ring, &mut Poly<Ntt>, &Poly<Ntt>)| {
                let mut result = start.clone();
                operation(&ring, &mut result, &b);
                result
            };
            prop_assert_eq!(ring.sum(&a, &b), assigned(Ring::add_assign));
            prop_assert_eq!(ring.difference(&a, &b), assigned(Ring::sub_assign));
            let mut product = start;
            ring.for_each_row(&mut product, |table, row, to| {
                table.modulus().mul_rows(to, b.row_of(limbs, row));
            });
            prop_assert_eq!(ring.product(&a, &b), product);
        }
    }
}
