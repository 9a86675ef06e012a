//! Nesterov momentum with decay, on a packed state.

use crate::Result;
use crate::circuit::Circuit;
use crate::layout::{Layout, Placement, Ranges, Role};
use crate::schedule::Rates;
use crate::slots::{Slots, Stage, sum_strided};

/// The numbers that state and gradient are weighed with: new weights and velocities are linear in
/// old ones and the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Weights {
    weight_from_weight: f64,
    weight_from_velocity: f64,
    weight_from_gradient: f64,
    velocity_from_weight: f64,
    velocity_from_velocity: f64,
    velocity_from_gradient: f64,
}

impl Weights {
    /// `g <- g + decay p`; `p <- p - rate ((1 + m) g + m^2 v)`; `v <- m v + g`; for weights and
    /// velocities in units of their ranges.
    ///
    /// # Source
    /// ReBoot (arXiv 2506.19693), section 4, with the decay put right.
    fn new(rates: &Rates, ranges: Ranges) -> Self {
        let Rates {
            rate,
            decay,
            momentum,
        } = *rates;
        let weight_from_gradient = -rate * (1.0 + momentum) / ranges.weights;
        let velocity_from_gradient = 1.0 / ranges.velocities;
        Weights {
            weight_from_weight: 1.0 + weight_from_gradient * decay * ranges.weights,
            weight_from_velocity: -rate * momentum * momentum * ranges.velocities / ranges.weights,
            weight_from_gradient,
            velocity_from_weight: velocity_from_gradient * decay * ranges.weights,
            velocity_from_velocity: momentum,
            velocity_from_gradient,
        }
    }
}

/// A correction of the state, with its masks.
pub(crate) struct Update<S: Slots> {
    rates: Rates,
    /// For each vector of the state.
    vectors: Vec<Target<S>>,
}

/// How one vector of a new state comes from old ones and from gradients.
struct Target<S: Slots> {
    /// Vectors of the old state, by how many lanes they are rotated first, and their masks.
    old: Vec<(usize, isize, S::Mask)>,
    /// Gradients of a group of a matrix, by how many lanes they are rotated first, and their
    /// masks.
    gradients: Vec<(Role, usize, isize, S::Mask)>,
}

impl<S: Slots> Update<S> {
    pub(crate) fn new(circuit: &Circuit<'_, S>, rates: &Rates) -> Self {
        let weights = Weights::new(rates, circuit.ranges());
        let planes = 0..circuit.layout().planes;
        let vectors = if circuit.layout().shared {
            vec![shared(circuit, weights)]
        } else {
            let of_weights = planes
                .clone()
                .map(|plane| own(circuit, plane, false, weights));
            let of_velocities = planes.map(|plane| own(circuit, plane, true, weights));
            of_weights.chain(of_velocities).collect()
        };
        Update {
            rates: *rates,
            vectors,
        }
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.rates
    }

    /// The corrected state.
    ///
    /// # Levels
    /// One of the last gradient's.
    ///
    /// # Errors
    /// If a key is missing or no level is left.
    pub(crate) fn apply(
        &self,
        circuit: &Circuit<'_, S>,
        state: &[S::Vector],
        gradients: &[(Role, Vec<S::Product>)],
    ) -> Result<Vec<S::Vector>> {
        let slots = circuit.slots();
        let mut state = state.to_vec();
        for vector in &mut state {
            slots.lower(vector, 1)?;
        }
        let layout = circuit.layout();
        let mut summed = Vec::new();
        for (role, products) in gradients {
            let matrices = layout.placements.iter();
            for matrix in matrices.filter(|matrix| matrix.role == *role) {
                for (group, products) in products.chunks(matrix.tiles).enumerate() {
                    let sum = sum_samples(slots, layout, matrix, products)?;
                    slots.passed(Stage::Gradient, &sum);
                    summed.push((*role, group, sum));
                }
            }
        }
        let targets = self.vectors.iter();
        targets
            .map(|target| target.apply(slots, &state, &summed))
            .collect()
    }
}

impl<S: Slots> Target<S> {
    fn apply(
        &self,
        slots: &S,
        state: &[S::Vector],
        gradients: &[(Role, usize, S::Vector)],
    ) -> Result<S::Vector> {
        let mut terms = Vec::new();
        for (vector, steps, mask) in &self.old {
            terms.push((slots.rotate(&state[*vector], *steps)?, mask));
        }
        for (role, group, steps, mask) in &self.gradients {
            let mut all = gradients.iter();
            let found = all.find(|(other, of, _)| (other, of) == (role, group));
            if let Some((_, _, gradient)) = found {
                terms.push((slots.rotate(gradient, *steps)?, mask));
            }
        }
        let terms: Vec<_> = terms.iter().map(|(vector, mask)| (vector, *mask)).collect();
        slots.weigh(&terms)
    }
}

