//! Exact division by a constant, without dividing.

/// A divisor from 1 to 2^31, as a multiplication and a shift.
///
/// With `l = ceil(log2 d)` and `m = ceil(2^(31+l) / d)`, which fits 32 bits, `floor(n * m /
/// 2^(31+l))` is `floor(n / d)` for every `n` up to 2^31: the overflow `e = m * d - 2^(31+l)` is
/// below `2^l`, so `n * e < 2^(31+l)` and the error never reaches the next integer (Granlund and
/// Montgomery, "Division by invariant integers using multiplication", 1994, theorem 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reciprocal {
    /// `m`; 0 for a divisor beyond 2^31, by which every quotient is 0.
    pub(super) multiplier: u32,
    /// `31 + l`.
    pub(super) shift: u32,
    /// Whether the divisor is a multiple of 2^16.
    of_high_halves: bool,
}

impl Reciprocal {
    /// The reciprocal of `divisor`, which is positive. Beyond 2^31, quotients of int32 are 0.
    pub fn new(divisor: u64) -> Self {
        debug_assert!(divisor > 0);
        if divisor > 1 << 31 {
            return Reciprocal {
                multiplier: 0,
                shift: 32,
                of_high_halves: false,
            };
        }
        let shift = 31 + divisor.max(1).next_power_of_two().trailing_zeros();
        let multiplier = (1_u64 << shift).div_ceil(divisor.max(1));
        Reciprocal {
            multiplier: u32::try_from(multiplier).unwrap_or(u32::MAX),
            shift,
            of_high_halves: divisor.is_multiple_of(1 << 16),
        }
    }

    /// The same divisor, for values of int16.
    pub fn narrow(self) -> NarrowReciprocal {
        let shift = self.shift - 16;
        if shift > 31 {
            return NarrowReciprocal::INFINITE;
        }
        NarrowReciprocal {
            multiplier: self.multiplier.div_ceil(1 << 16),
            shift,
        }
    }

    /// What the high halves of magnitudes are divided by, where nothing below matters: for
    /// multiples of 2^16, as `floor(n / (2^16 d)) = floor(floor(n / 2^16) / d)`.
    pub fn of_high_halves(self) -> Option<NarrowReciprocal> {
        let divided = Reciprocal {
            shift: self.shift.checked_sub(16)?,
            ..self
        };
        self.of_high_halves.then(|| divided.narrow())
    }

    /// `value / divisor`, rounded toward zero.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a quotient is not larger than its value"
    )]
    #[inline(always)]
    pub fn divide_toward_zero(self, value: i32) -> i32 {
        let magnitude = u64::from(value.unsigned_abs()) * u64::from(self.multiplier);
        let quotient = (magnitude >> self.shift) as u32;
        // Two's complement: negation where the value is negative, also of 2^31.
        let sign = value >> 31;
        (quotient.cast_signed() ^ sign).wrapping_sub(sign)
    }
}

/// A divisor of int16 values, as a multiplication and a shift of 32 bits.
///
/// `m = ceil(2^(15+l) / d)`, by the theorem of [`Reciprocal`] for magnitudes up to 2^15. By a
/// divisor beyond 2^16 every quotient is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NarrowReciprocal {
    /// `m`, up to 2^16, so that products are below 2^32.
    pub(super) multiplier: u32,
    /// `15 + l`, up to 31.
    pub(super) shift: u32,
}

impl NarrowReciprocal {
    /// A divisor by which every quotient is 0.
    pub(super) const INFINITE: NarrowReciprocal = NarrowReciprocal {
        multiplier: 0,
        shift: 16,
    };

    /// As a uint16 and a shift of the high halves of products; a divisor of 1 has no such shift.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    pub(super) fn beyond_16_bits(self) -> Option<(u16, u32)> {
        let multiplier = u16::try_from(self.multiplier).ok()?;
        Some((multiplier, self.shift.checked_sub(16)?))
    }

    /// `value / divisor`, rounded toward zero.
    #[inline(always)]
    pub fn divide_toward_zero(self, value: i16) -> i32 {
        let value = i32::from(value);
        let quotient = (value.unsigned_abs() * self.multiplier) >> self.shift;
        let sign = value >> 31;
        (quotient.cast_signed() ^ sign) - sign
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::divide_toward_zero;
    use proptest::prelude::*;

    const EXTREMES: [i32; 7] = [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX];

    #[test]
    fn extremes_divide_exactly_by_every_kind_of_divisor() {
        for power in 0..33_u32 {
            for divisor in [(1_u64 << power) - 1, 1 << power, (1 << power) + 1] {
                let divisor = divisor.max(1);
                let reciprocal = Reciprocal::new(divisor);
                let signed = i64::try_from(divisor).unwrap();
                for value in EXTREMES {
                    let expected = divide_toward_zero(value, signed);
                    assert_eq!(
                        reciprocal.divide_toward_zero(value),
                        expected,
                        "{value} / {divisor}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_int16_divides_exactly_by_every_kind_of_divisor() {
        for power in 0..34_u32 {
            for divisor in [(1_u64 << power) - 1, 1 << power, (1 << power) + 1] {
                let divisor = divisor.max(1);
                let (reciprocal, signed) =
                    (Reciprocal::new(divisor).narrow(), divisor.cast_signed());
                for value in i16::MIN..=i16::MAX {
                    let expected = divide_toward_zero(value.into(), signed);
                    assert_eq!(reciprocal.divide_toward_zero(value), expected);
                }
            }
        }
    }

    #[test]
    fn every_high_half_divides_exactly_by_multiples_of_65536() {
        for factor in [1, 2, 3, 5, 15, 45, 100, 12_345, 32_767, 32_768_i32] {
            let divisor = u64::from(factor.unsigned_abs()) << 16;
            let reciprocal = Reciprocal::new(divisor).of_high_halves().unwrap();
            for high in i16::MIN..=0 {
                let expected = -i32::from(high) / factor;
                assert_eq!(-reciprocal.divide_toward_zero(high), expected);
            }
            assert_eq!(Reciprocal::new(divisor - 1).of_high_halves(), None);
            assert_eq!(Reciprocal::new(divisor + (1 << 15)).of_high_halves(), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn quotients_are_exact_also_beside_multiples(
            value in any::<i32>(), bits in 1..32_u32, low in any::<u32>(), beside in -1..2_i64,
        ) {
            let divisor = i64::from(low >> (32 - bits)).max(1);
            let multiple = i64::from(value) / divisor * divisor + beside;
            let reciprocal = Reciprocal::new(divisor.unsigned_abs());
            for value in [i64::from(value), multiple].into_iter().filter_map(|v| i32::try_from(v).ok()) {
                prop_assert_eq!(reciprocal.divide_toward_zero(value), divide_toward_zero(value, divisor));
            }
        }
    }
}
