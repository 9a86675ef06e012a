//! Operands in the order in which the kernels read them.

use crate::aligned::Aligned;
use crate::kernel::{BLOCK, Isa};
use alloc::vec::Vec;

/// Columns that are computed together at least; blocks are as wide as whole groups of them.
const GROUP: usize = 16;

/// Columns of int16 values (the columns), in blocks of 64 columns; in a block, the values of two
/// consecutive depths stand side by side for each column.
///
/// # Shapes
/// `[blocks][pairs of depths][columns of the block][2]`; what is missing is 0.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    values: Aligned<i16>,
    depth: usize,
    columns: usize,
}

impl Panel {
    /// Columns from rows: `rows` is `[columns, depth]`.
    pub fn from_rows(rows: &[i16], depth: usize) -> Self {
        let mut panel = Panel::default();
        panel.resize(depth, rows.len() / depth.max(1));
        for block in 0..panel.blocks() {
            let rows = &rows[block * BLOCK * depth..];
            panel.fill_from_rows(block, rows, depth);
        }
        panel
    }

    /// Columns from columns: `values` is `[depth, columns]`.
    pub fn from_columns(values: &[i16], columns: usize) -> Self {
        let mut panel = Panel::default();
        panel.resize(values.len() / columns.max(1), columns);
        for block in 0..panel.blocks() {
            panel.fill_from_columns(block, &values[block * BLOCK..], columns);
        }
        panel
    }

    /// Makes this a panel of another size, in the same memory if it is enough; what it holds is
    /// left open until all blocks are filled.
    pub fn resize(&mut self, depth: usize, columns: usize) {
        (self.depth, self.columns) = (depth, columns);
        let last = (columns % BLOCK).next_multiple_of(GROUP);
        let padded = columns / BLOCK * BLOCK + last;
        self.values.resize(padded * 2 * depth.div_ceil(2));
    }

    /// Fills a block from the first of `rows`, which start `stride` values apart.
    pub fn fill_from_rows(&mut self, block: usize, rows: &[i16], stride: usize) {
        let (depth, columns, width) = (self.depth, self.count(block), self.width(block));
        fill_from_rows(
            self.block_mut(block),
            (rows, stride),
            depth,
            (columns, width),
        );
    }

    /// Fills a block with columns that may stand anywhere.
    pub fn fill_block<'a>(&mut self, block: usize, column: impl Fn(usize) -> &'a [i16]) {
        let (columns, width) = (self.count(block), self.width(block));
        let block = self.block_mut(block);
        if columns < width {
            block.fill(0);
        }
        for at in 0..columns {
            fill_column(block, column(at), (at, width));
        }
    }

    /// Fills a block from the first columns of `values`, whose rows start `stride` values apart.
    pub fn fill_from_columns(&mut self, block: usize, values: &[i16], stride: usize) {
        let (depth, columns, width) = (self.depth, self.count(block), self.width(block));
        fill_from_columns(
            self.block_mut(block),
            (values, stride),
            depth,
            (columns, width),
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

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Values in a column.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Pairs of depths.
    pub fn pairs(&self) -> usize {
        self.depth.div_ceil(2)
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.columns.div_ceil(BLOCK)
    }

    /// Columns that a block has room for.
    pub fn width(&self, block: usize) -> usize {
        BLOCK.min((self.columns - block * BLOCK).next_multiple_of(GROUP))
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

    /// The values of a column.
    pub fn column(&self, column: usize) -> Vec<i16> {
        let width = self.width(column / BLOCK);
        let place = 2 * (column % BLOCK);
        let pairs = self.block(column / BLOCK).chunks_exact(2 * width);
        let mut values: Vec<i16> = pairs
            .flat_map(|columns| [columns[place], columns[place + 1]])
            .collect();
        values.truncate(self.depth);
        values
    }

    /// Columns that a block has.
    pub fn count(&self, block: usize) -> usize {
        BLOCK.min(self.columns - block * BLOCK)
    }
}

/// Fills a block, `[pairs][width][2]`, with `columns` rows of `depth` values.
pub(crate) fn fill_from_rows(
    block: &mut [i16],
    (rows, stride): (&[i16], usize),
    depth: usize,
    (columns, width): (usize, usize),
) {
    let isa = Isa::current();
    // Squares of 16 pairs and 16 columns; what is left at both sides goes pair by pair.
    let squares = [depth / 32, columns / 16];
    if columns < width {
        block.fill(0);
    }
    for column in (0..16 * squares[1]).step_by(16) {
        for pair in (0..16 * squares[0]).step_by(16) {
            let lines = &mut block[(pair * width + column) * 2..];
            isa.lay_out_square(&rows[column * stride + 2 * pair..], stride, lines, width);
        }
    }
    for column in 0..columns {
        let done = if column < 16 * squares[1] {
            16 * squares[0]
        } else {
            0
        };
        let row = &rows[column * stride + 2 * done..column * stride + depth];
        fill_column(&mut block[done * 2 * width..], row, (column, width));
    }
}

/// Fills a column of a block, `[pairs][width][2]`.
fn fill_column(block: &mut [i16], values: &[i16], (column, width): (usize, usize)) {
    let (pairs, last) = values.as_chunks::<2>();
    let mut lines = block.chunks_exact_mut(2 * width);
    for (pair, line) in pairs.iter().zip(&mut lines) {
        line[2 * column..2 * column + 2].copy_from_slice(pair);
    }
    if let ([odd], Some(line)) = (last, lines.next()) {
        line[2 * column..2 * column + 2].copy_from_slice(&[*odd, 0]);
    }
}

/// Fills a block, `[pairs][width][2]`, with `columns` columns of `depth` values.
fn fill_from_columns(
    block: &mut [i16],
    (values, stride): (&[i16], usize),
    depth: usize,
    (columns, width): (usize, usize),
) {
    for (pair, places) in block.chunks_exact_mut(2 * width).enumerate() {
        let row = |at: usize| &values[at * stride..at * stride + columns];
        let even = row(2 * pair);
        places[2 * columns..].fill(0);
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
            depth in prop_oneof![1..9_usize, 30..70_usize], columns in 1..150_usize, seed in any::<i16>(),
        ) {
            let value = |d: usize, column: usize| {
                seed.wrapping_mul(31).wrapping_add(i16::try_from(d * 400 + column).unwrap())
            };
            let rows: Vec<i16> =
                (0..columns).flat_map(|column| (0..depth).map(move |d| value(d, column))).collect();
            let by_columns: Vec<i16> =
                (0..depth).flat_map(|d| (0..columns).map(move |column| value(d, column))).collect();
            let mut column_by_column = Panel::default();
            column_by_column.resize(depth, columns);
            for block in 0..column_by_column.blocks() {
                let row = |column| &rows[(block * BLOCK + column) * depth..][..depth];
                column_by_column.fill_block(block, row);
            }
            let (from_rows, from_columns) =
                (Panel::from_rows(&rows, depth), Panel::from_columns(&by_columns, columns));
            for panel in [from_rows, from_columns, column_by_column] {
                prop_assert_eq!((panel.depth(), panel.columns()), (depth, columns));
                for column in 0..columns {
                    let expected: Vec<i16> = (0..depth).map(|d| value(d, column)).collect();
                    prop_assert_eq!(panel.column(column), expected);
                }
            }
        }
    }
}
