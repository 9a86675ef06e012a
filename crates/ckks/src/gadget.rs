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

mod division;

use crate::primes::log2_product;
use crate::{Error, Result};
use division::Divisor;
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
    lower: Divisor,
    /// From the special primes and the last prime of a level to the chain below, by the number of
    /// primes that are left, less 1.
    lower_and_rescale: Vec<Divisor>,
    /// From the last prime of a level to the chain below, by the number of primes that are left,
    /// less 1.
    rescale: Vec<Divisor>,
}

#[derive(Debug)]
struct Digit {
    primes: Range<usize>,
    /// From the first primes of the digit to all primes but the digit's, by their number less 1.
    raise: Vec<BaseConversion>,
}

/// A polynomial's digits modulo other primes than their own.
///
/// # Shapes
/// `[rows, digits]`: nothing where a row's prime is one of the digit's, since there the digit is
/// the polynomial itself.
pub(crate) type Digits = Vec<Vec<Option<Row>>>;

impl Gadget {
    /// For the primes `limbs` of a ring, with so many digits of about equal length.
    ///
    /// # Errors
    /// If the special primes exceed a digit by too little.
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

    /// The primes modulo which a polynomial with so many primes is raised.
    pub(crate) fn raised(&self, chain: usize) -> Limbs {
        Limbs {
            chain,
            special: self.limbs.special,
        }
    }

    /// Splits a polynomial into digits, and raises each to the other primes: by coefficients, to
    /// be transformed.
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

    /// The place of a raised row's prime among those that a digit is converted to.
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

/// The product of some primes modulo another.
fn product(primes: &[Modulus], modulus: Modulus) -> u64 {
    primes.iter().fold(1, |product, prime| {
        modulus.mul(product, modulus.reduce(prime.value()))
    })
}

/// Bits that the special primes need at least, for a chain of primes of so many bits.
pub(crate) fn special_bits_needed(chain: &[u32], digits: usize) -> f64 {
    let bits: Vec<f64> = chain.iter().map(|&bits| f64::from(bits)).collect();
    let ranges = balanced(&bits, digits);
    let digits = ranges.into_iter().map(|range| bits[range].iter().sum());
    digits.fold(0.0, f64::max) + MARGIN_BITS
}

/// Splits primes of so many bits into so many runs of about equal bits.
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
