//! The weight gradient of a convolution, and the update by it: some filters at a time, and
//! only at positions that have a gradient. A max-pooled head leaves most without.

use super::layer::{Conv2d, ConvShape};
use crate::audit::{Counting, LayerAudit, Range};
use crate::kernel::Contributions;
use crate::layers::images::Images;
use crate::parallel::{self, PerThread};
use crate::sgd::IntegerSgd;
use alloc::vec::Vec;
use inputs::Inputs;
use task::{GAP, Memory, Task, samples_listed};

mod inputs;
mod output;
mod task;

pub(crate) use output::OutputGradient;

/// Filters whose gradients one task forms at most: inputs are read once for all of them.
const FILTERS: usize = 128;

/// Memory that gradients are formed in.
#[derive(Debug, Default)]
pub(crate) struct GradientWorkspace {
    threads: PerThread<Memory>,
    /// A sample each on its way to another order.
    spares: PerThread<Vec<i16>>,
}

impl GradientWorkspace {
    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        let spare_bytes = |spare: &Vec<i16>| size_of::<i16>() * spare.capacity();
        self.spares.total(spare_bytes) + self.threads.total(Memory::bytes)
    }
}

/// Filters whose gradients one task forms.
fn filters_a_task(filters: usize, threads: usize) -> usize {
    FILTERS.min(filters.div_ceil(2 * threads))
}

/// Bytes that the gradient of a convolution will take on one thread, where at most `positions`
/// output positions of a filter have one in a sample.
pub(crate) fn planned_gradient(
    shape: ConvShape,
    positions: usize,
    batch: usize,
    threads: usize,
) -> usize {
    let (frame, span) = (shape.frame(), shape.span());
    let filters = filters_a_task(shape.output.channels, threads);
    let together = inputs::samples_together(shape);
    let samples = samples_listed(filters * positions, together).min(batch);
    let groups = samples.div_ceil(together);
    let sums = size_of::<i32>() * (span.depth() + GAP);
    let lists = Contributions::bytes_of(samples * positions * filters);
    let counts = 8 * (filters + (filters * groups).next_power_of_two());
    filters * sums + lists + counts + inputs::planned_order(frame)
}

impl Conv2d {
    /// Updates the weights by the gradient summed over the batch. The inputs are left in the
    /// order in which gradients read them.
    pub(crate) fn update(
        &mut self,
        workspace: &mut GradientWorkspace,
        gradient: &impl OutputGradient,
        input: &mut Images,
        sgd: IntegerSgd,
        counting: Counting,
    ) -> LayerAudit {
        let depth = self.shape.span().depth();
        // What a dense gradient of one position in sixteen would take.
        let products = self.shape.output.features() / 16 * input.samples() * depth;
        let task = Task {
            gradient,
            depth,
            fan_in: self.shape.fan_in(),
            sgd,
            max_abs_input: input.max_abs.into(),
            counting,
            input: Inputs::new(input, self.shape, &self.pixels, &workspace.spares),
        };
        let filters = filters_a_task(self.shape.output.channels, parallel::threads());
        let (gradient, stats): (Range, _) =
            self.weights.update(filters, products, |first, rows| {
                let threads = &workspace.threads;
                threads.lend(|memory| task.update(memory, first, rows))
            });
        LayerAudit::of_update(gradient, stats.wrapped, stats.max_abs, counting)
    }
}
