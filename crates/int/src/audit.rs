//! Counting what left its range: sums that wrapped, values that were cut.

use crate::kernel::{BLOCK, Panel, Set, Wide};
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

    /// Looks for the largest of sums that were counted already.
    pub fn see(&mut self, sums: &[i32]) {
        let largest = sums.iter().map(|sum| sum.unsigned_abs()).max().unwrap_or(0);
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

/// What became of the sums of some rows with one block of lanes.
///
/// Three bounds in turn prove most sums harmless: sizes times largest values, sums of
/// magnitudes, and Cauchy-Schwarz. The rest are formed again in 64 bits.
pub fn products(
    wide: &Wide<'_>,
    rows: core::ops::Range<usize>,
    lanes: &Lanes<'_>,
    block: usize,
) -> Range {
    let first = block * BLOCK;
    let norms = lanes.norms.get(first..).unwrap_or(&[]);
    let norms = &norms[..norms.len().min(BLOCK)];
    let lane_count = BLOCK.min(lanes.panel.lanes() - first);
    let mut range = Range {
        sums: (rows.len() * lane_count) as u64,
        ..Range::default()
    };
    let suspects = |&(_, (sum, _)): &(usize, (u64, u64))| {
        sum.saturating_mul(wide.largest().into()) > i32::MAX as u64
    };
    let suspects: Vec<_> = norms
        .iter()
        .copied()
        .enumerate()
        .filter(suspects)
        .map(|(lane, n)| (lane, n.1))
        .collect();
    if suspects.is_empty() {
        return range;
    }
    let set = Set::active();
    let rows = wide.rows().skip(rows.start).take(rows.len());
    let rows: Vec<_> = rows.map(|row| (row, squared_norm(row))).collect();
    let largest_row = rows.iter().map(|row| row.1).max().unwrap_or(0);
    for (lane, norm) in suspects {
        if harmless(largest_row, norm) {
            continue;
        }
        let values = lanes.panel.lane(first + lane);
        for &(row, _) in rows.iter().filter(|row| !harmless(row.1, norm)) {
            range.merge(&beyond_int32(set.exact_product(row, &values)));
        }
    }
    range
}

/// Whether Cauchy and Schwarz say that a sum of products of such rows fits int32.
fn harmless(squares: u128, other_squares: u64) -> bool {
    squares.saturating_mul(other_squares.into()) <= u128::from(i32::MAX.unsigned_abs()).pow(2)
}

/// What an exact sum adds to a range.
pub(crate) fn beyond_int32(exact: i64) -> Range {
    match i32::try_from(exact) {
        Ok(_) => Range::default(),
        Err(_) => Range {
            sums: 0,
            wrapped: 1,
            largest: exact.unsigned_abs(),
        },
    }
}

/// The lanes of a panel, with what bounds their sums; nothing if no sum can wrap at all.
#[derive(Clone, Debug)]
pub struct Lanes<'a> {
    panel: &'a Panel,
    norms: Vec<(u64, u64)>,
}

impl<'a> Lanes<'a> {
    /// The lanes' values.
    pub fn panel(&self) -> &'a Panel {
        self.panel
    }

    /// Looks at the lanes only as far as weights of this magnitude make it necessary.
    pub fn new(panel: &'a Panel, largest_weight: u32) -> Self {
        let bound = panel.depth() as u64 * u64::from(panel.largest()) * u64::from(largest_weight);
        let norms = if bound <= i32::MAX as u64 {
            Vec::new()
        } else {
            panel.norms()
        };
        Lanes { panel, norms }
    }
}

fn squared_norm(row: &[i32]) -> u128 {
    row.iter()
        .map(|&value| u128::from(value.unsigned_abs()).pow(2))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audit(narrow: &[i16], wide: &[i32], depth: usize) -> Range {
        let (panel, wide) = (Panel::from_rows(narrow, depth), Wide::new(wide, depth));
        products(
            &wide,
            0..wide.count(),
            &Lanes::new(&panel, wide.largest()),
            0,
        )
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
                largest: 0
            }
        );
    }

    #[test]
    fn the_most_negative_int32_fits() {
        assert_eq!(audit(&[-128, 0], &[1 << 24, 9], 2).wrapped, 0);
        assert_eq!(audit(&[-128, -1], &[1 << 24, 1], 2).wrapped, 1);
    }
}
