//! The columns of a product: a panel of low halves, with what they have beyond int16.

use super::halves::{Halves, High, overflow, overflows_between};
use super::operands::Columns;
use super::panel::{BlockShape, Panel, Strided, fill_from_rows};
use super::sparse::{Position, SparseColumns};
use crate::kernel::{BLOCK, Overflow};
use crate::parallel;
use alloc::vec::Vec;

/// Columns of int16 or int32 values.
#[derive(Debug, Default)]
pub(crate) struct ColumnPanel {
    low: Panel,
    kind: Kind,
    /// Filled if there are high halves of all values.
    high: Panel,
    /// Filled if few values are beyond int16.
    sparse: SparseColumns,
    /// Those values, while columns are selected, by the index that they would have if the selected
    /// rows followed each other.
    selected: Vec<Overflow>,
}

/// What columns have above their low halves.
#[derive(Clone, Copy, Debug, Default)]
enum Kind {
    #[default]
    None,
    Sparse,
    Dense,
}

impl Kind {
    fn of(high: High<'_>) -> Self {
        match high {
            High::None => Kind::None,
            High::Sparse(_) => Kind::Sparse,
            High::Dense(_) => Kind::Dense,
        }
    }
}

impl ColumnPanel {
    /// Takes the rows of a matrix, `[columns, depth]`, as columns.
    pub(crate) fn fill_from_rows(&mut self, values: Halves<'_>, depth: usize) {
        fill_panel_from_rows(&mut self.low, values.low, depth);
        match values.high {
            High::None => {}
            High::Dense(high) => fill_panel_from_rows(&mut self.high, high, depth),
            High::Sparse(all) => self.sparse.list(&self.low, all, |index| Position {
                depth: index % depth,
                column: index / depth,
            }),
        }
        self.kind = Kind::of(values.high);
    }

    /// Takes the columns of a matrix, `[depth, columns]`, whose rows begin `stride` apart.
    pub(crate) fn fill_from_columns(&mut self, values: Halves<'_>, columns: usize, stride: usize) {
        fill_panel_from_columns(&mut self.low, values.low, columns, stride);
        match values.high {
            High::None => {}
            High::Dense(high) => fill_panel_from_columns(&mut self.high, high, columns, stride),
            High::Sparse(all) => self.sparse.list(&self.low, all, |index| Position {
                depth: index / stride,
                column: index % stride,
            }),
        }
        self.kind = Kind::of(values.high);
    }

    /// Takes up to [`BLOCK`] rows of a matrix, `[rows, depth]`, as columns: those with these
    /// indices.
    pub(crate) fn fill_selected(
        &mut self,
        values: Halves<'_>,
        depth: usize,
        rows: impl ExactSizeIterator<Item = usize> + Clone,
    ) {
        debug_assert!(rows.len() <= BLOCK, "one block");
        let ranges = rows.map(|row| row * depth..(row + 1) * depth);
        let fill = |panel: &mut Panel, values: &[i16]| {
            panel.resize(depth, ranges.len());
            panel.fill_block(0, ranges.clone().map(|range| &values[range]));
        };
        fill(&mut self.low, values.low);
        match values.high {
            High::None => {}
            High::Dense(high) => fill(&mut self.high, high),
            High::Sparse(all) => {
                self.selected.clear();
                for (column, range) in ranges.enumerate() {
                    let own = overflows_between(all, range.start, range.end).iter();
                    self.selected.extend(own.map(|one| {
                        let index = one.index as usize - range.start + column * depth;
                        overflow(index, one.high)
                    }));
                }
                self.sparse
                    .list(&self.low, &self.selected, |index| Position {
                        depth: index % depth,
                        column: index / depth,
                    });
            }
        }
        self.kind = Kind::of(values.high);
    }

    /// Number of blocks of up to [`BLOCK`] columns.
    pub(crate) fn blocks(&self) -> usize {
        self.low.blocks()
    }

    /// Columns that a block has.
    pub(crate) fn count(&self, block: usize) -> usize {
        self.low.count(block)
    }

    /// A block of columns.
    pub(crate) fn block(&self, block: usize) -> Columns<'_> {
        let high = match self.kind {
            Kind::None => High::None,
            Kind::Sparse => High::Sparse(self.sparse.of(block)),
            Kind::Dense => High::Dense(self.high.block(block)),
        };
        Columns {
            values: Halves {
                low: self.low.block(block),
                high,
            },
            width: self.low.width(block),
        }
    }

    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        self.low.bytes()
            + self.high.bytes()
            + self.sparse.bytes()
            + size_of::<Overflow>() * self.selected.capacity()
    }
}

fn fill_panel_from_rows(panel: &mut Panel, rows: &[i16], depth: usize) {
    let columns = rows.len() / depth;
    panel.resize(depth, columns);
    let (size, pairs) = (panel.block_size(), panel.pairs());
    // A value costs about as much as sixteen products.
    let work = 16 * rows.len();
    parallel::for_each_part(panel.values_mut(), size, work, |block, values| {
        let first = block * BLOCK;
        let shape = BlockShape {
            depth,
            count: BLOCK.min(columns - first),
            width: values.len() / (2 * pairs),
        };
        let rows = Strided {
            values: &rows[first * depth..],
            stride: depth,
        };
        fill_from_rows(values, rows, shape);
    });
}

fn fill_panel_from_columns(panel: &mut Panel, values: &[i16], columns: usize, stride: usize) {
    panel.resize(values.len() / stride, columns);
    for block in 0..panel.blocks() {
        panel.fill_from_columns(block, &values[block * BLOCK..], stride);
    }
}
