//! Filters with fewer bits, whose sums prove those of the filters harmless.
//!
//! Cauchy and Schwarz allow for inputs and weights that all agree, and exceed sums by an order of
//! magnitude. Sums with weights that are rounded to multiples of `2^shift` fit int32 and differ from
//! the others by no more than `depth * largest input * 2^(shift - 1)`.

use super::Suspect;
use crate::gemm::{Columns, Halves, High, Panel, joined, overflows_between};
use crate::kernel::Overflow;
use alloc::vec::Vec;

/// Up to 64 filters, divided by a power of two and rounded.
#[derive(Debug, Default)]
pub(super) struct Coarse {
    /// `[filters][depth]`
    rows: Vec<i16>,
    lanes: Panel,
    /// Sums up to this magnitude are those of filters whose sums fit int32.
    pub(super) limit: u32,
}

/// How weights are rounded, and what sums may be then; `None` if rounding leaves too much open.
fn shift_and_limit(depth: usize, [input, weight]: [u32; 2]) -> Option<(u32, u32)> {
    let (most, inputs) = (i32::MAX as u64, depth as u64 * u64::from(input));
    let fits = |shift: &u32| {
        let rounded = u64::from(weight >> shift) + 1;
        rounded <= i16::MAX as u64 && inputs.saturating_mul(rounded) <= most
    };
    let shift = (1..u32::BITS).find(fits)?;
    let rounding = inputs.checked_mul(1 << (shift - 1))?;
    let limit = most.checked_sub(rounding)? >> shift;
    Some((shift, u32::try_from(limit).ok()?))
}

impl Coarse {
    /// Rounds the weights of some filters, `depth` each; false if that is of no use. Inputs and
    /// weights have at most the `largest` magnitudes.
    pub(super) fn fill(
        &mut self,
        weights: Halves<'_>,
        filters: &[Suspect],
        depth: usize,
        largest: [u32; 2],
    ) -> bool {
        let Some((shift, limit)) = shift_and_limit(depth, largest) else {
            return false;
        };
        self.limit = limit;
        self.rows.clear();
        for filter in filters {
            let own = filter.index * depth..(filter.index + 1) * depth;
            let low = &weights.low[own.clone()];
            let first = self.rows.len();
            match weights.high {
                High::Dense(high) => {
                    let all = low.iter().zip(&high[own]);
                    let all = all.map(|(&low, &high)| rounded(joined(low, high), shift));
                    self.rows.extend(all);
                }
                High::None => self
                    .rows
                    .extend(low.iter().map(|&low| rounded_low(low, shift))),
                High::Sparse(few) => {
                    self.rows
                        .extend(low.iter().map(|&low| rounded_low(low, shift)));
                    for &Overflow { index, high } in overflows_between(few, own.start, own.end) {
                        let at = index as usize - own.start;
                        self.rows[first + at] = rounded(joined(low[at], high), shift);
                    }
                }
            }
        }
        self.lanes.resize(depth, filters.len());
        self.lanes.fill_from_rows(0, &self.rows, depth);
        true
    }

    pub(super) fn lanes(&self) -> Columns<'_> {
        Columns {
            values: Halves::narrow(self.lanes.block(0)),
            width: self.lanes.width(0),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<i16>() * self.rows.capacity() + self.lanes.bytes()
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
            let largest = (u64::from(limit) << shift) + sums(1 << (shift - 1));
            prop_assert!(largest <= i32::MAX as u64);
        }
    }
}
