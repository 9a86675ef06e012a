//! Nesterov momentum with coupled decay, on a packed state.
//!
//! `g <- g + decay w`; `w <- w - rate ((1 + m) g + m^2 v)`; `v <- m v + g`. New weights and
//! velocities are linear in old ones and in gradients: one linear combination for each vector.
//!
//! # Source
//! ReBoot (arXiv 2506.19693), section 4.
//!
//! # Deviates
//! Where the paper's formulas contradict its implementation, the decay is corrected to fall on
//! weights.

use super::block::MatrixGradient;
use crate::layers::Context;
use crate::layout::{Layout, Placement, Ranges, Role};
use crate::schedule::Rates;
use crate::slots::{Slots, Stage};
use crate::{Error, Result};

/// An update of the state, with its masks.
pub(super) struct Update<S: Slots> {
    rates: Rates,
    /// For each vector of the state.
    targets: Vec<Target<S>>,
}

/// How a vector of the new state comes from the old state and from gradients.
struct Target<S: Slots> {
    state: Vec<StateTerm<S>>,
    gradients: Vec<GradientTerm<S>>,
}

/// A vector of the old state, rotated, times a mask.
struct StateTerm<S: Slots> {
    vector: usize,
    rotation: isize,
    mask: S::Mask,
}

/// The gradient of a group of a matrix, rotated, times a mask.
struct GradientTerm<S: Slots> {
    role: Role,
    group: usize,
    rotation: isize,
    mask: S::Mask,
}

/// The gradient of a group of a matrix, summed over all samples.
struct GroupGradient<S: Slots> {
    role: Role,
    group: usize,
    sum: S::Vector,
}

/// What a new number takes of the old weight, of the old velocity, and of the gradient.
#[derive(Clone, Copy)]
struct Coefficients {
    weight: f64,
    velocity: f64,
    gradient: f64,
}

impl Coefficients {
    /// Of new weights and of new velocities, in units of their ranges.
    fn new(rates: &Rates, ranges: Ranges) -> (Self, Self) {
        let Rates {
            rate,
            decay,
            momentum,
        } = *rates;
        let gradient = -rate * (1.0 + momentum) / ranges.weights;
        let weights = Coefficients {
            weight: 1.0 + gradient * decay * ranges.weights,
            velocity: -rate * momentum * momentum * ranges.velocities / ranges.weights,
            gradient,
        };
        let gradient = 1.0 / ranges.velocities;
        let velocities = Coefficients {
            weight: gradient * decay * ranges.weights,
            velocity: momentum,
            gradient,
        };
        (weights, velocities)
    }
}

impl<S: Slots> Update<S> {
    /// Prepares the masks of an update with these rates.
    pub(super) fn new(context: &Context<'_, S>, rates: &Rates) -> Self {
        let (weights, velocities) = Coefficients::new(rates, context.ranges());
        let planes = 0..context.layout().planes();
        let targets = if context.layout().shares_vector() {
            vec![Target::of_shared(context, weights, velocities)]
        } else {
            let of_weights = planes
                .clone()
                .map(|p| Target::of_plane(context, p, weights));
            let of_velocities = planes.map(|p| Target::of_plane(context, p, velocities));
            of_weights.chain(of_velocities).collect()
        };
        Update {
            rates: *rates,
            targets,
        }
    }

    pub(super) fn rates(&self) -> &Rates {
        &self.rates
    }

    /// The updated state.
    ///
    /// # Levels
    /// The gradients' products have two, the result has none.
    ///
    /// # Errors
    /// If a key is missing or no level is left.
    pub(super) fn apply(
        &self,
        context: &Context<'_, S>,
        state: &[S::Vector],
        gradients: &[MatrixGradient<S>],
    ) -> Result<Vec<S::Vector>> {
        let (slots, layout) = (context.slots(), context.layout());
        let mut state = state.to_vec();
        for vector in &mut state {
            slots.drop_levels(vector, 1)?;
        }
        let mut sums = Vec::new();
        for gradient in gradients {
            let Some(matrix) = layout.placement(gradient.role) else {
                continue;
            };
            for (group, products) in gradient.products.chunks(matrix.tiles).enumerate() {
                let role = gradient.role;
                let sum = sum_samples(slots, layout, matrix, products)?;
                slots.observe(Stage::Gradient, &sum);
                sums.push(GroupGradient { role, group, sum });
            }
        }
        let targets = self.targets.iter();
        targets
            .map(|target| target.apply(slots, &state, &sums))
            .collect()
    }
}

