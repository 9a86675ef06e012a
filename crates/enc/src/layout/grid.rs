//! The slots of a ciphertext, seen as rows of blocks of columns.

use crate::{Error, Result};

/// Slots in three dimensions, each a power of two: slot `(row * blocks + block) * columns +
/// column`.
///
/// A block is the share of one sample; a *lane* is a block's column, `block * columns + column`.
/// Rotations by whole rows go around, since rows are the outermost dimension: so sums over rows
/// are there in every row, and need no mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Rows.
    pub rows: usize,
    /// Blocks, each of a sample.
    pub blocks: usize,
    /// Columns of a block.
    pub columns: usize,
}

/// Where a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its row.
    pub row: usize,
    /// Its block.
    pub block: usize,
    /// Its column.
    pub column: usize,
}

impl Grid {
    /// A grid of so many rows and columns, with as many blocks as there is room for.
    ///
    /// # Errors
    /// If they are no powers of two, or more than the slots.
    pub fn new(slots: usize, rows: usize, columns: usize) -> Result<Self> {
        let powers = [slots, rows, columns].iter().all(|n| n.is_power_of_two());
        if !powers || rows.saturating_mul(columns) > slots {
            return Err(Error::Layout(format!(
                "{rows} rows of {columns} columns do not fit {slots} slots: all must be powers \
                 of two, and the slots at least as many as rows times columns"
            )));
        }
        Ok(Grid {
            rows,
            blocks: slots / (rows * columns),
            columns,
        })
    }

    /// Number of slots.
    pub fn slots(self) -> usize {
        self.rows * self.lanes()
    }

    /// Number of lanes: slots from a row to the next.
    pub fn lanes(self) -> usize {
        self.blocks * self.columns
    }

    /// Where a slot is; slots are counted around.
    pub fn place(self, slot: usize) -> Place {
        let slot = slot % self.slots();
        let (row, lane) = (slot / self.lanes(), slot % self.lanes());
        Place {
            row,
            block: lane / self.columns,
            column: lane % self.columns,
        }
    }

    /// Fills all slots by a function of where they are.
    pub fn fill(self, value: impl Fn(Place) -> f64) -> Vec<f64> {
        (0..self.slots())
            .map(|slot| value(self.place(slot)))
            .collect()
    }
}

/// The least power of two that is no less.
pub(crate) fn power_of_two(number: usize) -> usize {
    number.max(1).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_through_columns_blocks_and_rows() {
        let grid = Grid::new(64, 4, 8).unwrap();
        assert_eq!((grid.blocks, grid.lanes(), grid.slots()), (2, 16, 64));
        let place = grid.place(64 + 16 + 9);
        assert_eq!((place.row, place.block, place.column), (1, 1, 1));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (rows, columns) in [(16, 8), (3, 4), (usize::MAX / 2 + 1, 4)] {
            assert!(Grid::new(64, rows, columns).is_err());
        }
    }
}
