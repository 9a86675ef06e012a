//! The gradients of some filters, and the update by them.

use super::inputs::{Inputs, Listed};
use super::output::OutputGradient;
use crate::Aligned;
use crate::audit::{Counting, Merge, Range};
use crate::gemm::{RowsMut, Sums, UpdateStats};
use crate::kernel::Contributions;
use crate::sgd::IntegerSgd;
use alloc::vec::Vec;

/// Contributions that are listed at once, unless a group of samples has more; few in tests, so that
/// there is more than one list.
const LISTED: usize = if cfg!(test) { 64 } else { 1 << 16 };

/// Values between the sums of two filters, so that not all start at the same line of their pages.
pub(super) const GAP: usize = 32;

/// Samples that are listed at once, with this many contributions each.
pub(super) fn samples_listed(contributions: usize, together: usize) -> usize {
    (LISTED / contributions.max(1) / together).max(1) * together
}

/// Memory of one thread.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// `[filters][depth and a gap]`
    pub(super) sums: Aligned<i32>,
    /// Of each group of samples, those of each filter.
    contributions: Contributions,
    /// Where those of each group and filter end.
    ends: Vec<usize>,
    /// Sum of magnitudes of each filter's gradients.
    magnitudes: Vec<u64>,
    /// Gradients too large for a list: filter, where the window starts, gradient.
    large: Vec<(usize, usize, i32)>,
}

impl Memory {
    /// Bytes that it occupies.
    pub(super) fn bytes(&self) -> usize {
        let counts = self.ends.capacity() + self.magnitudes.capacity();
        self.sums.bytes() + self.contributions.bytes() + 8 * counts
    }
}

/// A gradient and the inputs that it is multiplied with.
pub(super) struct Task<'a, G> {
    pub(super) gradient: &'a G,
    pub(super) input: Inputs<'a>,
    /// Weights of a filter.
    pub(super) depth: usize,
    /// Those of channels that exist.
    pub(super) fan_in: usize,
    pub(super) sgd: IntegerSgd,
    pub(super) max_abs_input: u64,
    pub(super) counting: Counting,
}

