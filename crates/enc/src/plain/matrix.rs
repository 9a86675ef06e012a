//! Matrices of `f64`, and their product.

use crate::{Error, Result};
use pulp::{Arch, NullaryFnOnce};

/// A matrix of `f64`, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

/// Rows and columns of a tile of the product. They change the speed alone: every sum adds its
/// terms in the same order.
const TILE_ROWS: usize = 4;
const TILE_COLUMNS: usize = 8;

impl Matrix {
    /// A matrix of these values, row by row.
    ///
    /// # Errors
    /// [`Error::MatrixSize`] if there are not `rows * columns` values.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Result<Self> {
        if rows.checked_mul(columns) != Some(values.len()) {
            return Err(Error::MatrixSize {
                rows,
                columns,
                values: values.len(),
            });
        }
        Ok(Matrix {
            rows,
            columns,
            values,
        })
    }

    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Matrix {
            rows,
            columns,
            values: vec![0.0; rows * columns],
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All values, mutable.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// One row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The value in `row` and `column`.
    ///
    /// # Panics
    /// If there is no such row or column.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.row(row)[column]
    }

    /// The rows with these indices, in that order; an index may occur more than once.
    ///
    /// # Errors
    /// [`Error::Samples`] if there is no such row.
    pub fn gather(&self, rows: &[usize]) -> Result<Self> {
        let mut gathered = Matrix::zeros(0, self.columns);
        self.gather_into(rows, &mut gathered)?;
        Ok(gathered)
    }

    /// [`Matrix::gather`] into a matrix whose memory is reused.
    ///
    /// # Errors
    /// As [`Matrix::gather`].
    pub fn gather_into(&self, rows: &[usize], gathered: &mut Matrix) -> Result<()> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.rows) {
            return Err(Error::Samples(format!(
                "there is no sample {row} (from 0): there are {}",
                self.rows
            )));
        }
        gathered.values.clear();
        for &row in rows {
            gathered.values.extend_from_slice(self.row(row));
        }
        gathered.rows = rows.len();
        gathered.columns = self.columns;
        Ok(())
    }

    /// Makes this a matrix of zeros of this size.
    fn reset(&mut self, rows: usize, columns: usize) {
        self.values.clear();
        self.values.resize(rows * columns, 0.0);
        self.rows = rows;
        self.columns = columns;
    }
}

/// How the left operand of a product is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// As it is.
    Plain,
    /// With rows and columns exchanged.
    Transposed,
}

/// Computes products, and keeps its buffers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Multiplier {
    /// The widest vectors that this processor has.
    arch: Arch,
    left: Vec<f64>,
    right: Vec<f64>,
}

impl Multiplier {
    /// `product = left right`, or `left^T right`; every sum goes through its terms in order, so
    /// that its bits are those of the naive loop on any processor, however wide its vectors are.
    ///
    /// The operands' sizes must fit each other: callers have checked them.
    pub(crate) fn multiply(
        &mut self,
        left: &Matrix,
        reading: Left,
        right: &Matrix,
        product: &mut Matrix,
    ) {
        let rows = match reading {
            Left::Plain => left.rows,
            Left::Transposed => left.columns,
        };
        debug_assert_eq!(left.values.len(), rows * right.rows);
        product.reset(rows, right.columns);
        self.pack_left(left, reading, rows, right.rows);
        let mut start = 0;
        while start < right.columns {
            let width = TILE_COLUMNS.min(right.columns - start);
            self.pack_right(right, start, width);
            let tiles = self.left.chunks_exact(TILE_ROWS * right.rows);
            for (tile, left) in tiles.enumerate() {
                let right = &self.right;
                let sums = self.arch.dispatch(TileSums { left, right });
                for (row, sums) in (tile * TILE_ROWS..rows).zip(&sums) {
                    let place = row * product.columns + start;
                    product.values[place..place + width].copy_from_slice(&sums[..width]);
                }
            }
            start += width;
        }
    }

    /// The left operand, tile by tile: the values that meet one row of the right operand stand
    /// together. Rows that are missing in the last tile are zeros.
    fn pack_left(&mut self, left: &Matrix, reading: Left, rows: usize, depth: usize) {
        let (row_stride, depth_stride) = match reading {
            Left::Plain => (left.columns, 1),
            Left::Transposed => (1, left.columns),
        };
        self.left.clear();
        self.left
            .resize(rows.next_multiple_of(TILE_ROWS) * depth, 0.0);
        if depth == 0 {
            return;
        }
        for (tile, packed) in self.left.chunks_exact_mut(TILE_ROWS * depth).enumerate() {
            for (lane, row) in (tile * TILE_ROWS..rows).take(TILE_ROWS).enumerate() {
                let values = left.values[row * row_stride..].iter().step_by(depth_stride);
                let places = packed[lane..].iter_mut().step_by(TILE_ROWS);
                places
                    .zip(values)
                    .for_each(|(place, &value)| *place = value);
            }
        }
    }

