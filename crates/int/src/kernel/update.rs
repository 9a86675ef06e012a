//! The operands of a weight update.

use super::reciprocal::{NarrowReciprocal, Reciprocal};

/// How weights are updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateRule {
    /// What gradients are divided by.
    pub rate: Reciprocal,
    /// What weights are divided by, if they decay.
    pub decay: Option<Reciprocal>,
}

impl UpdateRule {
    /// The divisors of weights that fit int16.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    pub(super) fn divisors(self) -> Divisors {
        Divisors {
            rate: self.rate,
            decay: self.decay.map(Reciprocal::narrow),
        }
    }

    /// What weights that fit int16 are divided by: without decay, a divisor whose quotients are all
    /// 0.
    pub(super) fn narrow_decay(self) -> NarrowReciprocal {
        let decay = self.decay.map(Reciprocal::narrow);
        decay.unwrap_or(NarrowReciprocal::INFINITE)
    }
}

/// The divisors of gradients, and of weights that fit int16, if they decay.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Divisors {
    pub(super) rate: Reciprocal,
    pub(super) decay: Option<NarrowReciprocal>,
}

/// Where weights of some rows stand, and their gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Number of rows.
    pub rows: usize,
    /// Weights in each.
    pub columns: usize,
    /// From the start of a row to that of the next: among the weights, and among the gradients.
    pub strides: [usize; 2],
}

impl Patch {
    /// Weights side by side.
    pub fn row(columns: usize) -> Self {
        Patch {
            rows: 1,
            columns,
            strides: [columns.max(1); 2],
        }
    }

    /// Panics unless the patch lies within these numbers of weights and of gradients.
    pub(super) fn check(self, weights: usize, gradients: usize) {
        for (stride, found) in self.strides.into_iter().zip([weights, gradients]) {
            let before = self.rows.saturating_sub(1).checked_mul(stride);
            let end = before.and_then(|before| before.checked_add(self.columns));
            assert!(
                stride >= self.columns.max(1) && end.is_some_and(|end| end <= found),
                "rows within their buffer"
            );
        }
    }
}