impl<G: OutputGradient> Task<'_, G> {
    /// Updates some filters, from `first` on.
    pub(super) fn update(
        &self,
        memory: &mut Memory,
        first: usize,
        rows: &mut RowsMut<'_>,
    ) -> (Range, UpdateStats) {
        let (depth, count) = (self.depth, rows.count());
        let width = depth + GAP;
        memory.sums.resize(count * width);
        memory.magnitudes.clear();
        memory.magnitudes.resize(count, 0);
        self.form_sums(memory, first, count);
        let gradients = Sums {
            values: &memory.sums,
            width,
            count: depth,
        };
        let mut range = Range::default();
        let filters = gradients.rows().zip(&memory.magnitudes);
        for (row, (sums, &magnitude)) in filters.enumerate() {
            range.merge(&self.audit(first + row, magnitude, sums));
        }
        let mut stats = UpdateStats::default();
        rows.update(0, gradients, self.sgd.update_rule(), &mut stats);
        (range, stats)
    }

    /// Sums the gradients of `count` filters over the batch.
    fn form_sums(&self, memory: &mut Memory, first: usize, count: usize) {
        let (depth, width) = (self.depth, self.depth + GAP);
        let together = self.input.samples_together();
        let listed = samples_listed(count * self.gradient.positions(), together);
        let samples = self.input.samples();
        for start in (0..samples).step_by(listed) {
            let samples = start..samples.min(start + listed);
            self.list(memory, first, samples.clone());
            let Memory {
                sums,
                contributions,
                ends,
                large,
                ..
            } = &mut *memory;
            let batch = Listed {
                contributions,
                samples,
                filters: count,
                fresh: start == 0,
            };
            self.input.add(&batch, |group, add| {
                for (sums, at) in sums.chunks_exact_mut(width).zip(group * count..) {
                    let begin = at.checked_sub(1).map_or(0, |before| ends[before]);
                    add(&mut sums[..depth], begin..ends[at]);
                }
            });
            for (filter, start, value) in large.drain(..) {
                for (index, sum) in sums[filter * width..][..depth].iter_mut().enumerate() {
                    let input = self.input.value(start, index);
                    *sum = sum.wrapping_add(value.wrapping_mul(input.into()));
                }
            }
        }
    }

    /// Lists the contributions to the gradients of filters from `first` on, in some samples.
    fn list(&self, memory: &mut Memory, first: usize, samples: core::ops::Range<usize>) {
        memory.contributions.clear();
        memory.ends.clear();
        let together = self.input.samples_together();
        for group in samples.clone().step_by(together) {
            for (filter, magnitude) in memory.magnitudes.iter_mut().enumerate() {
                for sample in group..samples.end.min(group + together) {
                    let visit = |position, value: i32| {
                        let start = self.input.start(sample, position);
                        *magnitude += u64::from(value.unsigned_abs());
                        let short = u32::try_from(start).ok();
                        let mut push = |start| memory.contributions.push(start, value);
                        if value != 0 && !short.is_some_and(&mut push) {
                            memory.large.push((filter, start, value));
                        }
                    };
                    self.gradient.visit(sample, first + filter, visit);
                }
                memory.ends.push(memory.contributions.len());
            }
        }
    }

    /// Counts one filter's gradients, and those that wrapped: none where the sum of magnitudes of its
    /// contributions is too small.
    fn audit(&self, filter: usize, magnitude: u64, sums: &[i32]) -> Range {
        let mut range = Range {
            sums: self.fan_in as u64,
            ..Range::default()
        };
        if self.counting.maxima() {
            range.observe(sums);
        }
        if magnitude.saturating_mul(self.max_abs_input) > i32::MAX as u64 {
            self.exact(filter, &mut range);
        }
        range
    }

    /// Forms one filter's gradients in 64 bits, as sums of parts that cannot wrap.
    #[cold]
    fn exact(&self, filter: usize, range: &mut Range) {
        let mut exact = Exact {
            input: &self.input,
            sums: alloc::vec![0; self.depth],
            part: alloc::vec![0; self.depth],
        };
        let limit = i32::MAX as u64 / self.max_abs_input.max(1);
        let mut contributions = Contributions::default();
        for sample in 0..self.input.samples() {
            let mut left = limit;
            let mut large = Vec::new();
            self.gradient.visit(sample, filter, |position, value| {
                let start = self.input.start(sample, position);
                let short = u32::try_from(start).unwrap_or(u32::MAX);
                let magnitude = u64::from(value.unsigned_abs());
                if magnitude > left {
                    exact.add_part(sample, &mut contributions);
                    left = limit;
                }
                if magnitude > left || short == u32::MAX || !contributions.push(short, value) {
                    large.push((start, i64::from(value)));
                } else {
                    left -= magnitude;
                }
            });
            exact.add_part(sample, &mut contributions);
            for (start, value) in large {
                exact.add_product(start, value);
            }
        }
        let sums = exact.sums.into_iter();
        sums.for_each(|sum| range.observe_exact(sum));
    }
}

/// One filter's gradients in 64 bits.
struct Exact<'a, 'b> {
    input: &'a Inputs<'b>,
    sums: Vec<i64>,
    /// Sums of contributions that cannot wrap.
    part: Vec<i32>,
}

impl Exact<'_, '_> {
    /// Adds contributions of a sample that cannot wrap, and clears their list.
    fn add_part(&mut self, sample: usize, contributions: &mut Contributions) {
        let all = contributions.len();
        let part = &mut self.part;
        let own = Listed {
            contributions,
            samples: sample..sample + 1,
            filters: 1,
            fresh: true,
        };
        self.input.add(&own, |_, add| add(part, 0..all));
        for (sum, &part) in self.sums.iter_mut().zip(&self.part) {
            *sum += i64::from(part);
        }
        contributions.clear();
    }

    /// Adds one contribution of any size.
    fn add_product(&mut self, start: usize, value: i64) {
        for (index, sum) in self.sums.iter_mut().enumerate() {
            *sum += value * i64::from(self.input.value(start, index));
        }
    }
}