    /// Some columns of the right operand, filled up with zeros.
    fn pack_right(&mut self, right: &Matrix, start: usize, width: usize) {
        self.right.clear();
        self.right.resize(right.rows * TILE_COLUMNS, 0.0);
        let rows = right.values.chunks_exact(right.columns);
        for (packed, row) in self.right.chunks_exact_mut(TILE_COLUMNS).zip(rows) {
            packed[..width].copy_from_slice(&row[start..start + width]);
        }
    }
}

/// The sums of one tile of the product. Products are rounded before they are added: a fused
/// addition would have other bits where a processor has it.
struct TileSums<'a> {
    left: &'a [f64],
    right: &'a [f64],
}

impl NullaryFnOnce for TileSums<'_> {
    type Output = [[f64; TILE_COLUMNS]; TILE_ROWS];

    // Inlined, it is compiled for the vectors of each architecture that is dispatched to.
    #[inline(always)]
    fn call(self) -> Self::Output {
        let mut sums = [[0.0; TILE_COLUMNS]; TILE_ROWS];
        let left = self.left.as_chunks::<TILE_ROWS>().0;
        let right = self.right.as_chunks::<TILE_COLUMNS>().0;
        for (left, right) in left.iter().zip(right) {
            for row in 0..TILE_ROWS {
                for column in 0..TILE_COLUMNS {
                    sums[row][column] += left[row] * right[column];
                }
            }
        }
        sums
    }
}

/// `left^T`.
pub(crate) fn transpose(matrix: &Matrix, transposed: &mut Matrix) {
    transposed.reset(matrix.columns, matrix.rows);
    for (row, values) in matrix
        .values
        .chunks_exact(matrix.columns.max(1))
        .enumerate()
    {
        let places = transposed.values[row..].iter_mut().step_by(matrix.rows);
        places
            .zip(values)
            .for_each(|(place, &value)| *place = value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plain::naive;
    use nearfield_train::random::{Purpose, Stream};

    fn random(rows: usize, columns: usize) -> Matrix {
        let mut stream = Stream::new(7, Purpose::Split, rows as u64, columns as u64);
        let values = (0..rows * columns)
            .map(|_| f64::from(stream.symmetric(1 << 20)) / 977.0)
            .collect();
        Matrix::new(rows, columns, values).unwrap()
    }

    #[test]
    fn products_have_the_bits_of_the_naive_loop() {
        let mut multiplier = Multiplier::default();
        for (rows, depth, columns) in [(48, 196, 32), (1, 1, 1), (5, 7, 10), (8, 4, 3), (3, 9, 26)]
        {
            let (left, right) = (random(rows, depth), random(depth, columns));
            let expected = naive::product(&left, &right);
            let mut product = random(2, 2);
            multiplier.multiply(&left, Left::Plain, &right, &mut product);
            assert_eq!(product, expected, "{rows} {depth} {columns}");
            let mut transposed = random(1, 1);
            transpose(&left, &mut transposed);
            multiplier.multiply(&transposed, Left::Transposed, &right, &mut product);
            assert_eq!(product, expected, "{rows} {depth} {columns} transposed");
        }
    }

    #[test]
    fn infinities_reach_only_the_sums_they_belong_to() {
        let mut left = random(5, 3);
        left.values_mut()[4 * 3] = f64::INFINITY;
        let mut product = Matrix::zeros(0, 0);
        Multiplier::default().multiply(&left, Left::Plain, &random(3, 6), &mut product);
        assert!(product.row(4).iter().all(|value| !value.is_finite()));
        assert!(
            product.values()[..4 * 6]
                .iter()
                .all(|value| value.is_finite())
        );
    }

    #[test]
    fn rows_are_gathered_in_the_order_of_their_indices() {
        let matrix = Matrix::new(3, 2, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let gathered = matrix.gather(&[2, 0, 2]).unwrap();
        assert_eq!(gathered.values(), [4.0, 5.0, 0.0, 1.0, 4.0, 5.0]);
        assert!(
            matrix
                .gather(&[3])
                .unwrap_err()
                .to_string()
                .contains("sample 3")
        );
        assert!(Matrix::new(2, 2, vec![0.0; 3]).is_err());
    }
}
