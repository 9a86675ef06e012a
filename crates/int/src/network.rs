//! A network of local-loss blocks: training steps, predictions, weights.

use crate::arithmetic::Residual;
use crate::audit::{Counting, LayerAudit};
use crate::block::{Batch, Block, BlockCount, Forward};
use crate::head::{Classifier, Lesson};
use crate::init;
use crate::layers::images::Frame;
use crate::layers::linear::Linear;
use crate::memory::StepMemory;
use crate::passage::{self, Source};
use crate::plan::Plan;
use crate::sgd::IntegerSgd;
use crate::spec::NetworkSpec;
use crate::{Error, Result};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use nearfield_train::history::{Accuracies, Tally};
use nearfield_train::random::{Purpose, Stream};
use nearfield_train::train_blocks;
use serde::{Deserialize, Serialize};

mod inference;

pub use inference::{Inference, Scores};

/// Weights by name, each with its shape.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<i32>)>;

/// A tensor whose values are made when they are asked for: one of many at a time.
pub struct LazyTensor<'a> {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    values: Box<dyn Fn() -> Vec<i32> + 'a>,
}

impl<'a> LazyTensor<'a> {
    /// A tensor of the values that `values` gives, the same at every call.
    pub fn new(name: String, shape: Vec<usize>, values: impl Fn() -> Vec<i32> + 'a) -> Self {
        LazyTensor {
            name,
            shape,
            values: Box::new(values),
        }
    }

    /// Its values.
    pub fn values(&self) -> Vec<i32> {
        (self.values)()
    }
}

/// What one training step is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepSettings {
    /// Inverse learning rate.
    pub rate_inv: u64,
    /// Amplification: forward layers divide by this as well. Published: 64 times the classes.
    pub amplification: u32,
    /// Inverse decay of forward layers; 0 for none.
    pub decay_forward: u32,
    /// Inverse decay of heads and the output layer; 0 for none.
    pub decay_head: u32,
    /// What happens to loss gradients outside int8.
    pub residual: Residual,
    /// Whether linear blocks behind convolutions learn twice a step, as published.
    pub linear_blocks_step_twice: bool,
    /// Whether the largest sums are looked for.
    pub audit_ranges: bool,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// Number of this step in its run; part of the key of the dropout masks.
    pub step: u64,
}

impl Default for StepSettings {
    fn default() -> Self {
        StepSettings {
            rate_inv: 512,
            amplification: 640,
            decay_forward: 0,
            decay_head: 0,
            residual: Residual::Saturate,
            linear_blocks_step_twice: false,
            audit_ranges: false,
            seed: 0,
            step: 0,
        }
    }
}

impl StepSettings {
    pub(crate) fn forward_sgd(&self) -> IntegerSgd {
        IntegerSgd::new(self.rate_inv, self.amplification, self.decay_forward)
    }

    pub(crate) fn lesson<'a>(&self, labels: &'a [u16]) -> Lesson<'a> {
        Lesson {
            labels,
            sgd: IntegerSgd::new(self.rate_inv, 1, self.decay_head),
            residual: self.residual,
            counting: self.counting(),
        }
    }

    pub(crate) fn counting(&self) -> Counting {
        if self.audit_ranges {
            Counting::WrapsAndLargest
        } else {
            Counting::Wraps
        }
    }
}

/// What a step, or several, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// Right answers of the output layer, before it learned.
    pub output: Tally,
    /// What became of the output layer's numbers.
    pub output_audit: LayerAudit,
    /// Every block's counts.
    pub blocks: Vec<BlockCount>,
}

impl StepCount {
    /// Adds what `other` counted.
    pub fn add(&mut self, other: &StepCount) {
        use crate::audit::Merge;
        self.output.add(other.output);
        self.output_audit.merge(&other.output_audit);
        self.blocks.resize(
            self.blocks.len().max(other.blocks.len()),
            BlockCount::default(),
        );
        for (mine, theirs) in self.blocks.iter_mut().zip(&other.blocks) {
            mine.add(theirs);
        }
    }

    /// The accuracies among the counts.
    pub fn accuracies(&self) -> Accuracies {
        let heads = self.blocks.iter().map(|block| block.head).collect();
        Accuracies {
            output: self.output,
            heads,
        }
    }

    /// The audits of all layers, named as their tensors are.
    pub fn audits(&self) -> Vec<(String, LayerAudit)> {
        let mut audits = Vec::new();
        for (index, block) in self.blocks.iter().enumerate() {
            audits.push((format!("blocks.{index}.forward"), block.forward_audit));
            audits.push((format!("blocks.{index}.head"), block.head_audit));
        }
        audits.push((String::from("output"), self.output_audit));
        audits
    }
}

