//! The negacyclic number-theoretic transform: products of polynomials modulo `X^N + 1` become
//! products of values.

use crate::degree::check_degree;
use crate::kernel::{Isa, Transform};
use crate::prime::is_prime;
use crate::{Error, Modulus, Multiplier, Result};

/// The transform of polynomials of `N` coefficients modulo a prime.
///
/// # Shapes
/// Coefficients begin with that of `X^0`; values are in bit-reversed order: value `i` is the one at
/// `root^(2 * reversed(i) + 1)`.
///
/// # Source
/// Longa and Naehrig, "Speeding up the number theoretic transform", 2016, algorithms 1 and 2,
/// with Harvey's lazy butterflies (2014).
#[derive(Clone, Debug)]
pub struct NttTable {
    root: u64,
    transform: Transform,
}

impl NttTable {
    /// The transform of `degree` coefficients modulo a prime.
    ///
    /// # Errors
    /// [`Error::Degree`] if `degree` is not a power of two from 2^3 to 2^17, and
    /// [`Error::NoTransform`] if the modulus is not a prime that leaves 1 when divided by
    /// `2 * degree`.
    pub fn new(modulus: Modulus, degree: usize) -> Result<Self> {
        NttTable::with_isa(Isa::current(), modulus, degree)
    }

    /// [`NttTable::new`] for an instruction set other than [`Isa::current`].
    ///
    /// # Errors
    /// As [`NttTable::new`].
    pub fn with_isa(isa: Isa, modulus: Modulus, degree: usize) -> Result<Self> {
        check_degree(degree)?;
        let order = 2 * degree as u64;
        let value = modulus.value();
        if !(value - 1).is_multiple_of(order) || !is_prime(value) {
            return Err(Error::NoTransform {
                modulus: value,
                degree,
            });
        }
        let root = root_of_unity(modulus, order);
        Ok(NttTable {
            root,
            transform: Transform::new(isa, modulus, degree, root),
        })
    }

    /// The modulus.
    pub fn modulus(&self) -> Modulus {
        self.transform.modulus()
    }

    /// Number of coefficients.
    pub fn degree(&self) -> usize {
        self.transform.degree()
    }

    /// The smallest root of unity of order `2 * degree`.
    pub fn root(&self) -> u64 {
        self.root
    }

    /// Coefficients to values, in place.
    ///
    /// # Range
    /// Residues in and out.
    ///
    /// # Panics
    /// If there are not `degree` coefficients.
    pub fn forward(&self, coefficients: &mut [u64]) {
        self.transform.forward(coefficients);
    }

    /// Values to coefficients, in place.
    ///
    /// # Range
    /// Residues in and out.
    ///
    /// # Panics
    /// If there are not `degree` values.
    pub fn inverse(&self, values: &mut [u64]) {
        self.transform.inverse(None, values, 1);
    }

    /// Values to coefficients, in place, times a constant.
    ///
    /// # Range
    /// Residues in and out.
    ///
    /// # Panics
    /// If there are not `degree` values.
    pub fn inverse_scaled(&self, values: &mut [u64], constant: Multiplier) {
        self.transform.inverse(None, values, constant.value());
    }

    /// [`NttTable::inverse_scaled`] of values that are kept, into another row.
    ///
    /// # Range
    /// Residues in and out.
    ///
    /// # Panics
    /// If `values` or `to` has another length than `degree`.
    pub fn inverse_scaled_into(&self, values: &[u64], constant: Multiplier, to: &mut [u64]) {
        self.transform.inverse(Some(values), to, constant.value());
    }
}

