//! The training that the owner of the data asks the server for. All of it is public.

use crate::layout::{Layout, Ranges};
use crate::network::NetworkSpec;
use crate::protocol::step_plan::StepPlan;
use crate::schedule::RateSpec;
use crate::{Error, Result};
use nearfield_ckks::bootstrap::{BootstrapPlan, BootstrapSpec, Preset};
use nearfield_ckks::{Encoder, KeyList, Params};
use serde::{Deserialize, Serialize};

/// A training, as the server sees it: sizes, rates and how it is encrypted. No data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// [`Task::VERSION`].
    pub version: u32,
    /// A name for reports.
    pub name: String,
    /// Features of a sample.
    pub features: usize,
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
    /// Classes.
    pub classes: usize,
    /// Samples in a batch.
    pub batch: usize,
    /// Batches that are encrypted; an epoch goes through all of them.
    pub batches: u32,
    /// Number of steps of the whole training.
    pub steps: u64,
    /// Seed of the order of the batches in each epoch.
    pub order_seed: u64,
    /// Learning rates.
    pub training: RateSpec,
    /// The unit of weights in the state.
    pub weight_range: f64,
    /// The unit of velocities in the state.
    pub velocity_range: f64,
    /// Whether a refresh is an iterated bootstrapping: twice the time, for more bits of weights.
    #[serde(default)]
    pub iterated: bool,
    /// Rows of the grid of slots.
    pub rows: usize,
    /// Levels from one refresh to the next.
    pub levels: usize,
    /// log2 of the ring degree.
    pub log_degree: u32,
    /// Whether the ring is too small to be secure.
    pub insecure: bool,
}

/// A checked task with its layout and its steps.
#[derive(Clone, Debug)]
pub struct TaskPlan {
    /// The task.
    pub task: Task,
    /// Where its numbers lie.
    pub layout: Layout,
    /// Levels, keys and operations of a step.
    pub step: StepPlan,
}

/// Bits by which an iterated bootstrapping magnifies the error of its first pass: a few bits below
/// the precision of its worst slot.
const ITERATION_BITS: u8 = 12;

/// Limits of a task, which comes from a file.
const MAX_UNITS: usize = 1 << 20;
const MAX_HIDDEN: usize = 16;
const MAX_BATCH: usize = 1 << 16;

impl Task {
    /// The version of tasks that is written and read.
    pub const VERSION: u32 = 1;

    /// Plans the task with the layout whose steps take the least work, and fills in its rows and
    /// levels.
    ///
    /// # Errors
    /// [`Error::Task`] or [`Error::Setting`] if the task contradicts itself, [`Error::Layout`] if
    /// its network fits no layout.
    pub fn with_best_layout(mut self) -> Result<TaskPlan> {
        self.check()?;
        let network = NetworkSpec::new(self.features, self.hidden.clone(), self.classes)?;
        let rates = self.training.at(0);
        let mut plans = Vec::new();
        for layout in Layout::all(&network, 1 << (self.log_degree - 1))? {
            let step = StepPlan::new(&layout, self.batch, &rates)?;
            plans.push((layout, step));
        }
        let cheapest = plans
            .into_iter()
            .min_by(|(_, a), (_, b)| a.work().total_cmp(&b.work()));
        let Some((layout, step)) = cheapest else {
            return Err(Error::Layout(format!("the network {network} has none")));
        };
        self.rows = layout.grid().rows();
        self.levels = step.levels;
        Ok(TaskPlan {
            task: self,
            layout,
            step,
        })
    }

    /// Plans the task with its rows and levels.
    ///
    /// # Errors
    /// [`Error::Task`] or [`Error::Setting`] if the task contradicts itself, [`Error::Layout`] if
    /// its network does not fit its rows.
    pub fn plan(self) -> Result<TaskPlan> {
        self.check()?;
        let network = NetworkSpec::new(self.features, self.hidden.clone(), self.classes)?;
        let layout = Layout::new(&network, 1 << (self.log_degree - 1), self.rows)?;
        let step = StepPlan::new(&layout, self.batch, &self.training.at(0))?;
        if step.levels != self.levels {
            return Err(Error::Task(format!(
                "levels = {} where the circuit of {network} takes {}",
                self.levels, step.levels
            )));
        }
        Ok(TaskPlan {
            task: self,
            layout,
            step,
        })
    }

