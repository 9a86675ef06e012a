//! The operands of products: rows, and blocks of columns that all rows are multiplied with.

use super::halves::Halves;
use crate::kernel::Span;

/// Rows within one buffer.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The buffer.
    pub values: Halves<'a>,
    /// Where each row starts; at most [`ROWS`](crate::kernel::ROWS).
    pub starts: &'a [usize],
    /// How the values of a row stand.
    pub span: Span,
}

/// One block of columns: `[depth / 2][width][2]`.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// The values.
    pub values: Halves<'a>,
    /// A multiple of 16 up to [`BLOCK`](crate::kernel::BLOCK).
    pub width: usize,
}

/// Sums of some rows with a block of columns, of which the first ones exist.
#[derive(Clone, Copy, Debug)]
pub struct Sums<'a> {
    /// `[rows][width]`
    pub values: &'a [i32],
    /// From the start of a row to that of the next.
    pub width: usize,
    /// Sums that each row has.
    pub count: usize,
}

impl<'a> Sums<'a> {
    /// Rows of `width` sums, all of which exist.
    pub fn of_rows(values: &'a [i32], width: usize) -> Self {
        Sums {
            values,
            width,
            count: width,
        }
    }

    /// The sums of each row.
    pub fn rows(self) -> impl Iterator<Item = &'a [i32]> {
        let rows = self.values.chunks_exact(self.width);
        rows.map(move |row| &row[..self.count])
    }
}
