//! Integers modulo an odd number of up to 60 bits.

use crate::{Error, Result};

/// An odd modulus from 3 to below 2^60, with the constants of fast reduction.
///
/// # Range
/// All arguments and results are residues, below the modulus, unless a doc says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulus {
    value: u64,
    /// Its number of bits.
    bits: u32,
    /// `floor(2^(2 bits) / value)`.
    reciprocal: u64,
}

/// A residue by which many others are multiplied.
///
/// # Source
/// V. Shoup's trick, as in Harvey, "Faster arithmetic for number-theoretic transforms", 2014.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Multiplier {
    value: u64,
    /// `floor(value * 2^64 / modulus)`.
    quotient: u64,
}

impl Multiplier {
    /// The residue.
    pub fn value(self) -> u64 {
        self.value
    }

    /// `floor(value * 2^64 / modulus)`.
    pub(crate) fn quotient(self) -> u64 {
        self.quotient
    }
}

impl Modulus {
    /// The largest number of bits of a modulus.
    pub const MAX_BITS: u32 = 60;

    /// A modulus.
    ///
    /// # Errors
    /// If it is even, below 3 or has more than 60 bits.
    pub fn new(value: u64) -> Result<Self> {
        let bits = u64::BITS - value.leading_zeros();
        if value < 3 || value.is_multiple_of(2) || bits > Self::MAX_BITS {
            return Err(Error::Modulus { value });
        }
        let reciprocal = (1_u128 << (2 * bits)) / u128::from(value);
        Ok(Modulus {
            value,
            bits,
            reciprocal: low(reciprocal),
        })
    }

    /// The modulus itself.
    pub fn value(self) -> u64 {
        self.value
    }

    /// Its number of bits.
    pub fn bits(self) -> u32 {
        self.bits
    }

    /// The residue of any integer.
    pub fn reduce(self, value: u64) -> u64 {
        value % self.value
    }

    /// The residue of any signed integer.
    pub fn reduce_signed(self, value: i64) -> u64 {
        let residue = self.reduce(value.unsigned_abs());
        if value < 0 {
            self.neg(residue)
        } else {
            residue
        }
    }

    /// The residue of a small signed integer, in constant time.
    ///
    /// # Range
    /// Its magnitude must be below the modulus.
    pub fn residue_of_small(self, value: i64) -> u64 {
        let negative = (value >> 63).cast_unsigned();
        value.cast_unsigned().wrapping_add(self.value & negative)
    }

    /// The integer nearest to zero that has this residue.
    pub fn balanced(self, residue: u64) -> i64 {
        let above = residue > self.value / 2;
        let modulus = self.value & u64::from(above).wrapping_neg();
        residue.wrapping_sub(modulus).cast_signed()
    }

    /// The residue of a product of two residues.
    ///
    /// # Source
    /// Barrett's reduction (Handbook of Applied Cryptography, algorithm 14.42): the estimated
    /// quotient is at most 2 too small.
    fn reduce_product(self, product: u128) -> u64 {
        let estimate = u128::from(low(product >> (self.bits - 1))) * u128::from(self.reciprocal);
        let quotient = low(estimate >> (self.bits + 1));
        let rest = low(product).wrapping_sub(quotient.wrapping_mul(self.value));
        self.subtract_once(self.subtract_once(rest))
    }

    /// `value`, minus the modulus unless it is below that; without a branch.
    fn subtract_once(self, value: u64) -> u64 {
        let (less, borrow) = value.overflowing_sub(self.value);
        let mask = u64::from(borrow).wrapping_neg();
        less.wrapping_add(self.value & mask)
    }

    /// `a + b`.
    pub fn add(self, a: u64, b: u64) -> u64 {
        self.subtract_once(a + b)
    }

    /// `a - b`.
    pub fn sub(self, a: u64, b: u64) -> u64 {
        self.subtract_once(a + self.value - b)
    }

    /// `-a`.
    pub fn neg(self, a: u64) -> u64 {
        self.subtract_once(self.value - a)
    }

    /// `a * b`.
    pub fn mul(self, a: u64, b: u64) -> u64 {
        self.reduce_product(u128::from(a) * u128::from(b))
    }

    /// `base` to the power `exponent`, which must be public: the time depends on it.
    pub fn pow(self, base: u64, mut exponent: u64) -> u64 {
        let (mut power, mut square) = (1, base);
        while exponent > 0 {
            if exponent % 2 == 1 {
                power = self.mul(power, square);
            }
            square = self.mul(square, square);
            exponent /= 2;
        }
        power
    }

    /// `1 / a`, if the modulus is prime and `a` is not 0.
    pub fn invert_by_fermat(self, a: u64) -> u64 {
        self.pow(a, self.value - 2)
    }

