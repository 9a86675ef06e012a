//! Products of some rows with all columns, block by block, with a count of the sums that leave int32.
//!
//! Three bounds in turn prove that sums fit: sizes times largest magnitudes, and Cauchy-Schwarz for
//! whole tiles and for single sums. Rows with others are formed again in 64 bits.

use super::bounds::{magnitudes_suffice, max_squares, may_overflow};
use super::columns::ColumnPanel;
use super::halves::{Halves, High, overflows_between};
use super::operands::{Rows, Sums};
use super::products::{exact_products, products};
use crate::audit::{Counting, Merge, Range};
use crate::kernel::{BLOCK, Isa, ROWS, SUMS, Span, TileBuffer};

/// A product of rows and columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<'a> {
    pub(crate) isa: Isa,
    /// The buffer of all rows.
    pub(crate) rows: Halves<'a>,
    /// How the values of a row stand.
    pub(crate) span: Span,
    pub(crate) columns: &'a ColumnPanel,
    /// What bounds the sums; `None` if all fit int32, or wrapped ones are counted elsewhere.
    pub(crate) bounds: Option<Bounds<'a>>,
    /// Whether the largest magnitude of a sum is determined.
    pub(crate) max_abs: bool,
}

/// What bounds sums beside the squares of their rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds<'a> {
    /// Largest magnitude in the rows, and in the columns.
    pub(crate) max_abs: [u32; 2],
    /// The sum of squares of each column, cut at 2^64 - 1.
    pub(crate) column_squares: &'a [u64],
}

impl Bounds<'_> {
    /// Whether sums of squares are needed: wrapped sums are counted, and largest magnitudes leave
    /// open whether there are any.
    pub(crate) fn are_needed(counting: Counting, depth: usize, max_abs: [u32; 2]) -> bool {
        counting.wraps() && !magnitudes_suffice(depth, max_abs)
    }
}

/// Up to [`ROWS`] rows of a product.
#[derive(Debug)]
pub(crate) struct RowTile<'a> {
    values: Halves<'a>,
    starts: [usize; ROWS],
    count: usize,
    /// The sum of squares of each row, where there are bounds.
    squares: [u64; ROWS],
}

