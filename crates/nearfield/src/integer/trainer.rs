//! The training loop: epochs of steps, decisions between them, checkpoints on the way.

use crate::data::Loaded;
use crate::integer::checkpoint::{self, Snapshot};
use crate::integer::prepare::Prepared;
use crate::integer::run::{Model, Run};
use crate::integer::samples::Samples;
use crate::integer::state::State;
use crate::observer::Observer;
use crate::{Error, Result};
use nearfield_data::Dataset;
use nearfield_files::RunFolder;
use nearfield_int::model::ModelCard;
use nearfield_int::{BatchId, Network, Tensors};
use nearfield_train::history::{Accuracies, EpochRecord};
use nearfield_train::random::epoch_order;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Why training came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// All epochs were trained, or early stopping ended the run.
    Finished,
    /// [`Limits::max_steps`] was reached.
    MaxSteps,
    /// The stop flag was set.
    Interrupted,
}

/// How far a call trains; no part of the run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Steps after which training ends, counted from the beginning of the run.
    pub max_steps: Option<u64>,
    /// Whether the largest sums are looked for.
    pub audit_ranges: bool,
    /// Time between two checkpoints.
    pub checkpoint_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_steps: None,
            audit_ranges: false,
            checkpoint_every: Duration::from_secs(30),
        }
    }
}

impl Limits {
    fn reached(&self, step: u64) -> bool {
        self.max_steps.is_some_and(|max| step >= max)
    }
}

/// A run under way. It can be sent to another thread.
#[derive(Debug)]
pub struct Trainer {
    run: Run,
    prepared: Prepared,
    network: Network,
    best: Option<Network>,
    state: State,
}

impl Trainer {
    /// A run at its beginning, with initial weights of its seed or the given ones.
    ///
    /// # Errors
    /// If data and network do not fit, or too few samples are left to train on.
    pub fn new(run: Run, loaded: Loaded, initial: Option<Tensors>) -> Result<Self> {
        let prepared = Prepared::new(&run, loaded)?;
        let spec = &prepared.card.network;
        let network = match initial {
            Some(tensors) => Network::from_tensors(spec, tensors)?,
            None => Network::new(spec, run.seed)?,
        };
        let state = State {
            rate_inv: run.training.rate_inv,
            ..State::default()
        };
        Ok(Trainer {
            run,
            prepared,
            network,
            best: None,
            state,
        })
    }

    /// A run as its newest checkpoint left it, and what was wrong with newer ones.
    ///
    /// # Errors
    /// If no checkpoint fits run and data.
    pub fn resume(run: Run, loaded: Loaded, folder: &RunFolder) -> Result<(Self, Vec<String>)> {
        let prepared = Prepared::new(&run, loaded)?;
        let (checkpoint, damaged) = checkpoint::latest(folder.path(), &prepared.digests)?;
        let spec = &prepared.card.network;
        let network = Network::from_tensors(spec, checkpoint.weights()?)?;
        let best = checkpoint.best()?;
        let best = match best.is_empty() {
            true => None,
            false => Some(Network::from_tensors(spec, best)?),
        };
        let trainer = Trainer {
            run,
            prepared,
            network,
            best,
            state: checkpoint.state,
        };
        Ok((trainer, damaged))
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The state between two steps.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the model file says beside the weights.
    pub fn card(&self) -> &ModelCard {
        &self.prepared.card
    }

    /// The test samples as the network sees them and as they were stored.
    pub fn test(&self) -> (&Samples, &Dataset) {
        (&self.prepared.test, &self.prepared.test_data)
    }

    /// Number of test samples that count.
    pub fn tested(&self) -> usize {
        self.run.counted(self.prepared.test.len())
    }

    /// The model: the weights after the epoch that decided best, or after the last step where
    /// the run says so or ended in the middle.
    pub fn model(&self, reason: StopReason) -> &Network {
        match (&self.best, self.run.training.model, reason) {
            (Some(best), Model::Best, StopReason::Finished) => best,
            _ => &self.network,
        }
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// If the system refuses; earlier checkpoints are then intact.
    pub fn save(&self, folder: &RunFolder) -> Result<()> {
        let snapshot = Snapshot {
            digests: &self.prepared.digests,
            seed: self.run.seed,
            state: &self.state,
            network: &self.network,
            best: self.best.as_ref(),
        };
        folder
            .save_checkpoint(self.state.step, |to| checkpoint::write(snapshot, to))
            .map_err(Error::SaveCheckpoint)
    }

    /// Trains until the run is finished, the steps are made or `stop` is set; always leaves a
    /// checkpoint of where it ended.
    ///
    /// # Errors
    /// If a checkpoint cannot be written.
    pub fn train(
        &mut self,
        folder: &RunFolder,
        limits: Limits,
        stop: &AtomicBool,
        observer: &mut dyn Observer,
    ) -> Result<StopReason> {
        let mut saved = Instant::now();
        let reason = loop {
            if self.state.stopped || self.state.epochs >= self.run.training.epochs {
                break StopReason::Finished;
            }
            if limits.reached(self.state.step) {
                break StopReason::MaxSteps;
            }
            if stop.load(Ordering::Relaxed) {
                break StopReason::Interrupted;
            }
            let due = saved + limits.checkpoint_every;
            self.epoch_part(limits, stop, due, observer)?;
            if Instant::now() >= due {
                self.save(folder)?;
                saved = Instant::now();
            }
        };
        self.network.release_memory();
        self.save(folder)?;
        Ok(reason)
    }

    /// Steps until the epoch ends, a checkpoint is due or training must stop.
    fn epoch_part(
        &mut self,
        limits: Limits,
        stop: &AtomicBool,
        due: Instant,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let (epoch, steps) = (self.state.epochs + 1, self.steps_an_epoch());
        let begun = Instant::now();
        let spent = self.state.milliseconds;
        observer.epoch_begins(epoch, self.run.training.epochs, self.state.batch, steps);
        let samples = self.prepared.train.len();
        let order = epoch_order(
            self.run.seed,
            epoch,
            u32::try_from(samples).unwrap_or(u32::MAX),
        );
        let mut buffers = (Vec::new(), Vec::new());
        while self.state.batch < steps {
            let indices = self.batch_of(&order);
            self.step(epoch, indices, &mut buffers, limits.audit_ranges)?;
            observer.step(indices.len(), &self.state.counts);
            self.state.milliseconds = spent + milliseconds(begun);
            if limits.reached(self.state.step)
                || stop.load(Ordering::Relaxed)
                || Instant::now() >= due
            {
                break;
            }
        }
        if self.state.batch == steps {
            self.end_epoch(spent, begun)?;
            observer.epoch_ends(&self.state.history[self.state.history.len() - 1]);
        }
        Ok(())
    }

    /// The indices of the next batch's samples.
    fn batch_of<'o>(&self, order: &'o [u32]) -> &'o [u32] {
        let batch = self.run.training.batch;
        let first = usize::try_from(self.state.batch)
            .unwrap_or(usize::MAX)
            .saturating_mul(batch);
        &order[first..order.len().min(first + batch)]
    }

