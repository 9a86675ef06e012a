//! The weight gradient of a convolution, and the update by it: some filters at a time, and
//! only at positions that have a gradient. A max-pooled head leaves most without.

use super::{Conv2d, span};
use crate::Aligned;
use crate::audit::{Counting, LayerAudit, Merge, Range};
use crate::gemm::{RowsMut, Sums, UpdateStats};
use crate::kernel::Contributions;
use crate::layers::images::{Frame, Images};
use crate::parallel::{self, PerThread};
use crate::plan::{BlockPlan, ForwardPlan};
use crate::sgd::IntegerSgd;
use alloc::vec::Vec;
use inputs::Inputs;

mod inputs;

/// Filters whose gradients one task forms at most: inputs are read once for all of them.
const FILTERS: usize = 128;

/// Contributions that are listed at once, unless a group of samples has more; few in tests, so that
/// there is more than one list.
const LISTED: usize = if cfg!(test) { 64 } else { 1 << 16 };

/// Values between the sums of two filters, so that not all start at the same line of their pages.
const GAP: usize = 32;

/// The gradient at the outputs of a convolution, as far as there is any.
pub(crate) trait OutputGradient: Sync {
    /// Output positions that are visited at most, of one filter in one sample.
    fn places(&self) -> usize;

    /// Calls `visit(position, gradient)` for each output position of one filter in one sample
    /// that may have a gradient.
    fn visit(&self, sample: usize, filter: usize, visit: impl FnMut(usize, i32));
}

/// Memory that gradients are formed in.
#[derive(Debug, Default)]
pub(crate) struct GradientWork {
    threads: PerThread<Memory>,
    /// A sample each on its way to another order.
    spares: PerThread<Vec<i16>>,
}

#[derive(Debug, Default)]
struct Memory {
    /// `[filters][depth and a gap]`
    sums: Aligned<i32>,
    /// Of each group of samples, those of each filter.
    contributions: Contributions,
    /// Where those of each group and filter end.
    ends: Vec<usize>,
    /// Sum of magnitudes of each filter's gradients.
    magnitudes: Vec<u64>,
    /// What is too large for a list: filter, where the window starts, gradient.
    large: Vec<(usize, usize, i32)>,
}

impl GradientWork {
    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        let spares = self
            .spares
            .total(|spare| size_of::<i16>() * spare.capacity());
        spares
            + self.threads.total(|memory| {
                let counts = memory.ends.capacity() + memory.magnitudes.capacity();
                memory.sums.bytes() + memory.contributions.bytes() + 8 * counts
            })
    }
}

/// Filters whose gradients one task forms.
fn filters_a_task(filters: usize, threads: usize) -> usize {
    FILTERS.min(filters.div_ceil(2 * threads))
}

/// Samples that are listed at once, with so many contributions each.
fn samples_listed(contributions: usize, together: usize) -> usize {
    (LISTED / contributions.max(1) / together).max(1) * together
}

/// Bytes that the gradient of a convolution will take on one thread.
pub(crate) fn planned_gradient(block: &BlockPlan, batch: usize, threads: usize) -> usize {
    let ForwardPlan::Conv2d { kernel, padding } = block.forward else {
        return 0;
    };
    let frame = Frame::padded(block.input, padding);
    let filters = filters_a_task(block.output.channels, threads);
    let places = block.head_inputs / block.output.channels;
    let together = inputs::samples_together(frame, kernel);
    let samples = samples_listed(filters * places, together).min(batch);
    let groups = samples.div_ceil(together);
    let sums = size_of::<i32>() * (span(frame, kernel).depth() + GAP);
    let lists = Contributions::bytes_of(samples * places * filters);
    let counts = 8 * (filters + (filters * groups).next_power_of_two());
    filters * sums + lists + counts + inputs::planned_order(frame)
}

/// What one task is to do.
struct Task<'a, G> {
    gradient: &'a G,
    input: Inputs<'a>,
    /// Weights of a filter, and how many of them are of channels that exist.
    sizes: [usize; 2],
    sgd: IntegerSgd,
    largest_input: u64,
    counting: Counting,
}

