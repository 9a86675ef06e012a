//! Operands in the order in which the kernels read them.

use super::tile::BLOCK;
use super::{Aligned, Set};
use alloc::vec::Vec;

/// Lanes that are computed together at least; blocks are as wide as whole groups of them.
const GROUP: usize = 16;

/// Columns of int16 values (the lanes), in blocks of 64 lanes; in a block, the values of two
/// consecutive depths stand side by side for each lane.
///
/// # Shapes
/// `[blocks][pairs of depths][lanes of the block][2]`; what is missing is 0.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    values: Aligned<i16>,
    depth: usize,
    lanes: usize,
}

impl Panel {
    /// Lanes from rows: `rows` is `[lanes, depth]`.
    pub fn from_rows(rows: &[i16], depth: usize) -> Self {
        let mut panel = Panel::default();
        panel.resize(depth, rows.len() / depth.max(1));
        for block in 0..panel.blocks() {
            let rows = &rows[block * BLOCK * depth..];
            panel.fill_from_rows(block, rows, depth);
        }
        panel
    }

    /// Lanes from columns: `values` is `[depth, lanes]`.
    pub fn from_columns(values: &[i16], lanes: usize) -> Self {
        let mut panel = Panel::default();
        panel.resize(values.len() / lanes.max(1), lanes);
        for block in 0..panel.blocks() {
            panel.fill_from_columns(block, &values[block * BLOCK..], lanes);
        }
        panel
    }

    /// Makes this a panel of another size, in the same memory if it is enough; what it holds is
    /// left open until all blocks are filled.
    pub fn resize(&mut self, depth: usize, lanes: usize) {
        (self.depth, self.lanes) = (depth, lanes);
        let last = (lanes % BLOCK).next_multiple_of(GROUP);
        let padded = lanes / BLOCK * BLOCK + last;
        self.values.resize(padded * 2 * depth.div_ceil(2));
    }

    /// Fills a block from the first of `rows`, which start `stride` values apart.
    pub fn fill_from_rows(&mut self, block: usize, rows: &[i16], stride: usize) {
        let (depth, lanes, width) = (self.depth, self.count(block), self.width(block));
        fill_from_rows(self.block_mut(block), (rows, stride), depth, (lanes, width));
    }

    /// Fills a block with lanes that may stand anywhere.
    pub fn fill_block<'a>(&mut self, block: usize, lane: impl Fn(usize) -> &'a [i16]) {
        let (lanes, width) = (self.count(block), self.width(block));
        let block = self.block_mut(block);
        if lanes < width {
            block.fill(0);
        }
        for at in 0..lanes {
            fill_lane(block, lane(at), (at, width));
        }
    }

    /// Fills a block from the first columns of `values`, whose rows start `stride` values apart.
    pub fn fill_from_columns(&mut self, block: usize, values: &[i16], stride: usize) {
        let (depth, lanes, width) = (self.depth, self.count(block), self.width(block));
        fill_from_columns(
            self.block_mut(block),
            (values, stride),
            depth,
            (lanes, width),
        );
    }

    /// The values of all blocks, to be filled in.
    pub fn values_mut(&mut self) -> &mut [i16] {
        &mut self.values
    }

    /// Values that a full block takes.
    pub fn block_size(&self) -> usize {
        BLOCK * 2 * self.pairs()
    }

    /// Bytes that it occupies.
    pub fn bytes(&self) -> usize {
        self.values.bytes()
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Values in a lane.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Pairs of depths.
    pub fn pairs(&self) -> usize {
        self.depth.div_ceil(2)
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.lanes.div_ceil(BLOCK)
    }

    /// Lanes that a block has room for.
    pub fn width(&self, block: usize) -> usize {
        BLOCK.min((self.lanes - block * BLOCK).next_multiple_of(GROUP))
    }

    /// A block's values, `[pairs][width][2]`.
    pub fn block(&self, block: usize) -> &[i16] {
        let start = block * BLOCK * 2 * self.pairs();
        &self.values[start..start + self.width(block) * 2 * self.pairs()]
    }

    /// A block's values, to be filled in.
    pub fn block_mut(&mut self, block: usize) -> &mut [i16] {
        let start = block * BLOCK * 2 * self.pairs();
        let size = self.width(block) * 2 * self.pairs();
        &mut self.values[start..start + size]
    }

    /// The values of a lane.
    pub fn lane(&self, lane: usize) -> Vec<i16> {
        let width = self.width(lane / BLOCK);
        let place = 2 * (lane % BLOCK);
        let pairs = self.block(lane / BLOCK).chunks_exact(2 * width);
        let mut values: Vec<i16> = pairs
            .flat_map(|lanes| [lanes[place], lanes[place + 1]])
            .collect();
        values.truncate(self.depth);
        values
    }

    /// Lanes that a block has.
    pub fn count(&self, block: usize) -> usize {
        BLOCK.min(self.lanes - block * BLOCK)
    }
}

