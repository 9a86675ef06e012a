//! NITRO scaling: wide accumulators back to 8 bits.

use crate::arithmetic::SCALED_LIMIT;
use crate::kernel::{Isa, Reciprocal};

/// Division by 256 times the fan-in, rounded toward zero and cut at ±127. Gradients pass
/// through it unchanged, also where it cut.
///
/// # Source
/// NITRO-D section 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scaling {
    reciprocal: Reciprocal,
}

impl Scaling {
    /// Largest fan-in whose divisor fits int32.
    pub(crate) const MAX_FAN_IN: usize = (i32::MAX / 256) as usize;

    /// The scaling after a layer with `fan_in` products in each sum.
    ///
    /// # Panics
    /// Beyond [`Scaling::MAX_FAN_IN`], which no checked plan exceeds.
    pub(crate) fn new(fan_in: usize) -> Self {
        let divisor = divisor(fan_in).expect("a checked fan-in");
        Scaling {
            reciprocal: Reciprocal::new(divisor.unsigned_abs().into()),
        }
    }

    /// Scales every sum; returns how many had to be cut.
    ///
    /// # Range
    /// Results in -127..=127.
    pub(crate) fn apply(self, isa: Isa, sums: &[i32], scaled: &mut [i8]) -> u64 {
        isa.scale(sums, self.reciprocal, SCALED_LIMIT, scaled)
    }
}

/// What sums of `fan_in` products are divided by, if it fits int32.
fn divisor(fan_in: usize) -> Option<i32> {
    i32::try_from(fan_in.max(1)).ok()?.checked_mul(256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_rounds_toward_zero_and_counts_cuts() {
        let scaling = Scaling::new(1);
        let mut scaled = [0; 6];
        let sums = [-255, -256, 511, 127 * 256 + 255, 128 * 256, i32::MIN];
        assert_eq!(scaling.apply(Isa::PORTABLE, &sums, &mut scaled), 2);
        assert_eq!(scaled, [0, -1, 1, 127, 127, -127]);
    }

    #[test]
    fn divisors_are_the_published_ones() {
        assert_eq!(divisor(784), Some(200_704));
        assert_eq!(divisor(9 * 128), Some(294_912));
    }
}
