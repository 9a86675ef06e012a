//! Counting what left its range: sums that wrapped, values that were cut.

use crate::kernel::{Narrow, Wide};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Results of parallel work that are put together in any order.
pub trait Merge: Default + Send {
    /// Takes `other` in.
    fn merge(&mut self, other: &Self);
}

/// What became of a kind of sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Sums formed.
    pub sums: u64,
    /// Sums whose exact value does not fit int32; they wrapped.
    pub wrapped: u64,
    /// Largest magnitude of an exact sum, if it was asked for (else 0).
    pub largest: u64,
}

impl Merge for Range {
    fn merge(&mut self, other: &Self) {
        self.sums += other.sums;
        self.wrapped += other.wrapped;
        self.largest = self.largest.max(other.largest);
    }
}

impl Range {
    /// Bits that a signed accumulator needs for the largest sum.
    pub fn bits(&self) -> u32 {
        u64::BITS - self.largest.leading_zeros() + 1
    }

    /// Adds plain numbers that are not sums of products and cannot wrap.
    pub fn add_values(&mut self, values: &[i32]) {
        let largest = values
            .iter()
            .map(|value| value.unsigned_abs())
            .max()
            .unwrap_or(0);
        self.sums += values.len() as u64;
        self.largest = self.largest.max(u64::from(largest));
    }
}

/// What became of the numbers of one layer with weights.
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
    /// Largest magnitude of a weight, if it was asked for (else 0).
    pub largest_weight: u64,
}

impl Merge for LayerAudit {
    fn merge(&mut self, other: &Self) {
        self.forward.merge(&other.forward);
        self.gradient.merge(&other.gradient);
        self.delta.merge(&other.delta);
        self.cut += other.cut;
        self.residuals += other.residuals;
        self.updates += other.updates;
        self.largest_weight = self.largest_weight.max(other.largest_weight);
    }
}

impl LayerAudit {
    /// Sums and weights that wrapped.
    pub fn wrapped(&self) -> u64 {
        self.forward.wrapped + self.gradient.wrapped + self.delta.wrapped + self.updates
    }
}

/// What became of `sums[narrow row, wide row]`, whose values lie in any order.
///
/// Three bounds in turn prove most sums harmless: sizes times largest values, sums of
/// magnitudes, and Cauchy-Schwarz. The rest are formed again in 64 bits.
pub fn products(narrow: &Narrow<'_>, wide: &Wide<'_>, sums: &[i32], largest: bool) -> Range {
    let mut range = Range {
        sums: sums.len() as u64,
        ..Range::default()
    };
    if largest {
        range.add_values(sums);
        range.sums = sums.len() as u64;
    }
    let bound = narrow.depth as u64 * u64::from(narrow.largest) * u64::from(wide.largest());
    if bound <= i32::MAX as u64 {
        return range;
    }
    let mut wide_norms = Vec::new();
    for row in narrow.rows() {
        let magnitudes: u64 = row
            .iter()
            .map(|value| u64::from(value.unsigned_abs()))
            .sum();
        if magnitudes * u64::from(wide.largest()) <= i32::MAX as u64 {
            continue;
        }
        if wide_norms.is_empty() {
            wide_norms = wide
                .values()
                .chunks_exact(narrow.depth)
                .map(squared_norm)
                .collect();
        }
        range.merge(&wrapped_in_row(row, wide, &wide_norms));
    }
    range
}

fn wrapped_in_row(row: &[i16], wide: &Wide<'_>, wide_norms: &[u128]) -> Range {
    let limit = u128::from(i32::MAX.unsigned_abs()).pow(2);
    let norm: u128 = row
        .iter()
        .map(|&value| i64::from(value).pow(2).unsigned_abs())
        .sum::<u64>()
        .into();
    let mut found = Range::default();
    for (wide_row, &wide_norm) in wide.values().chunks_exact(row.len()).zip(wide_norms) {
        if norm.saturating_mul(wide_norm) <= limit {
            continue;
        }
        let exact: i64 = row
            .iter()
            .zip(wide_row)
            .map(|(&a, &b)| i64::from(a) * i64::from(b))
            .sum();
        if i32::try_from(exact).is_err() {
            found.wrapped += 1;
            found.largest = found.largest.max(exact.unsigned_abs());
        }
    }
    found
}

fn squared_norm(row: &[i32]) -> u128 {
    row.iter()
        .map(|&value| u128::from(value.unsigned_abs()).pow(2))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel;

    fn audit(narrow: &[i16], wide: &[i32], depth: usize) -> Range {
        let (narrow, wide) = (Narrow::new(narrow, depth), Wide::new(wide));
        let mut sums = vec![0; narrow.rows().len() * wide.values().len() / depth];
        kernel::products_by_narrow_row(&narrow, &wide, &mut sums);
        products(&narrow, &wide, &sums, true)
    }

    #[test]
    fn sums_beyond_int32_are_counted_with_their_exact_size() {
        let range = audit(&[127, 127, 1, 0], &[16_909_320, 1, 5, 5], 2);
        let exact = 127 * 16_909_321;
        assert!(exact > i64::from(i32::MAX));
        assert_eq!(
            range,
            Range {
                sums: 4,
                wrapped: 1,
                largest: exact.unsigned_abs()
            }
        );
        assert_eq!(range.bits(), 33);
    }

    #[test]
    fn large_sums_that_fit_are_not_counted() {
        let range = audit(
            &[100; 4],
            &[10_000_000, -10_000_000, 10_000_000, -9_999_999],
            4,
        );
        assert_eq!(
            range,
            Range {
                sums: 1,
                wrapped: 0,
                largest: 100
            }
        );
    }

    #[test]
    fn the_most_negative_int32_fits() {
        assert_eq!(audit(&[-128, 0], &[1 << 24, 9], 2).wrapped, 0);
        assert_eq!(audit(&[-128, -1], &[1 << 24, 1], 2).wrapped, 1);
    }
}