/// Fills a block, `[pairs][width][2]`, with `lanes` rows of `depth` values.
pub(crate) fn fill_from_rows(
    block: &mut [i16],
    (rows, stride): (&[i16], usize),
    depth: usize,
    (lanes, width): (usize, usize),
) {
    let set = Set::active();
    // Squares of 16 pairs and 16 lanes; what is left at both sides goes pair by pair.
    let squares = [depth / 32, lanes / 16];
    if lanes < width {
        block.fill(0);
    }
    for lane in (0..16 * squares[1]).step_by(16) {
        for pair in (0..16 * squares[0]).step_by(16) {
            let lines = &mut block[(pair * width + lane) * 2..];
            set.lay_out_square(&rows[lane * stride + 2 * pair..], stride, lines, width);
        }
    }
    for lane in 0..lanes {
        let done = if lane < 16 * squares[1] {
            16 * squares[0]
        } else {
            0
        };
        let row = &rows[lane * stride + 2 * done..lane * stride + depth];
        fill_lane(&mut block[done * 2 * width..], row, (lane, width));
    }
}

/// Fills a lane of a block, `[pairs][width][2]`.
fn fill_lane(block: &mut [i16], values: &[i16], (lane, width): (usize, usize)) {
    let (pairs, last) = values.as_chunks::<2>();
    let mut lines = block.chunks_exact_mut(2 * width);
    for (pair, line) in pairs.iter().zip(&mut lines) {
        line[2 * lane..2 * lane + 2].copy_from_slice(pair);
    }
    if let ([odd], Some(line)) = (last, lines.next()) {
        line[2 * lane..2 * lane + 2].copy_from_slice(&[*odd, 0]);
    }
}

/// Fills a block, `[pairs][width][2]`, with `lanes` columns of `depth` values.
fn fill_from_columns(
    block: &mut [i16],
    (values, stride): (&[i16], usize),
    depth: usize,
    (lanes, width): (usize, usize),
) {
    for (pair, places) in block.chunks_exact_mut(2 * width).enumerate() {
        let row = |at: usize| &values[at * stride..at * stride + lanes];
        let even = row(2 * pair);
        places[2 * lanes..].fill(0);
        if 2 * pair + 1 < depth {
            interleave(even, row(2 * pair + 1), places);
        } else {
            for (place, &value) in places.as_chunks_mut::<2>().0.iter_mut().zip(even) {
                *place = [value, 0];
            }
        }
    }
}

/// `places = [even 0, odd 0, even 1, odd 1, …]`, as far as `even` goes.
fn interleave(even: &[i16], odd: &[i16], places: &mut [i16]) {
    for ((place, &even), &odd) in places.as_chunks_mut::<2>().0.iter_mut().zip(even).zip(odd) {
        *place = [even, odd];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_way_to_fill_a_panel_gives_every_value_its_place(
            depth in prop_oneof![1..9_usize, 30..70_usize], lanes in 1..150_usize, seed in any::<i16>(),
        ) {
            let value = |d: usize, lane: usize| {
                seed.wrapping_mul(31).wrapping_add(i16::try_from(d * 400 + lane).unwrap())
            };
            let rows: Vec<i16> =
                (0..lanes).flat_map(|lane| (0..depth).map(move |d| value(d, lane))).collect();
            let columns: Vec<i16> =
                (0..depth).flat_map(|d| (0..lanes).map(move |lane| value(d, lane))).collect();
            let mut lane_by_lane = Panel::default();
            lane_by_lane.resize(depth, lanes);
            for block in 0..lane_by_lane.blocks() {
                let row = |lane| &rows[(block * BLOCK + lane) * depth..][..depth];
                lane_by_lane.fill_block(block, row);
            }
            let (by_rows, by_columns) =
                (Panel::from_rows(&rows, depth), Panel::from_columns(&columns, lanes));
            for panel in [by_rows, by_columns, lane_by_lane] {
                prop_assert_eq!((panel.depth(), panel.lanes()), (depth, lanes));
                for lane in 0..lanes {
                    let expected: Vec<i16> = (0..depth).map(|d| value(d, lane)).collect();
                    prop_assert_eq!(panel.lane(lane), expected);
                }
            }
        }
    }
}
