//! The training loop: epochs of steps, decisions between them, checkpoints on the way.

use crate::integer::dataset::{Samples, fit};
use crate::integer::run::{LastBatch, Model, Run};
use crate::integer::source::{Loaded, Sets, split};
use crate::integer::state::{self, Digests, State};
use crate::progress::Observer;
use anyhow::{Context, Result, ensure};
use nearfield_data::Dataset;
use nearfield_files::RunFolder;
use nearfield_int::model::{MODEL_VERSION, ModelCard};
use nearfield_int::network::{Network, Tensors};
use nearfield_train::history::{Accuracies, EpochRecord};
use nearfield_train::random::epoch_order;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Why training came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All epochs were trained, or early stopping ended the run.
    Finished,
    /// The number of steps asked for was reached.
    Steps,
    /// The person asked to stop.
    Interrupted,
}

/// What is said on the command line and is no part of the run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Steps after which training ends, counted from the beginning of the run.
    pub max_steps: Option<u64>,
    /// Whether the largest sums are looked for.
    pub audit_ranges: bool,
    /// Time between two checkpoints.
    pub checkpoint_every: Duration,
}

/// A run under way.
pub struct Trainer<'a> {
    run: &'a Run,
    digests: Digests,
    card: ModelCard,
    train: Samples,
    validation: Option<Samples>,
    test: Samples,
    test_data: Dataset,
    network: Network,
    best: Option<Network>,
    state: State,
}

impl<'a> Trainer<'a> {
    /// A run at its beginning, with initial weights of its seed or the given ones.
    ///
    /// # Errors
    /// If data and network do not fit, or too few samples are left to train on.
    pub fn new(run: &'a Run, loaded: Loaded, initial: Option<Tensors>) -> Result<Self> {
        let mut trainer = Self::prepare(run, loaded)?;
        if let Some(tensors) = initial {
            trainer.network = Network::from_tensors(&trainer.card.network, tensors)?;
        }
        Ok(trainer)
    }

    fn prepare(run: &'a Run, loaded: Loaded) -> Result<Self> {
        let digests = digests(run, &loaded)?;
        let decimals = loaded.decimals.clone();
        let (validation, test) = (run.split.validation_percent, run.split.test_percent);
        let sets = split(loaded, run.seed, validation, test)?;
        let Sets {
            train,
            validation,
            test,
        } = reshaped(sets, &run.preprocessing.shape)?;
        let preparation = &run.preprocessing;
        let (normalize, statistics) = (preparation.normalize, preparation.statistics);
        let preprocessing = fit(&train, normalize, statistics, preparation.samples)?;
        let spec = run.spec(train.classes.len())?;
        let network = Network::new(&spec, run.seed)?;
        let card = ModelCard {
            version: MODEL_VERSION,
            network: spec,
            classes: train.classes.clone(),
            decimals,
            preprocessing,
        };
        let samples = |data: &Dataset| Samples::new(data, &card.preprocessing);
        let validation = validation.as_ref().map(samples).transpose()?;
        let (train, test_samples) = (samples(&train)?, samples(&test)?);
        let state = State {
            rate_inv: run.training.rate_inv,
            ..State::default()
        };
        let trainer = Trainer {
            run,
            digests,
            card,
            train,
            validation,
            test: test_samples,
            test_data: test,
            network,
            best: None,
            state,
        };
        ensure!(
            trainer.steps_an_epoch() > 0 && trainer.counted(&trainer.test) > 0,
            "there are fewer samples than one batch of {}: take smaller batches (`training.batch`) \
             or keep the last one (`training.last_batch = \"keep\"`)",
            run.training.batch
        );
        Ok(trainer)
    }

    /// A run as its newest checkpoint left it, and what was wrong with newer ones.
    ///
    /// # Errors
    /// If no checkpoint fits run and data.
    pub fn resume(run: &'a Run, loaded: Loaded, folder: &RunFolder) -> Result<(Self, Vec<String>)> {
        let mut trainer = Self::prepare(run, loaded)?;
        let (checkpoint, damaged) = state::latest(folder.path(), &trainer.digests)?;
        let spec = &trainer.card.network;
        trainer.network = Network::from_tensors(spec, checkpoint.weights()?)?;
        let best = checkpoint.best()?;
        if !best.is_empty() {
            trainer.best = Some(Network::from_tensors(spec, best)?);
        }
        trainer.state = checkpoint.state;
        Ok((trainer, damaged))
    }