/// The smallest root of unity of order `order`, a power of two, modulo a prime that has one. (Each
/// is an odd power of any other.)
fn root_of_unity(modulus: Modulus, order: u64) -> u64 {
    let minus_one = modulus.value() - 1;
    let exponent = minus_one / order;
    let first = (2..)
        .map(|base| modulus.pow(modulus.reduce(base), exponent))
        .find(|&root| modulus.pow(root, order / 2) == minus_one)
        .unwrap_or(1);
    let square = modulus.mul(first, first);
    let mut root = first;
    let mut smallest = first;
    for _ in 1..order / 2 {
        root = modulus.mul(root, square);
        smallest = smallest.min(root);
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::degree::bit_reversed;
    use crate::prime::ntt_primes;
    use proptest::prelude::*;

    fn ntt(bits: u32, degree: usize) -> NttTable {
        NttTable::new(ntt_primes(bits, degree, 1).unwrap()[0], degree).unwrap()
    }

    /// The product modulo `X^N + 1` by the definition.
    fn naive_product(modulus: Modulus, a: &[u64], b: &[u64]) -> Vec<u64> {
        let mut product = vec![0; a.len()];
        for (i, &x) in a.iter().enumerate() {
            for (j, &y) in b.iter().enumerate() {
                let term = modulus.mul(x, y);
                let sum = &mut product[(i + j) % a.len()];
                *sum = if i + j < a.len() {
                    modulus.add(*sum, term)
                } else {
                    modulus.sub(*sum, term)
                };
            }
        }
        product
    }

    /// A transform, and two polynomials.
    #[derive(Clone, Debug)]
    struct Case {
        ntt: NttTable,
        a: Vec<u64>,
        b: Vec<u64>,
    }

    fn cases() -> impl Strategy<Value = Case> {
        (prop_oneof![Just(20_u32), 25..60_u32], 3..8_u32).prop_flat_map(|(bits, log)| {
            let ntt = ntt(bits, 1 << log);
            let q = ntt.modulus().value();
            let residue = prop_oneof![8 => 0..q, 1 => Just(q - 1)];
            let residues = proptest::collection::vec(residue, 1 << log);
            (residues.clone(), residues).prop_map(move |(a, b)| Case {
                ntt: ntt.clone(),
                a,
                b,
            })
        })
    }

    proptest! {
        #[test]
        fn forward_then_inverse_is_identity(case in cases()) {
            let Case { ntt, a: coefficients, .. } = case;
            let mut values = coefficients.clone();
            ntt.forward(&mut values);
            let mut elsewhere = vec![7; values.len()];
            let constant = ntt.modulus().multiplier(3);
            ntt.inverse_scaled_into(&values, constant, &mut elsewhere);
            ntt.inverse(&mut values);
            prop_assert_eq!(&values, &coefficients);
            ntt.modulus().scale_row(&mut values, constant);
            prop_assert_eq!(values, elsewhere);
        }

        #[test]
        fn products_of_values_are_products_of_polynomials(case in cases()) {
            let Case { ntt, mut a, mut b } = case;
            let expected = naive_product(ntt.modulus(), &a, &b);
            ntt.forward(&mut a);
            ntt.forward(&mut b);
            for (a, b) in a.iter_mut().zip(b) {
                *a = ntt.modulus().mul(*a, b);
            }
            ntt.inverse(&mut a);
            prop_assert_eq!(a, expected);
        }

        #[test]
        fn values_are_those_at_odd_powers_of_the_root(case in cases()) {
            let Case { ntt, a: coefficients, .. } = case;
            let (modulus, degree) = (ntt.modulus(), ntt.degree());
            let mut values = coefficients.clone();
            ntt.forward(&mut values);
            for (index, &value) in values.iter().enumerate() {
                let odd = 2 * bit_reversed(index, degree) as u64 + 1;
                let point = modulus.pow(ntt.root(), odd);
                let at = coefficients
                    .iter()
                    .rev()
                    .fold(0, |sum, &c| modulus.add(modulus.mul(sum, point), c));
                prop_assert_eq!(value, at);
            }
        }
    }

    #[test]
    fn inverse_undoes_forward_for_every_degree() {
        for log in 3..=17 {
            let ntt = ntt(59, 1 << log);
            let q = ntt.modulus().value();
            let start: Vec<u64> = (0..1_u64 << log).map(|i| q - 1 - i * i % 97).collect();
            let mut values = start.clone();
            ntt.forward(&mut values);
            assert!(values.iter().all(|&value| value < q));
            let mut elsewhere = vec![0; values.len()];
            ntt.inverse_scaled_into(&values, ntt.modulus().multiplier(1), &mut elsewhere);
            ntt.inverse(&mut values);
            assert_eq!(values, start);
            assert_eq!(elsewhere, start);
        }
    }

    #[test]
    fn moduli_without_a_root_and_degrees_out_of_range_are_refused() {
        let modulus = |value| Modulus::new(value).unwrap();
        let none = NttTable::new(modulus(97), 64).unwrap_err();
        assert!(none.to_string().contains("leaves 1 when divided by 128"));
        assert!(NttTable::new(modulus(17), 8).is_ok());
        // 33 = 3 * 11 leaves 1, but is not a prime.
        assert!(matches!(
            NttTable::new(modulus(33), 8),
            Err(Error::NoTransform { .. })
        ));
        for degree in [0, 1, 4, 12, 1 << 18] {
            assert!(matches!(
                NttTable::new(modulus(97), degree),
                Err(Error::Degree { .. })
            ));
        }
    }
}
