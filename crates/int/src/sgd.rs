//! IntegerSGD: the optimiser.

use crate::kernel::{Reciprocal, Set};

/// `weight -= gradient / divisor + weight / decay`, both rounded toward zero.
///
/// Because of the rounding, decay does nothing to weights smaller than `decay`: it is a soft
/// cap, not a pull toward zero. A gradient smaller than the divisor changes nothing.
///
/// # Source
/// NITRO-D section 3.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerSgd {
    rate: Reciprocal,
    decay_inv: u32,
}

impl IntegerSgd {
    /// `rate_inv`: inverse learning rate; `amplification`: what forward layers multiply it by
    /// (1 in heads); `decay_inv`: inverse decay, 0 for none.
    pub fn new(rate_inv: u64, amplification: u32, decay_inv: u32) -> Self {
        let divisor = rate_inv.saturating_mul(amplification.into()).max(1);
        IntegerSgd {
            rate: Reciprocal::new(divisor),
            decay_inv,
        }
    }

    /// Whether decay would change any of these weights.
    pub fn decays(self, weights: &[i32]) -> bool {
        self.decay_inv > 0
            && weights
                .iter()
                .any(|weight| weight.unsigned_abs() >= self.decay_inv)
    }

    /// Updates the weights; returns how many wrapped.
    pub fn update(self, set: Set, weights: &mut [i32], gradients: &[i32]) -> u64 {
        let decay = (self.decay_inv > 0).then(|| Reciprocal::new(self.decay_inv.into()));
        set.update(weights, gradients, self.rate, decay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_gradients_do_nothing_and_decay_is_a_soft_cap() {
        let sgd = IntegerSgd::new(512, 640, 12_000);
        let mut weights = [100, 100, 11_999, 12_000, -24_000];
        let gradients = [327_679, -327_680, 0, 0, 0];
        assert_eq!(sgd.update(Set::PORTABLE, &mut weights, &gradients), 0);
        assert_eq!(weights, [100, 101, 11_999, 11_999, -23_998]);
    }

    #[test]
    fn decay_beyond_int32_reaches_the_most_negative_weight_alone() {
        let mut weights = [i32::MIN, i32::MAX, -i32::MAX];
        IntegerSgd::new(1, 1, 1 << 31).update(Set::PORTABLE, &mut weights, &[0; 3]);
        assert_eq!(weights, [i32::MIN + 1, i32::MAX, -i32::MAX]);
        IntegerSgd::new(1, 1, u32::MAX).update(Set::PORTABLE, &mut weights[..1], &[0]);
        assert_eq!(weights[0], i32::MIN + 1);
    }

    #[test]
    fn wraps_are_counted() {
        let mut weights = [i32::MIN, i32::MAX];
        assert_eq!(
            IntegerSgd::new(1, 1, 0).update(Set::PORTABLE, &mut weights, &[1, 0]),
            1
        );
        assert_eq!(weights, [i32::MAX, i32::MAX]);
    }
}
