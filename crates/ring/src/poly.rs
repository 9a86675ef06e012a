//! Polynomials modulo several primes at once, by their coefficients or by their values.

use crate::{Automorphism, Basis, Modulus, Multiplier, NttTable, Result};
use std::marker::PhantomData;

/// A polynomial is given by its coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coeff {}

/// A polynomial is given by its values, in the order of [`NttTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ntt {}

/// How a polynomial is given: [`Coeff`] or [`Ntt`].
pub trait Representation: sealed::Representation {}

impl Representation for Coeff {}
impl Representation for Ntt {}

mod sealed {
    use super::{Automorphism, Coeff, Modulus, Ntt};

    pub trait Representation: Sized {
        fn map(automorphism: &Automorphism, modulus: Modulus, from: &[u64], to: &mut [u64]);
    }

    impl Representation for Coeff {
        fn map(automorphism: &Automorphism, modulus: Modulus, from: &[u64], to: &mut [u64]) {
            automorphism.coefficients(modulus, from, to);
        }
    }

    impl Representation for Ntt {
        fn map(automorphism: &Automorphism, _: Modulus, from: &[u64], to: &mut [u64]) {
            automorphism.values(from, to);
        }
    }
}

/// Residues of a polynomial modulo the first primes of its ring.
///
/// # Shapes
/// `[limbs, degree]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poly<R: Representation> {
    residues: Vec<u64>,
    degree: usize,
    representation: PhantomData<R>,
}

/// `Z_Q[X] / (X^N + 1)`, where `Q` is the product of a chain of primes.
#[derive(Clone, Debug)]
pub struct Ring {
    tables: Vec<NttTable>,
    basis: Basis,
}

impl<R: Representation> Poly<R> {
    /// The polynomial 0 modulo the first `limbs` primes of a ring.
    ///
    /// # Panics
    /// If the ring has fewer.
    pub fn zero(ring: &Ring, limbs: usize) -> Self {
        assert!(limbs <= ring.limbs(), "{limbs} of {} primes", ring.limbs());
        Poly {
            residues: vec![0; limbs * ring.degree()],
            degree: ring.degree(),
            representation: PhantomData,
        }
    }

    /// Number of primes.
    pub fn limbs(&self) -> usize {
        self.residues.len() / self.degree
    }

    /// Residues modulo each prime.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u64> {
        self.residues.chunks_exact(self.degree)
    }

    /// Residues modulo each prime, to be filled in with residues.
    pub fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, u64> {
        self.residues.chunks_exact_mut(self.degree)
    }

    /// Forgets the residues modulo all primes but the first `limbs`.
    pub fn truncate(&mut self, limbs: usize) {
        self.residues.truncate(limbs * self.degree);
    }

    /// The same numbers, which now mean another representation.
    fn reinterpreted<S: Representation>(self) -> Poly<S> {
        Poly {
            residues: self.residues,
            degree: self.degree,
            representation: PhantomData,
        }
    }
}

impl Ring {
    /// The ring of this degree modulo the product of primes.
    ///
    /// # Errors
    /// If a prime has no transform of this degree, is there twice, or there is none.
    pub fn new(degree: usize, moduli: &[Modulus]) -> Result<Self> {
        let basis = Basis::new(moduli)?;
        let tables = moduli.iter().map(|&modulus| NttTable::new(modulus, degree));
        let tables = tables.collect::<Result<Vec<_>>>()?;
        Ok(Ring { tables, basis })
    }

    /// Number of coefficients.
    pub fn degree(&self) -> usize {
        self.tables[0].degree()
    }

    /// Number of primes.
    pub fn limbs(&self) -> usize {
        self.tables.len()
    }

