//! A training step as a circuit, written once for every arithmetic.

use crate::layout::{Batch, Layout, Placement, Ranges, Role};
use crate::schedule::Rates;
use crate::slots::{Slots, Stage, sum_strided};
use crate::{Error, Result};
use block::LocalBlock;
use nearfield_train::local_loss::{Block, train_blocks};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use update::Update;

mod block;
mod update;

/// How long the parts of a step took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Durations {
    /// Refreshing the state.
    pub refresh: Duration,
    /// Unpacking matrices, forward passes, errors and gradients.
    pub learn: Duration,
    /// Correcting the state.
    pub update: Duration,
}

/// What a step leaves.
#[derive(Clone, Debug)]
pub struct Stepped<V> {
    /// The state, with no level left.
    pub state: Vec<V>,
    /// By how much the answers of the last block exceeded the labels before the step, for each
    /// vector of samples; with no level left.
    pub errors: Vec<V>,
    /// How long it took.
    pub durations: Durations,
}

/// The training step of a network, for one arithmetic.
pub struct Circuit<'s, S: Slots> {
    slots: &'s S,
    layout: Layout,
    ranges: Ranges,
    first_columns: BTreeMap<usize, S::Mask>,
    /// What of a plane is one group of a matrix.
    selections: BTreeMap<(Role, usize), S::Mask>,
    /// For the rates of the last step.
    update: Mutex<Option<Arc<Update<S>>>>,
}

impl<'s, S: Slots> Circuit<'s, S> {
    /// Prepares all masks.
    ///
    /// # Errors
    /// If the slots are not as many as the layout has.
    pub fn new(slots: &'s S, layout: &Layout, ranges: Ranges) -> Result<Self> {
        let grid = layout.grid;
        if slots.count() != grid.slots() {
            return Err(Error::Count {
                what: "slots",
                found: slots.count(),
                expected: grid.slots(),
            });
        }
        let mut first_columns = BTreeMap::new();
        let mut selections = BTreeMap::new();
        for matrix in &layout.placements {
            let period = matrix.column_period;
            first_columns.entry(period).or_insert_with(|| {
                slots.mask(
                    grid.fill(|place| f64::from(u8::from(place.column.is_multiple_of(period)))),
                )
            });
            for group in 0..matrix.groups {
                let plane = matrix.plane + group;
                let mask = grid.fill(|place| {
                    let there = matrix.stored(grid, plane, place).is_some();
                    f64::from(u8::from(there)) * ranges.weights
                });
                selections.insert((matrix.role, group), slots.mask(mask));
            }
        }
        Ok(Circuit {
            slots,
            layout: layout.clone(),
            ranges,
            first_columns,
            selections,
            update: Mutex::new(None),
        })
    }

