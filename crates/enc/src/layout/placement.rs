//! Where each matrix of a network lies.

use crate::layout::grid::{Grid, Place, power_of_two};
use crate::network::NetworkSpec;
use crate::{Error, Result};
use std::cmp::Reverse;

/// Which matrix of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// The forward layer of a block; without hidden layers, the only matrix.
    Forward(usize),
    /// The head of a block.
    Head(usize),
}

/// Which dimension of a matrix lies along the rows of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Orientation {
    /// Its inputs.
    RowWise,
    /// Its outputs.
    ColumnWise,
}

/// How the numbers of a sample lie in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One number a row, the same in all columns.
    Expanded,
    /// One number a column, the same in all rows.
    Repeated,
}

impl Form {
    /// The name in files and errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Form::Expanded => "expanded",
            Form::Repeated => "repeated",
        }
    }
}

/// Where a matrix lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) role: Role,
    inputs: usize,
    outputs: usize,
    orientation: Orientation,
    /// Rows after which it repeats itself.
    pub(crate) row_period: usize,
    /// Columns after which it repeats itself.
    pub(crate) column_period: usize,
    /// Chunks of rows in consecutive blocks of a vector: a power of two; 1 if it is not split.
    pub(crate) tiles: usize,
    /// Vectors that the chunks take.
    pub(crate) groups: usize,
    /// The plane that stores its first group.
    pub(crate) plane: usize,
    /// Its first lane in that plane.
    pub(crate) lane: usize,
}

impl Placement {
    /// A matrix that is not split, in a grid with rows enough for it.
    fn unsplit(role: Role, (inputs, outputs): (usize, usize), orientation: Orientation) -> Self {
        let (rows, columns) = match orientation {
            Orientation::RowWise => (inputs, outputs),
            Orientation::ColumnWise => (outputs, inputs),
        };
        Placement {
            role,
            inputs,
            outputs,
            orientation,
            row_period: power_of_two(rows),
            column_period: power_of_two(columns),
            tiles: 1,
            groups: 1,
            plane: 0,
            lane: 0,
        }
    }

    /// Splits the first matrix into chunks of rows if it has more than the grid.
    ///
    /// # Errors
    /// [`Error::Layout`] if another matrix has more rows than the grid.
    pub(super) fn split_into_chunks(&mut self, grid: Grid) -> Result<()> {
        if self.row_period <= grid.rows() {
            return Ok(());
        }
        if self.role != Role::Forward(0) {
            return Err(Error::Layout(format!(
                "{:?} needs {} rows, and the grid has {}",
                self.role,
                self.row_period,
                grid.rows()
            )));
        }
        let chunks = self.inputs.div_ceil(grid.rows());
        self.row_period = grid.rows();
        self.tiles = power_of_two(chunks).min(grid.blocks());
        self.groups = chunks.div_ceil(self.tiles);
        Ok(())
    }

    /// Whether it is split into chunks.
    pub(crate) fn is_split(&self) -> bool {
        self.tiles * self.groups > 1
    }

    /// Lanes of a plane that store it, for each of its groups.
    pub(crate) fn lanes(&self, grid: Grid) -> usize {
        match self.is_split() {
            true => self.tiles * grid.columns(),
            false => self.column_period,
        }
    }

    /// The form of the vectors it is multiplied by.
    pub(crate) fn input_form(&self) -> Form {
        match self.orientation {
            Orientation::RowWise => Form::Expanded,
            Orientation::ColumnWise => Form::Repeated,
        }
    }

    /// The form of the product.
    pub(crate) fn output_form(&self) -> Form {
        match self.orientation {
            Orientation::RowWise => Form::Repeated,
            Orientation::ColumnWise => Form::Expanded,
        }
    }

    /// The row of the matrix as it lies that a group in use has in a place.
    ///
    /// Of a row-wise matrix, as the first one is, that is an input.
    pub(super) fn input_of_row(&self, grid: Grid, group: usize, place: Place) -> usize {
        match self.is_split() {
            true => (group * self.tiles + place.block % self.tiles) * grid.rows() + place.row,
            false => place.row % self.row_period,
        }
    }

    /// Input and output of the element that a plane of the state has in a place, if any.
    pub(crate) fn stored(&self, grid: Grid, plane: usize, place: Place) -> Option<(usize, usize)> {
        let group = plane.checked_sub(self.plane)?;
        let lane = (place.block * grid.columns() + place.column).checked_sub(self.lane)?;
        if group >= self.groups || lane >= self.lanes(grid) {
            return None;
        }
        let place = Place {
            row: place.row,
            block: lane / grid.columns(),
            column: lane % grid.columns(),
        };
        self.element(grid, group, place)
    }

    /// Input and output of the element that a group in use has in a place, if any.
    fn element(&self, grid: Grid, group: usize, place: Place) -> Option<(usize, usize)> {
        let row = self.input_of_row(grid, group, place);
        let column = place.column % self.column_period;
        let (input, output) = match self.orientation {
            Orientation::RowWise => (row, column),
            Orientation::ColumnWise => (column, row),
        };
        (input < self.inputs && output < self.outputs).then_some((input, output))
    }
}

/// All matrices of a network, unsplit and without lanes: forward layers and heads, block by block.
pub(super) fn of_network(network: &NetworkSpec) -> Vec<Placement> {
    let alternating = |place: usize| match place % 2 {
        0 => Orientation::RowWise,
        _ => Orientation::ColumnWise,
    };
    let mut all = Vec::new();
    for (block, sizes) in network.blocks().enumerate() {
        let role = Role::Forward(block);
        all.push(Placement::unsplit(role, sizes.forward, alternating(block)));
        if let Some(head) = sizes.head {
            let role = Role::Head(block);
            all.push(Placement::unsplit(role, head, alternating(block + 1)));
        }
    }
    all
}

/// The fewest rows of a grid for these matrices: only the first one can be split.
pub(super) fn min_rows(matrices: &[Placement]) -> usize {
    let others = matrices.iter().filter(|m| m.role != Role::Forward(0));
    others.map(|m| m.row_period).max().unwrap_or(1)
}

/// Gives every matrix its lanes, the largest first; returns the number of planes. All sizes are
/// powers of two, so that each matrix begins at a multiple of its own.
pub(super) fn assign_lanes(placements: &mut [Placement], grid: Grid) -> usize {
    let mut order: Vec<&mut Placement> = placements.iter_mut().collect();
    order.sort_by_key(|matrix| Reverse((matrix.is_split(), matrix.lanes(grid))));
    let (mut plane, mut lane) = (0, 0);
    for matrix in order {
        let size = matrix.lanes(grid);
        if lane + size > grid.lanes() {
            (plane, lane) = (plane + 1, 0);
        }
        (matrix.plane, matrix.lane) = (plane, lane);
        plane += matrix.groups - 1;
        lane += size;
    }
    plane + 1
}