impl<S: Slots> Target<S> {
    /// The one vector that holds weights and velocities.
    fn of_shared(
        context: &Context<'_, S>,
        weights: Coefficients,
        velocities: Coefficients,
    ) -> Self {
        let layout = context.layout();
        let half = layout.velocity_lane().cast_signed();
        let at_weights = |role, value| stored(layout, 0, role, value);
        let at_velocities = |role, value| {
            let mut values = stored(layout, 0, role, value);
            values.rotate_right(layout.velocity_lane());
            values
        };
        let mut own = at_weights(None, weights.weight);
        for (slot, velocity) in own.iter_mut().zip(at_velocities(None, velocities.velocity)) {
            *slot += velocity;
        }
        let term = |rotation, values| StateTerm {
            vector: 0,
            rotation,
            mask: context.slots().mask(values),
        };
        let mut state = vec![term(0, own), term(half, at_weights(None, weights.velocity))];
        if velocities.weight != 0.0 {
            state.push(term(-half, at_velocities(None, velocities.weight)));
        }
        let mut gradients = Vec::new();
        for matrix in layout.placements() {
            let term = |rotation, values| GradientTerm {
                role: matrix.role,
                group: 0,
                rotation,
                mask: context.slots().mask(values),
            };
            let role = Some(matrix.role);
            gradients.push(term(0, at_weights(role, weights.gradient)));
            gradients.push(term(-half, at_velocities(role, velocities.gradient)));
        }
        Target { state, gradients }
    }

    /// A vector of weights alone, or of velocities alone: those of a plane.
    fn of_plane(context: &Context<'_, S>, plane: usize, new: Coefficients) -> Self {
        let layout = context.layout();
        let mask = |role, value| context.slots().mask(stored(layout, plane, role, value));
        let term = |vector, value| StateTerm {
            vector,
            rotation: 0,
            mask: mask(None, value),
        };
        let mut state = vec![term(layout.planes() + plane, new.velocity)];
        if new.weight != 0.0 {
            state.push(term(plane, new.weight));
        }
        let gradients = layout.placements().iter().filter_map(|matrix| {
            let group = plane.checked_sub(matrix.plane)?;
            (group < matrix.groups).then(|| GradientTerm {
                role: matrix.role,
                group,
                rotation: 0,
                mask: mask(Some(matrix.role), new.gradient),
            })
        });
        Target {
            state,
            gradients: gradients.collect(),
        }
    }

    fn apply(
        &self,
        slots: &S,
        state: &[S::Vector],
        gradients: &[GroupGradient<S>],
    ) -> Result<S::Vector> {
        let mut terms = Vec::new();
        for term in &self.state {
            terms.push((
                slots.rotate(&state[term.vector], term.rotation)?,
                &term.mask,
            ));
        }
        for term in &self.gradients {
            let mut all = gradients.iter();
            let found = all.find(|found| (found.role, found.group) == (term.role, term.group));
            if let Some(found) = found {
                terms.push((slots.rotate(&found.sum, term.rotation)?, &term.mask));
            }
        }
        let terms: Vec<_> = terms.iter().map(|(vector, mask)| (vector, *mask)).collect();
        slots.linear_combination(&terms)
    }
}

/// The gradient of a group of a matrix, summed over all samples, in the lanes that store it.
///
/// # Errors
/// If a key is missing or no level is left.
fn sum_samples<S: Slots>(
    slots: &S,
    layout: &Layout,
    matrix: &Placement,
    products: &[S::Product],
) -> Result<S::Vector> {
    let grid = layout.grid();
    let columns = grid.columns().cast_signed();
    let vector = |product| {
        let mut vector = slots.relinearize_rescale(product)?;
        slots.drop_levels(&mut vector, 1)?;
        Ok::<_, Error>(vector)
    };
    let Some((last, others)) = products.split_last() else {
        return Err(Error::Count {
            what: "vectors of a gradient",
            found: products.len(),
            expected: matrix.tiles,
        });
    };
    let mut sum = vector(last)?;
    // Each was rotated by one block more than the one before when it was used.
    for product in others.iter().rev() {
        let vector = vector(product)?;
        sum = slots.rotate(&sum, -columns)?;
        slots.add(&mut sum, &vector)?;
    }
    let stride = matrix.tiles * grid.columns();
    let sum = slots.sum_strided(&sum, stride.cast_signed(), grid.lanes() / stride)?;
    let whole_blocks = matrix.lane / grid.columns() * grid.columns();
    slots.rotate(&sum, -whole_blocks.cast_signed())
}

/// A value where a plane stores numbers of one matrix, or of any.
fn stored(layout: &Layout, plane: usize, role: Option<Role>, value: f64) -> Vec<f64> {
    let grid = layout.grid();
    grid.fill(|place| {
        let mut matrices = layout.placements().iter();
        let is_stored = matrices.any(|matrix| {
            role.is_none_or(|role| role == matrix.role)
                && matrix.stored(grid, plane, place).is_some()
        });
        if is_stored { value } else { 0.0 }
    })
}