    /// The arithmetic.
    pub fn slots(&self) -> &S {
        self.slots
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The ranges of the state.
    pub fn ranges(&self) -> Ranges {
        self.ranges
    }

    /// One training step: refreshes the state, learns block by block, corrects the state.
    ///
    /// # Errors
    /// If a key is missing, or state or batch are not as the layout says.
    ///
    /// # Source
    /// ReBoot (arXiv 2506.19693), algorithm 1.
    pub fn step(
        &self,
        state: &[S::Vector],
        batch: Batch<S::Vector>,
        rates: &Rates,
    ) -> Result<Stepped<S::Vector>> {
        let begun = Instant::now();
        let state = self.refresh(state)?;
        self.slots.passed(Stage::Refreshed, &state[0]);
        let refreshed = Instant::now();
        let mut blocks = self.blocks(&state);
        let mut lessons = Vec::new();
        train_blocks(&mut blocks, batch.inputs, &batch.labels, &(), &mut lessons)?;
        let mut errors = Vec::new();
        let mut gradients = Vec::new();
        for lesson in lessons {
            errors = lesson.errors;
            gradients.extend(lesson.gradients);
        }
        for error in &mut errors {
            self.slots.lower(error, 0)?;
        }
        let learned = Instant::now();
        let update = self.update(rates);
        let state = update.apply(self, &state, &gradients)?;
        self.slots.passed(Stage::Corrected, &state[0]);
        Ok(Stepped {
            state,
            errors,
            durations: Durations {
                refresh: refreshed - begun,
                learn: learned - refreshed,
                update: learned.elapsed(),
            },
        })
    }

    /// The answers of the last block to some vectors of samples, from a refreshed state; with no
    /// level left.
    ///
    /// # Errors
    /// If a key is missing, or the inputs are not as the layout says.
    pub fn infer(
        &self,
        state: &[S::Vector],
        inputs: Vec<Vec<S::Vector>>,
    ) -> Result<Vec<S::Vector>> {
        let mut activations = inputs;
        let blocks = self.blocks(state);
        let (last, first) = blocks
            .split_last()
            .ok_or(Error::Levels { what: "a network" })?;
        for block in first {
            let pass = block.forward(activations, &())?;
            activations = block.pass_on(pass, &())?;
        }
        let pass = last.forward(activations, &())?;
        let mut answers = last.answers(&pass)?;
        for answer in &mut answers {
            self.slots.lower(answer, 0)?;
        }
        Ok(answers)
    }

    /// The state with all levels.
    ///
    /// # Errors
    /// If a key is missing, or there are not as many vectors as the layout has.
    pub fn refresh(&self, state: &[S::Vector]) -> Result<Vec<S::Vector>> {
        let (expected, found) = (self.layout.state_vectors(), state.len());
        if found != expected {
            return Err(Error::Count {
                what: "vectors of a state",
                found,
                expected,
            });
        }
        if let [state] = state {
            return Ok(vec![self.slots.refresh(state)?]);
        }
        let (weights, velocities) = state.split_at(self.layout.planes);
        let pairs = weights.iter().zip(velocities);
        let pairs = pairs.map(|(weights, velocities)| self.slots.refresh_pair(weights, velocities));
        let (mut weights, velocities): (Vec<_>, Vec<_>) =
            pairs.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        weights.extend(velocities);
        Ok(weights)
    }

    fn blocks<'c>(&'c self, state: &'c [S::Vector]) -> Vec<LocalBlock<'c, S>> {
        let forward = |m: &&Placement| matches!(m.role, Role::Forward(_));
        let forward = self.layout.placements.iter().filter(forward);
        forward
            .enumerate()
            .map(|(block, forward)| {
                let head = self.layout.placement(Role::Head(block));
                LocalBlock::new(self, state, forward, head)
            })
            .collect()
    }

    /// A matrix as it is used, from a refreshed state: repeated over all blocks, with at most so
    /// many levels. For one that is cut, a vector for each group and each rotation by blocks.
    ///
    /// # Levels
    /// One.
    ///
    /// # Errors
    /// If a key is missing or no level is left.
    pub(crate) fn matrix(
        &self,
        state: &[S::Vector],
        matrix: &Placement,
        levels: usize,
    ) -> Result<Vec<S::Vector>> {
        let (slots, grid) = (self.slots, self.layout.grid);
        let mut vectors = Vec::new();
        for group in 0..matrix.groups {
            let mut plane = state[matrix.plane + group].clone();
            slots.lower(&mut plane, levels.saturating_add(1))?;
            let chosen = slots.weigh(&[(&plane, &self.selections[&(matrix.role, group)])])?;
            let first = slots.rotate(&chosen, matrix.lane.cast_signed())?;
            let lanes = matrix.lanes(grid);
            let copies = grid.lanes() / lanes;
            let everywhere = sum_strided(slots, &first, -lanes.cast_signed(), copies)?;
            let shifts: Vec<isize> = (1..matrix.tiles)
                .map(|tile| (tile * grid.columns).cast_signed())
                .collect();
            let shifted = slots.rotate_each(&everywhere, &shifts)?;
            vectors.push(everywhere);
            vectors.extend(shifted);
        }
        Ok(vectors)
    }

    /// What is 1 in the first column of each period.
    pub(crate) fn first_column(&self, period: usize) -> Result<&S::Mask> {
        self.first_columns.get(&period).ok_or(Error::Count {
            what: "columns of a period",
            found: period,
            expected: self.layout.grid.columns,
        })
    }

    fn update(&self, rates: &Rates) -> Arc<Update<S>> {
        let mut last = self.update.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(update) if update.rates() == rates => update.clone(),
            _ => {
                let update = Arc::new(Update::new(self, rates));
                *last = Some(update.clone());
                update
            }
        }
    }
}
