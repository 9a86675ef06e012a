//! How a key switch splits a polynomial into digits, raises them to the special primes, and
//! comes back.
//!
//! A digit is the polynomial modulo the product `D` of some consecutive primes of the chain. A
//! switching key holds, for each digit, an encryption of `P * g * s'`, where `P` is the product
//! of the special primes and `g` is 1 modulo the digit's primes and 0 modulo the others. The sum
//! of products of digits and keys is an encryption of `P` times the polynomial times `s'`;
//! dividing it by `P` divides the noise that the digits brought.
//!
//! # Source
//! Han and Ki, "Better bootstrapping for approximate homomorphic encryption" (2019/688), hybrid
//! key switching; Halevi, Polyakov and Shoup (2018/117) for exact conversions.

use crate::params::bits_of;
use crate::{Error, Result};
use nearfield_ring::{BaseConversion, Basis, Limbs, Modulus, Multiplier, Ntt, Poly, Ring, Row};
use rayon::prelude::*;
use std::ops::Range;

/// Bits by which the special primes must exceed a digit.
const MARGIN_BITS: f64 = 5.0;

/// A way to split, raise and lower polynomials modulo some primes of a ring.
#[derive(Debug)]
pub(crate) struct Gadget {
    limbs: Limbs,
    digits: Vec<Digit>,
    /// The product of the special primes, modulo each prime of the chain.
    special: Vec<Multiplier>,
    /// From the special primes to the chain.
    lower: Lower,
    /// From the special primes and the last prime of a level to the chain below, by the number of
    /// primes that are left, less 1.
    lower_and_rescale: Vec<Lower>,
    /// From the last prime of a level to the chain below, by the number of primes that are left,
    /// less 1.
    rescale: Vec<Lower>,
}

#[derive(Debug)]
struct Digit {
    primes: Range<usize>,
    /// From the first primes of the digit to all primes but the digit's, by their number less 1.
    raise: Vec<BaseConversion>,
}

/// Division by the product of some primes, with rounding.
#[derive(Debug)]
struct Lower {
    conversion: BaseConversion,
    /// One over the product, modulo each prime that is left.
    inverses: Vec<Multiplier>,
}

/// A polynomial's digits by their coefficients, ready to be raised.
pub(crate) struct Split {
    digits: Vec<SplitDigit>,
    chain: usize,
}

struct SplitDigit {
    rows: Vec<Row>,
    excess: Row,
}

impl Gadget {
    /// For the primes `limbs` of a ring, with so many digits of about equal length.
    ///
    /// # Errors
    /// If the special primes exceed a digit by too little.
    pub(crate) fn new(ring: &Ring, limbs: Limbs, digits: usize) -> Result<Self> {
        let moduli: Vec<Modulus> = ring.moduli(limbs).collect();
        let (chain, special) = moduli.split_at(limbs.chain);
        let ranges = balanced(chain, digits);
        let largest = ranges
            .iter()
            .map(|range| bits_of(chain[range.clone()].iter().copied()))
            .fold(0.0, f64::max);
        let room = bits_of(special.iter().copied());
        if room < largest + MARGIN_BITS {
            return Err(Error::SpecialTooSmall {
                special: room,
                digit: largest,
            });
        }
        let digits = ranges
            .into_par_iter()
            .map(|range| Digit::new(&moduli, range));
        let below = |others: &[Modulus]| {
            let lower = |left| Lower::new(&[&chain[left..=left], others].concat(), &chain[..left]);
            (1..chain.len()).map(lower).collect::<Result<Vec<_>>>()
        };
        Ok(Gadget {
            limbs,
            digits: digits.collect::<Result<Vec<_>>>()?,
            special: chain
                .iter()
                .map(|&q| q.multiplier(product(special, q)))
                .collect(),
            lower: Lower::new(special, chain)?,
            lower_and_rescale: below(special)?,
            rescale: below(&[])?,
        })
    }

    /// The product of the special primes, modulo a prime of the chain.
    pub(crate) fn special_product(&self, index: usize) -> Multiplier {
        self.special[index]
    }

    /// Number of digits of a polynomial modulo the first `chain` primes.
    pub(crate) fn digits(&self, chain: usize) -> usize {
        let begun = |digit: &&Digit| digit.primes.start < chain;
        self.digits.iter().filter(begun).count()
    }

    /// The primes of a digit.
    pub(crate) fn primes(&self, digit: usize) -> Range<usize> {
        self.digits[digit].primes.clone()
    }

    /// The primes modulo which a polynomial with so many primes is raised.
    pub(crate) fn raised(&self, chain: usize) -> Limbs {
        Limbs {
            chain,
            special: self.limbs.special,
        }
    }

    /// Splits a polynomial into digits.
    pub(crate) fn split(&self, ring: &Ring, poly: &Poly<Ntt>) -> Split {
        let chain = poly.limbs().chain;
        let digits = self.digits[..self.digits(chain)].iter();
        let digits = digits.map(|digit| {
            let primes = digit.within(chain);
            let conversion = digit.conversion(chain);
            let rows = primes.into_par_iter().enumerate().map(|(source, prime)| {
                let mut row = poly.rows()[prime].clone();
                ring.chain_table(prime)
                    .inverse_times(&mut row, conversion.digit_factor(source));
                row
            });
            let rows: Vec<Row> = rows.collect();
            let mut excess = ring.row();
            conversion.excess(&slices(&rows), &mut excess);
            SplitDigit { rows, excess }
        });
        Split {
            digits: digits.collect(),
            chain,
        }
    }

