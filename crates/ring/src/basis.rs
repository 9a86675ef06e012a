//! Large integers as residues modulo several primes, and their conversion to other primes.

use crate::kernel::{Cofactors, Fraction, Isa, Target};
use crate::{Error, Modulus, Multiplier, Result};
use rayon::prelude::*;

/// Columns that are converted to all primes before the next ones: those of a dozen sources fit in
/// the second-level cache.
const COLUMNS: usize = 4096;

/// The same columns of several rows, with the index of each row's prime.
type Part<'a> = Vec<(usize, &'a mut [u64])>;

/// Distinct primes, whose product `Q` bounds the integers that residues stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    moduli: Vec<Modulus>,
}

/// The conversion of integers between `-Q/2` and `Q/2` from one basis to another.
///
/// # Range
/// Exact for integers whose distance from `±Q/2` is more than `Q * sources * 2^-60`. Nearer to
/// it, the result may be that of the integer on the other side.
///
/// # Source
/// Halevi, Polyakov, Shoup, "An improved RNS variant of the BFV homomorphic encryption scheme"
/// (2018/117), section 2.2: the multiple of `Q` to subtract is found by fractions, here in fixed
/// point.
#[derive(Clone, Debug)]
pub struct BaseConversion {
    /// `(Q / q)^-1` modulo each source `q`: a residue times that is a digit.
    inverses: Vec<Multiplier>,
    from: Vec<Modulus>,
    fractions: Vec<Fraction>,
    /// For each target: `Q / q` for every source `q`, and last `-Q`.
    to: Vec<Cofactors>,
}

impl Basis {
    /// A basis of distinct primes.
    ///
    /// # Errors
    /// [`Error::NoModulus`] if there is none, and [`Error::DuplicateModulus`] if one occurs twice. That
    /// they are primes is not checked; those of [`crate::prime::ntt_primes`] are.
    pub fn new(moduli: &[Modulus]) -> Result<Self> {
        for (index, modulus) in moduli.iter().enumerate() {
            if moduli[..index].contains(modulus) {
                let modulus = modulus.value();
                return Err(Error::DuplicateModulus { modulus });
            }
        }
        if moduli.is_empty() {
            return Err(Error::NoModulus);
        }
        Ok(Basis {
            moduli: moduli.to_vec(),
        })
    }

    /// Its primes.
    pub(crate) fn moduli(&self) -> &[Modulus] {
        &self.moduli
    }
}

impl BaseConversion {
    /// The conversion between two bases.
    ///
    /// # Errors
    /// [`Error::DuplicateModulus`] if they share a prime.
    pub fn new(from: &Basis, to: &Basis) -> Result<Self> {
        let shared = to
            .moduli
            .iter()
            .find(|modulus| from.moduli.contains(modulus));
        if let Some(modulus) = shared {
            let modulus = modulus.value();
            return Err(Error::DuplicateModulus { modulus });
        }
        let inverse = |&modulus: &Modulus| {
            let cofactor = product(from.moduli.iter().filter(|&&q| q != modulus), modulus);
            modulus.multiplier(modulus.invert_by_fermat(cofactor))
        };
        let mut max_digits: Vec<u64> = from.moduli.iter().map(|q| q.value() - 1).collect();
        max_digits.push(from.moduli.len() as u64);
        let cofactors = |&modulus: &Modulus| {
            let others = |q: &Modulus| product(from.moduli.iter().filter(|&o| o != q), modulus);
            let mut values: Vec<u64> = from.moduli.iter().map(others).collect();
            values.push(modulus.neg(product(from.moduli.iter(), modulus)));
            Cofactors::new(modulus, &values, &max_digits)
        };
        Ok(BaseConversion {
            inverses: from.moduli.iter().map(inverse).collect(),
            from: from.moduli.clone(),
            fractions: from.moduli.iter().map(|&q| Fraction::new(q)).collect(),
            to: to.moduli.iter().map(cofactors).collect(),
        })
    }

    /// The factor that turns residues modulo a source into *digits*, which
    /// [`BaseConversion::convert_digits`] converts. [`crate::NttTable::inverse_scaled`] multiplies by it
    /// at no cost.
    pub fn digit_factor(&self, source: usize) -> Multiplier {
        self.inverses[source]
    }

    /// The residues modulo some of the targets, on all threads.
    ///
    /// # Shapes
    /// `digits` has a row for each source; `to` has an index among the targets and a row for its
    /// residues, for each target to convert to.
    ///
    /// # Panics
    /// If there is not a row of digits for each source, or rows differ in length.
    pub fn convert_digits(&self, digits: &[&[u64]], to: Vec<(usize, &mut [u64])>) {
        let length = digits.first().map_or(0, |row| row.len());
        self.check(digits, length);
        let mut parts: Vec<Part<'_>> = (0..length.div_ceil(COLUMNS)).map(|_| Vec::new()).collect();
        for (target, row) in to {
            assert_eq!(row.len(), length, "rows of the same length");
            for (part, columns) in parts.iter_mut().zip(row.chunks_mut(COLUMNS)) {
                part.push((target, columns));
            }
        }
        parts.into_par_iter().enumerate().for_each(|(index, part)| {
            let columns = index * COLUMNS..length.min((index + 1) * COLUMNS);
            let digits: Vec<&[u64]> = digits.iter().map(|row| &row[columns.clone()]).collect();
            self.convert_columns(&digits, part);
        });
    }