    /// The primes.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    fn moduli(&self) -> impl Iterator<Item = Modulus> + '_ {
        self.basis.moduli().iter().copied()
    }

    /// A polynomial of small signed coefficients modulo the first `limbs` primes, without a
    /// branch on them.
    ///
    /// # Panics
    /// If there are not as many coefficients as the degree, or not so many primes.
    pub fn small(&self, coefficients: &[i8], limbs: usize) -> Poly<Coeff> {
        assert_eq!(coefficients.len(), self.degree(), "as many as the degree");
        let mut poly = Poly::zero(self, limbs);
        for (row, modulus) in poly.rows_mut().zip(self.moduli()) {
            for (residue, &coefficient) in row.iter_mut().zip(coefficients) {
                *residue = modulus.residue_of_small(coefficient);
            }
        }
        poly
    }

    /// Coefficients to values, in the same memory.
    pub fn forward(&self, mut poly: Poly<Coeff>) -> Poly<Ntt> {
        for (row, table) in poly.rows_mut().zip(&self.tables) {
            table.forward(row);
        }
        poly.reinterpreted()
    }

    /// Values to coefficients, in the same memory.
    pub fn inverse(&self, mut poly: Poly<Ntt>) -> Poly<Coeff> {
        for (row, table) in poly.rows_mut().zip(&self.tables) {
            table.inverse(row);
        }
        poly.reinterpreted()
    }

    /// `a += b`.
    ///
    /// # Panics
    /// If the polynomials have different numbers of primes.
    pub fn add_assign<R: Representation>(&self, a: &mut Poly<R>, b: &Poly<R>) {
        self.for_each_pair(a, b, Modulus::add);
    }

    /// `a -= b`.
    ///
    /// # Panics
    /// If the polynomials have different numbers of primes.
    pub fn sub_assign<R: Representation>(&self, a: &mut Poly<R>, b: &Poly<R>) {
        self.for_each_pair(a, b, Modulus::sub);
    }

    /// `a *= b`: polynomials are multiplied by their values.
    ///
    /// # Panics
    /// If the polynomials have different numbers of primes.
    pub fn mul_assign(&self, a: &mut Poly<Ntt>, b: &Poly<Ntt>) {
        self.for_each_pair(a, b, Modulus::mul);
    }

    /// `a = -a`.
    pub fn neg_assign<R: Representation>(&self, a: &mut Poly<R>) {
        for (row, modulus) in a.rows_mut().zip(self.moduli()) {
            row.iter_mut().for_each(|a| *a = modulus.neg(*a));
        }
    }

    /// `a *= constant`, an integer.
    pub fn scale_assign<R: Representation>(&self, a: &mut Poly<R>, constant: i64) {
        for (row, modulus) in a.rows_mut().zip(self.moduli()) {
            let constant: Multiplier = modulus.multiplier(modulus.reduce_signed(constant));
            row.iter_mut()
                .for_each(|a| *a = modulus.mul_by(*a, constant));
        }
    }

    /// `to = automorphism(from)`.
    ///
    /// # Panics
    /// If the automorphism is of another degree, or the numbers of primes differ.
    pub fn map<R: Representation>(
        &self,
        automorphism: &Automorphism,
        from: &Poly<R>,
        to: &mut Poly<R>,
    ) {
        assert_eq!(from.limbs(), to.limbs(), "the same primes");
        let rows = from.rows().zip(to.rows_mut());
        for ((from, to), modulus) in rows.zip(self.moduli()) {
            R::map(automorphism, modulus, from, to);
        }
    }

    fn for_each_pair<R: Representation>(
        &self,
        a: &mut Poly<R>,
        b: &Poly<R>,
        operation: impl Fn(Modulus, u64, u64) -> u64,
    ) {
        assert_eq!(a.limbs(), b.limbs(), "the same primes");
        for ((a, b), modulus) in a.rows_mut().zip(b.rows()).zip(self.moduli()) {
            for (a, &b) in a.iter_mut().zip(b) {
                *a = operation(modulus, *a, b);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sampler;
    use crate::prime::ntt_primes;
    use proptest::prelude::*;

    fn ring() -> Ring {
        Ring::new(32, &ntt_primes(40, 32, 3).unwrap()).unwrap()
    }

    fn random(ring: &Ring, seed: u8) -> Poly<Coeff> {
        let mut sampler = Sampler::from_seed([seed; 32]);
        let mut poly = Poly::zero(ring, 3);
        let moduli = ring.basis().moduli().to_vec();
        for (row, modulus) in poly.rows_mut().zip(moduli) {
            sampler.uniform(modulus, row);
        }
        poly
    }

    proptest! {
        #[test]
        fn the_laws_of_a_ring_hold(seeds in any::<[u8; 3]>()) {
            let ring = ring();
            let [a, b, c] = seeds.map(|seed| ring.forward(random(&ring, seed)));
            let sum = |x: &Poly<Ntt>, y: &Poly<Ntt>| {
                let mut z = x.clone();
                ring.add_assign(&mut z, y);
                z
            };
            let product = |x: &Poly<Ntt>, y: &Poly<Ntt>| {
                let mut z = x.clone();
                ring.mul_assign(&mut z, y);
                z
            };
            prop_assert_eq!(sum(&a, &b), sum(&b, &a));
            prop_assert_eq!(product(&a, &b), product(&b, &a));
            prop_assert_eq!(product(&product(&a, &b), &c), product(&a, &product(&b, &c)));
            prop_assert_eq!(product(&a, &sum(&b, &c)), sum(&product(&a, &b), &product(&a, &c)));
            let mut difference = sum(&a, &b);
            ring.sub_assign(&mut difference, &b);
            prop_assert_eq!(&difference, &a);
            let mut negative = a.clone();
            ring.neg_assign(&mut negative);
            prop_assert_eq!(sum(&a, &negative), Poly::zero(&ring, 3));
        }

        #[test]
        fn addition_and_automorphisms_mean_the_same_in_both_representations(
            seeds in any::<[u8; 2]>(), odd in 0..32_usize, constant in any::<i64>(),
        ) {
            let ring = ring();
            let automorphism = Automorphism::new(2 * odd + 1, 32).unwrap();
            let [mut a, b] = seeds.map(|seed| random(&ring, seed));
            let (mut values, other) = (ring.forward(a.clone()), ring.forward(b.clone()));
            ring.add_assign(&mut a, &b);
            ring.add_assign(&mut values, &other);
            ring.scale_assign(&mut a, constant);
            ring.scale_assign(&mut values, constant);
            let mut mapped = Poly::zero(&ring, 3);
            ring.map(&automorphism, &a, &mut mapped);
            let mut mapped_values = Poly::zero(&ring, 3);
            ring.map(&automorphism, &values, &mut mapped_values);
            prop_assert_eq!(ring.inverse(mapped_values), mapped);
        }
    }

    #[test]
    fn small_coefficients_have_the_residues_of_their_signs() {
        let ring = ring();
        let coefficients: Vec<i8> = (-16..16).map(|c| c * 8).collect();
        let poly = ring.small(&coefficients, 2);
        assert_eq!(poly.limbs(), 2);
        for (row, modulus) in poly.rows().zip(ring.basis().moduli()) {
            for (&residue, &coefficient) in row.iter().zip(&coefficients) {
                assert_eq!(residue, modulus.reduce_signed(coefficient.into()));
            }
        }
    }

    #[test]
    fn fewer_primes_are_the_first_ones() {
        let ring = ring();
        let whole = random(&ring, 1);
        let mut part = whole.clone();
        part.truncate(1);
        assert_eq!((part.limbs(), part.rows().next()), (1, whole.rows().next()));
    }
}
