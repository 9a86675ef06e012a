//! A training step as a circuit, written once for every arithmetic.
//!
//! Refresh the state; forward pass, prediction error and gradients block by block; update the
//! state. One refresh serves the whole network, since no gradient crosses a block.
//!
//! # Source
//! ReBoot (arXiv 2506.19693), algorithm 1.

mod block;
mod update;

use crate::Result;
use crate::layers::Context;
use crate::layout::{Batch, Layout, Ranges, Role};
use crate::schedule::Rates;
use crate::slots::{Slots, Stage};
use block::LocalBlock;
use nearfield_train::{Block, train_blocks};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use update::Update;

/// The training step of a network, in one arithmetic.
pub struct Circuit<'s, S: Slots> {
    context: Context<'s, S>,
    /// The update of the last step, whose masks hold for its rates.
    update: Mutex<Option<Arc<Update<S>>>>,
}

/// The result of a step.
#[derive(Clone, Debug)]
pub struct StepOutput<V> {
    /// The updated state, with no level left.
    pub state: Vec<V>,
    /// The prediction errors `y' - y` of the last block before the update, for each vector of
    /// samples; with no level left.
    pub errors: Vec<V>,
    /// The time it took.
    pub timings: StepTimings,
}

/// How long the parts of a step took.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepTimings {
    /// Refreshing the state.
    pub refresh: Duration,
    /// Unpacking weights, forward passes, prediction errors and gradients.
    pub learn: Duration,
    /// Updating the state.
    pub update: Duration,
}

impl<'s, S: Slots> Circuit<'s, S> {
    /// The circuit of a layout, for states in units of `ranges`: prepares its masks.
    ///
    /// # Errors
    /// [`crate::Error::Count`] if the layout has another number of slots.
    pub fn new(slots: &'s S, layout: &Layout, ranges: Ranges) -> Result<Self> {
        Ok(Circuit {
            context: Context::new(slots, layout, ranges)?,
            update: Mutex::new(None),
        })
    }

    /// One training step.
    ///
    /// # Levels
    /// Inputs and labels need [`StepPlan::input_levels`](crate::StepPlan::input_levels) levels,
    /// the state none.
    ///
    /// # Errors
    /// If a key is missing, or state or batch do not fit the layout.
    pub fn step(
        &self,
        state: &[S::Vector],
        batch: Batch<S::Vector>,
        rates: &Rates,
    ) -> Result<StepOutput<S::Vector>> {
        let slots = self.context.slots();
        let start = Instant::now();
        let state = self.refresh(state)?;
        slots.observe(Stage::Refreshed, &state[0]);
        let refreshed = Instant::now();
        let mut learned = Vec::new();
        let mut blocks = self.blocks(&state);
        train_blocks(&mut blocks, batch.inputs, &batch.labels, &(), &mut learned)?;
        let mut errors = Vec::new();
        let mut gradients = Vec::new();
        for block in learned {
            errors = block.errors;
            gradients.extend(block.gradients);
        }
        for error in &mut errors {
            slots.drop_levels(error, 0)?;
        }
        let learned = Instant::now();
        let state = self
            .update(rates)
            .apply(&self.context, &state, &gradients)?;
        slots.observe(Stage::Updated, &state[0]);
        Ok(StepOutput {
            state,
            errors,
            timings: StepTimings {
                refresh: refreshed - start,
                learn: learned - refreshed,
                update: learned.elapsed(),
            },
        })
    }

    /// The last block's predictions for some vectors of samples, from a refreshed state; with no
    /// level left.
    ///
    /// # Errors
    /// If a key is missing, or the inputs do not fit the layout.
    pub fn infer(
        &self,
        state: &[S::Vector],
        inputs: Vec<Vec<S::Vector>>,
    ) -> Result<Vec<S::Vector>> {
        let mut activations = inputs;
        let mut predictions = Vec::new();
        let mut blocks = self.blocks(state).into_iter().peekable();
        while let Some(block) = blocks.next() {
            let pass = block.forward(activations, &())?;
            if blocks.peek().is_none() {
                predictions = block.predictions(&pass)?;
                break;
            }
            activations = block.pass_on(pass, &())?;
        }
        for prediction in &mut predictions {
            self.context.slots().drop_levels(prediction, 0)?;
        }
        Ok(predictions)
    }

    /// A state with all levels.
    ///
    /// # Errors
    /// If a key is missing, or the state does not fit the layout.
    pub fn refresh(&self, state: &[S::Vector]) -> Result<Vec<S::Vector>> {
        let (slots, layout) = (self.context.slots(), self.context.layout());
        layout.check_state(state.len())?;
        if let [state] = state {
            return Ok(vec![slots.refresh(state)?]);
        }
        let (weights, velocities) = state.split_at(layout.planes());
        let pairs = weights.iter().zip(velocities);
        let pairs = pairs.map(|(weights, velocities)| slots.refresh_pair(weights, velocities));
        let (mut weights, velocities): (Vec<_>, Vec<_>) =
            pairs.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        weights.extend(velocities);
        Ok(weights)
    }

    fn blocks<'c>(&'c self, state: &'c [S::Vector]) -> Vec<LocalBlock<'c, S>> {
        let placements = self.context.layout().placements().iter();
        let blocks = placements.filter_map(|forward| match forward.role {
            Role::Forward(block) => Some(LocalBlock {
                context: &self.context,
                state,
                forward,
                head: self.context.layout().placement(Role::Head(block)),
            }),
            Role::Head(_) => None,
        });
        blocks.collect()
    }

    /// The update for these rates; its masks are kept for the next step.
    fn update(&self, rates: &Rates) -> Arc<Update<S>> {
        let mut last = self.update.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(update) if update.rates() == rates => update.clone(),
            _ => {
                let update = Arc::new(Update::new(&self.context, rates));
                *last = Some(update.clone());
                update
            }
        }
    }
}