    /// The values of a digit modulo a prime, in a row of `raised`: those of the polynomial
    /// itself where the prime is the digit's, else what is put into `work`.
    pub(crate) fn raise<'a>(
        &self,
        ring: &Ring,
        (poly, split): (&'a Poly<Ntt>, &Split),
        (index, row): (usize, usize),
        work: &'a mut [u64],
    ) -> &'a [u64] {
        let digit = &self.digits[index];
        let prime = if row < split.chain {
            row
        } else {
            row - split.chain + self.limbs.chain
        };
        if digit.primes.contains(&prime) {
            return &poly.rows()[prime];
        }
        let target = if prime < digit.primes.start {
            prime
        } else {
            prime - digit.primes.len()
        };
        let SplitDigit { rows, excess } = &split.digits[index];
        let conversion = digit.conversion(split.chain);
        conversion.target(target, &slices(rows), excess, work);
        ring.table(self.raised(split.chain), row).forward(work);
        work
    }

    /// Divides by the product of the special primes, and by the last prime of the chain too if
    /// that is asked for. `finish` gets each row of the result with its index.
    pub(crate) fn lower(
        &self,
        ring: &Ring,
        raised: Poly<Ntt>,
        rescale: bool,
        finish: impl Fn(usize, &mut Row) + Sync,
    ) -> Poly<Ntt> {
        let chain = raised.limbs().chain;
        if rescale {
            self.lower_and_rescale[chain - 2].apply(ring, raised, chain - 1, finish)
        } else {
            self.lower.apply(ring, raised, chain, finish)
        }
    }

    /// Divides by the last prime of the chain.
    pub(crate) fn rescale(&self, ring: &Ring, poly: Poly<Ntt>) -> Poly<Ntt> {
        let left = poly.limbs().chain - 1;
        self.rescale[left - 1].apply(ring, poly, left, |_, _| ())
    }
}

impl Digit {
    fn new(moduli: &[Modulus], primes: Range<usize>) -> Result<Self> {
        let others = [&moduli[..primes.start], &moduli[primes.end..]].concat();
        let raise = (primes.start..primes.end).map(|last| {
            let from = Basis::new(&moduli[primes.start..=last])?;
            BaseConversion::new(&from, &Basis::new(&others)?)
        });
        Ok(Digit {
            raise: raise.collect::<nearfield_ring::Result<Vec<_>>>()?,
            primes,
        })
    }

    /// Its primes among the first `chain` ones.
    fn within(&self, chain: usize) -> Range<usize> {
        self.primes.start..self.primes.end.min(chain)
    }

    fn conversion(&self, chain: usize) -> &BaseConversion {
        &self.raise[self.within(chain).len() - 1]
    }
}

impl Lower {
    fn new(from: &[Modulus], to: &[Modulus]) -> Result<Self> {
        let inverse = |to: &Modulus| to.multiplier(to.invert_by_fermat(product(from, *to)));
        Ok(Lower {
            inverses: to.iter().map(inverse).collect(),
            conversion: BaseConversion::new(&Basis::new(from)?, &Basis::new(to)?)?,
        })
    }

    /// Divides by the rows from `left` on.
    fn apply(
        &self,
        ring: &Ring,
        mut poly: Poly<Ntt>,
        left: usize,
        finish: impl Fn(usize, &mut Row) + Sync,
    ) -> Poly<Ntt> {
        let limbs = poly.limbs();
        let (rows, dividing) = poly.rows_mut().split_at_mut(left);
        dividing
            .par_iter_mut()
            .enumerate()
            .for_each(|(source, row)| {
                ring.table(limbs, left + source)
                    .inverse_times(row, self.conversion.digit_factor(source));
            });
        let digits = slices(dividing);
        let mut excess = ring.row();
        self.conversion.excess(&digits, &mut excess);
        rows.par_iter_mut().enumerate().for_each(|(index, row)| {
            let table = ring.chain_table(index);
            let mut work = ring.row();
            self.conversion.target(index, &digits, &excess, &mut work);
            table.forward(&mut work);
            table
                .modulus()
                .sub_scale_rows(row, &work, self.inverses[index]);
            finish(index, row);
        });
        poly.truncate(left);
        poly
    }
}

fn slices(rows: &[Row]) -> Vec<&[u64]> {
    rows.iter().map(|row| &row[..]).collect()
}

/// The product of some primes modulo another.
fn product(primes: &[Modulus], modulus: Modulus) -> u64 {
    primes.iter().fold(1, |product, prime| {
        modulus.mul(product, modulus.reduce(prime.value()))
    })
}

/// Splits primes into so many runs of about equal bits.
fn balanced(primes: &[Modulus], digits: usize) -> Vec<Range<usize>> {
    let total = bits_of(primes.iter().copied());
    let mut ranges = Vec::new();
    let mut start = 0;
    for digit in 1..=digits {
        #[allow(clippy::cast_precision_loss, reason = "a few digits")]
        let goal = total * digit as f64 / digits as f64;
        let rest = digits - digit;
        let end = (start + 1..=primes.len() - rest)
            .min_by(|&a, &b| {
                let miss = |end: usize| (bits_of(primes[..end].iter().copied()) - goal).abs();
                miss(a).total_cmp(&miss(b))
            })
            .unwrap_or(primes.len());
        ranges.push(start..end);
        start = end;
    }
    ranges
}
