//! Columns in the order in which the kernels read them.

use crate::aligned::Aligned;
use crate::kernel::{BLOCK, Isa};
use alloc::vec::Vec;

/// Columns that are computed together at least; a block's width is a multiple.
const GROUP: usize = 16;

/// Columns of int16 values in blocks of 64; in a block, the values of two consecutive depths stand
/// side by side for each column.
///
/// # Shapes
/// `[blocks][pairs of depths][width of the block][2]`; columns and depths that only fill up a
/// width or a pair are 0.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    values: Aligned<i16>,
    depth: usize,
    columns: usize,
}

impl Panel {
    /// A panel whose columns are the rows of a matrix, `[columns, depth]`.
    pub fn from_rows(rows: &[i16], depth: usize) -> Self {
        let mut panel = Panel::default();
        panel.resize(depth, rows.len() / depth.max(1));
        for block in 0..panel.blocks() {
            let rows = &rows[block * BLOCK * depth..];
            panel.fill_from_rows(block, rows, depth);
        }
        panel
    }

    /// A panel of the columns of a matrix, `[depth, columns]`.
    pub fn from_columns(values: &[i16], columns: usize) -> Self {
        let mut panel = Panel::default();
        panel.resize(values.len() / columns.max(1), columns);
        for block in 0..panel.blocks() {
            panel.fill_from_columns(block, &values[block * BLOCK..], columns);
        }
        panel
    }

    /// Makes this a panel of another size, in the same memory if it is enough. Its values are
    /// unspecified until all blocks are filled.
    pub fn resize(&mut self, depth: usize, columns: usize) {
        (self.depth, self.columns) = (depth, columns);
        let last = (columns % BLOCK).next_multiple_of(GROUP);
        let padded = columns / BLOCK * BLOCK + last;
        self.values.resize(padded * 2 * depth.div_ceil(2));
    }

    /// Fills a block with the first of `rows`, which begin `stride` values apart.
    pub fn fill_from_rows(&mut self, block: usize, rows: &[i16], stride: usize) {
        let shape = self.shape(block);
        let rows = Strided {
            values: rows,
            stride,
        };
        fill_from_rows(self.block_mut(block), rows, shape);
    }

    /// Fills a block with columns that may stand anywhere.
    pub fn fill_block<'a>(&mut self, block: usize, columns: impl Iterator<Item = &'a [i16]>) {
        let BlockShape { count, width, .. } = self.shape(block);
        let block = self.block_mut(block);
        if count < width {
            block.fill(0);
        }
        for (column, values) in columns.take(count).enumerate() {
            fill_column(block, values, column, width);
        }
    }

    /// Fills a block with the first columns of `values`, whose rows begin `stride` values apart.
    pub fn fill_from_columns(&mut self, block: usize, values: &[i16], stride: usize) {
        let shape = self.shape(block);
        fill_from_columns(self.block_mut(block), Strided { values, stride }, shape);
    }

    fn shape(&self, block: usize) -> BlockShape {
        BlockShape {
            depth: self.depth,
            count: self.count(block),
            width: self.width(block),
        }
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

    /// Columns of a block, with those that fill it up.
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
        let first = 2 * (column % BLOCK);
        let pairs = self.block(column / BLOCK).chunks_exact(2 * width);
        let mut values: Vec<i16> = pairs
            .flat_map(|columns| [columns[first], columns[first + 1]])
            .collect();
        values.truncate(self.depth);
        values
    }

    /// Columns that a block has.
    pub fn count(&self, block: usize) -> usize {
        BLOCK.min(self.columns - block * BLOCK)
    }
}

/// Rows of a matrix that begin `stride` values apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strided<'a> {
    pub(super) values: &'a [i16],
    pub(super) stride: usize,
}

/// The shape of a block, `[pairs of depths][width][2]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockShape {
    pub(super) depth: usize,
    /// Columns that exist.
    pub(super) count: usize,
    pub(super) width: usize,
}

/// Fills a block with rows, as its columns.
pub(super) fn fill_from_rows(block: &mut [i16], rows: Strided<'_>, shape: BlockShape) {
    let isa = Isa::current();
    let (Strided { values, stride }, BlockShape { count, width, .. }) = (rows, shape);
    // Squares of 16 pairs and 16 columns; what is left at both sides goes pair by pair.
    let [pairs, columns] = [shape.depth / 32 * 16, count / 16 * 16];
    if count < width {
        block.fill(0);
    }
    for column in (0..columns).step_by(16) {
        for pair in (0..pairs).step_by(16) {
            let lines = &mut block[(pair * width + column) * 2..];
            isa.lay_out_square(&values[column * stride + 2 * pair..], stride, lines, width);
        }
    }
    for column in 0..count {
        let done = if column < columns { pairs } else { 0 };
        let row = &values[column * stride + 2 * done..column * stride + shape.depth];
        fill_column(&mut block[done * 2 * width..], row, column, width);
    }
}

/// Fills a column of a block, `[pairs][width][2]`.
fn fill_column(block: &mut [i16], values: &[i16], column: usize, width: usize) {
    let (pairs, last) = values.as_chunks::<2>();
    let mut lines = block.chunks_exact_mut(2 * width);
    for (pair, line) in pairs.iter().zip(&mut lines) {
        line[2 * column..2 * column + 2].copy_from_slice(pair);
    }
    if let ([odd], Some(line)) = (last, lines.next()) {
        line[2 * column..2 * column + 2].copy_from_slice(&[*odd, 0]);
    }
}

/// Fills a block with the first columns of a matrix.
fn fill_from_columns(block: &mut [i16], rows: Strided<'_>, shape: BlockShape) {
    let (Strided { values, stride }, count) = (rows, shape.count);
    for (pair, line) in block.chunks_exact_mut(2 * shape.width).enumerate() {
        let row = |depth: usize| &values[depth * stride..depth * stride + count];
        let even = row(2 * pair);
        line[2 * count..].fill(0);
        if 2 * pair + 1 < shape.depth {
            interleave(even, row(2 * pair + 1), line);
        } else {
            for (pair, &value) in line.as_chunks_mut::<2>().0.iter_mut().zip(even) {
                *pair = [value, 0];
            }
        }
    }
}

/// `line = [even 0, odd 0, even 1, odd 1, …]`, as far as `even` goes.
fn interleave(even: &[i16], odd: &[i16], line: &mut [i16]) {
    for ((pair, &even), &odd) in line.as_chunks_mut::<2>().0.iter_mut().zip(even).zip(odd) {
        *pair = [even, odd];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_way_to_fill_a_panel_puts_every_value_into_its_column(
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
                column_by_column.fill_block(block, rows.chunks(depth).skip(block * BLOCK));
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
