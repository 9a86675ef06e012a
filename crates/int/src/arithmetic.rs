//! The few integer operations whose rounding or range matters.

use serde::{Deserialize, Serialize};

/// The value of a one-hot target at the true class (0 elsewhere).
pub(crate) const TARGET: i16 = 32;

/// Largest magnitude of a scaled value: predictions and pre-activations lie in ±127.
pub(crate) const SCALED_LIMIT: i32 = 127;

/// Quotient rounded toward zero, as C's `/`, for a positive divisor of any size: the definition, with
/// which tests compare [`Reciprocal`](crate::kernel::Reciprocal).
///
/// # Source
/// NITRO-D section 3.1: every division that touches a tensor.
#[cfg(test)]
pub(crate) fn divide_toward_zero(value: i32, divisor: i64) -> i32 {
    debug_assert!(divisor > 0);
    match i32::try_from(divisor) {
        Ok(divisor) => value / divisor,
        // Only -2^31 / 2^31 is not 0 here.
        Err(_) => -i32::from(value == i32::MIN && divisor == 1 << 31),
    }
}

/// What happens to a loss gradient `prediction - target` outside the range of int8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Residual {
    /// It stays at -128, the nearest int8.
    #[default]
    Saturate,
    /// It wraps modulo 256, as published: a strongly negative prediction changes sign.
    Wrap,
}

impl Residual {
    /// The loss gradient of the sum of squares, without its factor 2, and whether it left int8.
    ///
    /// # Range
    /// `prediction` in ±127, `target` 0 or 32; the result in -128..=127.
    ///
    /// # Source
    /// NITRO-D section 3.2, equation of the RSS loss.
    pub fn gradient(self, prediction: i8, target: i16) -> (i8, bool) {
        let exact = i16::from(prediction) - target;
        match i8::try_from(exact) {
            Ok(fits) => (fits, false),
            Err(_) => match self {
                Residual::Saturate => (i8::MIN, true),
                Residual::Wrap => (exact.to_le_bytes()[0].cast_signed(), true),
            },
        }
    }
}

/// The low 32 bits of a sum, as wrapping int32 arithmetic leaves them.
#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "the low bits are kept")]
pub(crate) fn wrapped(sum: i64) -> i32 {
    sum as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_rounds_toward_zero_for_any_divisor() {
        for (value, divisor, quotient) in [
            (7, 2, 3),
            (-7, 2, -3),
            (-1, 2, 0),
            (i32::MIN, 1 << 31, -1),
            (i32::MAX, 1 << 31, 0),
            (i32::MIN, 1 << 40, 0),
            (i32::MIN, 1, i32::MIN),
        ] {
            assert_eq!(
                divide_toward_zero(value, divisor),
                quotient,
                "{value} / {divisor}"
            );
        }
    }

    #[test]
    fn residual_wraps_below_minus_96_only_when_published() {
        assert_eq!(Residual::Wrap.gradient(-96, TARGET), (-128, false));
        assert_eq!(Residual::Wrap.gradient(-97, TARGET), (127, true));
        assert_eq!(Residual::Wrap.gradient(-127, TARGET), (97, true));
        assert_eq!(Residual::Saturate.gradient(-97, TARGET), (-128, true));
        assert_eq!(Residual::Saturate.gradient(5, 0), (5, false));
    }
}
