//! The automorphisms `X -> X^k` of the ring, for odd `k`, in both representations.

use crate::kernel::{Permutation, Set};
use crate::ntt::{check_degree, reversed};
use crate::{Error, Modulus, Result};

/// An automorphism `X -> X^k` of `Z_q[X] / (X^N + 1)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Automorphism {
    exponent: usize,
    degree: usize,
    /// Where each value comes from.
    values: Permutation,
}

impl Automorphism {
    /// `X -> X^exponent` in a ring of this degree.
    ///
    /// # Errors
    /// If `degree` is none, or `exponent` is even or not below `2 * degree`.
    pub fn new(exponent: usize, degree: usize) -> Result<Self> {
        check_degree(degree)?;
        if exponent.is_multiple_of(2) || exponent >= 2 * degree {
            return Err(Error::Automorphism { exponent, degree });
        }
        // The value at the place `i` is that at the root to the power `2 reversed(i) + 1`.
        let source = |place: usize| {
            let power = (2 * reversed(place, degree) + 1) * exponent % (2 * degree);
            reversed(power / 2, degree)
        };
        Ok(Automorphism {
            exponent,
            degree,
            values: Permutation::new(degree, source),
        })
    }

    /// The power that `X` becomes.
    pub fn exponent(&self) -> usize {
        self.exponent
    }

    /// The ring degree.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Applies it to coefficients, of residues.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub fn coefficients(&self, modulus: Modulus, from: &[u64], to: &mut [u64]) {
        assert_eq!((from.len(), to.len()), (self.degree, self.degree));
        let (mut place, around) = (0, 2 * self.degree);
        for &coefficient in from {
            if place < self.degree {
                to[place] = coefficient;
            } else {
                to[place - self.degree] = modulus.neg(coefficient);
            }
            place = (place + self.exponent) % around;
        }
    }

    /// Applies it to values, as [`crate::NttTable`] orders them: a permutation.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub fn values(&self, from: &[u64], to: &mut [u64]) {
        assert_eq!((from.len(), to.len()), (self.degree, self.degree));
        Set::active().permute(&self.values, from, to);
    }

    /// Adds what it makes of values to others, of residues.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub fn add_values(&self, modulus: Modulus, from: &[u64], to: &mut [u64]) {
        assert_eq!((from.len(), to.len()), (self.degree, self.degree));
        Set::active().add_permuted(&self.values, modulus, from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NttTable;
    use crate::prime::ntt_primes;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_representations_agree(
            log in 3..8_u32, odd in any::<usize>(), seed in proptest::collection::vec(any::<u64>(), 128),
        ) {
            let degree = 1_usize << log;
            let automorphism = Automorphism::new((odd | 1) % (2 * degree), degree).unwrap();
            let modulus = ntt_primes(45, degree, 1).unwrap()[0];
            let ntt = NttTable::new(modulus, degree).unwrap();
            let start: Vec<u64> = seed[..degree].iter().map(|&s| modulus.reduce(s)).collect();
            let mut by_coefficients = vec![0; degree];
            automorphism.coefficients(modulus, &start, &mut by_coefficients);
            let mut values = start;
            ntt.forward(&mut values);
            let mut by_values = vec![0; degree];
            automorphism.values(&values, &mut by_values);
            let mut sum = values.clone();
            automorphism.add_values(modulus, &values, &mut sum);
            modulus.sub_rows(&mut sum, &values);
            prop_assert_eq!(&sum, &by_values);
            ntt.inverse(&mut by_values);
            prop_assert_eq!(by_values, by_coefficients);
        }

        #[test]
        fn exponents_multiply_when_automorphisms_follow_each_other(
            a in (0..64_usize).prop_map(|a| 2 * a + 1), b in (0..64_usize).prop_map(|b| 2 * b + 1),
        ) {
            let degree = 64;
            let one = |exponent| Automorphism::new(exponent % 128, degree).unwrap();
            let start: Vec<u64> = (0..64).collect();
            let apply = |automorphism: &Automorphism, from: &[u64]| {
                let mut to = vec![0; degree];
                automorphism.values(from, &mut to);
                to
            };
            let both = apply(&one(b), &apply(&one(a), &start));
            prop_assert_eq!(both, apply(&one(a * b), &start));
        }
    }

    #[test]
    fn minus_one_turns_the_coefficients_round() {
        let modulus = Modulus::new(97).unwrap();
        let conjugation = Automorphism::new(15, 8).unwrap();
        let mut to = [0; 8];
        conjugation.coefficients(modulus, &[1, 2, 3, 4, 5, 6, 7, 8], &mut to);
        assert_eq!(to, [1, 89, 90, 91, 92, 93, 94, 95]);
    }

    #[test]
    fn even_and_large_exponents_are_refused() {
        for exponent in [0, 2, 16, 17] {
            let error = Automorphism::new(exponent, 8).unwrap_err();
            assert_eq!(
                error,
                Error::Automorphism {
                    exponent,
                    degree: 8
                }
            );
        }
    }
}
