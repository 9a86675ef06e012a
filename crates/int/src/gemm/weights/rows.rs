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
