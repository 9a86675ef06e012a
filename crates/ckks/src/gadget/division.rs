//! Division of polynomials by some of their primes, with rounding.

use crate::Result;
use nearfield_ring::{BaseConversion, Basis, Limbs, Modulus, Multiplier, Ntt, Poly, Ring, Row};
use rayon::prelude::*;

/// The constants of a division by some primes, whose product is the divisor.
#[derive(Debug)]
pub(super) struct Divisor {
    conversion: BaseConversion,
    /// The inverse of the divisor, modulo each remaining prime.
    inverses: Vec<Multiplier>,
}

/// A division by the special primes, by the last prime of the chain, or by both.
pub(crate) struct Division<'a> {
    pub(super) ring: &'a Ring,
    pub(super) divisor: &'a Divisor,
    /// The primes before the division.
    pub(super) limbs: Limbs,
    /// How many primes of the chain remain.
    pub(super) left: usize,
}

impl Divisor {
    /// A divisor of primes `from`, for polynomials modulo those and the primes `to`.
    pub(super) fn new(from: &[Modulus], to: &[Modulus]) -> Result<Self> {
        let inverse = |to: &Modulus| to.multiplier(to.invert_by_fermat(product(from, *to)));
        Ok(Divisor {
            inverses: to.iter().map(inverse).collect(),
            conversion: BaseConversion::new(&Basis::new(from)?, &Basis::new(to)?)?,
        })
    }
}

impl Division<'_> {
    /// Divides one polynomial.
    pub(crate) fn of(&self, poly: Poly<Ntt>) -> Poly<Ntt> {
        let rows = poly.into_rows();
        let [quotient] = self.of_rows(rows, |_, row| [row], |_, _| ());
        quotient
    }

    /// Divides polynomials whose rows `make` gives by index: first the rows modulo the primes of
    /// the divisor, then each remaining row just before it is divided, while it is in the cache.
    /// `finish` gets the rows of the quotients.
    pub(crate) fn of_rows<const POLYS: usize, T: Send>(
        &self,
        mut rows: Vec<T>,
        make: impl Fn(usize, T) -> [Row; POLYS] + Sync,
        finish: impl Fn(usize, &mut [Row; POLYS]) + Sync,
    ) -> [Poly<Ntt>; POLYS] {
        let dividing = rows.split_off(self.left).into_par_iter().enumerate();
        let dividing = dividing.map(|(source, row)| {
            let index = self.left + source;
            let mut rows = make(index, row);
            let (table, factor) = (
                self.ring.table(self.limbs, index),
                self.divisor.conversion.digit_factor(source),
            );
            rows.par_iter_mut()
                .for_each(|row| table.inverse_scaled(row, factor));
            rows
        });
        let remainders = self.remainders(&dividing.collect::<Vec<_>>());
        let quotients = rows.into_par_iter().zip(remainders).enumerate();
        let quotients = quotients.map(|(index, (row, remainders))| {
            let table = self.ring.chain_table(index);
            let inverse = self.divisor.inverses[index];
            let mut rows = make(index, row);
            for (row, mut remainder) in rows.iter_mut().zip(remainders) {
                table.forward(&mut remainder);
                table.modulus().sub_scale_rows(row, &remainder, inverse);
            }
            finish(index, &mut rows);
            rows
        });
        polys(quotients.collect())
    }

    /// The remainders, modulo each remaining prime.
    fn remainders<const POLYS: usize>(&self, dividing: &[[Row; POLYS]]) -> Vec<[Row; POLYS]> {
        let row = |_| std::array::from_fn(|_| self.ring.row());
        let mut remainders: Vec<[Row; POLYS]> = (0..self.left).map(row).collect();
        let mut targets = [(); POLYS].map(|()| Vec::with_capacity(self.left));
        for (index, rows) in remainders.iter_mut().enumerate() {
            for (targets, row) in targets.iter_mut().zip(rows) {
                targets.push((index, &mut row[..]));
            }
        }
        let targets = targets.into_par_iter().enumerate();
        targets.for_each(|(poly, targets)| {
            let from: Vec<&[u64]> = dividing.iter().map(|rows| &rows[poly][..]).collect();
            self.divisor.conversion.convert_digits(&from, targets);
        });
        remainders
    }
}

/// Polynomials from their rows modulo each prime of the chain.
fn polys<const POLYS: usize>(rows: Vec<[Row; POLYS]>) -> [Poly<Ntt>; POLYS] {
    let chain = rows.len();
    let mut polys = [(); POLYS].map(|()| Vec::with_capacity(chain));
    for row in rows {
        for (poly, row) in polys.iter_mut().zip(row) {
            poly.push(row);
        }
    }
    polys.map(|rows| Poly::from_rows(rows, chain))
}

/// The product of some primes modulo another.
pub(super) fn product(primes: &[Modulus], modulus: Modulus) -> u64 {
    primes.iter().fold(1, |product, prime| {
        modulus.mul(product, modulus.reduce(prime.value()))
    })
}
