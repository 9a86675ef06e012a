//! What a transform needs in memory, for the set of kernels that runs it.

#[cfg(target_arch = "x86_64")]
use super::montgomery::VECTORS_BELOW;
#[cfg(target_arch = "x86_64")]
use super::set::Kind;
use super::set::Set;
#[cfg(target_arch = "x86_64")]
use super::twiddles::{ROW, Twiddles, balanced};
use crate::ntt::reversed;
use crate::{Modulus, Multiplier};

/// The powers of the roots of one modulus, as a set of kernels wants them.
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
    Vectors {
        kernels: Vectors,
        forward: Twiddles,
        inverse: Twiddles,
        /// The factor of the last level backward.
        last: u64,
    },
}

/// The sets that have transforms with vectors.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
enum Vectors {
    Avx2(super::avx2::Seen),
    Avx512(super::avx512::Seen),
}

impl Transform {
    /// For a root of order `2 * degree`.
    pub(crate) fn new(set: Set, modulus: Modulus, degree: usize, root: u64) -> Self {
        let inverse = modulus.invert_by_fermat(root);
        Transform {
            modulus,
            degree,
            inverse_degree: modulus.multiplier(modulus.invert_by_fermat(degree as u64)),
            tables: Tables::new(set, modulus, degree, [root, inverse]),
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
            Tables::Vectors {
                kernels, forward, ..
            } => match kernels {
                Vectors::Avx2(seen) => seen.forward(self.modulus, forward, row),
                Vectors::Avx512(seen) => seen.forward(self.modulus, forward, row),
            },
        }
    }

    /// Values to coefficients, times a constant.
    ///
    /// # Panics
    /// If there are not `degree` values.
    pub(crate) fn inverse(&self, row: &mut [u64], constant: u64) {
        assert_eq!(row.len(), self.degree, "as many as the degree");
        let (modulus, scale) = (self.modulus, self.scale(constant));
        match &self.tables {
            Tables::Portable([_, powers]) => super::portable::inverse(modulus, powers, scale, row),
            #[cfg(target_arch = "x86_64")]
            Tables::Vectors {
                kernels,
                inverse,
                last,
                ..
            } => {
                let last = last_factors(modulus, scale, *last);
                match kernels {
                    Vectors::Avx2(seen) => seen.inverse(modulus, inverse, last, row),
                    Vectors::Avx512(seen) => seen.inverse(modulus, inverse, last, row),
                }
            }
        }
    }

    /// [`Transform::inverse`] of values that stay as they are.
    ///
    /// # Panics
    /// If there are not `degree` values, or not as much room.
    pub(crate) fn inverse_of(&self, values: &[u64], to: &mut [u64], constant: u64) {
        match &self.tables {
            Tables::Portable(_) => {
                to.copy_from_slice(values);
                self.inverse(to, constant);
            }
            #[cfg(target_arch = "x86_64")]
            Tables::Vectors {
                kernels,
                inverse,
                last,
                ..
            } => {
                assert_eq!(values.len(), self.degree, "as many as the degree");
                let (modulus, rows) = (self.modulus, (values, to));
                let last = last_factors(modulus, self.scale(constant), *last);
                match kernels {
                    Vectors::Avx2(seen) => seen.inverse_of(modulus, inverse, last, rows),
                    Vectors::Avx512(seen) => seen.inverse_of(modulus, inverse, last, rows),
                }
            }
        }
    }

    /// What an inverse transform multiplies by in the end.
    fn scale(&self, constant: u64) -> u64 {
        self.modulus.mul_by(constant, self.inverse_degree)
    }

    /// Bytes of its tables.
    pub(crate) fn bytes(&self) -> usize {
        match &self.tables {
            Tables::Portable(powers) => 2 * powers[0].len() * size_of::<Multiplier>(),
            #[cfg(target_arch = "x86_64")]
            Tables::Vectors {
                forward, inverse, ..
            } => forward.bytes() + inverse.bytes(),
        }
    }
}

/// The factors of sums and of differences in the last level backward.
#[cfg(target_arch = "x86_64")]
fn last_factors(modulus: Modulus, scale: u64, last: u64) -> [[f64; 2]; 2] {
    [scale, modulus.mul(scale, last)].map(|factor| balanced(modulus, factor))
}

impl Tables {
    fn new(set: Set, modulus: Modulus, degree: usize, roots: [u64; 2]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if modulus.value() < VECTORS_BELOW && degree >= 4 * ROW {
            let kernels = match set.0 {
                Kind::Avx512(seen) => Some((Vectors::Avx512(seen), super::avx512::Seen::LANES)),
                Kind::Avx2(seen) => Some((Vectors::Avx2(seen), super::avx2::Seen::LANES)),
                Kind::Portable => None,
            };
            if let Some((kernels, lanes)) = kernels {
                let [forward, inverse] =
                    roots.map(|root| Twiddles::new(modulus, degree, root, lanes));
                let last = modulus.pow(roots[1], reversed(1, degree) as u64);
                return Tables::Vectors {
                    kernels,
                    forward,
                    inverse,
                    last,
                };
            }
        }
        Tables::Portable(roots.map(|root| {
            let mut powers = vec![Multiplier::default(); degree];
            let mut power = 1;
            for index in 0..degree {
                powers[reversed(index, degree)] = modulus.multiplier(power);
                power = modulus.mul(power, root);
            }
            powers
        }))
    }
}
