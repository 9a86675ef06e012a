//! IntegerSGD: the optimiser.

use crate::kernel::{Reciprocal, UpdateRule};

/// `weight -= gradient / divisor + weight / decay`, both rounded toward zero.
///
/// Because of the rounding, decay does nothing to weights smaller than `decay`: it is a soft
/// cap, not a pull toward zero. A gradient smaller than the divisor changes nothing.
///
/// # Source
/// NITRO-D section 3.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IntegerSgd {
    rate: Reciprocal,
    decay_inv: u32,
}

impl IntegerSgd {
    /// `rate_inv`: inverse learning rate; `amplification`: what forward layers multiply it by
    /// (1 in heads); `decay_inv`: inverse decay, 0 for none.
    pub(crate) fn new(rate_inv: u64, amplification: u32, decay_inv: u32) -> Self {
        let divisor = rate_inv.saturating_mul(amplification.into()).max(1);
        IntegerSgd {
            rate: Reciprocal::new(divisor),
            decay_inv,
        }
    }

    /// What the kernels do with it.
    pub(crate) fn update_rule(self) -> UpdateRule {
        UpdateRule {
            rate: self.rate,
            decay: (self.decay_inv > 0).then(|| Reciprocal::new(self.decay_inv.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::{Sums, UpdateStats, Weights};
    use alloc::vec::Vec;

    fn update(sgd: IntegerSgd, weights: &[i32], gradients: &[i32]) -> (Vec<i32>, u64) {
        let mut weights = Weights::new(weights, weights.len());
        let ((), stats) = weights.update(1, 0, |_, rows| {
            let mut stats = UpdateStats::default();
            let gradients = Sums::of_rows(gradients, gradients.len());
            rows.update(0, gradients, sgd.update_rule(), &mut stats);
            ((), stats)
        });
        (weights.values(), stats.wrapped)
    }

    #[test]
    fn small_gradients_do_nothing_and_decay_is_a_soft_cap() {
        let sgd = IntegerSgd::new(512, 640, 12_000);
        let weights = [100, 100, 11_999, 12_000, -24_000];
        let (weights, wrapped) = update(sgd, &weights, &[327_679, -327_680, 0, 0, 0]);
        assert_eq!(
            (weights, wrapped),
            ([100, 101, 11_999, 11_999, -23_998].to_vec(), 0)
        );
    }

    #[test]
    fn decay_beyond_int32_reaches_the_most_negative_weight_alone() {
        let weights = [i32::MIN, i32::MAX, -i32::MAX];
        let (weights, _) = update(IntegerSgd::new(1, 1, 1 << 31), &weights, &[0; 3]);
        assert_eq!(weights, [i32::MIN + 1, i32::MAX, -i32::MAX]);
        let (weights, _) = update(IntegerSgd::new(1, 1, u32::MAX), &weights[..1], &[0]);
        assert_eq!(weights, [i32::MIN + 1]);
    }

    #[test]
    fn wraps_are_counted() {
        let (weights, wrapped) = update(IntegerSgd::new(1, 1, 0), &[i32::MIN, i32::MAX], &[1, 0]);
        assert_eq!((weights, wrapped), ([i32::MAX, i32::MAX].to_vec(), 1));
    }
}