    fn convert_columns(&self, digits: &[&[u64]], part: Part<'_>) {
        let mut overflow = [0; COLUMNS];
        let overflow = &mut overflow[..digits[0].len()];
        Isa::current().overflow(&self.fractions, digits, overflow);
        let targets = part.into_iter().map(|(target, sums)| Target {
            cofactors: &self.to[target],
            sums,
        });
        // A kernel computes with vectors, or does not, for all targets that it gets.
        let (mut vectors, mut others): (Vec<Target<'_>>, Vec<Target<'_>>) =
            targets.partition(|target| target.cofactors.has_vectors());
        for targets in [&mut vectors, &mut others] {
            Isa::current().convert(targets, digits, overflow);
        }
    }

    fn check(&self, digits: &[&[u64]], length: usize) {
        assert_eq!(digits.len(), self.from.len(), "a row for each prime");
        let same_length = digits.iter().all(|row| row.len() == length);
        assert!(same_length, "rows of the same length");
    }
}

/// The product of some numbers modulo another.
fn product<'a>(factors: impl Iterator<Item = &'a Modulus>, modulus: Modulus) -> u64 {
    factors.fold(1, |product, factor| {
        modulus.mul(product, modulus.reduce(factor.value()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prime::ntt_primes;
    use dashu_int::{IBig, UBig};
    use proptest::prelude::*;

    fn bases(bits: [u32; 2], sizes: [usize; 2]) -> (Basis, Basis) {
        let mut moduli = ntt_primes(bits[0], 1024, sizes[0]).unwrap();
        let others = ntt_primes(bits[1], 1024, sizes[0] + sizes[1]).unwrap();
        moduli.truncate(sizes[0]);
        let others: Vec<Modulus> = others
            .into_iter()
            .filter(|other| !moduli.contains(other))
            .take(sizes[1])
            .collect();
        (Basis::new(&moduli).unwrap(), Basis::new(&others).unwrap())
    }

    /// Converts many integers: a row of residues for each source to one for each target.
    fn convert(conversion: &BaseConversion, from: &[u64], to: &mut [u64]) {
        let length = from.len() / conversion.from.len();
        let mut digits = from.to_vec();
        for (source, row) in digits.chunks_exact_mut(length).enumerate() {
            conversion.from[source].scale_row(row, conversion.digit_factor(source));
        }
        let digits: Vec<&[u64]> = digits.chunks_exact(length).collect();
        let rows = to.chunks_exact_mut(length).enumerate();
        conversion.convert_digits(&digits, rows.collect());
    }

    fn big(basis: &Basis) -> UBig {
        let all = basis.moduli().iter();
        all.fold(UBig::ONE, |product, q| product * q.value())
    }

    fn residues(value: &IBig, basis: &Basis) -> Vec<u64> {
        let residue = |q: &Modulus| {
            let rest = value % IBig::from(q.value());
            let rest = i64::try_from(&rest).unwrap();
            q.reduce_signed(rest)
        };
        basis.moduli().iter().map(residue).collect()
    }

    proptest! {
        #[test]
        fn conversions_are_those_of_big_integers(
            bits in [30..60_u32, 30..60_u32], sizes in [1..13_usize, 1..5_usize],
            words in proptest::collection::vec(any::<u64>(), 13),
            negative in any::<bool>(), shift in 0..500_usize,
        ) {
            let (from, to) = bases(bits, sizes);
            let conversion = BaseConversion::new(&from, &to).unwrap();
            let half = big(&from) / 2_u8;
                // Farther from the half than the error of the fractions.
            let bound = &half - (&half >> 40_usize) - 1_u8;
            let magnitude = words.iter().fold(UBig::ZERO, |sum, &word| (sum << 64_usize) + word);
            let magnitude = (magnitude >> shift) % bound;
            let value = if negative { -IBig::from(magnitude) } else { IBig::from(magnitude) };
            let mut found = vec![0; to.moduli().len()];
            convert(&conversion, &residues(&value, &from), &mut found);
            prop_assert_eq!(found, residues(&value, &to));
        }
    }

    #[test]
    fn integers_of_a_row_are_converted_independently() {
        let (from, to) = bases([50, 45], [3, 2]);
        let conversion = BaseConversion::new(&from, &to).unwrap();
        let integers = [
            IBig::from(5),
            IBig::from(-7),
            IBig::from(1_u64 << 60),
            IBig::ZERO,
        ];
        let rows = |basis: &Basis| {
            let each: Vec<Vec<u64>> = integers.iter().map(|i| residues(i, basis)).collect();
            let primes = 0..basis.moduli().len();
            primes
                .flat_map(|prime| each.iter().map(move |residues| residues[prime]))
                .collect::<Vec<u64>>()
        };
        let mut found = vec![0; 8];
        convert(&conversion, &rows(&from), &mut found);
        assert_eq!(found, rows(&to));
    }

    #[test]
    fn duplicate_primes_are_errors_within_a_basis_and_between_two() {
        let primes = ntt_primes(40, 64, 3).unwrap();
        let modulus = primes[1].value();
        let twice = Basis::new(&[primes[0], primes[1], primes[1]]);
        assert_eq!(twice.unwrap_err(), Error::DuplicateModulus { modulus });
        assert_eq!(Basis::new(&[]).unwrap_err(), Error::NoModulus);
        let (a, b) = (&primes[..2], &primes[1..]);
        let shared = BaseConversion::new(&Basis::new(a).unwrap(), &Basis::new(b).unwrap());
        assert_eq!(shared.unwrap_err(), Error::DuplicateModulus { modulus });
    }
}
