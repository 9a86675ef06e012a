//! Single values beyond int16: what they add to sums, and where they lie in a panel.

use super::operands::{Columns, Rows};
use super::panel::Panel;
use crate::kernel::{BLOCK, Isa, Overflow};
use alloc::vec::Vec;

/// Whether so few of some values need more than int16 that products with each of them cost less
/// than a second pass over all.
pub(crate) fn are_few(count: usize, all: usize) -> bool {
    count <= all / 128
}

/// A listed value.
///
/// # Panics
/// If its index is 2^32 or more.
pub(super) fn overflow(index: usize, high: i16) -> Overflow {
    let index = u32::try_from(index).expect("fewer than 2^32 values");
    Overflow { index, high }
}

/// Those from one place to before another.
pub(crate) fn overflows_between(few: &[Overflow], start: usize, end: usize) -> &[Overflow] {
    let at = |place: usize| few.partition_point(|overflow| (overflow.index as usize) < place);
    if few.is_empty() {
        few
    } else {
        &few[at(start)..at(end)]
    }
}

/// Few values beyond int16 among the columns of a panel.
#[derive(Debug, Default)]
pub struct SparseColumns {
    few: Vec<Overflow>,
    /// Where each block's end.
    ends: Vec<usize>,
    sorted: Vec<(usize, Overflow)>,
}

impl SparseColumns {
    /// Lists values of `panel`, of which `at(place)` gives depth and column.
    pub fn list(&mut self, panel: &Panel, few: &[Overflow], at: impl Fn(usize) -> (usize, usize)) {
        self.sorted.clear();
        self.sorted.extend(few.iter().map(|overflow| {
            let (depth, column) = at(overflow.index as usize);
            let (block, column) = (column / BLOCK, column % BLOCK);
            let place = (depth / 2 * panel.width(block) + column) * 2 + depth % 2;
            let index = u32::try_from(place).expect("a block below 2^32 values");
            (block, Overflow { index, ..*overflow })
        }));
        self.sorted.sort_unstable();
        self.few.clear();
        self.few.extend(self.sorted.iter().map(|entry| entry.1));
        self.ends.clear();
        self.ends.extend(
            (0..panel.blocks()).map(|block| self.sorted.partition_point(|entry| entry.0 <= block)),
        );
    }

    /// Those of a block.
    pub fn of(&self, block: usize) -> &[Overflow] {
        let start = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.few[start..self.ends[block]]
    }

    /// Bytes that it occupies.
    pub fn bytes(&self) -> usize {
        self.few.capacity() * size_of::<Overflow>()
            + self.ends.capacity() * size_of::<usize>()
            + self.sorted.capacity() * size_of::<(usize, Overflow)>()
    }
}

/// Adds what the listed values of rows make, times 2^16, to the sums, modulo 2^32.
pub(super) fn add_of_rows(
    isa: Isa,
    rows: &Rows<'_>,
    few: &[Overflow],
    columns: &Columns<'_>,
    sums: &mut [i32],
) {
    for_each_row(rows, few, |row, own| {
        let sums = &mut sums[row * columns.width..][..columns.width];
        isa.add_overflows(own, rows.starts[row], columns.values.low, sums);
    });
}

/// Calls `visit(row, its listed values)` for the rows that have any. Rows are contiguous, in
/// the order of their places.
fn for_each_row(rows: &Rows<'_>, mut few: &[Overflow], mut visit: impl FnMut(usize, &[Overflow])) {
    let before = |few: &[Overflow], end: usize| {
        let first = few
            .iter()
            .position(|overflow| overflow.index as usize >= end);
        first.unwrap_or(few.len())
    };
    for (row, &start) in rows.starts.iter().enumerate() {
        few = &few[before(few, start)..];
        let (own, rest) = few.split_at(before(few, start + rows.span.depth()));
        if !own.is_empty() {
            visit(row, own);
        }
        few = rest;
    }
}

/// Calls `add(index of a sum, product)` for the products of each listed value of a row with the
/// low halves of all columns, without 2^16.
pub(super) fn for_each_of_rows(
    rows: &Rows<'_>,
    few: &[Overflow],
    columns: &Columns<'_>,
    mut add: impl FnMut(usize, i32),
) {
    let width = columns.width;
    for_each_row(rows, few, |row, own| {
        for overflow in own {
            let depth = overflow.index as usize - rows.starts[row];
            let line = &columns.values.low[depth / 2 * 2 * width..][..2 * width];
            let factor = factor(*overflow, rows.values.low);
            for (column, pair) in line.as_chunks::<2>().0.iter().enumerate() {
                add(row * width + column, factor * i32::from(pair[depth % 2]));
            }
        }
    });
}

/// Calls `add(index of a sum, product)` for the products of each listed value of a column with the
/// low halves of all rows, without 2^16.
pub(super) fn for_each_of_columns(
    rows: &Rows<'_>,
    columns: &Columns<'_>,
    few: &[Overflow],
    mut add: impl FnMut(usize, i32),
) {
    let (span, width) = (rows.span, columns.width);
    for overflow in few {
        let at = overflow.index as usize;
        let (depth, column) = (at / (2 * width) * 2 + at % 2, at / 2 % width);
        let offset = depth / span.length * span.stride + depth % span.length;
        let factor = factor(*overflow, columns.values.low);
        for (row, start) in rows.starts.iter().enumerate() {
            let value = i32::from(rows.values.low[start + offset]);
            add(row * width + column, factor * value);
        }
    }
}

/// How often 2^16 goes into what a value has above its low half.
fn factor(overflow: Overflow, low: &[i16]) -> i32 {
    let low = low[overflow.index as usize];
    match i32::from(overflow.high) {
        high if high == i32::from(i16::MIN) && low < 0 => -high,
        high => high,
    }
}
