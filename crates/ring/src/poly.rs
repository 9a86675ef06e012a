//! Polynomials modulo several primes at once, as coefficients or as values.

use crate::pool::Row;
use crate::{Automorphism, Limbs, Modulus};
use rayon::prelude::*;
use std::marker::PhantomData;

/// The representation of a polynomial by its coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coeff {}

/// The representation of a polynomial by its values, in the order of [`NttTable`](crate::NttTable).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ntt {}

/// The representation of a polynomial by its values in Montgomery form, as a factor of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Montgomery {}

/// A representation of polynomials: [`Coeff`], [`Ntt`] or [`Montgomery`].
pub trait Representation: sealed::Representation + Send + Sync {}

impl Representation for Coeff {}
impl Representation for Ntt {}
impl Representation for Montgomery {}

mod sealed {
    use super::{Automorphism, Coeff, Modulus, Montgomery, Ntt};

    pub trait Representation: Sized {
        fn map(automorphism: &Automorphism, modulus: Modulus, from: &[u64], to: &mut [u64]);
    }

    impl Representation for Coeff {
        fn map(automorphism: &Automorphism, modulus: Modulus, from: &[u64], to: &mut [u64]) {
            automorphism.map_coefficients(modulus, from, to);
        }
    }

    impl Representation for Ntt {
        fn map(automorphism: &Automorphism, _: Modulus, from: &[u64], to: &mut [u64]) {
            automorphism.map_values(from, to);
        }
    }

    impl Representation for Montgomery {
        fn map(automorphism: &Automorphism, _: Modulus, from: &[u64], to: &mut [u64]) {
            automorphism.map_values(from, to);
        }
    }
}
/// A polynomial, as its residues modulo primes of its ring.
///
/// # Shapes
/// A row of `degree` residues for each prime: those of the chain first.
#[derive(Debug, PartialEq, Eq)]
pub struct Poly<R: Representation> {
    rows: Vec<Row>,
    chain: usize,
    representation: PhantomData<R>,
}
impl<R: Representation> Poly<R> {
    /// A polynomial of rows of residues: those modulo `chain` primes of the chain, then those
    /// modulo special primes.
    ///
    /// # Panics
    /// If there are fewer rows than `chain`.
    pub fn from_rows(rows: Vec<Row>, chain: usize) -> Self {
        assert!(chain <= rows.len(), "{chain} of {} rows", rows.len());
        Poly {
            rows,
            chain,
            representation: PhantomData,
        }
    }

    /// The primes that it is known modulo.
    pub fn limbs(&self) -> Limbs {
        Limbs {
            chain: self.chain,
            special: self.rows.len() - self.chain,
        }
    }

    /// Residues modulo each prime.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Residues modulo each prime, to be overwritten with residues.
    pub fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    /// The row modulo the same prime as row `row` of a polynomial with these limbs.
    pub fn row_of(&self, limbs: Limbs, row: usize) -> &Row {
        &self.rows[self.limbs().index_of(limbs, row)]
    }

    /// Its rows.
    pub fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    /// Drops the residues modulo all primes but the first `chain` of the chain.
    ///
    /// # Panics
    /// If it has fewer primes of the chain.
    pub fn truncate(&mut self, chain: usize) {
        assert!(chain <= self.chain, "{chain} of {} primes", self.chain);
        self.rows.truncate(chain);
        self.chain = chain;
    }

    /// The same rows as a polynomial in another representation.
    pub(crate) fn reinterpreted<S: Representation>(self) -> Poly<S> {
        Poly::from_rows(self.rows, self.chain)
    }
}

/// Copies on all threads.
impl<R: Representation> Clone for Poly<R> {
    fn clone(&self) -> Self {
        let rows = self.rows.par_iter().cloned();
        Poly::from_rows(rows.collect(), self.chain)
    }
}
