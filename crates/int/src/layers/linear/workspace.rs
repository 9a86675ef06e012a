//! Memory that linear layers work in.

use crate::audit::Counting;
use crate::gemm::{Bounds, ColumnPanel, RowBuffer};
use crate::kernel::Isa;
use alloc::vec::Vec;

/// Memory that linear layers work in.
#[derive(Debug, Default)]
pub(crate) struct LinearWorkspace {
    /// The right operand of a product.
    pub(super) columns: ColumnPanel,
    /// Scaled sums, `[outputs, samples]`.
    pub(super) by_output: Vec<i8>,
    /// A gradient, as the left operand.
    pub(super) gradient: RowBuffer,
    /// The sum of squares of each column.
    pub(super) squares: Vec<u64>,
}

impl LinearWorkspace {
    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.bytes()
            + self.by_output.capacity()
            + self.gradient.bytes()
            + size_of::<u64>() * self.squares.capacity()
    }
}

/// Bounds of sums of `depth` products whose operands have at most the magnitudes `max_abs`, where
/// wrapped sums are counted and there may be any; `measure` fills in the sum of squares of each
/// column.
pub(super) fn bounds(
    counting: Counting,
    depth: usize,
    max_abs: [u32; 2],
    squares: &mut Vec<u64>,
    measure: impl FnOnce(&mut Vec<u64>),
) -> Option<Bounds<'_>> {
    Bounds::are_needed(counting, depth, max_abs).then(|| {
        measure(squares);
        Bounds {
            max_abs,
            column_squares: squares,
        }
    })
}

/// The sum of squares of each row of `depth` values.
pub(super) fn row_squares(isa: Isa, values: &[i16], depth: usize, squares: &mut Vec<u64>) {
    squares.clear();
    squares.extend(values.chunks_exact(depth).map(|row| isa.squares(row)));
}

/// The sum of squares of each column of `[rows, columns]`.
pub(super) fn column_squares(values: &[i16], columns: usize, squares: &mut Vec<u64>) {
    squares.clear();
    squares.resize(columns, 0);
    for row in values.chunks_exact(columns) {
        for (square, &value) in squares.iter_mut().zip(row) {
            *square += u64::from(value.unsigned_abs()).pow(2);
        }
    }
}

/// `[rows, columns]` to `[columns, rows]`.
pub(super) fn transpose<T: Copy>(values: &[T], columns: usize, transposed: &mut [T]) {
    let rows = values.len() / columns;
    for (row, values) in values.chunks_exact(columns).enumerate() {
        let column = transposed[row..].iter_mut().step_by(rows);
        column
            .zip(values)
            .for_each(|(transposed, &value)| *transposed = value);
    }
}