/// A network with its weights.
#[derive(Debug)]
pub struct Network {
    spec: NetworkSpec,
    plan: Plan,
    blocks: Vec<Block>,
    output: OutputLayer,
    /// How the first layer reads its inputs.
    first: Frame,
    /// What the last step counted.
    count: StepCount,
    /// The memory that steps work in, once one was made.
    batch: Option<Batch>,
}

impl Clone for Network {
    /// The network, without the memory that its steps work in.
    fn clone(&self) -> Self {
        Network {
            spec: self.spec.clone(),
            plan: self.plan.clone(),
            blocks: self.blocks.clone(),
            output: self.output.clone(),
            first: self.first,
            count: self.count.clone(),
            batch: None,
        }
    }
}

/// The layer that gives the network's answer; it learns like a head and sends nothing back.
#[derive(Clone, Debug)]
struct OutputLayer {
    classifier: Classifier,
}

impl OutputLayer {
    /// Predicts, compares with the labels and updates this layer.
    fn learn(
        &mut self,
        batch: &mut Batch,
        labels: &[u16],
        settings: &StepSettings,
    ) -> (Tally, LayerAudit) {
        let lesson = settings.lesson(labels);
        let work = &mut batch.head.classifier;
        self.classifier.learn(work, &batch.input, &lesson, None)
    }
}

impl Network {
    /// A network with initial weights drawn from `seed`. Every tensor has its own stream, so a
    /// layer more or less leaves the others as they are.
    ///
    /// # Errors
    /// If the description cannot be built.
    pub fn new(spec: &NetworkSpec, seed: u64) -> Result<Self> {
        let plan = Plan::new(spec)?;
        let mut tensors = Tensors::new();
        for (name, shape) in plan.tensors() {
            let count: usize = shape.iter().product();
            let fan_in = count / shape[0];
            let mut stream = weight_stream(&name, seed);
            tensors.insert(name, (shape, init::weights(count, fan_in, &mut stream)));
        }
        Self::with_plan(spec, plan, tensors)
    }

    /// A network with the given weights.
    ///
    /// # Errors
    /// If the description cannot be built, or a tensor is missing, unknown or of another shape.
    pub fn from_tensors(spec: &NetworkSpec, tensors: Tensors) -> Result<Self> {
        Self::with_plan(spec, Plan::new(spec)?, tensors)
    }

    fn with_plan(spec: &NetworkSpec, plan: Plan, mut tensors: Tensors) -> Result<Self> {
        let wanted = plan.tensors();
        if let Some(tensor) = tensors
            .keys()
            .find(|&name| wanted.iter().all(|(w, _)| w != name))
        {
            return Err(Error::UnknownTensor {
                tensor: tensor.clone(),
            });
        }
        let mut weights = Vec::new();
        for (tensor, expected) in wanted {
            match tensors.remove(&tensor) {
                None => return Err(Error::MissingTensor { tensor }),
                Some((found, values))
                    if found != expected || values.len() != expected.iter().product::<usize>() =>
                {
                    return Err(Error::TensorShape {
                        tensor,
                        expected,
                        found,
                    });
                }
                Some((_, values)) => weights.push(values),
            }
        }
        let mut weights = weights.into_iter();
        let mut next = || weights.next().unwrap_or_default();
        let cnn = plan.is_convolutional();
        let mut blocks = Vec::new();
        for (index, block) in plan.blocks.iter().enumerate() {
            let forward = next();
            let head = Linear::new(block.head_inputs, plan.classes, &next());
            blocks.push(Block::new(
                block,
                (cnn, Frame::before(&plan, index + 1)),
                (spec.head, head),
                spec.activation,
                &forward,
            ));
        }
        let output = Linear::new(plan.output_inputs(), plan.classes, &next());
        Ok(Network {
            spec: spec.clone(),
            first: Frame::before(&plan, 0),
            plan,
            blocks,
            output: OutputLayer {
                classifier: Classifier::new(output),
            },
            count: StepCount::default(),
            batch: None,
        })
    }

