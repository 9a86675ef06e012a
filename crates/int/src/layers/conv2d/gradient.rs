//! The weight gradient of a convolution, and the correction by it: some filters at a time, and
//! only at positions that have a gradient. A max-pooled head leaves most without.

use super::{Conv2d, span};
use crate::audit::{LayerAudit, Merge, Range};
use crate::kernel::{Aligned, Contributions, Corrected, RowsMut, Set, Span, Sums};
use crate::layers::images::{Frame, Images};
use crate::parallel::PerThread;
use crate::plan::{BlockPlan, ForwardPlan};
use crate::sgd::IntegerSgd;
use alloc::vec::Vec;

/// Filters whose gradients one task forms.
const FILTERS: usize = 32;

/// Columns of the gradient that are summed while their inputs stay in the second-level cache:
/// what the registers of the fastest kernels hold.
const COLUMNS: usize = 384;

/// Bytes of inputs that are passed over at once.
const INPUT_BYTES: usize = 768 << 10;

/// The gradient at the outputs of a convolution, as far as there is any.
pub(crate) trait OutputGradient: Sync {
    /// Calls `visit(position, gradient)` for each output position of one filter in one sample
    /// that may have a gradient.
    fn visit(&self, sample: usize, filter: usize, visit: impl FnMut(usize, i32));
}

/// Memory that gradients are formed in.
#[derive(Debug, Default)]
pub(crate) struct GradientWork {
    threads: PerThread<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// `[filters, depth]`
    sums: Aligned<i32>,
    contributions: Contributions,
    /// Where each filter's contributions end.
    ends: Vec<usize>,
    /// Sum of magnitudes of each filter's gradients.
    magnitudes: Vec<u64>,
}

impl GradientWork {
    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        self.threads.total(|memory| {
            let counts = memory.ends.capacity() + memory.magnitudes.capacity();
            memory.sums.bytes() + memory.contributions.bytes() + 8 * counts
        })
    }
}

/// Filters whose gradients one task forms.
fn filters_a_task(filters: usize) -> usize {
    FILTERS.min(filters.div_ceil(8))
}

/// Samples whose inputs are passed over at once.
fn samples_together(frame: Frame, span: Span) -> usize {
    let pixels = frame.size() / frame.depth.max(1);
    let slab = size_of::<i16>() * pixels * COLUMNS.min(span.length);
    (INPUT_BYTES / slab.max(1)).clamp(1, 16)
}

/// Bytes that the gradient of a convolution will take on one thread.
pub(crate) fn planned_gradient(block: &BlockPlan, batch: usize) -> usize {
    let ForwardPlan::Conv2d { kernel, padding } = block.forward else {
        return 0;
    };
    let frame = Frame::padded(block.input, padding);
    let span = span(frame, kernel);
    let filters = filters_a_task(block.output.channels);
    let places = block.head_inputs / block.output.channels;
    let listed = samples_together(frame, span).min(batch) * places * filters;
    filters * (size_of::<i32>() * span.depth() + 16) + Contributions::bytes_of(listed)
}

/// What one task is to do.
struct Task<'a, G> {
    layer: &'a Shapes<'a>,
    gradient: &'a G,
    input: &'a Images,
    sgd: IntegerSgd,
    largest_input: u32,
    look_for_largest: bool,
    set: Set,
}

/// What is left of a layer while its weights are being corrected.
struct Shapes<'a> {
    starts: &'a [usize],
    span: Span,
    channels: usize,
}