    fn check(&self) -> Result<()> {
        let refuse = |text: String| Err(Error::Task(text));
        if self.version != Self::VERSION {
            return refuse(format!(
                "version {} where this program knows {}; use the program that wrote it",
                self.version,
                Self::VERSION
            ));
        }
        let sizes = [self.features, self.classes].into_iter();
        let max_size = sizes.chain(self.hidden.iter().copied()).max().unwrap_or(0);
        if max_size > MAX_UNITS || self.hidden.len() > MAX_HIDDEN {
            return refuse(format!(
                "layers of up to {max_size} units, {} of them hidden; take at most {MAX_UNITS} and \
                 {MAX_HIDDEN}",
                self.hidden.len()
            ));
        }
        if self.batch == 0 || self.batch > MAX_BATCH || self.batches == 0 || self.steps == 0 {
            return refuse(format!(
                "{} steps on {} batches of {} samples: take 1 of each at least, and at most \
                 {MAX_BATCH} samples",
                self.steps, self.batches, self.batch
            ));
        }
        if !(5..=17).contains(&self.log_degree) || (!self.insecure && self.log_degree < 16) {
            return refuse(format!(
                "log_degree = {}: 128 bits of security take 16, and insecure rings 5 to 17",
                self.log_degree
            ));
        }
        self.check_numbers()
    }

    fn check_numbers(&self) -> Result<()> {
        self.training.check()?;
        for (name, value, range) in [
            ("weight_range", self.weight_range, 1e-6..=1e6),
            ("velocity_range", self.velocity_range, 1e-6..=1e9),
        ] {
            if !range.contains(&value) {
                return Err(Error::Task(format!(
                    "{name} = {value}: take a number from {} to {}",
                    range.start(),
                    range.end()
                )));
            }
        }
        Ok(())
    }

    /// Number of bootstrappings of a refresh.
    pub(super) fn bootstraps_per_refresh(&self) -> usize {
        if self.iterated { 2 } else { 1 }
    }

    /// The units of the state.
    pub fn ranges(&self) -> Ranges {
        Ranges {
            weights: self.weight_range,
            velocities: self.velocity_range,
        }
    }

    /// The batch of a step, both counted from 0: every epoch has its own order.
    pub fn batch_of(&self, step: u64) -> u32 {
        let epoch = step / u64::from(self.batches);
        let place = usize::try_from(step % u64::from(self.batches)).unwrap_or(0);
        let epoch = u32::try_from(epoch + 1).unwrap_or(u32::MAX);
        nearfield_train::random::epoch_order(self.order_seed, epoch, self.batches)[place]
    }
}

impl TaskPlan {
    /// The parameters of the encryption.
    ///
    /// # Errors
    /// If no preset has the task's levels with 128 bits of security.
    pub fn params(&self) -> Result<Params> {
        let levels = self.task.levels;
        let preset = Preset::with_levels(levels).ok_or_else(|| {
            Error::Task(format!(
                "{levels} levels between refreshes: more than 128 bits of security allow at \
                 degree 2^16; take fewer hidden layers"
            ))
        })?;
        Ok(match self.task.insecure {
            true => Params::insecure(preset.insecure_params(self.task.log_degree))?,
            false => Params::new(preset.params())?,
        })
    }

    /// The bootstrapping that refreshes the state.
    pub fn bootstrap_spec(&self) -> BootstrapSpec {
        BootstrapSpec {
            iteration_bits: self.task.iterated.then_some(ITERATION_BITS),
            ..Preset::bootstrap(self.task.log_degree, self.step.slot_kind())
        }
    }

    /// The bootstrapping with its matrices, and the keys that a server needs for it and for steps.
    ///
    /// # Errors
    /// If parameters and task do not fit each other.
    pub fn prepare(&self, encoder: &Encoder) -> Result<(BootstrapPlan, KeyList)> {
        let plan = BootstrapPlan::new(encoder, self.bootstrap_spec())?;
        let mut list = KeyList::none(encoder.params());
        plan.list_keys(&mut list);
        self.step.list_keys(plan.input_level(), &mut list);
        Ok((plan, list))
    }
}