    fn step(
        &mut self,
        epoch: u32,
        indices: &[u32],
        (values, labels): &mut (Vec<i8>, Vec<u16>),
        audit_ranges: bool,
    ) -> Result<()> {
        self.prepared.train.gather(indices, values, labels);
        let id = BatchId {
            seed: self.run.seed,
            epoch,
            number: self.state.batch,
        };
        self.run
            .augmentation
            .apply(values, self.prepared.train.shape, indices, id);
        let settings = self
            .run
            .step_settings(self.state.rate_inv, self.state.step, audit_ranges);
        let counts = self.network.train_step(values, labels, &settings)?;
        self.state.counts.add(counts);
        self.state.step += 1;
        self.state.batch += 1;
        Ok(())
    }

    /// Evaluates and decides: best epoch, learning rate, whether to go on.
    fn end_epoch(&mut self, spent: u64, begun: Instant) -> Result<()> {
        self.network.release_memory();
        let Prepared {
            validation, test, ..
        } = &self.prepared;
        let deciding = validation.as_ref().unwrap_or(test);
        let decision = self.evaluate(&self.network, deciding)?;
        let training = &self.run.training;
        let counts = std::mem::take(&mut self.state.counts);
        let state = &mut self.state;
        state.epochs += 1;
        state.batch = 0;
        state.milliseconds = 0;
        state.totals.add(&counts);
        state.history.push(EpochRecord {
            epoch: state.epochs,
            steps: state.step,
            rate_inv: state.rate_inv,
            train: counts.accuracies(),
            decision: decision.clone(),
            milliseconds: spent + milliseconds(begun),
        });
        let accuracy = decision.output;
        if state.best.is_none_or(|(_, best)| accuracy.exceeds(best, 0)) {
            state.best = Some((state.epochs, accuracy));
            self.best = Some(self.network.clone());
        }
        if state
            .rate_cut
            .observe(training.rate_cut, state.epochs, accuracy)
        {
            state.rate_inv = state.rate_inv.saturating_mul(training.rate_cut_factor);
        }
        state.stopped = state
            .early_stop
            .observe(training.early_stop, state.epochs, accuracy);
        Ok(())
    }

    /// Accuracies of a network on samples, as far as they count.
    ///
    /// # Errors
    /// Never for samples of this run.
    pub fn evaluate(&self, network: &Network, samples: &Samples) -> Result<Accuracies> {
        let mut found = Accuracies::default();
        let mut left = self.run.counted(samples.len());
        let mut inference = network.inference();
        for (values, labels) in samples.batches(self.run.training.batch) {
            if labels.len() > left {
                break;
            }
            found.add(&inference.evaluate(values, labels)?);
            left -= labels.len();
        }
        Ok(found)
    }

    fn steps_an_epoch(&self) -> u64 {
        let samples = self.run.counted(self.prepared.train.len());
        samples.div_ceil(self.run.training.batch) as u64
    }
}

fn milliseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trainer_can_be_sent_to_another_thread() {
        fn sent<T: Send + 'static>() {}
        sent::<Trainer>();
    }
}
