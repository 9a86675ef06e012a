//! Permutations that take blocks to blocks, each in one of a few orders.

/// Values of a block.
pub(super) const BLOCK: usize = 16;

/// A permutation in which each block of 16 values comes from one block, in one of few orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Permutation {
    /// For each block, which one it comes from and in which of the orders.
    pub(super) blocks: Vec<[u32; 2]>,
    /// The index in its block that each value comes from; of only 8 values if there are no more.
    pub(super) orders: Vec<[u64; BLOCK]>,
    /// The same, where in all orders quarters of a block come from quarters.
    #[cfg(target_arch = "x86_64")]
    pub(super) quarters: Option<Vec<[Quarter; BLOCK / QUARTER]>>,
    length: usize,
}

/// Values of a quarter of a block: a vector of AVX2.
#[cfg(target_arch = "x86_64")]
pub(super) const QUARTER: usize = 4;

/// Where a quarter of a block comes from.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quarter {
    /// The first value of the quarter that it comes from.
    pub(super) from: usize,
    /// For each half of a value, its index among the halves of that quarter.
    pub(super) halves: [u32; 2 * QUARTER],
}

#[cfg(target_arch = "x86_64")]
impl Quarter {
    /// If all indices are within one quarter.
    fn new(indices: &[u64]) -> Option<Self> {
        let indices = indices.iter().map(|&index| usize::try_from(index).ok());
        let indices = indices.collect::<Option<Vec<usize>>>()?;
        let from = indices.first()? / QUARTER * QUARTER;
        let mut halves = [0; 2 * QUARTER];
        for (&index, halves) in indices.iter().zip(halves.chunks_exact_mut(2)) {
            let within = index.checked_sub(from).filter(|&within| within < QUARTER)?;
            let first = u32::try_from(2 * within).ok()?;
            halves.copy_from_slice(&[first, first + 1]);
        }
        Some(Quarter { from, halves })
    }

    /// The quarters of an order.
    fn of(order: &[u64; BLOCK]) -> Option<[Quarter; BLOCK / QUARTER]> {
        let quarters = order.chunks_exact(QUARTER).map(Quarter::new);
        quarters.collect::<Option<Vec<Quarter>>>()?.try_into().ok()
    }
}

impl Permutation {
    /// The permutation of `length` values, a power of two of at least 8, whose value `i` comes from
    /// `source(i)`.
    ///
    /// # Panics
    /// If it does not take blocks to blocks.
    pub(crate) fn new(length: usize, source: impl Fn(usize) -> usize) -> Self {
        let block = BLOCK.min(length);
        let mut orders: Vec<[u64; BLOCK]> = Vec::new();
        let blocks = (0..length).step_by(block).map(|start| {
            let from = source(start) / block;
            let mut order = [0; BLOCK];
            for (offset, order) in order.iter_mut().take(block).enumerate() {
                let source = source(start + offset);
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
        let blocks = blocks.collect();
        Permutation {
            blocks,
            #[cfg(target_arch = "x86_64")]
            quarters: orders.iter().map(Quarter::of).collect(),
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

    /// For each block from the one with index `start` on: the block that its values come from, and
    /// their order.
    pub(super) fn sources<'a>(
        &'a self,
        from: &'a [u64],
        start: usize,
    ) -> impl Iterator<Item = (&'a [u64], &'a [u64; BLOCK])> {
        let length = BLOCK.min(self.length);
        let block = move |&[block, order]: &[u32; 2]| {
            let from = &from[block as usize * length..][..length];
            (from, &self.orders[order as usize])
        };
        self.blocks[start / length..].iter().map(block)
    }
}
