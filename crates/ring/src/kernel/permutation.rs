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
    /// Places in that one, of halves of values.
    pub(super) halves: [u32; 2 * QUARTER],
}

#[cfg(target_arch = "x86_64")]
impl Quarter {
    /// If all places are within one quarter.
    fn new(places: &[u64]) -> Option<Self> {
        let places = places.iter().map(|&place| usize::try_from(place).ok());
        let places = places.collect::<Option<Vec<usize>>>()?;
        let from = places.first()? / QUARTER * QUARTER;
        let mut halves = [0; 2 * QUARTER];
        for (&place, halves) in places.iter().zip(halves.chunks_exact_mut(2)) {
            let within = place.checked_sub(from).filter(|&within| within < QUARTER)?;
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

    /// The values of each block from that of a place on, where they come from, with their order.
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
