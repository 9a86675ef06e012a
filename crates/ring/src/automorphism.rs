//! The automorphisms `X -> X^k` of the ring, for odd `k`, in both representations.

use crate::degree::{bit_reversed, check_degree};
use crate::kernel::{Bytes, Isa, MAX_PRODUCTS, MappedProducts, Permutation};
use crate::{Error, Modulus, Multiplier, PackedRow, Result};

/// An automorphism `X -> X^k` of `Z_q[X] / (X^N + 1)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Automorphism {
    exponent: usize,
    degree: usize,
    /// Where each value comes from.
    values: Permutation,
}

/// The terms of two sums of products, as [`Automorphism::inner_products`] gets them.
#[derive(Clone, Copy)]
struct Terms<'a> {
    modulus: Modulus,
    products: &'a [(&'a [u64], [&'a PackedRow; 2])],
    plus: Option<(&'a [u64], Multiplier)>,
}

impl Automorphism {
    /// `X -> X^exponent` in a ring of this degree.
    ///
    /// # Errors
    /// [`Error::Degree`] if `degree` is not a ring degree, and [`Error::Automorphism`] if `exponent` is
    /// even or not below `2 * degree`.
    pub fn new(exponent: usize, degree: usize) -> Result<Self> {
        check_degree(degree)?;
        if exponent.is_multiple_of(2) || exponent >= 2 * degree {
            return Err(Error::Automorphism { exponent, degree });
        }
        // Value `i` is the one at the root to the power `2 bit_reversed(i) + 1`.
        let source = |index: usize| {
            let power = (2 * bit_reversed(index, degree) + 1) * exponent % (2 * degree);
            bit_reversed(power / 2, degree)
        };
        Ok(Automorphism {
            exponent,
            degree,
            values: Permutation::new(degree, source),
        })
    }

    /// The power that `X` is mapped to.
    pub fn exponent(&self) -> usize {
        self.exponent
    }

    /// The ring degree.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Applies it to coefficients.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub(crate) fn map_coefficients(&self, modulus: Modulus, from: &[u64], to: &mut [u64]) {
        assert_eq!((from.len(), to.len()), (self.degree, self.degree));
        let (mut power, order) = (0, 2 * self.degree);
        for &coefficient in from {
            // X^degree is -1.
            if power < self.degree {
                to[power] = coefficient;
            } else {
                to[power - self.degree] = modulus.neg(coefficient);
            }
            power = (power + self.exponent) % order;
        }
    }

    /// Applies it to values, in the order of [`crate::NttTable`]: a permutation.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub fn map_values(&self, from: &[u64], to: &mut [u64]) {
        assert_eq!((from.len(), to.len()), (self.degree, self.degree));
        Isa::current().permute(&self.values, from, 0, to);
    }

    /// Maps rows of values and sums their products with both halves of packed factors, as
    /// [`Modulus::inner_product_packed`] does; adds a multiple of one more mapped row to the first
    /// sum.
    ///
    /// # Shapes
    /// A row of `products` and both its factors, and the row of `plus`, have `degree` values each;
    /// both sums are written.
    ///
    /// # Range
    /// Residues in and out, the packed ones in Montgomery form.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub fn inner_products(
        &self,
        modulus: Modulus,
        products: &[(&[u64], [&PackedRow; 2])],
        plus: Option<(&[u64], Multiplier)>,
        to: [&mut [u64]; 2],
    ) {
        let terms = Terms {
            modulus,
            products,
            plus,
        };
        self.sums(terms, false, to);
    }

    /// [`Automorphism::inner_products`], added to the rows `to`.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub fn add_inner_products(
        &self,
        modulus: Modulus,
        products: &[(&[u64], [&PackedRow; 2])],
        plus: Option<(&[u64], Multiplier)>,
        to: [&mut [u64]; 2],
    ) {
        let terms = Terms {
            modulus,
            products,
            plus,
        };
        self.sums(terms, true, to);
    }

    fn sums(&self, terms: Terms<'_>, add: bool, [first, second]: [&mut [u64]; 2]) {
        let products = terms.products.iter().map(|(row, halves)| {
            let halves = halves.map(PackedRow::residues);
            (*row, halves)
        });
        let products: Vec<(&[u64], [Bytes<'_>; 2])> = products.collect();
        // The row that is added counts as one more product.
        let (some, rest) = products.split_at(products.len().min(MAX_PRODUCTS - 1));
        let sum = |products, plus, add, to: [&mut [u64]; 2]| {
            let products = MappedProducts {
                modulus: terms.modulus,
                permutation: &self.values,
                products,
                plus,
            };
            Isa::current().inner_products_mapped(products, add, to);
        };
        sum(some, terms.plus, add, [&mut *first, &mut *second]);
        for products in rest.chunks(MAX_PRODUCTS - 1) {
            sum(products, None, true, [&mut *first, &mut *second]);
        }
    }

    /// Adds the mapped values to others.
    ///
    /// # Panics
    /// If the sizes are not the degree.
    pub fn add_mapped_values(&self, modulus: Modulus, from: &[u64], to: &mut [u64]) {
        assert_eq!((from.len(), to.len()), (self.degree, self.degree));
        Isa::current().add_permuted(&self.values, modulus, from, to);
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
            automorphism.map_coefficients(modulus, &start, &mut by_coefficients);
            let mut values = start;
            ntt.forward(&mut values);
            let mut by_values = vec![0; degree];
            automorphism.map_values(&values, &mut by_values);
            let mut sum = values.clone();
            automorphism.add_mapped_values(modulus, &values, &mut sum);
            modulus.sub_rows(&mut sum, &values);
            prop_assert_eq!(&sum, &by_values);
            ntt.inverse(&mut by_values);
            prop_assert_eq!(by_values, by_coefficients);
        }

        #[test]
        fn the_exponent_of_a_composition_is_the_product_of_exponents(
            a in (0..64_usize).prop_map(|a| 2 * a + 1), b in (0..64_usize).prop_map(|b| 2 * b + 1),
        ) {
            let degree = 64;
            let one = |exponent| Automorphism::new(exponent % 128, degree).unwrap();
            let start: Vec<u64> = (0..64).collect();
            let apply = |automorphism: &Automorphism, from: &[u64]| {
                let mut to = vec![0; degree];
                automorphism.map_values(from, &mut to);
                to
            };
            let both = apply(&one(b), &apply(&one(a), &start));
            prop_assert_eq!(both, apply(&one(a * b), &start));
        }
    }

    #[test]
    fn inner_products_are_those_of_mapped_values() {
        let degree = 64;
        let modulus = ntt_primes(45, degree, 1).unwrap()[0];
        let map = Automorphism::new(5, degree).unwrap();
        let row = |seed: u64| -> Vec<u64> {
            let value =
                |index: u64| modulus.reduce((index + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            (0..degree as u64).map(value).collect()
        };
        let mapped = |row: &[u64]| {
            let mut to = vec![0; degree];
            map.map_values(row, &mut to);
            to
        };
        let (more, by) = (row(1), modulus.multiplier(12345));
        for count in [0_u64, 1, 2, 5, 63, 64, 130] {
            let rows: Vec<Vec<u64>> = (0..count).map(|pair| row(10 + pair)).collect();
            let factors = (0..2 * count).map(|half| PackedRow::new(modulus, &row(1000 + half)));
            let factors: Vec<PackedRow> = factors.collect();
            let pairs = rows.iter().zip(factors.chunks_exact(2));
            let products: Vec<(&[u64], [&PackedRow; 2])> = pairs
                .map(|(row, pair)| (&row[..], [&pair[0], &pair[1]]))
                .collect();
            let images: Vec<Vec<u64>> = rows.iter().map(|row| mapped(row)).collect();
            let expected = [0, 1].map(|half| {
                let pairs = images.iter().zip(&products);
                let pairs: Vec<(&[u64], &PackedRow)> = pairs
                    .map(|(row, (_, pair))| (&row[..], pair[half]))
                    .collect();
                let mut sum = vec![7; degree];
                modulus.inner_product_packed(&pairs, &mut sum);
                if half == 0 {
                    modulus.add_scaled_rows(&mut sum, &mapped(&more), by);
                }
                sum
            });
            let mut found = [vec![1; degree], vec![2; degree]];
            let [first, second] = &mut found;
            map.inner_products(modulus, &products, Some((&more, by)), [first, second]);
            assert_eq!(found, expected);
            let [first, second] = &mut found;
            map.add_inner_products(modulus, &products, Some((&more, by)), [first, second]);
            for (found, expected) in found.iter().zip(&expected) {
                let twice = expected.iter().map(|&value| modulus.add(value, value));
                assert!(found.iter().copied().eq(twice));
            }
        }
    }

    #[test]
    fn conjugation_negates_and_reverses_all_coefficients_but_the_first() {
        let modulus = Modulus::new(97).unwrap();
        let conjugation = Automorphism::new(15, 8).unwrap();
        let mut to = [0; 8];
        conjugation.map_coefficients(modulus, &[1, 2, 3, 4, 5, 6, 7, 8], &mut to);
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