    /// The description that the network was built from.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// Its sizes.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// All weights: name, shape and values, in the order of the blocks.
    pub fn tensors(&self) -> impl Iterator<Item = (String, Vec<usize>, Vec<i32>)> + '_ {
        self.lazy_tensors().map(|tensor| {
            let values = tensor.values();
            (tensor.name, tensor.shape, values)
        })
    }

    /// [`Network::tensors`], of which no values are made yet.
    pub fn lazy_tensors(&self) -> impl Iterator<Item = LazyTensor<'_>> {
        let blocks = self.blocks.iter().flat_map(|block| {
            let head = &block.head.classifier.linear;
            [Weighted::Forward(&block.forward), Weighted::Linear(head)]
        });
        let layers = blocks.chain([Weighted::Linear(&self.output.classifier.linear)]);
        let tensors = self.plan.tensors().into_iter().zip(layers);
        tensors.map(|((name, shape), layer)| LazyTensor::new(name, shape, move || layer.values()))
    }

    /// One training step on a batch, `[samples, features]`.
    ///
    /// # Errors
    /// If the number of values is not that of the labels, or a label is no class.
    ///
    /// # Source
    /// NITRO-D algorithm 1; the order is [`train_blocks`]'s, and the output layer learns last.
    pub fn train_step(
        &mut self,
        samples: &[i8],
        labels: &[u16],
        settings: &StepSettings,
    ) -> Result<&StepCount> {
        self.check_batch(samples, labels.len())?;
        self.check_labels(labels)?;
        let mut batch = self.batch.take().unwrap_or_default();
        self.read(&mut batch, samples, Some(settings));
        self.count.blocks.clear();
        let learned = &mut self.count.blocks;
        let Ok(mut batch) = train_blocks(&mut self.blocks, batch, labels, settings, learned);
        (self.count.output, self.count.output_audit) =
            self.output.learn(&mut batch, labels, settings);
        if !self.blocks.len().is_multiple_of(2) {
            // Every block finds the buffers of the step before, in which it has room.
            core::mem::swap(&mut batch.input, &mut batch.output);
        }
        self.batch = Some(batch);
        Ok(&self.count)
    }

    /// Gives up the memory that steps work in, until the next step asks for it again: answers
    /// between steps work in memory of their own.
    pub fn release_memory(&mut self) {
        self.batch = None;
    }

    /// The memory that the network and its last steps occupy.
    pub fn memory(&self) -> StepMemory {
        let blocks = self.blocks.iter().map(|block| {
            block.forward.weight_bytes() + block.head.classifier.linear.weight_bytes()
        });
        let output = self.output.classifier.linear.weight_bytes();
        StepMemory {
            weights: (blocks.sum::<usize>() + output) as u64,
            ..self.batch.as_ref().map(Batch::memory).unwrap_or_default()
        }
    }

    /// Puts samples into a batch as the first layer reads them.
    fn read(&self, batch: &mut Batch, samples: &[i8], training: Option<&StepSettings>) {
        passage::send(
            &self.plan.stem,
            (Source::Samples(samples), self.spec.input),
            (&mut batch.input, self.first),
            &mut batch.stages,
            training,
        );
    }

    /// The network with memory for many batches of answers.
    pub fn inference(&self) -> Inference<'_> {
        Inference {
            network: self,
            batch: Batch::default(),
        }
    }

    /// Scores of one batch; see [`Inference::scores`].
    ///
    /// # Errors
    /// If the values are no whole number of samples.
    pub fn scores(&self, samples: &[i8]) -> Result<Scores> {
        self.inference().scores(samples)
    }

    /// Right answers on one batch; see [`Inference::evaluate`].
    ///
    /// # Errors
    /// As [`Network::train_step`].
    pub fn evaluate(&self, samples: &[i8], labels: &[u16]) -> Result<Accuracies> {
        self.inference().evaluate(samples, labels)
    }

    fn check_batch(&self, samples: &[i8], labels: usize) -> Result<()> {
        let features = self.spec.input.features();
        if samples.len() == labels * features && labels > 0 {
            return Ok(());
        }
        Err(Error::BatchSize {
            labels,
            features,
            found: samples.len(),
        })
    }

    fn check_labels(&self, labels: &[u16]) -> Result<()> {
        let classes = self.spec.classes;
        match labels
            .iter()
            .position(|&label| usize::from(label) >= classes)
        {
            None => Ok(()),
            Some(sample) => Err(Error::Label {
                sample,
                label: labels[sample],
                classes,
            }),
        }
    }
}

/// A layer whose weights are a tensor.
enum Weighted<'a> {
    Forward(&'a Forward),
    Linear(&'a Linear),
}

impl Weighted<'_> {
    fn values(&self) -> Vec<i32> {
        match self {
            Weighted::Forward(forward) => forward.values(),
            Weighted::Linear(linear) => linear.values(),
        }
    }
}

/// The stream of a tensor's initial weights, keyed by its place in the network.
fn weight_stream(name: &str, seed: u64) -> Stream {
    let block = name
        .split('.')
        .nth(1)
        .and_then(|index| index.parse().ok())
        .unwrap_or(0);
    let purpose = match name {
        "output.weight" => Purpose::OutputWeights,
        name if name.ends_with("head.weight") => Purpose::HeadWeights,
        _ => Purpose::ForwardWeights,
    };
    Stream::new(seed, purpose, block, 0)
}
