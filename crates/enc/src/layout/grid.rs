//! The slots of a vector as rows of blocks of columns.

use crate::{Error, Result};

/// Slots in three dimensions, each a power of two: slot `(row * blocks + block) * columns +
/// column`.
///
/// A block holds one sample; a *lane* is a column of a block, `block * columns + column`. Rows are
/// the outermost dimension, so that rotations by whole rows are cyclic: sums over rows are the same
/// in every row, and need no mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    rows: usize,
    blocks: usize,
    columns: usize,
}

/// The place of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) row: usize,
    pub(crate) block: usize,
    pub(crate) column: usize,
}

impl Grid {
    /// A grid of `rows` rows and `columns` columns a block, with as many blocks as `slots` slots
    /// have space for.
    ///
    /// # Errors
    /// [`Error::Layout`] if a size is not a power of two, or a block exceeds the slots.
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

    /// Number of rows.
    pub fn rows(self) -> usize {
        self.rows
    }

    /// Number of blocks.
    pub fn blocks(self) -> usize {
        self.blocks
    }

    /// Number of columns of a block.
    pub fn columns(self) -> usize {
        self.columns
    }

    /// Number of slots.
    pub fn slots(self) -> usize {
        self.rows * self.lanes()
    }

    /// Number of lanes, which are the slots of a row.
    pub fn lanes(self) -> usize {
        self.blocks * self.columns
    }

    /// The place of a slot, counted cyclically.
    pub(crate) fn place(self, slot: usize) -> Place {
        let slot = slot % self.slots();
        let (row, lane) = (slot / self.lanes(), slot % self.lanes());
        Place {
            row,
            block: lane / self.columns,
            column: lane % self.columns,
        }
    }

    /// A value for each slot, by its place.
    pub(crate) fn fill(self, value: impl Fn(Place) -> f64) -> Vec<f64> {
        (0..self.slots())
            .map(|slot| value(self.place(slot)))
            .collect()
    }
}

/// The smallest power of two that is not less than `number`.
pub(super) fn power_of_two(number: usize) -> usize {
    number.max(1).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_run_through_columns_then_blocks_then_rows() {
        let grid = Grid::new(64, 4, 8).unwrap();
        assert_eq!((grid.blocks, grid.lanes(), grid.slots()), (2, 16, 64));
        let place = grid.place(64 + 16 + 9);
        assert_eq!((place.row, place.block, place.column), (1, 1, 1));
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        for (rows, columns) in [(16, 8), (3, 4), (usize::MAX / 2 + 1, 4)] {
            assert!(Grid::new(64, rows, columns).is_err());
        }
    }
}
