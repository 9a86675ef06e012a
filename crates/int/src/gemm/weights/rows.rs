//! Rows of weights, as they are updated.

use crate::audit::Merge;
use crate::gemm::halves::{joined, overflow, overflows_between, split};
use crate::gemm::operands::Sums;
use crate::kernel::{BLOCK, Isa, Overflow, Patch, UpdateRule};
use alloc::vec::Vec;

/// Counts of an update.
#[derive(Clone, Debug, Default)]
pub struct UpdateStats {
    /// Weights that left int32 and wrapped.
    pub wrapped: u64,
    /// Largest magnitude of an updated weight.
    pub max_abs: u32,
    /// Weights beyond int16, where not all have high halves.
    pub(super) overflows: Vec<Overflow>,
}

impl Merge for UpdateStats {
    fn merge(&mut self, other: &Self) {
        self.wrapped += other.wrapped;
        self.max_abs = self.max_abs.max(other.max_abs);
        self.overflows.extend_from_slice(&other.overflows);
    }
}

/// Some rows of weights, to be updated.
#[derive(Debug)]
pub struct RowsMut<'a> {
    pub(super) low: &'a mut [i16],
    pub(super) high: KeptMut<'a>,
    /// Index of the first of them among all weights.
    pub(super) first: usize,
    pub(super) stride: usize,
}

#[derive(Debug)]
pub(super) enum KeptMut<'a> {
    /// Those of these rows; the new ones go into the counts of the update.
    Sparse(&'a [Overflow]),
    Dense(&'a mut [i16]),
}

impl RowsMut<'_> {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.low.len() / self.stride
    }

    /// Updates the weights of all rows from `column` on by their gradients.
    ///
    /// # Panics
    /// Unless there is a gradient at least, and each row has a row of gradients and as many weights
    /// from `column` on.
    pub fn update(
        &mut self,
        column: usize,
        gradients: Sums<'_>,
        rule: UpdateRule,
        stats: &mut UpdateStats,
    ) {
        let columns = gradients.count;
        assert!(
            gradients.values.len() == self.count() * gradients.width
                && columns > 0
                && column + columns <= self.stride,
            "gradients of weights of all rows"
        );
        self.prefetch_next(column + columns, columns.min(BLOCK));
        let stride = self.stride;
        match &mut self.high {
            KeptMut::Sparse(listed) => {
                let part = Part {
                    low: &mut self.low[column..],
                    listed,
                    first: self.first + column,
                    stride,
                };
                part.update(gradients, rule, stats);
            }
            KeptMut::Dense(high) => {
                let rows = self.low.chunks_exact_mut(stride);
                let rows = rows.zip(high.chunks_exact_mut(stride));
                for ((low, high), gradients) in rows.zip(gradients.rows()) {
                    let low = low[column..].iter_mut();
                    for ((low, high), &gradient) in low.zip(&mut high[column..]).zip(gradients) {
                        let weight = joined(*low, *high);
                        (*low, *high) = split(stats.step(weight, gradient, rule));
                    }
                }
            }
        }
    }

    /// Prefetches the weights that are updated next.
    fn prefetch_next(&self, column: usize, columns: usize) {
        let isa = Isa::current();
        for row in 0..self.count() {
            let next = &self.low[self.low.len().min(row * self.stride + column)..];
            isa.prefetch(&next[..next.len().min(columns)]);
        }
    }
}

/// Weights from one column of their rows on, some of them beyond int16.
struct Part<'a> {
    low: &'a mut [i16],
    listed: &'a [Overflow],
    /// Index of the first of them among all weights.
    first: usize,
    stride: usize,
}

impl<'a> Part<'a> {
    fn update(self, gradients: Sums<'_>, rule: UpdateRule, stats: &mut UpdateStats) {
        let (columns, rows) = (gradients.count, gradients.values.len() / gradients.width);
        let mut row = 0;
        while row < rows {
            let narrow = (row..rows).take_while(|&row| self.listed(row, columns).is_empty());
            let patch = Patch {
                rows: narrow.count(),
                columns,
                strides: [self.stride, gradients.width],
            };
            let (weights, own) = (row * self.stride, row * gradients.width);
            let (done, max_abs) = Isa::current().update(
                &mut self.low[weights..],
                &gradients.values[own..],
                patch,
                rule,
            );
            stats.max_abs = stats.max_abs.max(max_abs);
            row += done / columns;
            if row < rows {
                let gradients = &gradients.values[row * gradients.width..][..columns];
                let wide = WideRow {
                    first: self.first + row * self.stride,
                    done: done % columns,
                    listed: self.listed(row, columns),
                };
                let low = &mut self.low[row * self.stride..][..columns];
                wide.update(low, gradients, rule, stats);
                row += 1;
            }
        }
    }

