//! Transformed weights, and the memory that threads work in.

use super::filters::Filters;
use super::scratch::Scratch;
use crate::gemm::{Halves, Panel};
use crate::kernel::BLOCK;
use crate::kernel::fast_fir::PRODUCTS;
use crate::kernel::high_halves::{GROUP, HighHalves};
use crate::parallel::{self, Parts, PerThread};
use alloc::vec::Vec;

/// Memory that such convolutions work in.
#[derive(Debug, Default)]
pub(in crate::layers::conv2d) struct FastFirWorkspace {
    /// Transformed weights, `[blocks][products][depth / 2][columns of the block][2]`.
    pub(super) columns: Panel,
    /// The high halves of those beyond int16, for each block, by product and group of columns.
    pub(super) large: Vec<HighHalves>,
    pub(super) threads: PerThread<Scratch>,
}

impl FastFirWorkspace {
    /// Transforms the weights of filters, `[filters, 3, 3, depth]`.
    pub(super) fn transform(&mut self, weights: Halves<'_>, depth: usize, filters: usize) {
        self.columns.resize(PRODUCTS * depth, filters);
        let size = self.columns.block_size();
        // A transformed weight costs about as much as sixteen products.
        let cost = 16 * PRODUCTS * depth * filters;
        // Never fewer, so that layers with more keep their memory.
        let blocks = self.columns.blocks();
        let most = blocks.max(self.large.len());
        self.large.resize_with(most, HighHalves::default);
        let columns = Parts::new(self.columns.values_mut(), size);
        let large = Parts::new(&mut self.large[..blocks], 1);
        parallel::for_each_two_parts(columns, large, cost, |block, values, large| {
            let first = block * BLOCK;
            let own = Filters {
                weights,
                depth,
                first,
                count: BLOCK.min(filters - first),
            };
            large[0].fill(PRODUCTS * BLOCK / GROUP, |all| own.transform(values, all));
        });
    }

    /// Whether any transformed weight is beyond int16.
    pub(super) fn has_large(&self) -> bool {
        let blocks = &self.large[..self.columns.blocks()];
        blocks.iter().any(|large| !large.is_empty())
    }

    /// Bytes that it occupies.
    pub(in crate::layers::conv2d) fn bytes(&self) -> usize {
        let large: usize = self.large.iter().map(HighHalves::bytes).sum();
        self.columns.bytes() + large + self.threads.total(Scratch::bytes)
    }
}
