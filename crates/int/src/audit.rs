//! Counting the numbers that left their ranges: sums that wrapped, values that were cut.

use serde::{Deserialize, Serialize};

/// Results of parallel work that are put together in any order.
pub(crate) trait Merge: Default + Send {
    /// Takes `other` in.
    fn merge(&mut self, other: &Self);
}

/// What is counted while layers work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Nothing that takes time: for predictions, whose counts no one reads.
    Nothing,
    /// Sums and weights that wrap.
    Wraps,
    /// These, and the largest magnitudes of sums and weights.
    WrapsAndMaxima,
}

impl Counting {
    pub(crate) fn wraps(self) -> bool {
        self != Counting::Nothing
    }

    pub(crate) fn maxima(self) -> bool {
        self == Counting::WrapsAndMaxima
    }
}

/// The range of one kind of sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Sums formed.
    pub sums: u64,
    /// Sums whose exact value does not fit int32; they wrapped.
    pub wrapped: u64,
    /// Largest magnitude of an exact sum where maxima are recorded, else 0; `largest` in files.
    #[serde(rename = "largest")]
    pub max_abs: u64,
}

impl Merge for () {
    fn merge(&mut self, (): &()) {}
}

impl Merge for Range {
    fn merge(&mut self, other: &Self) {
        self.sums += other.sums;
        self.wrapped += other.wrapped;
        self.max_abs = self.max_abs.max(other.max_abs);
    }
}

impl Range {
    /// Bits that a signed accumulator needs for the largest sum.
    pub fn bits(&self) -> u32 {
        u64::BITS - self.max_abs.leading_zeros() + 1
    }

    /// Records whether a sum that was counted already fits int32.
    pub(crate) fn observe_exact(&mut self, exact: i64) {
        if i32::try_from(exact).is_err() {
            self.wrapped += 1;
            self.max_abs = self.max_abs.max(exact.unsigned_abs());
        }
    }

    /// Records the largest magnitude of sums that were counted already.
    pub(crate) fn observe(&mut self, sums: &[i32]) {
        let max_abs = sums.iter().map(|sum| sum.unsigned_abs()).max().unwrap_or(0);
        self.max_abs = self.max_abs.max(u64::from(max_abs));
    }
}

/// The ranges of the numbers of one layer with weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerAudit {
    /// Sums of inputs times weights.
    pub forward: Range,
    /// Weight gradients.
    pub gradient: Range,
    /// Gradients at the layer's input, which a head passes to its block.
    pub delta: Range,
    /// Scaled sums that were cut to ±127.
    pub cut: u64,
    /// Loss gradients outside int8, which saturated or wrapped.
    pub residuals: u64,
    /// Weights that wrapped in an update.
    pub updates: u64,
    /// Largest magnitude of a weight where maxima are recorded, else 0; `largest_weight` in files.
    #[serde(rename = "largest_weight")]
    pub max_abs_weight: u64,
}

impl Merge for LayerAudit {
    fn merge(&mut self, other: &Self) {
        self.forward.merge(&other.forward);
        self.gradient.merge(&other.gradient);
        self.delta.merge(&other.delta);
        self.cut += other.cut;
        self.residuals += other.residuals;
        self.updates += other.updates;
        self.max_abs_weight = self.max_abs_weight.max(other.max_abs_weight);
    }
}

impl LayerAudit {
    /// The audit of an update by gradients of this range: how many weights wrapped, and the
    /// largest magnitude of one.
    pub(crate) fn of_update(
        gradient: Range,
        wrapped: u64,
        max_abs: u32,
        counting: Counting,
    ) -> Self {
        LayerAudit {
            gradient,
            updates: wrapped,
            max_abs_weight: if counting.maxima() { max_abs.into() } else { 0 },
            ..LayerAudit::default()
        }
    }

    /// Sums and weights that wrapped.
    pub fn wrapped(&self) -> u64 {
        self.forward.wrapped + self.gradient.wrapped + self.delta.wrapped + self.updates
    }
}