    /// Prepares a residue to multiply many others by.
    pub fn multiplier(self, value: u64) -> Multiplier {
        Multiplier {
            value,
            quotient: low((u128::from(value) << 64) / u128::from(self.value)),
        }
    }

    /// `a * by` for any `a`, reduced to below twice the modulus.
    pub(crate) fn mul_lazy(self, a: u64, by: Multiplier) -> u64 {
        let quotient = low((u128::from(a) * u128::from(by.quotient)) >> 64);
        a.wrapping_mul(by.value)
            .wrapping_sub(quotient.wrapping_mul(self.value))
    }

    /// `a * by`, for any `a`.
    pub fn mul_by(self, a: u64, by: Multiplier) -> u64 {
        self.subtract_once(self.mul_lazy(a, by))
    }

    /// The residue of a value below four times the modulus.
    pub(crate) fn reduce_below_four(self, value: u64) -> u64 {
        self.subtract_once(self.subtract_twice(value))
    }

    /// `value`, minus twice the modulus unless it is below that; without a branch.
    pub(crate) fn subtract_twice(self, value: u64) -> u64 {
        let (less, borrow) = value.overflowing_sub(2 * self.value);
        let mask = u64::from(borrow).wrapping_neg();
        less.wrapping_add((2 * self.value) & mask)
    }
}

/// The low 64 bits.
#[allow(clippy::cast_possible_truncation, reason = "the low bits are kept")]
fn low(value: u128) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn modulus() -> impl Strategy<Value = Modulus> {
        (2..=60_u32, any::<u64>()).prop_filter_map("an odd modulus", |(bits, seed)| {
            Modulus::new((seed >> (64 - bits)) | 1 | 1 << (bits - 1)).ok()
        })
    }

    proptest! {
        #[test]
        fn operations_are_those_of_big_integers(modulus in modulus(), a in any::<u64>(), b in any::<u64>()) {
            let q = u128::from(modulus.value());
            let (a, b) = (modulus.reduce(a), modulus.reduce(b));
            let (wide_a, wide_b) = (u128::from(a), u128::from(b));
            prop_assert_eq!(u128::from(modulus.add(a, b)), (wide_a + wide_b) % q);
            prop_assert_eq!(u128::from(modulus.sub(a, b)), (wide_a + q - wide_b) % q);
            prop_assert_eq!(u128::from(modulus.neg(a)), (q - wide_a) % q);
            prop_assert_eq!(u128::from(modulus.mul(a, b)), wide_a * wide_b % q);
        }

        #[test]
        fn multipliers_multiply_any_word(modulus in modulus(), a in any::<u64>(), b in any::<u64>()) {
            let by = modulus.multiplier(modulus.reduce(b));
            let expected = u128::from(a) * u128::from(by.value()) % u128::from(modulus.value());
            let lazy = modulus.mul_lazy(a, by);
            prop_assert!(lazy < 2 * modulus.value());
            prop_assert_eq!(u128::from(lazy) % u128::from(modulus.value()), expected);
            prop_assert_eq!(u128::from(modulus.mul_by(a, by)), expected);
        }

        #[test]
        fn residues_of_signed_integers_are_never_negative(
            modulus in modulus(), value in any::<i64>(),
        ) {
            let expected = i128::from(value).rem_euclid(i128::from(modulus.value()));
            prop_assert_eq!(i128::from(modulus.reduce_signed(value)), expected);
        }
    }

    #[test]
    fn the_largest_residues_of_every_size_multiply_exactly() {
        for bits in 2..=60 {
            for value in [(1 << (bits - 1)) + 1, (1_u64 << bits) - 1] {
                let modulus = Modulus::new(value).unwrap();
                assert_eq!(modulus.mul(value - 1, value - 1), 1, "{value}");
                assert_eq!(modulus.bits(), bits);
            }
        }
    }

    #[test]
    fn even_small_and_large_numbers_are_not_moduli() {
        for value in [0, 1, 2, 4, 1 << 59, (1 << 60) + 1, u64::MAX] {
            assert_eq!(Modulus::new(value), Err(Error::Modulus { value }));
        }
        assert!(Modulus::new((1 << 60) - 1).is_ok());
    }

    #[test]
    fn powers_are_repeated_products_and_inverses_cancel() {
        let modulus = Modulus::new(97).unwrap();
        assert_eq!(modulus.pow(3, 0), 1);
        assert_eq!(modulus.pow(3, 5), 243 % 97);
        for a in 1..97 {
            assert_eq!(modulus.mul(a, modulus.invert_by_fermat(a)), 1);
        }
    }
}
