//! Arithmetic of rows: many residues modulo one prime.
//!
//! Factors that are used often (keys, plaintexts, matrices) are kept in *Montgomery form*, times `R`
//! modulo the prime. Their product with a plain residue, divided by `R`, is the plain product.
//! `R` is 2^52 for moduli below 2^50 and 2^64 for larger ones.

use crate::kernel::{CrossProducts, Isa, MAX_PRODUCTS, Products, montgomery_factor};
use crate::{Modulus, Multiplier};

/// # Range
/// Residues in and out, of rows of the same length.
///
/// # Panics
/// If rows that belong together differ in length.
impl Modulus {
    /// `a += b`.
    pub fn add_rows(self, a: &mut [u64], b: &[u64]) {
        same_length(a, b);
        Isa::current().add_rows(self, a, b);
    }

    /// `a -= b`.
    pub fn sub_rows(self, a: &mut [u64], b: &[u64]) {
        same_length(a, b);
        Isa::current().sub_rows(self, a, b);
    }

    /// `a = -a`.
    pub fn neg_row(self, a: &mut [u64]) {
        Isa::current().neg_row(self, a);
    }

    /// `a *= by`.
    pub fn scale_row(self, a: &mut [u64], by: Multiplier) {
        Isa::current().scale_row(self, a, by);
    }

    /// `a += by`, for every residue.
    pub fn add_constant_row(self, a: &mut [u64], by: u64) {
        Isa::current().add_constant_row(self, a, by);
    }

    /// `a += b * by`.
    pub fn add_scaled_rows(self, a: &mut [u64], b: &[u64], by: Multiplier) {
        same_length(a, b);
        Isa::current().add_scaled_rows(self, a, b, by);
    }

    /// `a = (a - b) * by`.
    pub fn sub_scale_rows(self, a: &mut [u64], b: &[u64], by: Multiplier) {
        same_length(a, b);
        Isa::current().sub_scale_rows(self, a, b, by);
    }

    /// `a *= b`.
    pub fn mul_rows(self, a: &mut [u64], b: &[u64]) {
        same_length(a, b);
        Isa::current().mul_rows(self, a, b);
    }

    /// `to = a b`.
    pub(crate) fn product_of_rows(self, a: &[u64], b: &[u64], to: &mut [u64]) {
        same_length(a, b);
        same_length(a, to);
        Isa::current().product_of_rows(self, a, b, to);
    }

    /// The first two coefficients of `by (a0 + a1 Y) (b0 + b1 Y)`: `[by a0 b0, by (a0 b1 + a1 b0)]`.
    pub fn cross_products(
        self,
        [a, b]: [[&[u64]; 2]; 2],
        by: Multiplier,
        [first, second]: [&mut [u64]; 2],
    ) {
        let factors = CrossProducts { a, b, by };
        Isa::current().cross_products(self, factors, false, [first, second]);
    }

    /// [`Modulus::cross_products`], added to the two rows.
    pub fn add_cross_products(
        self,
        [a, b]: [[&[u64]; 2]; 2],
        by: Multiplier,
        [first, second]: [&mut [u64]; 2],
    ) {
        let factors = CrossProducts { a, b, by };
        Isa::current().cross_products(self, factors, true, [first, second]);
    }

    /// The residues of small signed integers, in constant time.
    pub fn residues_of_small(self, integers: &[i8], to: &mut [u64]) {
        assert_eq!(integers.len(), to.len(), "rows of the same length");
        for (residue, &integer) in to.iter_mut().zip(integers) {
            *residue = self.residue_of_small(integer.into());
        }
    }

    /// Plain residues to Montgomery form.
    pub fn montgomery_row(self, a: &mut [u64]) {
        let factor = self.multiplier(montgomery_factor(self));
        self.scale_row(a, factor);
    }

    /// The sum of products, one factor of each in Montgomery form: `to = sum(a * b) / R`.
    pub fn inner_product(self, products: &[(&[u64], &[u64])], to: &mut [u64]) {
        self.inner_product_of_runs(1, products, to);
    }

    /// [`Modulus::inner_product`] where each residue of a second factor stands for `run` equal ones:
    /// the values of a polynomial in `X^run` come in such runs.
    ///
    /// # Panics
    /// If `run` is not a power of two.
    pub fn inner_product_of_runs(self, run: usize, products: &[(&[u64], &[u64])], to: &mut [u64]) {
        let (first, rest) = products.split_at(products.len().min(MAX_PRODUCTS));
        let sum = |pairs, add, to: &mut [u64]| {
            Isa::current().inner_product(self, Products { pairs, run }, add, to);
        };
        sum(first, false, to);
        for pairs in rest.chunks(MAX_PRODUCTS) {
            sum(pairs, true, to);
        }
    }
}

fn same_length(a: &[u64], b: &[u64]) {
    assert_eq!(a.len(), b.len(), "rows of the same length");
}

#[cfg(test)]
mod tests {
    use crate::prime;

    #[test]
    fn cross_products_are_the_first_coefficients_of_a_product() {
        let modulus = prime::ntt_primes(49, 64, 1).unwrap()[0];
        let by = modulus.multiplier(modulus.value() - 3);
        let rows = [[5; 9], [7; 9], [11; 9], [13; 9]];
        let [a0, a1, b0, b1] = rows.each_ref().map(|row| &row[..]);
        let expected = [-3 * 5 * 11, -3 * (5 * 13 + 7 * 11)].map(|sum| modulus.reduce_signed(sum));
        let (mut first, mut second) = (vec![1; 9], vec![2; 9]);
        modulus.cross_products([[a0, a1], [b0, b1]], by, [&mut first, &mut second]);
        assert_eq!(
            (&first[..], &second[..]),
            (&[expected[0]; 9][..], &[expected[1]; 9][..])
        );
        modulus.add_cross_products([[a0, a1], [b0, b1]], by, [&mut first, &mut second]);
        let twice = expected.map(|sum| modulus.add(sum, sum));
        assert_eq!(
            (&first[..], &second[..]),
            (&[twice[0]; 9][..], &[twice[1]; 9][..])
        );
    }

    #[test]
    fn more_products_are_summed_than_a_kernel_takes() {
        let modulus = prime::ntt_primes(45, 64, 1).unwrap()[0];
        let mut one = vec![1; 8];
        modulus.montgomery_row(&mut one);
        let minus_one = vec![modulus.value() - 1; 8];
        for count in [0, 1, 64, 65, 200] {
            let products: Vec<(&[u64], &[u64])> = vec![(&minus_one, &one); count];
            let expected = modulus.reduce_signed(-i64::try_from(count).unwrap());
            let mut sum = vec![7; 8];
            modulus.inner_product(&products, &mut sum);
            assert_eq!(sum, [expected; 8]);
        }
    }
}
