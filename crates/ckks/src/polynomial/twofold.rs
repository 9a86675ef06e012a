//! Numbers of 106 bits.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// The sum of two `f64`, of which the second is at most half an ulp of the first.
///
/// Interpolation at equispaced points cancels about one bit a point; what is left of 106 bits is
/// still more than an `f64` holds.
///
/// # Range
/// Exponents as of `f64`; every operation is exact to about 2^-104.
///
/// # Source
/// Dekker 1971; Joldes, Muller, Popescu 2017.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Twofold {
    high: f64,
    low: f64,
}

impl Twofold {
    pub(super) const ZERO: Twofold = Twofold {
        high: 0.0,
        low: 0.0,
    };

    /// The nearest `f64`.
    pub(super) fn rounded(self) -> f64 {
        self.high
    }

    pub(super) fn half(self) -> Self {
        Twofold {
            high: self.high / 2.0,
            low: self.low / 2.0,
        }
    }

    /// `a + b` without error.
    fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let b_part = high - a;
        let low = (a - (high - b_part)) + (b - b_part);
        Twofold { high, low }
    }

    /// `a * b` without error.
    fn product(a: f64, b: f64) -> Self {
        let high = a * b;
        Twofold {
            high,
            low: a.mul_add(b, -high),
        }
    }
}

impl From<f64> for Twofold {
    fn from(high: f64) -> Self {
        Twofold { high, low: 0.0 }
    }
}

impl Add for Twofold {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (high, low) = (
            Self::sum(self.high, other.high),
            Self::sum(self.low, other.low),
        );
        let sum = Self::sum(high.high, high.low + low.high);
        Self::sum(sum.high, sum.low + low.low)
    }
}

impl Neg for Twofold {
    type Output = Self;

    fn neg(self) -> Self {
        Twofold {
            high: -self.high,
            low: -self.low,
        }
    }
}

impl Sub for Twofold {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Twofold {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = Self::product(self.high, other.high);
        let cross = self.high.mul_add(other.low, self.low * other.high);
        Self::sum(product.high, product.low + cross)
    }
}

impl Div for Twofold {
    type Output = Self;

    /// Long division by digits of an `f64` each; the third rounds the second.
    fn div(self, other: Self) -> Self {
        let mut rest = self;
        let mut quotient = Self::ZERO;
        for _ in 0..3 {
            let digit = Self::from(rest.high / other.high);
            rest = rest - digit * other;
            quotient = quotient + digit;
        }
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashu_ratio::RBig;
    use proptest::prelude::*;

    fn exact(a: Twofold) -> RBig {
        RBig::try_from(a.high).unwrap() + RBig::try_from(a.low).unwrap()
    }

    /// Whether the relative error is at most 2^-102.
    fn is_close(a: Twofold, b: &RBig) -> bool {
        let bound = 1.0 / (1_u128 << 102) as f64;
        let error = (exact(a) - b).to_f64().value().abs();
        error <= bound * b.to_f64().value().abs()
    }

    fn number() -> impl Strategy<Value = Twofold> {
        (1.0..2.0, -1e-17..1e-17, any::<bool>()).prop_map(|(high, low, negative)| {
            let number = Twofold::sum(high, low);
            if negative { -number } else { number }
        })
    }

    proptest! {
        #[test]
        fn operations_are_exact_to_102_bits(a in number(), b in number()) {
            prop_assert!(is_close(a * b, &(exact(a) * exact(b))));
            prop_assert!(is_close(a / b, &(exact(a) / exact(b))));
            prop_assert!(is_close(a + b, &(exact(a) + exact(b))));
            prop_assert!(is_close(a - b, &(exact(a) - exact(b))));
        }
    }
}
