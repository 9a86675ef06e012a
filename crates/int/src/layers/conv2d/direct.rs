//! The forward pass of a convolution as a product of all inputs with all filters.

use super::layer::Conv2d;
use crate::audit::{Counting, LayerAudit, Merge};
use crate::gemm::{ColumnPanel, Halves, Product};
use crate::kernel::{BLOCK, Isa, ROWS, TileBuffer};
use crate::layers::images::Images;
use crate::layers::scaling::Scaling;
use crate::parallel;

/// Output positions that one task computes at least, if there are tasks enough.
const POSITIONS_A_TASK: usize = 192;

/// Tasks into which a batch is cut at least.
const TASKS: usize = 8;

/// Bytes of the filters as columns.
pub(super) fn planned(filters: usize, depth: usize) -> usize {
    let columns = filters / BLOCK * BLOCK + (filters % BLOCK).next_multiple_of(16);
    size_of::<i16>() * columns * depth
}

impl Conv2d {
    /// Scaled sums of inputs times `filters`; wrapped sums are not counted.
    pub(super) fn forward_directly(
        &self,
        filters: &ColumnPanel,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let (features, samples) = (self.shape.output.features(), input.samples());
        let together = POSITIONS_A_TASK
            .div_ceil(self.shape.positions())
            .min(samples.div_ceil(TASKS))
            .max(1);
        let pass = Pass {
            layer: self,
            input,
            product: Product {
                isa: Isa::current(),
                rows: Halves::narrow(&input.values),
                span: self.shape.span(),
                columns: filters,
                bounds: None,
                max_abs: counting.maxima(),
            },
            scaling,
        };
        let products = scaled.len() * self.shape.span().depth();
        parallel::for_each_part(scaled, together * features, products, |index, scaled| {
            pass.some_samples(index * together, scaled)
        })
    }
}

/// The forward pass of a batch.
struct Pass<'a> {
    layer: &'a Conv2d,
    input: &'a Images,
    product: Product<'a>,
    scaling: Scaling,
}

impl Pass<'_> {
    /// Fills `scaled` with the outputs of some samples, from `first` on, block by block of filters,
    /// whose weights stay in the caches meanwhile.
    fn some_samples(&self, first: usize, scaled: &mut [i8]) -> LayerAudit {
        let positions = scaled.len() / self.layer.shape.output.channels;
        let mut audit = LayerAudit::default();
        let mut buffer = TileBuffer::default();
        let before = first * self.layer.shape.positions();
        for block in 0..self.product.columns.blocks() {
            for start in (0..positions).step_by(ROWS) {
                let own = start..positions.min(start + ROWS);
                let input_start = |at: usize| self.layer.input_start(self.input, before + at);
                let rows = self.product.rows_at(own.clone().map(input_start));
                let (sums, range) = self.product.form(&rows, block, &mut buffer);
                audit.forward.merge(&range);
                for (position, sums) in own.zip(sums.rows()) {
                    let place = position * self.layer.shape.output.channels + block * BLOCK;
                    let scaled = &mut scaled[place..place + sums.len()];
                    audit.cut += self.scaling.apply(self.product.isa, sums, scaled);
                }
            }
        }
        audit
    }
}
