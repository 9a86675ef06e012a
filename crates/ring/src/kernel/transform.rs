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

    /// Values to coefficients, times a constant: values that are elsewhere and stay as they are,
    /// or those of the row.
    ///
    /// # Panics
    /// If there are not `degree` values.
    pub(crate) fn inverse(&self, elsewhere: Option<&[u64]>, row: &mut [u64], constant: u64) {
        let lengths = [row.len(), elsewhere.map_or(row.len(), <[u64]>::len)];
        assert_eq!(lengths, [self.degree; 2], "as many as the degree");
        let modulus = self.modulus;
        let scale = modulus.mul_by(constant, self.inverse_degree);
        match &self.tables {
            Tables::Portable([_, powers]) => {
                if let Some(values) = elsewhere {
                    row.copy_from_slice(values);
                }
                super::portable::inverse(modulus, powers, scale, row);
            }
            #[cfg(target_arch = "x86_64")]
            Tables::Vectors {
                kernels,
                inverse,
                last,
                ..
            } => {
                let last = [scale, modulus.mul(scale, *last)];
                let last = last.map(|factor| balanced(modulus, factor));
                let rows = (elsewhere, row);
                match kernels {
                    Vectors::Avx2(seen) => seen.inverse(modulus, inverse, last, rows),
                    Vectors::Avx512(seen) => seen.inverse(modulus, inverse, last, rows),
                }
            }
        }
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
