//! Constants of sums of products, in the form that each instruction set uses.

#[cfg(target_arch = "x86_64")]
use super::float::{balanced, exact};
use crate::{Modulus, Multiplier};

/// The inverse of an odd number modulo 2^64.
pub(super) fn inverse_of_odd(value: u64) -> u64 {
    // Correct to 3 bits; each step doubles them.
    (0..5).fold(value, |inverse, _| {
        inverse.wrapping_mul(2_u64.wrapping_sub(value.wrapping_mul(inverse)))
    })
}

/// `R` modulo a modulus: 2^52 for those that vectors compute with, 2^64 for larger ones.
pub(crate) fn montgomery_factor(modulus: Modulus) -> u64 {
    let bits = if modulus.value() < VECTORS_BELOW {
        52
    } else {
        64
    };
    let power = (1_u128 << bits) % u128::from(modulus.value());
    u64::try_from(power).unwrap_or(0)
}

/// Moduli below this have vector kernels.
pub(super) const VECTORS_BELOW: u64 = 1 << 50;

/// Residues modulo one prime by which rows are multiplied to be summed.
#[derive(Clone, Debug)]
pub(crate) struct Cofactors {
    pub(super) modulus: Modulus,
    pub(super) plain: Vec<Multiplier>,
    /// Times 2^52.
    pub(super) montgomery: Vec<u64>,
    /// The same, as numbers nearest to 0.
    #[cfg(target_arch = "x86_64")]
    pub(super) balanced: Vec<f64>,
    /// The sum divided by 2^52 is below this many moduli.
    pub(super) bound: usize,
    vectors: bool,
}

impl Cofactors {
    /// `max_digits` are the largest values of each row that they multiply.
    pub(crate) fn new(modulus: Modulus, values: &[u64], max_digits: &[u64]) -> Self {
        let times = modulus.multiplier(modulus.reduce(1 << 52));
        let sum: u128 = max_digits.iter().map(|&max| u128::from(max)).sum();
        let vectors = max_digits.iter().all(|&max| max < VECTORS_BELOW);
        let montgomery: Vec<u64> = values.iter().map(|&v| modulus.mul_by(v, times)).collect();
        Cofactors {
            modulus,
            plain: values.iter().map(|&v| modulus.multiplier(v)).collect(),
            #[cfg(target_arch = "x86_64")]
            balanced: montgomery
                .iter()
                .map(|&v| balanced(modulus, v)[0])
                .collect(),
            montgomery,
            bound: usize::try_from(sum >> 52).map_or(usize::MAX, |whole| whole + 1),
            vectors: vectors && modulus.value() < VECTORS_BELOW,
        }
    }

    /// Whether the sums are in the range of the vector kernels.
    pub(crate) fn has_vectors(&self) -> bool {
        self.vectors
    }
}

/// A modulus that divides values, to give fractions in fixed point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fraction {
    /// `floor(2^(BITS + shift) / modulus)`.
    pub(super) reciprocal: u64,
    /// The modulus's length.
    pub(super) shift: u64,
    /// `1 / modulus`, rounded.
    #[cfg(target_arch = "x86_64")]
    pub(super) inverse: f64,
}

impl Fraction {
    /// Bits of the fractions.
    pub(super) const BITS: u32 = 62;

    pub(crate) fn new(modulus: Modulus) -> Self {
        let reciprocal = (1_u128 << (Self::BITS + modulus.bits())) / u128::from(modulus.value());
        Fraction {
            reciprocal: u64::try_from(reciprocal).unwrap_or(u64::MAX),
            shift: modulus.bits().into(),
            #[cfg(target_arch = "x86_64")]
            inverse: 1.0 / exact(modulus.value()),
        }
    }

    /// Whether it is in the range of the vector kernels.
    pub(super) fn has_vectors(&self) -> bool {
        self.shift <= 50
    }
}