impl<'a> Product<'a> {
    /// Rows that begin at these indices of the buffer.
    #[inline(always)]
    pub(crate) fn rows_at(&self, starts: impl ExactSizeIterator<Item = usize>) -> RowTile<'a> {
        let mut tile = RowTile {
            values: self.rows,
            starts: [0; ROWS],
            count: starts.len(),
            squares: [0; ROWS],
        };
        let all = tile.starts.iter_mut().zip(starts);
        all.for_each(|(own, start)| *own = start);
        tile
    }

    /// Some rows of a buffer in which each row begins where the one before it ends. `squares_of`
    /// gives the sum of squares of a row; it is called only where there are bounds.
    pub(crate) fn rows(
        &self,
        rows: core::ops::Range<usize>,
        squares_of: impl Fn(usize) -> u64,
    ) -> RowTile<'a> {
        let depth = self.span.depth();
        let mut tile = self.rows_at(rows.clone().map(|row| row * depth));
        if let High::Sparse(all) = self.rows.high {
            let own = overflows_between(all, rows.start * depth, rows.end * depth);
            tile.values.high = High::Sparse(own);
        }
        if self.bounds.is_some() {
            let squares = tile.squares.iter_mut().zip(rows);
            squares.for_each(|(squares, row)| *squares = squares_of(row));
        }
        tile
    }

    /// Forms the sums of rows with all columns, and calls `visit(first column, sums)` for each block
    /// of columns.
    pub(crate) fn for_each_block(
        &self,
        rows: &RowTile<'_>,
        mut visit: impl FnMut(usize, Sums<'_>),
    ) -> Range {
        let mut range = Range::default();
        let mut buffer = TileBuffer::default();
        for block in 0..self.columns.blocks() {
            let (sums, found) = self.form(rows, block, &mut buffer);
            range.merge(&found);
            visit(block * BLOCK, sums);
        }
        range
    }

    /// Forms the sums of rows with one block of columns.
    pub(crate) fn form<'b>(
        &self,
        rows: &RowTile<'_>,
        block: usize,
        buffer: &'b mut TileBuffer,
    ) -> (Sums<'b>, Range) {
        let columns = self.columns.block(block);
        let count = self.columns.count(block);
        let row_values = self.row_values(rows);
        let values = &mut buffer[..rows.count * columns.width];
        products(self.isa, &row_values, &columns, values);
        let sums = Sums {
            values,
            width: columns.width,
            count,
        };
        let mut range = Range {
            sums: (rows.count * count) as u64,
            ..Range::default()
        };
        if self.max_abs {
            sums.rows().for_each(|sums| range.observe(sums));
        }
        if let Some(bounds) = self.bounds {
            let squares = &bounds.column_squares[block * BLOCK..][..count];
            let max_row = max_squares(&rows.squares[..rows.count]);
            if may_overflow(max_row, max_squares(squares)) {
                self.count_wrapped(rows, block, bounds, &mut range);
            }
        }
        (sums, range)
    }

    /// Counts the sums that leave int32 in the rows that may have any.
    #[cold]
    fn count_wrapped(
        &self,
        rows: &RowTile<'_>,
        block: usize,
        bounds: Bounds<'_>,
        range: &mut Range,
    ) {
        let count = self.columns.count(block);
        let columns = &bounds.column_squares[block * BLOCK..][..count];
        let mut own = RowTile {
            values: rows.values,
            starts: [0; ROWS],
            count: 0,
            squares: [0; ROWS],
        };
        let all = rows.starts.iter().zip(&rows.squares).take(rows.count);
        for (&start, &row) in all {
            if columns.iter().any(|&column| may_overflow(row, column)) {
                own.starts[own.count] = start;
                own.count += 1;
            }
        }
        if own.count > 0 {
            self.count_exact(&own, block, bounds.max_abs, range);
        }
    }

    /// Forms the sums of rows with one block of columns in 64 bits, and counts those that leave
    /// int32. `max_abs` has the largest magnitude in the rows, and in the columns.
    pub(crate) fn count_exact(
        &self,
        rows: &RowTile<'_>,
        block: usize,
        max_abs: [u32; 2],
        range: &mut Range,
    ) {
        let columns = self.columns.block(block);
        let row_values = self.row_values(rows);
        let mut exact = [0; SUMS];
        let exact = &mut exact[..rows.count * columns.width];
        exact_products(self.isa, &row_values, &columns, max_abs, exact);
        for exact in exact.chunks_exact(columns.width) {
            for &sum in &exact[..self.columns.count(block)] {
                range.observe_exact(sum);
            }
        }
    }

    fn row_values<'r>(&self, rows: &'r RowTile<'_>) -> Rows<'r> {
        Rows {
            values: rows.values,
            starts: &rows.starts[..rows.count],
            span: self.span,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::weights::Weights;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn range(narrow: &[i16], wide: &[i32], depth: usize) -> Range {
        let isa = Isa::current();
        let mut columns = ColumnPanel::default();
        columns.fill_from_rows(Halves::narrow(narrow), depth);
        let weights = Weights::new(wide, depth);
        let narrow_rows = narrow.chunks(depth);
        let column_squares: Vec<u64> = narrow_rows.map(|row| isa.squares(row)).collect();
        let product = Product {
            isa,
            rows: weights.halves(),
            span: Span::contiguous(weights.stride()),
            columns: &columns,
            bounds: Some(Bounds {
                max_abs: [weights.max_abs(), isa.max_abs_i16(narrow).into()],
                column_squares: &column_squares,
            }),
            max_abs: false,
        };
        let rows = product.rows(0..weights.count(), |row| weights.squares(row));
        product.for_each_block(&rows, |_, _| {})
    }

    #[test]
    fn sums_beyond_int32_are_counted_with_their_exact_size() {
        let exact = 127 * 16_909_321;
        assert!(exact > i64::from(i32::MAX));
        let found = range(&[127, 127, 1, 0], &[16_909_320, 1, 5, 5], 2);
        let expected = Range {
            sums: 4,
            wrapped: 1,
            max_abs: exact.unsigned_abs(),
        };
        assert_eq!(found, expected);
        assert_eq!(found.bits(), 33);
    }

    #[test]
    fn large_sums_that_fit_are_not_counted() {
        let found = range(
            &[100; 4],
            &[10_000_000, -10_000_000, 10_000_000, -9_999_999],
            4,
        );
        let expected = Range {
            sums: 1,
            wrapped: 0,
            max_abs: 0,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn int16_weights_can_wrap_too_and_are_counted() {
        let weights = [32_767; 4_000];
        let mut inputs = [30; 4_000];
        assert_eq!(range(&inputs, &weights, 4_000).wrapped, 1);
        inputs[..3_000].fill(-10);
        assert_eq!(range(&inputs, &weights, 4_000).wrapped, 0);
    }

    #[test]
    fn the_most_negative_int32_fits() {
        assert_eq!(range(&[-128, 0], &[1 << 24, 9], 2).wrapped, 0);
        assert_eq!(range(&[-128, -1], &[1 << 24, 1], 2).wrapped, 1);
    }

    proptest! {
        #[test]
        fn rows_that_may_wrap_are_counted_wherever_they_stand(
            share in prop_oneof![Just(4_u32), Just(100), Just(1000)],
            draws in proptest::collection::vec((0..1000_u32, any::<i32>()), 9 * 150),
            large in proptest::collection::vec(any::<bool>(), 9),
            columns in proptest::collection::vec(-127..=127_i16, 20 * 150),
        ) {
            let weights: Vec<i32> = draws
                .iter()
                .enumerate()
                .map(|(place, &(draw, value))| match large[place / 150] {
                    true if draw < share => value,
                    _ => value >> 20,
                })
                .collect();
            let mut expected = Range { sums: 9 * 20, ..Range::default() };
            for weights in weights.chunks(150) {
                for column in columns.chunks(150) {
                    let products = weights.iter().zip(column);
                    expected.observe_exact(products.map(|(&w, &l)| i64::from(w) * i64::from(l)).sum());
                }
            }
            prop_assert_eq!(range(&columns, &weights, 150), expected);
        }
    }
}
