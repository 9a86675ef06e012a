//! Division of polynomials by some of their primes, with rounding.

use super::{Gadget, product};
use crate::Result;
use nearfield_ring::{BaseConversion, Basis, Limbs, Modulus, Multiplier, Ntt, Poly, Ring, Row};
use rayon::prelude::*;

/// From the primes that are divided by to those that are left.
#[derive(Debug)]
pub(super) struct Divisor {
    conversion: BaseConversion,
    /// One over the product, modulo each prime that is left.
    inverses: Vec<Multiplier>,
}

/// A division by the special primes, by the last prime of the chain, or by both.
pub(crate) struct Division<'a> {
    ring: &'a Ring,
    divisor: &'a Divisor,
    limbs: Limbs,
    left: usize,
}

impl Divisor {
    pub(super) fn new(from: &[Modulus], to: &[Modulus]) -> Result<Self> {
        let inverse = |to: &Modulus| to.multiplier(to.invert_by_fermat(product(from, *to)));
        Ok(Divisor {
            inverses: to.iter().map(inverse).collect(),
            conversion: BaseConversion::new(&Basis::new(from)?, &Basis::new(to)?)?,
        })
    }
}

impl Gadget {
    /// Division by the special primes of what has `chain` primes of the chain, and by the last of
    /// those too if it is rescaled.
    pub(crate) fn division<'a>(
        &'a self,
        ring: &'a Ring,
        chain: usize,
        rescale: bool,
    ) -> Division<'a> {
        let left = if rescale { chain - 1 } else { chain };
        Division {
            ring,
            divisor: match rescale {
                true => &self.lower_and_rescale[left - 1],
                false => &self.lower,
            },
            limbs: self.raised(chain),
            left,
        }
    }

    /// Division of a pair by the last prime of the chain.
    pub(crate) fn rescale(&self, ring: &Ring, pair: &[Poly<Ntt>; 2]) -> [Poly<Ntt>; 2] {
        let limbs = pair[0].limbs();
        let left = limbs.chain - 1;
        let division = Division {
            ring,
            divisor: &self.rescale[left - 1],
            limbs,
            left,
        };
        let make = |index: usize, ()| pair.each_ref().map(|poly| poly.rows()[index].clone());
        division.of_rows(vec![(); limbs.count()], make, |_, _| ())
    }
}

impl Division<'_> {
    /// Divides one polynomial.
    pub(crate) fn of(&self, poly: Poly<Ntt>) -> Poly<Ntt> {
        let rows = poly.into_rows();
        let [quotient] = self.of_rows(rows, |_, row| [row], |_, _| ());
        quotient
    }

    /// Divides polynomials whose rows are made, with their indices, when they are wanted: those
    /// modulo the primes that are divided by first, and every other just before it is divided,
    /// so that it need not leave the cache in between. `finish` gets the rows of the quotients.
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
        let rests = self.rests(&dividing.collect::<Vec<_>>());
        let quotients = rows.into_par_iter().zip(rests).enumerate();
        let quotients = quotients.map(|(index, (row, rests))| {
            let table = self.ring.chain_table(index);
            let inverse = self.divisor.inverses[index];
            let mut rows = make(index, row);
            for (row, mut rest) in rows.iter_mut().zip(rests) {
                table.forward(&mut rest);
                table.modulus().sub_scale_rows(row, &rest, inverse);
            }
            finish(index, &mut rows);
            rows
        });
        polys(quotients.collect())
    }

    /// What is left over, modulo each prime that is left.
    fn rests<const POLYS: usize>(&self, dividing: &[[Row; POLYS]]) -> Vec<[Row; POLYS]> {
        let row = |_| std::array::from_fn(|_| self.ring.row());
        let mut rests: Vec<[Row; POLYS]> = (0..self.left).map(row).collect();
        let mut targets = [(); POLYS].map(|()| Vec::with_capacity(self.left));
        for (index, rows) in rests.iter_mut().enumerate() {
            for (targets, row) in targets.iter_mut().zip(rows) {
                targets.push((index, &mut row[..]));
            }
        }
        let targets = targets.into_par_iter().enumerate();
        targets.for_each(|(poly, targets)| {
            let from: Vec<&[u64]> = dividing.iter().map(|rows| &rows[poly][..]).collect();
            self.divisor.conversion.convert_digits(&from, targets);
        });
        rests
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