impl Conv2d {
    /// Corrects the weights by the gradient summed over the batch.
    pub(crate) fn learn(
        &mut self,
        work: &mut GradientWork,
        gradient: &impl OutputGradient,
        input: &Images,
        sgd: IntegerSgd,
        look_for_largest: bool,
    ) -> LayerAudit {
        let span = self.span();
        let task = Task {
            layer: &Shapes {
                starts: &self.starts,
                span,
                channels: self.input.channels,
            },
            gradient,
            input,
            sgd,
            largest_input: input.largest.into(),
            look_for_largest,
            set: Set::active(),
        };
        // What a dense gradient of one position in sixteen would take.
        let products = self.output.features() / 16 * input.samples() * span.depth();
        let filters = filters_a_task(self.output.channels);
        let (mut audit, corrected): (LayerAudit, _) =
            self.weights.correct(filters, products, |first, rows| {
                let work = &work.threads;
                work.lend(|memory| task.some_filters(memory, first, rows))
            });
        audit.updates = corrected.wrapped;
        if look_for_largest {
            audit.largest_weight = corrected.largest.into();
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
    ) -> (LayerAudit, Corrected) {
        let (depth, count) = (self.layer.span.depth(), rows.count());
        memory.sums.resize(count * depth);
        memory.sums.fill(0);
        memory.magnitudes.clear();
        memory.magnitudes.resize(count, 0);
        let together = samples_together(self.input.frame, self.layer.span);
        for start in (0..self.input.samples()).step_by(together) {
            let samples = start..self.input.samples().min(start + together);
            self.list(memory, first, samples.clone());
            self.add(memory, start);
        }
        let mut audit = LayerAudit::default();
        let gradients = Sums::of_rows(&memory.sums, depth);
        for (row, (sums, &magnitude)) in gradients.rows().zip(&memory.magnitudes).enumerate() {
            audit
                .gradient
                .merge(&self.audit(first + row, magnitude, sums));
        }
        let mut corrected = Corrected::default();
        rows.correct(0, gradients, self.sgd.correction(), &mut corrected);
        (audit, corrected)
    }

    /// Lists what every filter's gradient is made of in some samples.
    fn list(&self, memory: &mut Memory, first: usize, samples: core::ops::Range<usize>) {
        let (depth, span) = (self.layer.span.depth(), self.layer.span);
        memory.contributions.clear();
        memory.ends.clear();
        let base = samples.start * self.input.frame.size();
        let filters = memory
            .magnitudes
            .iter_mut()
            .zip(memory.sums.chunks_exact_mut(depth));
        for (index, (magnitude, sums)) in filters.enumerate() {
            for sample in samples.clone() {
                let offset = sample * self.input.frame.size() - base;
                self.gradient
                    .visit(sample, first + index, |position, value| {
                        let start = offset + self.layer.starts[position];
                        *magnitude += u64::from(value.unsigned_abs());
                        let short = u32::try_from(start).ok();
                        if value == 0 || short.is_some_and(|s| memory.contributions.push(s, value))
                        {
                            return;
                        }
                        for (run, sums) in sums.chunks_exact_mut(span.length).enumerate() {
                            let row = &self.input.values[base + start + run * span.stride..];
                            self.set.add_scaled(sums, value, &row[..span.length]);
                        }
                    });
            }
            memory.ends.push(memory.contributions.len());
        }
    }

    /// Adds what was listed of the samples from `start` on, some columns of all filters after
    /// others.
    fn add(&self, memory: &mut Memory, start: usize) {
        let span = self.layer.span;
        let base = start * self.input.frame.size();
        for run in 0..span.runs {
            for column in (0..span.length).step_by(COLUMNS) {
                let offset = base + run * span.stride + column;
                let count = COLUMNS.min(span.length - column);
                let mut begin = 0;
                let sums = memory.sums.chunks_exact_mut(span.depth());
                for (sums, &end) in sums.zip(&memory.ends) {
                    let place = run * span.length + column;
                    self.set.add_contributions(
                        &mut sums[place..place + count],
                        (&self.input.values, offset),
                        (&memory.contributions, begin..end),
                    );
                    begin = end;
                }
            }
        }
    }

    /// Counts one filter's gradients, and those that wrapped: none where the magnitudes of what
    /// they are made of are too small in sum.
    fn audit(&self, filter: usize, magnitude: u64, sums: &[i32]) -> Range {
        let (channels, depth) = (self.layer.channels, self.input.frame.depth);
        let pixels = sums.len() / depth;
        let mut range = Range {
            sums: (pixels * channels) as u64,
            ..Range::default()
        };
        if self.look_for_largest {
            range.see(sums);
        }
        if magnitude.saturating_mul(self.largest_input.into()) > i32::MAX as u64 {
            self.exact(filter, &mut range, sums.len());
        }
        range
    }

    /// Forms one filter's gradients in 64 bits: parts that cannot wrap, put together.
    #[cold]
    fn exact(&self, filter: usize, range: &mut Range, depth: usize) {
        let span = self.layer.span;
        let mut exact = alloc::vec![0_i64; depth];
        let mut part = alloc::vec![0_i32; span.length];
        let limit = i32::MAX as u64 / u64::from(self.largest_input).max(1);
        let mut contributions = Contributions::default();
        for sample in 0..self.input.samples() {
            let base = sample * self.input.frame.size();
            let mut left = limit;
            contributions.clear();
            let mut add = |contributions: &mut Contributions| {
                for (run, exact) in exact.chunks_exact_mut(span.length).enumerate() {
                    part.fill(0);
                    let values = (&*self.input.values, base + run * span.stride);
                    let all = 0..contributions.len();
                    self.set
                        .add_contributions(&mut part, values, (contributions, all));
                    for (exact, &part) in exact.iter_mut().zip(&part) {
                        *exact += i64::from(part);
                    }
                }
                contributions.clear();
            };
            let mut large = Vec::new();
            self.gradient.visit(sample, filter, |position, value| {
                let start = u32::try_from(self.layer.starts[position]).unwrap_or(u32::MAX);
                let magnitude = u64::from(value.unsigned_abs());
                if magnitude > left {
                    add(&mut contributions);
                    left = limit;
                }
                if magnitude > left || !contributions.push(start, value) {
                    large.push((self.layer.starts[position], i64::from(value)));
                } else {
                    left -= magnitude;
                }
            });
            add(&mut contributions);
            for (start, value) in large {
                for (run, exact) in exact.chunks_exact_mut(span.length).enumerate() {
                    let row = &self.input.values[base + start + run * span.stride..];
                    for (exact, &input) in exact.iter_mut().zip(row) {
                        *exact += value * i64::from(input);
                    }
                }
            }
        }
        exact.into_iter().for_each(|sum| range.see_exact(sum));
    }
}
