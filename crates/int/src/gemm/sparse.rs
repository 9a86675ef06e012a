//! Single values beyond int16: where they lie in a panel, and what they add to sums.

use super::halves::overflow;
use super::operands::{Columns, Rows};
use super::panel::Panel;
use crate::kernel::{BLOCK, Isa, Overflow};
use alloc::vec::Vec;

/// Few values beyond int16 among the columns of a panel.
#[derive(Debug, Default)]
pub(super) struct SparseColumns {
    /// Block by block, by their indices within the block.
    listed: Vec<Overflow>,
    /// Where those of each block end.
    ends: Vec<usize>,
    /// With their blocks, while they are listed.
    sorted: Vec<(usize, Overflow)>,
}

/// Where a value lies in a panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub(super) depth: usize,
    pub(super) column: usize,
}

impl SparseColumns {
    /// Lists values of `panel`; `position` gives that of each index.
    pub(super) fn list(
        &mut self,
        panel: &Panel,
        values: &[Overflow],
        position: impl Fn(usize) -> Position,
    ) {
        self.sorted.clear();
        self.sorted.extend(values.iter().map(|value| {
            let Position { depth, column } = position(value.index as usize);
            let (block, column) = (column / BLOCK, column % BLOCK);
            let index = (depth / 2 * panel.width(block) + column) * 2 + depth % 2;
            (block, overflow(index, value.high))
        }));
        self.sorted.sort_unstable();
        self.listed.clear();
        self.listed.extend(self.sorted.iter().map(|entry| entry.1));
        self.ends.clear();
        self.ends.extend(
            (0..panel.blocks()).map(|block| self.sorted.partition_point(|entry| entry.0 <= block)),
        );
    }

    /// Those of a block.
    pub(super) fn of(&self, block: usize) -> &[Overflow] {
        let start = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.listed[start..self.ends[block]]
    }

    /// Bytes that it occupies.
    pub(super) fn bytes(&self) -> usize {
        self.listed.capacity() * size_of::<Overflow>()
            + self.ends.capacity() * size_of::<usize>()
            + self.sorted.capacity() * size_of::<(usize, Overflow)>()
    }
}

/// Adds the products of the listed high halves of rows with the low halves of all columns, times
/// 2^16, to the sums, modulo 2^32.
pub(super) fn add_of_rows(
    isa: Isa,
    rows: &Rows<'_>,
    listed: &[Overflow],
    columns: &Columns<'_>,
    sums: &mut [i32],
) {
    for_each_row(rows, listed, |row, own| {
        let sums = &mut sums[row * columns.width..][..columns.width];
        isa.add_overflows(own, rows.starts[row], columns.values.low, sums);
    });
}

/// Calls `add(index of a sum, product)` for the products of each listed high half of a row with the
/// low halves of all columns; the products lack a factor of 2^16.
pub(super) fn for_each_of_rows(
    rows: &Rows<'_>,
    listed: &[Overflow],
    columns: &Columns<'_>,
    mut add: impl FnMut(usize, i32),
) {
    let width = columns.width;
    for_each_row(rows, listed, |row, own| {
        for value in own {
            let depth = value.index as usize - rows.starts[row];
            let line = &columns.values.low[depth / 2 * 2 * width..][..2 * width];
            let factor = factor(*value, rows.values.low);
            for (column, pair) in line.as_chunks::<2>().0.iter().enumerate() {
                add(row * width + column, factor * i32::from(pair[depth % 2]));
            }
        }
    });
}

/// Calls `add(index of a sum, product)` for the products of each listed high half of a column with
/// the low halves of all rows; the products lack a factor of 2^16.
pub(super) fn for_each_of_columns(
    rows: &Rows<'_>,
    columns: &Columns<'_>,
    listed: &[Overflow],
    mut add: impl FnMut(usize, i32),
) {
    let (span, width) = (rows.span, columns.width);
    for value in listed {
        let index = value.index as usize;
        let (depth, column) = (index / (2 * width) * 2 + index % 2, index / 2 % width);
        let offset = depth / span.length * span.stride + depth % span.length;
        let factor = factor(*value, columns.values.low);
        for (row, start) in rows.starts.iter().enumerate() {
            let low = i32::from(rows.values.low[start + offset]);
            add(row * width + column, factor * low);
        }
    }
}

/// Calls `visit(row, its listed values)` for the rows that have any.
fn for_each_row(rows: &Rows<'_>, listed: &[Overflow], mut visit: impl FnMut(usize, &[Overflow])) {
    let mut rest = listed;
    let below = |listed: &[Overflow], end: usize| {
        let first = listed.iter().position(|one| one.index as usize >= end);
        first.unwrap_or(listed.len())
    };
    for (row, &start) in rows.starts.iter().enumerate() {
        rest = &rest[below(rest, start)..];
        let (own, after) = rest.split_at(below(rest, start + rows.span.depth()));
        if !own.is_empty() {
            visit(row, own);
        }
        rest = after;
    }
}

/// How often 2^16 goes into what a value has above its low half.
fn factor(value: Overflow, low: &[i16]) -> i32 {
    let low = low[value.index as usize];
    match i32::from(value.high) {
        // 2^15, which int16 has as -2^15.
        high if high == i32::from(i16::MIN) && low < 0 => -high,
        high => high,
    }
}
