//! Where each matrix of a network lies in the slots.

use crate::layout::grid::{Grid, Place, power_of_two};
use crate::network::NetworkSpec;
use crate::{Error, Result};

/// Which matrix of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The forward layer of a block; without hidden layers, the only matrix.
    Forward(usize),
    /// The head of a block.
    Head(usize),
}

/// How a matrix lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// Inputs along rows.
    RowWise,
    /// Outputs along rows.
    ColumnWise,
}

/// How the numbers of a vector lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One number a row, the same in all columns of a block.
    Expanded,
    /// One number a column, the same in all rows.
    Repeated,
}

/// Where a matrix lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Which one.
    pub role: Role,
    /// Its inputs.
    pub inputs: usize,
    /// Its outputs.
    pub outputs: usize,
    /// How it lies.
    pub orientation: Orientation,
    /// Rows after which it repeats itself.
    pub row_period: usize,
    /// Columns after which it repeats itself.
    pub column_period: usize,
    /// Chunks of rows that lie in consecutive blocks of a ciphertext: a power of two.
    pub tiles: usize,
    /// Ciphertexts that the chunks are in.
    pub groups: usize,
    /// The ciphertext of the state that has its first group.
    pub plane: usize,
    /// Its first lane there.
    pub lane: usize,
}

impl Placement {
    /// Whether it is cut into chunks.
    pub fn is_cut(&self) -> bool {
        self.tiles * self.groups > 1
    }

    /// Lanes of the state that hold it, in each of its groups.
    pub fn lanes(&self, grid: Grid) -> usize {
        if self.is_cut() {
            self.tiles * grid.columns
        } else {
            self.column_period
        }
    }

    /// What is in a place of a group when it is in use: an input and an output, or nothing.
    pub fn element(&self, grid: Grid, group: usize, place: Place) -> Option<(usize, usize)> {
        let chunk = group * self.tiles + place.block % self.tiles;
        let row = match self.is_cut() {
            true => chunk * grid.rows + place.row,
            false => place.row % self.row_period,
        };
        let column = place.column % self.column_period;
        let (input, output) = match self.orientation {
            Orientation::RowWise => (row, column),
            Orientation::ColumnWise => (column, row),
        };
        (input < self.inputs && output < self.outputs).then_some((input, output))
    }

    /// What is in a place of a plane of the state.
    pub fn stored(&self, grid: Grid, plane: usize, place: Place) -> Option<(usize, usize)> {
        let group = plane
            .checked_sub(self.plane)
            .filter(|&group| group < self.groups)?;
        let lane = place.block * grid.columns + place.column;
        let lane = lane
            .checked_sub(self.lane)
            .filter(|&lane| lane < self.lanes(grid))?;
        let place = Place {
            row: place.row,
            block: lane / grid.columns,
            column: lane % grid.columns,
        };
        self.element(grid, group, place)
    }

    /// The form of what it is multiplied with.
    pub fn takes(&self) -> Form {
        match self.orientation {
            Orientation::RowWise => Form::Expanded,
            Orientation::ColumnWise => Form::Repeated,
        }
    }

    /// The form of the product.
    pub fn gives(&self) -> Form {
        match self.orientation {
            Orientation::RowWise => Form::Repeated,
            Orientation::ColumnWise => Form::Expanded,
        }
    }
}

/// All matrices, as if there were rows enough.
pub(crate) fn matrices(network: &NetworkSpec) -> Vec<Placement> {
    let mut all = Vec::new();
    let mut inputs = network.features();
    let turned = |block: usize| match block % 2 {
        0 => Orientation::RowWise,
        _ => Orientation::ColumnWise,
    };
    for (block, &units) in network.hidden().iter().enumerate() {
        all.push(whole(Role::Forward(block), inputs, units, turned(block)));
        let classes = network.classes();
        all.push(whole(Role::Head(block), units, classes, turned(block + 1)));
        inputs = units;
    }
    if all.is_empty() {
        let classes = network.classes();
        all.push(whole(Role::Forward(0), inputs, classes, turned(0)));
    }
    all
}

fn whole(role: Role, inputs: usize, outputs: usize, orientation: Orientation) -> Placement {
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

pub(crate) fn least_rows(network: &NetworkSpec) -> usize {
    let all = matrices(network);
    let others = all.iter().filter(|m| m.role != Role::Forward(0));
    others.map(|m| m.row_period).max().unwrap_or(1)
}

/// Cuts the first matrix into chunks if it has more rows than the grid.
///
/// # Errors
/// If another one has.
pub(crate) fn cut(matrix: &mut Placement, grid: Grid) -> Result<()> {
    if matrix.row_period <= grid.rows {
        return Ok(());
    }
    if matrix.role != Role::Forward(0) {
        return Err(Error::Layout(format!(
            "{:?} needs {} rows, and the grid has {}",
            matrix.role, matrix.row_period, grid.rows
        )));
    }
    let chunks = matrix.inputs.div_ceil(grid.rows);
    matrix.row_period = grid.rows;
    matrix.tiles = power_of_two(chunks).min(grid.blocks);
    matrix.groups = chunks.div_ceil(matrix.tiles);
    Ok(())
}

/// Gives every matrix its lanes, the largest first: all sizes are powers of two, so that each
/// begins at a multiple of its own.
pub(crate) fn place(placements: &mut [Placement], grid: Grid) -> (usize, bool) {
    let mut order: Vec<usize> = (0..placements.len()).collect();
    order.sort_by_key(|&m| std::cmp::Reverse((placements[m].is_cut(), placements[m].lanes(grid))));
    let lanes: usize = placements.iter().map(|m| m.groups * m.lanes(grid)).sum();
    let shared = 2 * lanes <= grid.lanes();
    let (mut plane, mut lane) = (0, 0);
    for m in order {
        let matrix = &mut placements[m];
        let size = matrix.lanes(grid);
        if lane + size > grid.lanes() {
            (plane, lane) = (plane + 1, 0);
        }
        (matrix.plane, matrix.lane) = (plane, lane);
        plane += matrix.groups - 1;
        lane += size;
    }
    (plane + 1, shared)
}
