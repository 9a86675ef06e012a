//! Weights and velocities to the slots of a state, and back.

use crate::layout::Layout;
use crate::layout::grid::Place;
use crate::layout::placement::Role;
use crate::plain::{Matrices, Parameter};
use crate::{Error, Result};

/// The units of a state: its numbers are divided by them, so that they lie between -1 and 1 when
/// they are refreshed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranges {
    /// The unit of weights.
    pub weights: f64,
    /// The unit of velocities.
    pub velocities: f64,
}

/// A number of a matrix.
#[derive(Clone, Copy)]
struct Element {
    role: Role,
    input: usize,
    output: usize,
}

impl Layout {
    /// The slots of a state, in units of `ranges`: planes of weights, then those of velocities.
    pub fn pack_matrices(&self, matrices: &Matrices, ranges: Ranges) -> Vec<Vec<f64>> {
        let weight = |element: Element| {
            let found = parameter(matrices, element.role)?;
            Some(found.weight.at(element.input, element.output) / ranges.weights)
        };
        let velocity = |element: Element| {
            let found = parameter(matrices, element.role)?;
            Some(found.velocity.at(element.input, element.output) / ranges.velocities)
        };
        let mut state: Vec<_> = self.pack_planes(weight).collect();
        let velocities = self.pack_planes(velocity);
        if !self.shared {
            state.extend(velocities);
            return state;
        }
        for mut plane in velocities {
            plane.rotate_right(self.velocity_lane());
            for (slot, velocity) in state[0].iter_mut().zip(plane) {
                *slot += velocity;
            }
        }
        state
    }

    /// The matrices in the slots of a state.
    ///
    /// # Errors
    /// [`Error::Count`] if the state of this layout has another number of vectors.
    pub fn unpack_matrices(&self, state: &[Vec<f64>], ranges: Ranges) -> Result<Matrices> {
        self.check_state(state.len())?;
        let mut matrices = Matrices::new(&self.network, 0);
        for plane in 0..self.planes {
            let weights = &state[plane];
            let (velocities, lane) = match self.shared {
                true => (weights, self.velocity_lane()),
                false => (&state[self.planes + plane], 0),
            };
            for slot in 0..self.grid.slots() {
                let place = self.grid.place(slot);
                // Every period of rows has the matrix: the first one is read.
                let Some(element) = self.element(plane, place, true) else {
                    continue;
                };
                let Some(found) = parameter_mut(&mut matrices, element.role) else {
                    continue;
                };
                let number = element.input * found.weight.columns() + element.output;
                let velocity = velocities[(slot + lane) % self.grid.slots()];
                found.weight.values_mut()[number] = weights[slot] * ranges.weights;
                found.velocity.values_mut()[number] = velocity * ranges.velocities;
            }
        }
        Ok(matrices)
    }

    /// # Errors
    /// [`Error::Count`] if the state of this layout has another number of vectors.
    pub(crate) fn check_state(&self, vectors: usize) -> Result<()> {
        if vectors != self.state_vectors() {
            return Err(Error::Count {
                what: "vectors of a state",
                found: vectors,
                expected: self.state_vectors(),
            });
        }
        Ok(())
    }

    /// Lanes from a weight to its velocity where both share a vector.
    pub(crate) fn velocity_lane(&self) -> usize {
        self.grid.lanes() / 2
    }

    /// Planes with a value for each element that they hold.
    fn pack_planes(
        &self,
        value: impl Fn(Element) -> Option<f64>,
    ) -> impl Iterator<Item = Vec<f64>> {
        (0..self.planes).map(move |plane| {
            self.grid.fill(|place| {
                let element = self.element(plane, place, false);
                element.and_then(&value).unwrap_or(0.0)
            })
        })
    }

    /// The element whose weight a plane has in a place; if `once`, only in its first row.
    fn element(&self, plane: usize, place: Place, once: bool) -> Option<Element> {
        self.placements.iter().find_map(|matrix| {
            if once && !matrix.is_split() && place.row >= matrix.row_period {
                return None;
            }
            let (input, output) = matrix.stored(self.grid, plane, place)?;
            let role = matrix.role;
            Some(Element {
                role,
                input,
                output,
            })
        })
    }
}

fn parameter(matrices: &Matrices, role: Role) -> Option<&Parameter> {
    match role {
        Role::Forward(block) => matrices.blocks.get(block).map(|block| &block.forward),
        Role::Head(block) => matrices.blocks.get(block)?.head.as_ref(),
    }
}

fn parameter_mut(matrices: &mut Matrices, role: Role) -> Option<&mut Parameter> {
    let blocks = &mut matrices.blocks;
    match role {
        Role::Forward(block) => blocks.get_mut(block).map(|block| &mut block.forward),
        Role::Head(block) => blocks.get_mut(block)?.head.as_mut(),
    }
}
