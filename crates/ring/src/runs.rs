//! Products with rows that have the same residue many times in a row.
//!
//! The values of a polynomial in `X^run`, for a power of two `run`, come in runs of so many equal
//! ones: it is enough to keep one of each.

use crate::Modulus;

impl Modulus {
    /// The sum of products of rows and rows of runs, one factor of each in Montgomery form:
    /// `to = sum(a * b) / R`, where every residue of a `b` stands for `run` of them.
    ///
    /// # Panics
    /// If there are more than 64 products, or a row has another length.
    pub fn inner_product_of_runs(self, run: usize, products: &[(&[u64], &[u64])], to: &mut [u64]) {
        if run == 1 {
            return self.inner_product(products, to);
        }
        for (index, to) in to.chunks_exact_mut(run).enumerate() {
            let range = index * run..(index + 1) * run;
            let constants: Vec<Vec<u64>> =
                products.iter().map(|(_, b)| vec![b[index]; run]).collect();
            let parts = products.iter().zip(&constants);
            let parts: Vec<(&[u64], &[u64])> = parts
                .map(|((a, _), b)| (&a[range.clone()], &b[..]))
                .collect();
            self.inner_product(&parts, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Sampler, prime};

    #[test]
    fn runs_stand_for_their_residues() {
        let modulus = prime::ntt_primes(45, 64, 1).unwrap()[0];
        let mut sampler = Sampler::from_seed([3; 32]);
        for run in [1, 2, 8, 64] {
            let mut rows = [
                vec![0; 64],
                vec![0; 64],
                vec![0; 64 / run],
                vec![0; 64 / run],
            ];
            for row in &mut rows {
                sampler.uniform(modulus, row);
            }
            let whole = |b: &[u64]| b.iter().flat_map(|&b| vec![b; run]).collect::<Vec<u64>>();
            let (c, d) = (whole(&rows[2]), whole(&rows[3]));
            let (mut found, mut expected) = (vec![0; 64], vec![0; 64]);
            modulus.inner_product(&[(&rows[0], &c), (&rows[1], &d)], &mut expected);
            let products: [(&[u64], &[u64]); 2] = [(&rows[0], &rows[2]), (&rows[1], &rows[3])];
            modulus.inner_product_of_runs(run, &products, &mut found);
            assert_eq!(found, expected);
        }
    }
}
