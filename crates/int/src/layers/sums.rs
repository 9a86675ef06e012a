//! Sums of products: formed block by block, audited, and handed on while they are near.

use crate::audit::{self, Lanes, Merge, Range};
use crate::kernel::{self, BLOCK, Set, Wide};
use alloc::vec::Vec;

/// Forms the sums of some rows of `wide` with all lanes, and calls `visit(row, first lane, sums)`
/// for each row and each 64 lanes; `row` counts from the first of `rows`.
pub(super) fn for_each_row(
    wide: &Wide<'_>,
    rows: core::ops::Range<usize>,
    lanes: &Lanes<'_>,
    largest: bool,
    mut visit: impl FnMut(usize, usize, &[i32]),
) -> Range {
    let (set, panel) = (Set::active(), lanes.panel());
    let mut range = Range::default();
    let mut sums = Vec::new();
    for block in 0..panel.blocks() {
        let (first, width) = (block * BLOCK, panel.width(block));
        let count = BLOCK.min(panel.lanes() - first);
        sums.resize(rows.len() * width, 0);
        kernel::products(set, wide, rows.clone(), (panel, block), &mut sums);
        range.merge(&audit::products(wide, rows.clone(), lanes, block));
        for (row, sums) in sums.chunks_exact(width).enumerate() {
            if largest {
                range.see(&sums[..count]);
            }
            visit(row, first, &sums[..count]);
        }
    }
    range
}
