//! How a key switch splits a polynomial into digits, raises them to the special primes, and divides
//! by those again.
//!
//! A digit is the polynomial modulo the product `D` of some consecutive primes of the chain. A
//! switching key holds, for each digit, an encryption of `P * g * s'`, where `P` is the product
//! of the special primes and `g` is 1 modulo the digit's primes and 0 modulo the others. The sum
//! of products of digits and keys is an encryption of `P` times the polynomial times `s'`;
//! dividing it by `P` also divides the noise that the key adds.
//!
//! # Source
//! Han and Ki, "Better bootstrapping for approximate homomorphic encryption" (2019/688), hybrid
//! key switching; Halevi, Polyakov and Shoup (2018/117) for exact conversions.

mod division;

use crate::primes::log2_product;
use crate::{Error, Result};
pub(crate) use division::Division;
use division::{Divisor, product};
use nearfield_ring::{BaseConversion, Basis, Limbs, Modulus, Multiplier, Ntt, Poly, Ring, Row};
use rayon::prelude::*;
use std::ops::Range;

/// Bits by which the special primes must exceed a digit.
const MARGIN_BITS: f64 = 5.0;

/// The constants to split, raise and divide polynomials modulo some primes of a ring.
#[derive(Debug)]
pub(crate) struct Gadget {
    limbs: Limbs,
    digits: Vec<Digit>,
    /// The product of the special primes, modulo each prime of the chain.
    special: Vec<Multiplier>,
    /// Division by the special primes.
    lower: Divisor,
    /// Division by the special primes and the last prime of a level. Index: the number of remaining
    /// primes of the chain, less 1.
    lower_and_rescale: Vec<Divisor>,
    /// Division by the last prime of a level, with the same indices.
    rescale: Vec<Divisor>,
}

#[derive(Debug)]
struct Digit {
    primes: Range<usize>,
    /// From the first primes of the digit to all primes outside it. Index: their number, less 1.
    raise: Vec<BaseConversion>,
}

/// The digits of a polynomial, raised to the primes outside them.
///
/// # Shapes
/// `[rows, digits]`: `None` where the prime of the row belongs to the digit, since there the digit
/// equals the polynomial.
pub(crate) type Digits = Vec<Vec<Option<Row>>>;

impl Gadget {
    /// For the primes `limbs` of a ring, with `digits` digits of nearly equal length.
    ///
    /// # Errors
    /// If the special primes do not exceed each digit by 5 bits.
    pub(crate) fn new(ring: &Ring, limbs: Limbs, digits: usize) -> Result<Self> {
        let moduli: Vec<Modulus> = ring.moduli(limbs).collect();
        let (chain, special) = moduli.split_at(limbs.chain);
        let bits: Vec<f64> = chain
            .iter()
            .map(|&q| log2_product([q].into_iter()))
            .collect();
        let ranges = balanced(&bits, digits);
        let largest = ranges
            .iter()
            .map(|range| log2_product(chain[range.clone()].iter().copied()))
            .fold(0.0, f64::max);
        let room = log2_product(special.iter().copied());
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
            let lower =
                |left| Divisor::new(&[&chain[left..=left], others].concat(), &chain[..left]);
            (1..chain.len()).map(lower).collect::<Result<Vec<_>>>()
        };
        Ok(Gadget {
            limbs,
            digits: digits.collect::<Result<Vec<_>>>()?,
            special: chain
                .iter()
                .map(|&q| q.multiplier(product(special, q)))
                .collect(),
            lower: Divisor::new(special, chain)?,
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

    /// The primes of a polynomial with `chain` primes once it is raised.
    pub(crate) fn raised(&self, chain: usize) -> Limbs {
        Limbs {
            chain,
            special: self.limbs.special,
        }
    }

    /// Splits a polynomial into digits, and raises each to the other primes. The rows hold
    /// coefficients, still to be transformed.
    pub(crate) fn raise(&self, ring: &Ring, poly: &Poly<Ntt>) -> Digits {
        let chain = poly.limbs().chain;
        let count = self.raised(chain).count();
        let mut raised: Digits = (0..count).map(|_| Vec::new()).collect();
        for digit in &self.digits[..self.digits(chain)] {
            let (primes, conversion) = (digit.within(chain), digit.conversion(chain));
            let own = primes.clone().into_par_iter().enumerate();
            let own: Vec<Row> = own
                .map(|(source, prime)| {
                    let mut row = ring.row();
                    let factor = conversion.digit_factor(source);
                    let table = ring.chain_table(prime);
                    table.inverse_scaled_into(&poly.rows()[prime], factor, &mut row);
                    row
                })
                .collect();
            let mut others = Vec::with_capacity(count);
            for (index, rows) in raised.iter_mut().enumerate() {
                let outside = !primes.contains(&index);
                rows.push(outside.then(|| ring.row()));
                if let Some(Some(row)) = rows.last_mut() {
                    others.push((self.target(digit, chain, index), &mut row[..]));
                }
            }
            conversion.convert_digits(&slices(&own), others);
        }
        raised
    }

    /// Division by the special primes of polynomials with `chain` primes of the chain, and by the
    /// last of those too if `rescale`.
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

    /// The index of a raised row's prime among the primes that a digit is converted to.
    fn target(&self, digit: &Digit, chain: usize, row: usize) -> usize {
        let prime = if row < chain {
            row
        } else {
            row - chain + self.limbs.chain
        };
        if prime < digit.primes.start {
            prime
        } else {
            prime - digit.primes.len()
        }
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

fn slices(rows: &[Row]) -> Vec<&[u64]> {
    rows.iter().map(|row| &row[..]).collect()
}

/// The fewest bits that the special primes may have together, for a chain of primes of given bits.
pub(crate) fn special_bits_needed(chain: &[u32], digits: usize) -> f64 {
    let bits: Vec<f64> = chain.iter().map(|&bits| f64::from(bits)).collect();
    let ranges = balanced(&bits, digits);
    let digits = ranges.into_iter().map(|range| bits[range].iter().sum());
    digits.fold(0.0, f64::max) + MARGIN_BITS
}

/// Splits primes of given bits into `digits` runs of nearly equal bits.
fn balanced(bits: &[f64], digits: usize) -> Vec<Range<usize>> {
    let total: f64 = bits.iter().sum();
    let mut ranges = Vec::new();
    let mut start = 0;
    for digit in 1..=digits {
        #[allow(clippy::cast_precision_loss, reason = "a few digits")]
        let goal = total * digit as f64 / digits as f64;
        let rest = digits - digit;
        let end = (start + 1..=bits.len() - rest)
            .min_by(|&a, &b| {
                let miss = |end: usize| (bits[..end].iter().sum::<f64>() - goal).abs();
                miss(a).total_cmp(&miss(b))
            })
            .unwrap_or(bits.len());
        ranges.push(start..end);
        start = end;
    }
    ranges
}
