//! Operands in the order in which the kernels read them.

use alloc::vec;
use alloc::vec::Vec;

/// Lanes of a full block.
pub const BLOCK: usize = 64;

/// Lanes that are computed together at least; blocks are as wide as whole groups of them.
const GROUP: usize = 16;

/// Columns of int16 values (the lanes), in blocks of 64 lanes; in a block, the values of two
/// consecutive depths stand side by side for each lane.
///
/// # Shapes
/// `[blocks][pairs of depths][lanes of the block][2]`; what is missing is 0.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    values: Vec<i16>,
    depth: usize,
    lanes: usize,
}

impl Panel {
    /// Lanes from rows: `rows` is `[lanes, depth]`.
    pub fn from_rows(rows: &[i16], depth: usize) -> Self {
        let mut panel = Panel::default();
        panel.reset(depth, rows.len() / depth.max(1));
        for block in 0..panel.blocks() {
            let width = panel.width(block);
            let rows = &rows[block * BLOCK * depth..];
            let values = panel.block_mut(block);
            for (lane, row) in rows.chunks_exact(depth).take(width).enumerate() {
                let (pairs, last) = row.as_chunks::<2>();
                for (pair, place) in pairs.iter().zip(values[2 * lane..].chunks_mut(2 * width)) {
                    place[..2].copy_from_slice(pair);
                }
                if let [odd] = last {
                    values[pairs.len() * 2 * width + 2 * lane] = *odd;
                }
            }
        }
        panel
    }

    /// Lanes from columns: `values` is `[depth, lanes]`.
    pub fn from_columns(values: &[i16], lanes: usize) -> Self {
        let mut panel = Panel::default();
        panel.reset(values.len() / lanes.max(1), lanes);
        for block in 0..panel.blocks() {
            let (start, width) = (block * BLOCK, panel.width(block));
            let count = BLOCK.min(lanes - start);
            for (places, rows) in panel
                .block_mut(block)
                .chunks_exact_mut(2 * width)
                .zip(values.chunks(2 * lanes))
            {
                let even = &rows[start..start + count];
                match rows.get(lanes + start..lanes + start + count) {
                    Some(odd) => interleave(even, odd, places),
                    None => places
                        .iter_mut()
                        .step_by(2)
                        .zip(even)
                        .for_each(|(p, v)| *p = *v),
                }
            }
        }
        panel
    }

    /// Makes this a panel of zeros of another size, in the same memory if it is enough.
    pub fn reset(&mut self, depth: usize, lanes: usize) {
        (self.depth, self.lanes) = (depth, lanes);
        let last = (lanes % BLOCK).next_multiple_of(GROUP);
        let padded = lanes / BLOCK * BLOCK + last;
        self.values.clear();
        self.values.resize(padded * 2 * depth.div_ceil(2), 0);
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

    /// Largest magnitude of a value.
    pub fn largest(&self) -> u32 {
        self.values
            .iter()
            .map(|value| value.unsigned_abs())
            .max()
            .unwrap_or(0)
            .into()
    }

    /// The sum of magnitudes, and of squares, of each lane.
    pub fn norms(&self) -> Vec<(u64, u64)> {
        let mut norms = vec![(0, 0); self.lanes];
        for (block, norms) in norms.chunks_mut(BLOCK).enumerate() {
            for row in self.block(block).chunks_exact(2 * self.width(block)) {
                for ((sum, squares), pair) in norms.iter_mut().zip(row.as_chunks::<2>().0) {
                    for &value in pair {
                        *sum += u64::from(value.unsigned_abs());
                        *squares += u64::from(value.unsigned_abs()).pow(2);
                    }
                }
            }
        }
        norms
    }
}

/// `places = [even 0, odd 0, even 1, odd 1, …]`, as far as `even` goes.
pub fn interleave(even: &[i16], odd: &[i16], places: &mut [i16]) {
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
        fn both_ways_to_fill_a_panel_give_every_value_its_place(
            depth in 1..9_usize, lanes in 1..150_usize, seed in any::<i16>(),
        ) {
            let value = |d: usize, lane: usize| {
                seed.wrapping_mul(31).wrapping_add(i16::try_from(d * 1000 + lane).unwrap())
            };
            let rows: Vec<i16> =
                (0..lanes).flat_map(|lane| (0..depth).map(move |d| value(d, lane))).collect();
            let columns: Vec<i16> =
                (0..depth).flat_map(|d| (0..lanes).map(move |lane| value(d, lane))).collect();
            for panel in [Panel::from_rows(&rows, depth), Panel::from_columns(&columns, lanes)] {
                prop_assert_eq!((panel.depth(), panel.lanes()), (depth, lanes));
                for lane in 0..lanes {
                    let expected: Vec<i16> = (0..depth).map(|d| value(d, lane)).collect();
                    prop_assert_eq!(panel.lane(lane), expected);
                }
                let largest = rows.iter().map(|v| v.unsigned_abs()).max().unwrap();
                prop_assert_eq!(panel.largest(), u32::from(largest));
                let sum: u64 = rows.iter().map(|v| u64::from(v.unsigned_abs())).sum();
                prop_assert_eq!(panel.norms().iter().map(|norm| norm.0).sum::<u64>(), sum);
            }
        }
    }
}
