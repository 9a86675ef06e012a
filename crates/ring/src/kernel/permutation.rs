//! Permutations that take blocks to blocks, each in one of a few ways.

/// Values of a block.
pub(super) const BLOCK: usize = 16;

/// A permutation in which each block of 16 values comes from one block, in one of few orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Permutation {
    /// For each block, which one it comes from and in which of the orders.
    pub(super) blocks: Vec<[u32; 2]>,
    /// Places in the block that values come from. Of the first 8 where there are no more.
    pub(super) orders: Vec<[u64; BLOCK]>,
    length: usize,
}

impl Permutation {
    /// The permutation of `length` values, a power of two from 8 on, of which the `i`th comes
    /// from `source(i)`.
    ///
    /// # Panics
    /// If it does not take blocks to blocks.
    pub(crate) fn new(length: usize, source: impl Fn(usize) -> usize) -> Self {
        let block = BLOCK.min(length);
        let mut orders: Vec<[u64; BLOCK]> = Vec::new();
        let blocks = (0..length).step_by(block).map(|start| {
            let from = source(start) / block;
            let mut order = [0; BLOCK];
            for (place, order) in order.iter_mut().take(block).enumerate() {
                let source = source(start + place);
                assert_eq!(source / block, from, "blocks come from blocks");
                *order = (source % block) as u64;
            }
            let known = orders.iter().position(|known| *known == order);
            let index = known.unwrap_or_else(|| {
                orders.push(order);
                orders.len() - 1
            });
            assert!(from < length / block, "from within");
            [from, index].map(|index| u32::try_from(index).unwrap_or(u32::MAX))
        });
        Permutation {
            blocks: blocks.collect(),
            orders,
            length,
        }
    }

    /// Number of values.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Whether blocks are whole.
    pub(super) fn has_blocks(&self) -> bool {
        self.length >= BLOCK
    }

    /// Each block's values where they come from, with their order.
    pub(super) fn sources<'a>(
        &'a self,
        from: &'a [u64],
    ) -> impl Iterator<Item = (&'a [u64], &'a [u64; BLOCK])> {
        let length = BLOCK.min(self.length);
        let block = move |&[block, order]: &[u32; 2]| {
            let from = &from[block as usize * length..][..length];
            (from, &self.orders[order as usize])
        };
        self.blocks.iter().map(block)
    }
}