    /// The weights of a row that are beyond int16.
    fn listed(&self, row: usize, columns: usize) -> &'a [Overflow] {
        let first = self.first + row * self.stride;
        overflows_between(self.listed, first, first + columns)
    }
}

/// A row with weights that leave int16 or are beyond it.
struct WideRow<'a> {
    /// Index of its first weight among all weights.
    first: usize,
    /// Weights that are updated already.
    done: usize,
    /// Those beyond int16.
    listed: &'a [Overflow],
}

impl WideRow<'_> {
    fn update(
        mut self,
        low: &mut [i16],
        gradients: &[i32],
        rule: UpdateRule,
        stats: &mut UpdateStats,
    ) {
        while self.done < gradients.len() {
            let next = self
                .listed
                .first()
                .map(|one| one.index as usize - self.first);
            let stop = next.unwrap_or(gradients.len());
            let (weights, own) = (&mut low[self.done..stop], &gradients[self.done..stop]);
            let patch = Patch::row(own.len());
            let (more, max_abs) = Isa::current().update(weights, own, patch, rule);
            stats.max_abs = stats.max_abs.max(max_abs);
            self.done += more;
            // The next weight leaves int16, or is beyond it.
            let (end, high) = match self.listed.first() {
                Some(one) if self.done == stop => {
                    self.listed = &self.listed[1..];
                    (stop + 1, one.high)
                }
                _ => (stop.min(self.done + 16), 0),
            };
            for index in self.done..end {
                let weight = joined(low[index], high);
                let stepped = stats.step(weight, gradients[index], rule);
                let (half, high) = split(stepped);
                low[index] = half;
                if high != 0 {
                    stats.overflows.push(overflow(self.first + index, high));
                }
            }
            self.done = end;
        }
    }
}

impl UpdateStats {
    /// One updated weight.
    fn step(&mut self, weight: i32, gradient: i32, rule: UpdateRule) -> i32 {
        let step = rule.rate.divide_toward_zero(gradient);
        let decay = rule
            .decay
            .map_or(0, |decay| decay.divide_toward_zero(weight));
        let (change, over) = step.overflowing_add(decay);
        let (stepped, over_too) = weight.overflowing_sub(change);
        self.wrapped += u64::from(over || over_too);
        self.max_abs = self.max_abs.max(stepped.unsigned_abs());
        stepped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Reciprocal;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn every_set_updates_where_steps_and_decays_are_long() {
        for (rate, decay) in [
            (2, Some(2)),
            (2, Some(3)),
            (2, None),
            (3, Some(2)),
            (1, Some(1)),
            (1 << 16, Some(2)),
            (2 << 16, Some(2)),
            (2 << 16, None),
            (3 << 16, Some(1 << 15)),
            (5 << 16, Some(28_000)),
            (32_767 << 16, Some(3)),
        ] {
            let rule = UpdateRule {
                rate: Reciprocal::new(rate),
                decay: decay.map(Reciprocal::new),
            };
            let near = (-150_000..150_000).step_by(1_777);
            let far = (i32::MIN..=i32::MAX).step_by(100_000_007);
            let gradients: Vec<i32> = near.chain(far).chain([i32::MAX]).collect();
            for weight in (-32_768..=32_767).step_by(431) {
                for &gradient in &gradients {
                    let (weights, gradients) = (vec![weight; 64], vec![gradient; 64]);
                    let run = |isa: Isa| {
                        let mut weights = weights.clone();
                        let patch = Patch::row(64);
                        let done = isa.update(&mut weights, &gradients, patch, rule);
                        (done, weights)
                    };
                    let expected = run(Isa::PORTABLE);
                    for isa in Isa::available() {
                        assert_eq!(run(isa), expected, "{isa:?}: {weight}, {gradient}, {rate}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_set_updates_every_weight_of_a_patch_as_the_portable_one(
            weights in proptest::collection::vec(-20_000..=20_000_i16, 3 * 80),
            gradients in proptest::collection::vec(any::<i32>(), 3 * 90),
            (columns, bits) in (1..=80_usize, 0..24_u32),
            rate in prop_oneof![1..100_u64, (1..100_u64).prop_map(|factor| factor << 16)],
            decay in proptest::option::of(1..40_000_u64),
        ) {
            let gradients: Vec<i32> = gradients.iter().map(|gradient| gradient >> bits).collect();
            let rule = UpdateRule {
                rate: Reciprocal::new(rate),
                decay: decay.map(Reciprocal::new),
            };
            let patch = Patch {
                rows: 3,
                columns,
                strides: [80, 90],
            };
            let run = |isa: Isa| {
                let mut weights = weights.clone();
                let done = isa.update(&mut weights, &gradients, patch, rule);
                (done, weights)
            };
            let expected = run(Isa::PORTABLE);
            for isa in Isa::available() {
                prop_assert_eq!(run(isa), expected.clone(), "{:?}", isa);
            }
        }
    }
}