impl Conv2d {
    /// Updates the weights by the gradient summed over the batch. The inputs are left in the
    /// order in which gradients read them.
    pub(crate) fn learn(
        &mut self,
        work: &mut GradientWork,
        gradient: &impl OutputGradient,
        input: &mut Images,
        sgd: IntegerSgd,
        counting: Counting,
    ) -> LayerAudit {
        let depth = self.span().depth();
        // What a dense gradient of one position in sixteen would take.
        let products = self.output.features() / 16 * input.samples() * depth;
        let task = Task {
            gradient,
            sizes: [depth, self.fan_in()],
            sgd,
            largest_input: input.largest.into(),
            counting,
            input: Inputs::new(input, self.kernel, &self.pixels, &work.spares),
        };
        let filters = filters_a_task(self.output.channels, parallel::threads());
        let (mut audit, stats): (LayerAudit, _) =
            self.weights.update(filters, products, |first, rows| {
                let work = &work.threads;
                work.lend(|memory| task.some_filters(memory, first, rows))
            });
        audit.updates = stats.wrapped;
        if counting.largest() {
            audit.largest_weight = stats.max_abs.into();
        }
        audit
    }
}

impl<G: OutputGradient> Task<'_, G> {
    fn some_filters(
        &self,
        memory: &mut Memory,
        first: usize,
        rows: &mut RowsMut<'_>,
    ) -> (LayerAudit, UpdateStats) {
        let ([depth, _], count) = (self.sizes, rows.count());
        let width = depth + GAP;
        memory.sums.resize(count * width);
        memory.magnitudes.clear();
        memory.magnitudes.resize(count, 0);
        let listed = samples_listed(
            count * self.gradient.places(),
            self.input.samples_together(),
        );
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
            let fresh = start == 0;
            self.input
                .add(contributions, (samples, count), fresh, |group, add| {
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
        let (sums, magnitudes) = (&memory.sums, &memory.magnitudes);
        let gradients = Sums {
            values: sums,
            width,
            count: depth,
        };
        let mut audit = LayerAudit::default();
        for (row, (sums, &magnitude)) in gradients.rows().zip(magnitudes).enumerate() {
            let range = self.audit(first + row, magnitude, sums);
            audit.gradient.merge(&range);
        }
        let mut stats = UpdateStats::default();
        rows.update(0, gradients, self.sgd.update_rule(), &mut stats);
        (audit, stats)
    }

    /// Lists what the gradients of filters from `first` on are made of, in some samples.
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

    /// Counts one filter's gradients, and those that wrapped: none where the magnitudes of what
    /// they are made of are too small in sum.
    fn audit(&self, filter: usize, magnitude: u64, sums: &[i32]) -> Range {
        let mut range = Range {
            sums: self.sizes[1] as u64,
            ..Range::default()
        };
        if self.counting.largest() {
            range.see(sums);
        }
        if magnitude.saturating_mul(self.largest_input) > i32::MAX as u64 {
            self.exact(filter, &mut range);
        }
        range
    }

    /// Forms one filter's gradients in 64 bits: parts that cannot wrap, put together.
    #[cold]
    fn exact(&self, filter: usize, range: &mut Range) {
        let depth = self.sizes[0];
        let mut exact = alloc::vec![0_i64; depth];
        let mut part = alloc::vec![0_i32; depth];
        let limit = i32::MAX as u64 / self.largest_input.max(1);
        let mut contributions = Contributions::default();
        for sample in 0..self.input.samples() {
            let mut left = limit;
            contributions.clear();
            let mut add_all = |contributions: &mut Contributions| {
                let all = contributions.len();
                let own = (sample..sample + 1, 1);
                self.input
                    .add(contributions, own, true, |_, add| add(&mut part, 0..all));
                for (exact, &part) in exact.iter_mut().zip(&part) {
                    *exact += i64::from(part);
                }
                contributions.clear();
            };
            let mut large = Vec::new();
            self.gradient.visit(sample, filter, |position, value| {
                let start = self.input.start(sample, position);
                let short = u32::try_from(start).unwrap_or(u32::MAX);
                let magnitude = u64::from(value.unsigned_abs());
                if magnitude > left {
                    add_all(&mut contributions);
                    left = limit;
                }
                if magnitude > left || short == u32::MAX || !contributions.push(short, value) {
                    large.push((start, i64::from(value)));
                } else {
                    left -= magnitude;
                }
            });
            add_all(&mut contributions);
            for (start, value) in large {
                for (index, exact) in exact.iter_mut().enumerate() {
                    *exact += value * i64::from(self.input.value(start, index));
                }
            }
        }
        exact.into_iter().for_each(|sum| range.see_exact(sum));
    }
}