/// A matrix's gradient, summed over all samples, in the lanes of the state that hold it.
///
/// # Errors
/// If a key is missing or no level is left.
fn sum_samples<S: Slots>(
    slots: &S,
    layout: &Layout,
    matrix: &Placement,
    products: &[S::Product],
) -> Result<S::Vector> {
    let grid = layout.grid;
    let columns = grid.columns.cast_signed();
    let vectors = products.iter().rev().map(|product| {
        let mut vector = slots.finish(product)?;
        slots.lower(&mut vector, 1)?;
        Ok::<_, crate::Error>(vector)
    });
    // Rotated back by as many blocks as the matrix was when it was used.
    let mut sum: Option<S::Vector> = None;
    for vector in vectors {
        let vector = vector?;
        sum = Some(match sum {
            None => vector,
            Some(sum) => {
                let mut back = slots.rotate(&sum, -columns)?;
                slots.add(&mut back, &vector)?;
                back
            }
        });
    }
    let sum = sum.ok_or(crate::Error::Count {
        what: "vectors of a gradient",
        found: 0,
        expected: matrix.tiles,
    })?;
    let stride = matrix.tiles * grid.columns;
    let sum = sum_strided(slots, &sum, stride.cast_signed(), grid.lanes() / stride)?;
    let blocks = matrix.lane / grid.columns * grid.columns;
    slots.rotate(&sum, -blocks.cast_signed())
}

/// Weights and velocities in one vector.
fn shared<S: Slots>(circuit: &Circuit<'_, S>, weights: Weights) -> Target<S> {
    let half = circuit.layout().half().cast_signed();
    let mut own = stored(circuit, 0, None, weights.weight_from_weight);
    let velocities = stored(circuit, 0, None, weights.velocity_from_velocity);
    for (slot, velocity) in own.iter_mut().zip(moved(circuit, velocities)) {
        *slot += velocity;
    }
    let mask = |values| circuit.slots().mask(values);
    let from_velocity = stored(circuit, 0, None, weights.weight_from_velocity);
    let mut old = vec![(0, 0, mask(own)), (0, half, mask(from_velocity))];
    if weights.velocity_from_weight != 0.0 {
        let from_weight = stored(circuit, 0, None, weights.velocity_from_weight);
        old.push((0, -half, mask(moved(circuit, from_weight))));
    }
    let mut gradients = Vec::new();
    for matrix in &circuit.layout().placements {
        let role = Some(matrix.role);
        let to_weight = stored(circuit, 0, role, weights.weight_from_gradient);
        let to_velocity = stored(circuit, 0, role, weights.velocity_from_gradient);
        gradients.push((matrix.role, 0, 0, mask(to_weight)));
        gradients.push((matrix.role, 0, -half, mask(moved(circuit, to_velocity))));
    }
    Target { old, gradients }
}

/// Weights, or velocities, of one plane.
fn own<S: Slots>(
    circuit: &Circuit<'_, S>,
    plane: usize,
    velocity: bool,
    weights: Weights,
) -> Target<S> {
    let layout = circuit.layout();
    let (from_weight, from_velocity, from_gradient) = match velocity {
        false => (
            weights.weight_from_weight,
            weights.weight_from_velocity,
            weights.weight_from_gradient,
        ),
        true => (
            weights.velocity_from_weight,
            weights.velocity_from_velocity,
            weights.velocity_from_gradient,
        ),
    };
    let mask = |role, value| circuit.slots().mask(stored(circuit, plane, role, value));
    let mut old = vec![(layout.planes + plane, 0, mask(None, from_velocity))];
    if from_weight != 0.0 {
        old.push((plane, 0, mask(None, from_weight)));
    }
    let mut gradients = Vec::new();
    for matrix in &layout.placements {
        let group = plane.checked_sub(matrix.plane);
        if let Some(group) = group.filter(|&group| group < matrix.groups) {
            let mask = mask(Some(matrix.role), from_gradient);
            gradients.push((matrix.role, group, 0, mask));
        }
    }
    Target { old, gradients }
}

/// A value where a plane holds numbers of one matrix, or of any.
fn stored<S: Slots>(
    circuit: &Circuit<'_, S>,
    plane: usize,
    role: Option<Role>,
    value: f64,
) -> Vec<f64> {
    let layout = circuit.layout();
    layout.grid.fill(|place| {
        let mut matrices = layout.placements.iter();
        let there = matrices.any(|matrix| {
            role.is_none_or(|role| role == matrix.role)
                && matrix.stored(layout.grid, plane, place).is_some()
        });
        f64::from(u8::from(there)) * value
    })
}

/// From where weights are to where velocities are.
fn moved<S: Slots>(circuit: &Circuit<'_, S>, mut values: Vec<f64>) -> Vec<f64> {
    values.rotate_right(circuit.layout().half());
    values
}
