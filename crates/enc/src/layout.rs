//! Where the numbers of a network, of a sample and of a label lie in the slots.
//!
//! Matrices alternate between *row-wise* (inputs along rows, outputs along columns) and
//! *column-wise* (the other way round), so that the product of one has the form which the next one
//! takes. A matrix in use is repeated over all rows and columns of all blocks. The state holds
//! each matrix once: refreshing takes the lanes of all matrices and their velocities together, in
//! as few vectors as possible. A vector of the state that holds weights is a *plane*.
//!
//! A first matrix with more inputs than the grid has rows is split into chunks of rows. The chunks
//! lie in consecutive blocks, over and over; rotated by whole blocks, every block meets every
//! chunk, and the samples are packed to match.
//!
//! # Source
//! ReBoot (arXiv 2506.19693), section 4: row-wise and column-wise packing.
//!
//! # Deviates
//! In the paper, a ciphertext holds one matrix or one sample, and no matrix exceeds it.

mod batch;
mod grid;
mod placement;
mod state;

pub use batch::{Batch, Labels};
pub use grid::Grid;
pub(crate) use grid::Place;
pub use placement::Form;
pub(crate) use placement::{Placement, Role};
pub use state::Ranges;

use crate::network::NetworkSpec;
use crate::{Error, Result};
use grid::power_of_two;

/// The places of all numbers of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    grid: Grid,
    network: NetworkSpec,
    /// Forward layers and heads, block by block; one at least.
    placements: Vec<Placement>,
    planes: usize,
    /// Whether velocities lie in the second half of the lanes of the only plane.
    shared: bool,
}

impl Layout {
    /// A layout of a network in `slots` slots with `rows` rows.
    ///
    /// # Errors
    /// [`Error::Layout`] if the network does not fit them.
    pub fn new(network: &NetworkSpec, slots: usize, rows: usize) -> Result<Self> {
        let mut placements = placement::of_network(network);
        let grid = Grid::new(slots, rows, max_columns(&placements))?;
        for matrix in &mut placements {
            matrix.split_into_chunks(grid)?;
        }
        let planes = placement::assign_lanes(&mut placements, grid);
        let used: usize = placements.iter().map(|m| m.groups * m.lanes(grid)).sum();
        Ok(Layout {
            grid,
            network: network.clone(),
            placements,
            planes,
            shared: 2 * used <= grid.lanes(),
        })
    }

    /// All layouts of a network in `slots` slots, in ascending order of their rows.
    ///
    /// # Errors
    /// [`Error::Layout`] if the network does not fit the slots.
    pub fn all(network: &NetworkSpec, slots: usize) -> Result<Vec<Self>> {
        let matrices = placement::of_network(network);
        let min_rows = placement::min_rows(&matrices);
        // More rows than features or units would hold nothing.
        let max_rows = power_of_two(network.features()).max(min_rows);
        let all: Vec<_> = (0..=slots.trailing_zeros())
            .map(|log| 1 << log)
            .filter(|&rows| rows <= max_rows)
            .filter_map(|rows| Layout::new(network, slots, rows).ok())
            .collect();
        if all.is_empty() {
            return Err(Error::Layout(format!(
                "the network {network} does not fit {slots} slots: its hidden layers need \
                 {min_rows} rows of {} columns; take smaller ones, or a larger ring",
                max_columns(&matrices),
            )));
        }
        Ok(all)
    }

    /// The grid of slots.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The network.
    pub fn network(&self) -> &NetworkSpec {
        &self.network
    }

    /// Number of vectors of the state that hold weights.
    pub fn planes(&self) -> usize {
        self.planes
    }

    /// Whether one vector holds all weights and all velocities; otherwise velocities have as many
    /// vectors of their own as weights have planes.
    pub fn shares_vector(&self) -> bool {
        self.shared
    }

    /// Number of vectors of the state.
    pub fn state_vectors(&self) -> usize {
        if self.shared { 1 } else { 2 * self.planes }
    }

    /// Number of samples that a vector holds.
    pub fn samples_per_vector(&self) -> usize {
        self.grid.blocks()
    }

    /// Number of vectors that the inputs of [`Layout::samples_per_vector`] samples take.
    pub fn input_vectors(&self) -> usize {
        let first = self.first();
        first.tiles * first.groups
    }

    /// The placements of all matrices: forward layers and heads, block by block.
    pub(crate) fn placements(&self) -> &[Placement] {
        &self.placements
    }

    /// The placement of a matrix, if the network has it.
    pub(crate) fn placement(&self, role: Role) -> Option<&Placement> {
        self.placements.iter().find(|matrix| matrix.role == role)
    }

    /// The matrix that the samples meet.
    fn first(&self) -> &Placement {
        &self.placements[0]
    }
}

fn max_columns(matrices: &[Placement]) -> usize {
    let periods = matrices.iter().map(|matrix| matrix.column_period);
    periods.max().unwrap_or(1)
}