    /// The state between two steps.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the model file says beside the weights.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The test samples as the network sees them and as they were stored.
    pub fn test(&self) -> (&Samples, &Dataset) {
        (&self.test, &self.test_data)
    }

    /// Number of test samples that count.
    pub fn tested(&self) -> usize {
        self.counted(&self.test)
    }

    /// The model: the weights after the epoch that decided best, or after the last step where
    /// the run says so or ended in the middle.
    pub fn model(&self, ending: Ending) -> &Network {
        match (&self.best, self.run.training.model, ending) {
            (Some(best), Model::Best, Ending::Finished) => best,
            _ => &self.network,
        }
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// If the system refuses; earlier checkpoints are then intact.
    pub fn save(&self, folder: &RunFolder) -> Result<()> {
        let bound = (&self.digests, self.run.seed);
        let (network, best) = (&self.network, self.best.as_ref());
        folder
            .save_checkpoint(self.state.step, |to| {
                state::write(&self.state, network, best, bound, to)
            })
            .context("the last checkpoint could not be written; the one before is intact")
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
    ) -> Result<Ending> {
        let mut saved = Instant::now();
        let ending = loop {
            if self.state.stopped || self.state.epochs >= self.run.training.epochs {
                break Ending::Finished;
            }
            if limits.max_steps.is_some_and(|most| self.state.step >= most) {
                break Ending::Steps;
            }
            if stop.load(Ordering::Relaxed) {
                break Ending::Interrupted;
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
        Ok(ending)
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
        let order = epoch_order(self.run.seed, epoch, u32::try_from(self.train.len())?);
        let mut buffers = (Vec::new(), Vec::new());
        while self.state.batch < steps {
            let numbers = self.numbers(&order);
            self.step(epoch, numbers, &mut buffers, limits.audit_ranges)?;
            observer.step(numbers.len(), &self.state.counts);
            self.state.milliseconds = spent + milliseconds(begun);
            let enough = limits.max_steps.is_some_and(|most| self.state.step >= most);
            if enough || stop.load(Ordering::Relaxed) || Instant::now() >= due {
                break;
            }
        }
        if self.state.batch == steps {
            self.end_epoch(spent, begun)?;
            observer.epoch_ends(&self.state.history[self.state.history.len() - 1]);
        }
        Ok(())
    }

    /// The samples of the next batch.
    fn numbers<'o>(&self, order: &'o [u32]) -> &'o [u32] {
        let batch = self.run.training.batch;
        let first = usize::try_from(self.state.batch)
            .unwrap_or(usize::MAX)
            .saturating_mul(batch);
        &order[first..order.len().min(first + batch)]
    }

    fn step(
        &mut self,
        epoch: u32,
        numbers: &[u32],
        (values, labels): &mut (Vec<i8>, Vec<u16>),
        audit_ranges: bool,
    ) -> Result<()> {
        self.train.gather(numbers, values, labels);
        let key = (self.run.seed, epoch, self.state.batch);
        self.run
            .augmentation
            .apply(values, self.train.shape, numbers, key);
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
        let deciding = self.validation.as_ref().unwrap_or(&self.test);
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
        let mut left = self.counted(samples);
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

    fn counted(&self, samples: &Samples) -> usize {
        match self.run.training.last_batch {
            LastBatch::Keep => samples.len(),
            LastBatch::Drop => samples.len() / self.run.training.batch * self.run.training.batch,
        }
    }

    fn steps_an_epoch(&self) -> u64 {
        self.counted(&self.train).div_ceil(self.run.training.batch) as u64
    }
}

fn milliseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn digests(run: &Run, loaded: &Loaded) -> Result<Digests> {
    let mut data = blake3::Hasher::new();
    data.update(&loaded.train.digest());
    if let Some(test) = &loaded.test {
        data.update(&test.digest());
    }
    Ok(Digests {
        data: data.finalize().to_hex().to_string(),
        run: blake3::hash(run.to_toml()?.as_bytes()).to_hex().to_string(),
    })
}

fn reshaped(sets: Sets, shape: &[usize]) -> Result<Sets> {
    let reshape = |data: Dataset| data.reshaped(shape.to_vec());
    Ok(Sets {
        train: reshape(sets.train)?,
        validation: sets.validation.map(reshape).transpose()?,
        test: reshape(sets.test)?,
    })
}
