//! Filters rounded to fewer bits, whose sums prove that those of the filters fit int32.
//!
//! Cauchy and Schwarz allow for inputs and weights that all agree, and exceed sums by an order of
//! magnitude. Sums with weights that are rounded to multiples of `2^shift` fit int32 and differ from
//! the others by no more than `depth * largest input * 2^(shift - 1)`.

use crate::gemm::{ColumnPanel, Halves, High, joined, overflows_between};
use crate::kernel::Overflow;
use alloc::vec::Vec;
use core::ops::Range;

/// Up to 64 filters, divided by a power of two and rounded.
#[derive(Debug, Default)]
pub(super) struct RoundedFilters {
    /// `[filters][depth]`
    rows: Vec<i16>,
    columns: ColumnPanel,
    limit: u32,
}

/// How weights are rounded, and the limit of their sums; `None` if rounding leaves too much open.
fn shift_and_limit(depth: usize, [input, weight]: [u32; 2]) -> Option<(u32, u32)> {
    let (max, inputs) = (i32::MAX as u64, depth as u64 * u64::from(input));
    let fits = |shift: &u32| {
        let rounded = u64::from(weight >> shift) + 1;
        rounded <= i16::MAX as u64 && inputs.saturating_mul(rounded) <= max
    };
    let shift = (1..u32::BITS).find(fits)?;
    let rounding = inputs.checked_mul(1 << (shift - 1))?;
    let limit = max.checked_sub(rounding)? >> shift;
    Some((shift, u32::try_from(limit).ok()?))
}

impl RoundedFilters {
    /// Rounds the filters with these indices, `depth` weights each; false if no rounding is of use.
    /// Inputs and weights have at most the magnitudes `max_abs`.
    pub(super) fn fill(
        &mut self,
        weights: Halves<'_>,
        depth: usize,
        max_abs: [u32; 2],
        filters: impl Iterator<Item = usize>,
    ) -> bool {
        let Some((shift, limit)) = shift_and_limit(depth, max_abs) else {
            return false;
        };
        self.limit = limit;
        self.rows.clear();
        for filter in filters {
            self.push(weights, filter * depth..(filter + 1) * depth, shift);
        }
        self.columns
            .fill_from_rows(Halves::narrow(&self.rows), depth);
        true
    }

    /// Rounds the weights of one filter.
    fn push(&mut self, weights: Halves<'_>, own: Range<usize>, shift: u32) {
        let (low, first) = (&weights.low[own.clone()], self.rows.len());
        if let High::Dense(high) = weights.high {
            let all = low.iter().zip(&high[own]);
            let all = all.map(|(&low, &high)| rounded(joined(low, high), shift));
            self.rows.extend(all);
            return;
        }
        self.rows
            .extend(low.iter().map(|&low| rounded_low(low, shift)));
        if let High::Sparse(all) = weights.high {
            for &Overflow { index, high } in overflows_between(all, own.start, own.end) {
                let at = index as usize - own.start;
                self.rows[first + at] = rounded(joined(low[at], high), shift);
            }
        }
    }

    pub(super) fn columns(&self) -> &ColumnPanel {
        &self.columns
    }

    /// Where sums stay within it, those of the filters fit int32.
    pub(super) fn limit(&self) -> u64 {
        self.limit.into()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<i16>() * self.rows.capacity() + self.columns.bytes()
    }
}

#[allow(clippy::cast_possible_truncation, reason = "shifted until it fits")]
fn rounded(value: i32, shift: u32) -> i16 {
    ((i64::from(value) + (1 << (shift - 1))) >> shift) as i16
}

/// As [`rounded`], in int32.
#[allow(clippy::cast_possible_truncation, reason = "shifted until it fits")]
#[inline(always)]
fn rounded_low(value: i16, shift: u32) -> i16 {
    // A half beyond 2^16 rounds all of int16 to 0, as any larger one does.
    let (half, shift) = (1 << (shift - 1).min(16), shift.min(17));
    ((i32::from(value) + half) >> shift) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rounding_errs_by_half_a_step_at_most(
            value in any::<i32>(), low in any::<i16>(), shift in 16..32_u32, short in 1..32_u32,
        ) {
            let error = i64::from(value) - (i64::from(rounded(value, shift)) << shift);
            prop_assert!(value > i32::MAX - (1 << (shift - 1)) || error.abs() <= 1 << (shift - 1));
            prop_assert_eq!(rounded_low(low, short), rounded(low.into(), short));
        }

        #[test]
        fn rounded_sums_fit_and_within_the_limit_so_do_the_sums(
            depth in 1..9_000_usize, input in 1..4_000_u32, weight in 1..=1_u32 << 31,
        ) {
            let Some((shift, limit)) = shift_and_limit(depth, [input, weight]) else {
                return Ok(());
            };
            let sums = |weight: u64| depth as u64 * u64::from(input) * weight;
            prop_assert!(sums(u64::from(weight >> shift) + 1) <= i32::MAX as u64);
            let max = (u64::from(limit) << shift) + sums(1 << (shift - 1));
            prop_assert!(max <= i32::MAX as u64);
        }
    }
}
