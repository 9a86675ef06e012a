//! Where every number of a network, a sample and a label lies in the slots.
//!
//! Matrices are *row-wise* (inputs along rows, outputs along columns) or *column-wise* (the other
//! way round), in turns, so that what comes out of one lies as the next one wants it. Each is
//! repeated over all rows and columns of all blocks when it is used; refreshed are only the lanes
//! that hold it once, those of all matrices and their velocities together in as few ciphertexts as
//! possible.
//!
//! A first matrix with more inputs than there are rows is cut into chunks of rows. The chunks lie
//! in consecutive blocks, over and over. Rotated by whole blocks, every block meets every chunk;
//! the samples are laid out to match.
//!
//! # Source
//! ReBoot (arXiv 2506.19693), section 4: row-wise and column-wise packing.
//!
//! # Deviates
//! There, a ciphertext holds one matrix or one sample, and no matrix exceeds it.

use crate::network::NetworkSpec;
use crate::{Error, Result};
use grid::power_of_two;
use placement::{cut, least_rows, matrices, place};

pub use grid::{Grid, Place};
pub use placement::{Form, Orientation, Placement, Role};
pub use state::{Batch, Labels, Ranges};

mod grid;
mod packing;
mod placement;
mod state;

/// Where everything lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The slots.
    pub grid: Grid,
    /// The network.
    pub network: NetworkSpec,
    /// All matrices: forward layers and heads, block by block.
    pub placements: Vec<Placement>,
    /// Ciphertexts that the matrices take.
    pub planes: usize,
    /// Whether velocities lie in the second half of the lanes of the one plane, rather than in
    /// planes of their own.
    pub shared: bool,
}

impl Layout {
    /// A layout with so many rows.
    ///
    /// # Errors
    /// If the network does not fit so many slots and rows.
    pub fn new(network: &NetworkSpec, slots: usize, rows: usize) -> Result<Self> {
        let mut placements = matrices(network);
        let columns = placements.iter().map(|m| m.column_period).max();
        let grid = Grid::new(slots, rows, columns.unwrap_or(1))?;
        for matrix in &mut placements {
            cut(matrix, grid)?;
        }
        let (planes, shared) = place(&mut placements, grid);
        Ok(Layout {
            grid,
            network: network.clone(),
            placements,
            planes,
            shared,
        })
    }

    /// All layouts that there are, by their number of rows.
    ///
    /// # Errors
    /// If there is none.
    pub fn all(network: &NetworkSpec, slots: usize) -> Result<Vec<Self>> {
        let logs = 0..=slots.trailing_zeros();
        let all: Vec<_> = logs
            .filter_map(|log| Layout::new(network, slots, 1 << log).ok())
            .filter(|layout| {
                layout.grid.rows <= power_of_two(network.features()).max(least_rows(network))
            })
            .collect();
        if all.is_empty() {
            return Err(Error::Layout(format!(
                "the network {network} does not fit {slots} slots: its hidden layers need {} rows \
                 of {} columns; take smaller ones, or a larger ring",
                least_rows(network),
                matrices(network)
                    .iter()
                    .map(|m| m.column_period)
                    .max()
                    .unwrap_or(1),
            )));
        }
        Ok(all)
    }

    /// Samples in a ciphertext.
    pub fn samples(&self) -> usize {
        self.grid.blocks
    }

    /// Ciphertexts of the state.
    pub fn state_vectors(&self) -> usize {
        if self.shared { 1 } else { 2 * self.planes }
    }

    /// The placement of a matrix.
    pub fn placement(&self, role: Role) -> Option<&Placement> {
        self.placements.iter().find(|m| m.role == role)
    }

    /// Ciphertexts of the inputs of each [`Layout::samples`] samples.
    pub fn input_vectors(&self) -> usize {
        let first = &self.placements[0];
        first.tiles * first.groups
    }

    /// The inputs of some samples, for one group and tile of the first matrix. Missing samples
    /// are zeros.
    pub fn inputs(&self, samples: &[&[f64]], vector: usize) -> Vec<f64> {
        let first = &self.placements[0];
        let (group, tile) = (vector / first.tiles, vector % first.tiles);
        let shift = tile * self.grid.columns;
        (0..self.grid.slots())
            .map(|slot| {
                let sample = samples.get(self.grid.place(slot).block);
                let place = self.grid.place(slot + shift);
                let input = match first.is_cut() {
                    true => {
                        let chunk = group * first.tiles + place.block % first.tiles;
                        chunk * self.grid.rows + place.row
                    }
                    false => place.row % first.row_period,
                };
                sample
                    .and_then(|sample| sample.get(input))
                    .copied()
                    .unwrap_or(0.0)
            })
            .collect()
    }

