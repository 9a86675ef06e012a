//! The tables of a transform, for the instruction set that runs it.

use super::isa::Isa;
#[cfg(target_arch = "x86_64")]
use super::isa::Kind;
#[cfg(target_arch = "x86_64")]
use super::montgomery::VECTORS_BELOW;
#[cfg(target_arch = "x86_64")]
use super::passes::Passes;
#[cfg(target_arch = "x86_64")]
use super::twiddles::{Number, ROW, Twiddles};
use crate::degree::bit_reversed;
use crate::{Modulus, Multiplier};

/// A transform modulo one prime: the powers of its root, in the order in which kernels use them.
#[derive(Clone, Debug)]
pub(crate) struct Transform {
    modulus: Modulus,
    degree: usize,
    /// `1 / degree`.
    inverse_degree: Multiplier,
    tables: Tables,
}

#[derive(Clone, Debug)]
enum Tables {
    /// Powers of the root and of its inverse, in bit-reversed order.
    Portable([Vec<Multiplier>; 2]),
    #[cfg(target_arch = "x86_64")]
    Avx2(Vectors<super::avx2::Token, f64>),
    #[cfg(target_arch = "x86_64")]
    Avx512(Vectors<super::avx512::Token, f64>),
    #[cfg(target_arch = "x86_64")]
    Avx512Short(Vectors<super::avx512::integers::short::Token, u64>),
    #[cfg(target_arch = "x86_64")]
    Avx512Long(Vectors<super::avx512::integers::long::Token, u64>),
}

/// A transform by vectors of numbers `N`.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Debug)]
struct Vectors<T, N> {
    token: T,
    forward: Twiddles<N>,
    inverse: Twiddles<N>,
    /// The factor of the last level backward.
    last: u64,
}

#[cfg(target_arch = "x86_64")]
impl<T: Passes<N> + Copy, N: Number> Vectors<T, N> {
    fn new(token: T, modulus: Modulus, degree: usize, [root, inverse]: [u64; 2]) -> Self {
        Vectors {
            token,
            forward: Twiddles::new(modulus, degree, root, T::LANES),
            inverse: Twiddles::new(modulus, degree, inverse, T::LANES),
            last: modulus.pow(inverse, bit_reversed(1, degree) as u64),
        }
    }

    fn forward(&self, row: &mut [u64]) {
        self.token.forward(&self.forward, row);
    }

    fn inverse(&self, scale: u64, values: Option<&[u64]>, row: &mut [u64]) {
        let modulus = self.inverse.modulus;
        let last = [scale, modulus.mul(scale, self.last)];
        let last = last.map(|factor| N::pair(modulus, factor));
        self.token.inverse(&self.inverse, last, values, row);
    }
}

impl Transform {
    /// For a root of order `2 * degree`.
    pub(crate) fn new(isa: Isa, modulus: Modulus, degree: usize, root: u64) -> Self {
        let inverse = modulus.invert_by_fermat(root);
        Transform {
            modulus,
            degree,
            inverse_degree: modulus.multiplier(modulus.invert_by_fermat(degree as u64)),
            tables: Tables::new(isa, modulus, degree, [root, inverse]),
        }
    }

    pub(crate) fn degree(&self) -> usize {
        self.degree
    }

    pub(crate) fn modulus(&self) -> Modulus {
        self.modulus
    }

    /// Coefficients to values.
    ///
    /// # Panics
    /// If there are not `degree` coefficients.
    pub(crate) fn forward(&self, row: &mut [u64]) {
        assert_eq!(row.len(), self.degree, "as many as the degree");
        match &self.tables {
            Tables::Portable([powers, _]) => super::portable::forward(self.modulus, powers, row),
            #[cfg(target_arch = "x86_64")]
            Tables::Avx2(vectors) => vectors.forward(row),
            #[cfg(target_arch = "x86_64")]
            Tables::Avx512(vectors) => vectors.forward(row),
            #[cfg(target_arch = "x86_64")]
            Tables::Avx512Short(vectors) => vectors.forward(row),
            #[cfg(target_arch = "x86_64")]
            Tables::Avx512Long(vectors) => vectors.forward(row),
        }
    }

    /// Values to coefficients, times a constant: `values`, which stay as they are, or else those of
    /// the row.
    ///
    /// # Panics
    /// If there are not `degree` values.
    pub(crate) fn inverse(&self, values: Option<&[u64]>, row: &mut [u64], constant: u64) {
        let lengths = [row.len(), values.map_or(row.len(), <[u64]>::len)];
        assert_eq!(lengths, [self.degree; 2], "as many as the degree");
        let scale = self.modulus.mul_by(constant, self.inverse_degree);
        match &self.tables {
            Tables::Portable([_, powers]) => {
                if let Some(values) = values {
                    row.copy_from_slice(values);
                }
                super::portable::inverse(self.modulus, powers, scale, row);
            }
            #[cfg(target_arch = "x86_64")]
            Tables::Avx2(vectors) => vectors.inverse(scale, values, row),
            #[cfg(target_arch = "x86_64")]
            Tables::Avx512(vectors) => vectors.inverse(scale, values, row),
            #[cfg(target_arch = "x86_64")]
            Tables::Avx512Short(vectors) => vectors.inverse(scale, values, row),
            #[cfg(target_arch = "x86_64")]
            Tables::Avx512Long(vectors) => vectors.inverse(scale, values, row),
        }
    }
}

impl Tables {
    fn new(isa: Isa, modulus: Modulus, degree: usize, roots: [u64; 2]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if modulus.value() < VECTORS_BELOW && degree >= 4 * ROW {
            use super::avx512::integers::{long, short};
            match isa.0 {
                Kind::Avx512(token) if modulus.value() < short::BELOW => {
                    return Tables::Avx512Short(Vectors::new(token, modulus, degree, roots));
                }
                Kind::Avx512(token) if modulus.value() < long::BELOW => {
                    let token = long::Token(token);
                    return Tables::Avx512Long(Vectors::new(token, modulus, degree, roots));
                }
                Kind::Avx512(token) => {
                    return Tables::Avx512(Vectors::new(token, modulus, degree, roots));
                }
                Kind::Avx2(token) => {
                    return Tables::Avx2(Vectors::new(token, modulus, degree, roots));
                }
                Kind::Portable => {}
            }
        }
        Tables::Portable(roots.map(|root| {
            let mut powers = vec![Multiplier::default(); degree];
            let mut power = 1;
            for index in 0..degree {
                powers[bit_reversed(index, degree)] = modulus.multiplier(power);
                power = modulus.mul(power, root);
            }
            powers
        }))
    }
}