    /// One-hot labels of some samples in a form. Missing samples are zeros.
    pub fn labels(&self, labels: &[usize], form: Form) -> Vec<f64> {
        let period = power_of_two(self.network.classes());
        self.grid.fill(|place| {
            let class = match form {
                Form::Expanded => place.row % period,
                Form::Repeated => place.column % period,
            };
            f64::from(u8::from(labels.get(place.block) == Some(&class)))
        })
    }

    /// The slot that has a sample's number of a class.
    pub fn answer_slot(&self, sample: usize, class: usize, form: Form) -> usize {
        let lane = sample * self.grid.columns;
        match form {
            Form::Expanded => class * self.grid.lanes() + lane,
            Form::Repeated => lane + class,
        }
    }

    /// The forms in which labels are needed.
    pub fn label_forms(&self) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::new();
        for matrix in self.answering() {
            if !forms.contains(&matrix.gives()) {
                forms.push(matrix.gives());
            }
        }
        forms
    }

    /// The form of the network's answer.
    pub fn answer_form(&self) -> Form {
        let last = self.answering().last().copied();
        last.map_or(Form::Repeated, Placement::gives)
    }

    /// The matrices whose products are compared with labels.
    fn answering(&self) -> Vec<&Placement> {
        let none = self.network.hidden().is_empty();
        let answers = |m: &&Placement| none || matches!(m.role, Role::Head(_));
        self.placements.iter().filter(answers).collect()
    }

    /// The slots of the state: of all planes, with velocities.
    pub fn pack(
        &self,
        parameter: impl Fn(Role, usize, usize) -> f64,
        velocity: impl Fn(Role, usize, usize) -> f64,
    ) -> Vec<Vec<f64>> {
        let plane = |plane: usize, value: &dyn Fn(Role, usize, usize) -> f64| {
            self.grid.fill(|place| {
                let found = self.placements.iter().find_map(|matrix| {
                    let (input, output) = matrix.stored(self.grid, plane, place)?;
                    Some(value(matrix.role, input, output))
                });
                found.unwrap_or(0.0)
            })
        };
        let mut parameters: Vec<_> = (0..self.planes).map(|p| plane(p, &parameter)).collect();
        let velocities = (0..self.planes).map(|p| plane(p, &velocity));
        if !self.shared {
            parameters.extend(velocities);
            return parameters;
        }
        for mut velocities in velocities {
            velocities.rotate_right(self.half());
            for (slot, velocity) in parameters[0].iter_mut().zip(velocities) {
                *slot += velocity;
            }
        }
        parameters
    }

    /// Hands every number of the state to a visitor: matrix, whether it is a velocity, input,
    /// output, value.
    ///
    /// # Errors
    /// If there are not as many vectors as the state has.
    pub fn unpack(
        &self,
        state: &[Vec<f64>],
        mut visit: impl FnMut(Role, bool, usize, usize, f64),
    ) -> Result<()> {
        if state.len() != self.state_vectors() {
            return Err(Error::Count {
                what: "vectors of a state",
                found: state.len(),
                expected: self.state_vectors(),
            });
        }
        for plane in 0..self.planes {
            let velocities = if self.shared { 0 } else { self.planes + plane };
            let shift = if self.shared { self.half() } else { 0 };
            for slot in 0..self.grid.slots() {
                let place = self.grid.place(slot);
                for matrix in &self.placements {
                    // Once, though every period of rows has it.
                    if !matrix.is_cut() && place.row >= matrix.row_period {
                        continue;
                    }
                    if let Some((input, output)) = matrix.stored(self.grid, plane, place) {
                        let value = state[plane][slot];
                        visit(matrix.role, false, input, output, value);
                        let value = state[velocities][(slot + shift) % self.grid.slots()];
                        visit(matrix.role, true, input, output, value);
                    }
                }
            }
        }
        Ok(())
    }

    /// Lanes from a parameter to its velocity, where they share a ciphertext.
    pub fn half(&self) -> usize {
        self.grid.lanes() / 2
    }
}
