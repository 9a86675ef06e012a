//! A local-loss block: forward layers, the head that teaches them, the way to the next block.

use crate::Aligned;
use crate::audit::{Counting, LayerAudit, Merge};
use crate::head::{Head, HeadWork};
use crate::layers::activation::Activation;
use crate::layers::conv2d::{Conv2d, ConvWork};
use crate::layers::images::{Frame, Images};
use crate::layers::linear::{Linear, LinearWork};
use crate::layers::scaling::Scaling;
use crate::memory::StepMemory;
use crate::network::StepSettings;
use crate::passage::{self, Source};
use crate::plan::{BlockPlan, ForwardPlan};
use crate::spec::HeadSpec;
use alloc::vec::Vec;
use core::convert::Infallible;
use nearfield_train::history::Tally;
use nearfield_train::local_loss;
use serde::{Deserialize, Serialize};

/// The layer with weights of a block.
#[derive(Clone, Debug)]
pub(crate) enum Forward {
    Linear(Linear),
    Conv2d(Conv2d),
}

impl Forward {
    pub(crate) fn new(plan: &BlockPlan, weights: &[i32]) -> Self {
        let (input, output) = (plan.input, plan.output);
        match plan.forward {
            ForwardPlan::Linear => {
                Forward::Linear(Linear::new(input.features(), output.channels, weights))
            }
            ForwardPlan::Conv2d { kernel, padding } => {
                Forward::Conv2d(Conv2d::new(input, output, kernel, padding, weights))
            }
        }
    }

    pub(crate) fn values(&self) -> Vec<i32> {
        match self {
            Forward::Linear(linear) => linear.values(),
            Forward::Conv2d(conv) => conv.values(),
        }
    }

    pub(crate) fn weight_bytes(&self) -> usize {
        match self {
            Forward::Linear(linear) => linear.weight_bytes(),
            Forward::Conv2d(conv) => conv.weight_bytes(),
        }
    }
}

/// What a block counted in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCount {
    /// Right answers of the head, before it learned.
    pub head: Tally,
    /// What became of the forward layer's numbers.
    pub forward_audit: LayerAudit,
    /// What became of the head's numbers.
    pub head_audit: LayerAudit,
}

impl BlockCount {
    /// Adds what `other` counted.
    pub fn add(&mut self, other: &BlockCount) {
        self.head.add(other.head);
        self.forward_audit.merge(&other.forward_audit);
        self.head_audit.merge(&other.head_audit);
    }
}

/// A batch on its way through a network: the activations that the next layer reads, and the
/// memory that layers work in. Blocks hand it on, so that no step needs new memory once one was
/// made, and the activations of one block only are alive.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) input: Images,
    pub(crate) output: Images,
    pub(crate) stages: [Images; 2],
    /// What the block's forward layer made, scaled: `[samples, height, width, channels]`.
    scaled: Aligned<i8>,
    conv: ConvWork,
    linear: LinearWork,
    pub(crate) head: HeadWork,
}

impl Batch {
    /// The memory that it occupies.
    pub(crate) fn memory(&self) -> StepMemory {
        let stages: usize = self.stages.iter().map(Images::bytes).sum();
        let (conv, linear) = (self.conv.bytes(), self.linear.bytes());
        let (head, head_operands) = self.head.bytes();
        StepMemory {
            weights: 0,
            activations: (self.input.bytes() + self.output.bytes() + stages) as u64,
            scaled: self.scaled.bytes() as u64,
            operands: (conv + linear + head_operands) as u64,
            heads: head as u64,
            gradients: self.conv.gradient.bytes() as u64,
        }
    }
}

/// A block of a network.
///
/// # Shapes
/// Activations are `[samples, height, width, channels]`.
///
/// # Source
/// NITRO-D section 3.2, integer local-loss block.
#[derive(Clone, Debug)]
pub struct Block {
    pub(crate) forward: Forward,
    pub(crate) head: Head,
    scaling: Scaling,
    activation: Activation,
    plan: BlockPlan,
    /// How the next layer reads its inputs.
    next: Frame,
    /// Whether this is a linear block behind convolutions, which the published code steps twice.
    linear_in_cnn: bool,
}

/// A batch between a block's forward pass and the next block.
#[derive(Debug)]
pub struct BlockPass {
    batch: Batch,
    /// What became of the numbers of the forward pass.
    audit: LayerAudit,
}

impl Block {
    pub(crate) fn new(
        plan: &BlockPlan,
        (linear_in_cnn, next): (bool, Frame),
        heads: (HeadSpec, Linear),
        activation: Activation,
        weights: &[i32],
    ) -> Self {
        Block {
            forward: Forward::new(plan, weights),
            head: Head::new(plan, heads.0, activation, heads.1),
            scaling: Scaling::new(plan.fan_in()),
            activation,
            next,
            linear_in_cnn: linear_in_cnn && plan.forward == ForwardPlan::Linear,
            plan: plan.clone(),
        }
    }

    /// Leaves the head's scores in the batch, and its input for the next block; nothing learns.
    pub(crate) fn infer(&self, batch: &mut Batch) {
        self.scale(batch, Counting::Nothing);
        self.head.score(&mut batch.head, &batch.scaled);
        self.send(batch, None);
    }

    /// The forward layer, up to its scaling.
    fn scale(&self, batch: &mut Batch, counting: Counting) -> LayerAudit {
        let (input, scaled) = (&batch.input, &mut batch.scaled);
        scaled.resize(input.samples() * self.plan.output.features());
        match &self.forward {
            Forward::Linear(linear) => {
                linear.forward(&mut batch.linear, input, self.scaling, scaled, counting)
            }
            Forward::Conv2d(conv) => {
                conv.forward(&mut batch.conv, input, self.scaling, scaled, counting)
            }
        }
    }

    /// Sends the activations on to the next block.
    fn send(&self, batch: &mut Batch, training: Option<&StepSettings>) {
        passage::send(
            &self.plan.passage,
            (
                Source::Scaled(&batch.scaled, self.activation),
                self.plan.output,
            ),
            (&mut batch.output, self.next),
            &mut batch.stages,
            training,
        );
        core::mem::swap(&mut batch.input, &mut batch.output);
    }

    fn learn_once(
        &mut self,
        batch: &mut Batch,
        labels: &[u16],
        settings: &StepSettings,
    ) -> BlockCount {
        let lesson = settings.lesson(labels);
        let (tally, head_audit) = self.head.learn(&mut batch.head, &batch.scaled, &lesson);
        let (sgd, counting) = (settings.forward_sgd(), settings.counting());
        let audit = match &mut self.forward {
            Forward::Linear(linear) => {
                self.head.pass_activation(&mut batch.head, &batch.scaled);
                let gradient = &batch.head.at_features;
                let input = &batch.input;
                linear.learn(&mut batch.linear, gradient, input, sgd, counting)
            }
            Forward::Conv2d(conv) => {
                let gradient = self.head.gradient(&mut batch.head, &batch.scaled);
                let work = &mut batch.conv.gradient;
                conv.learn(work, &gradient, &mut batch.input, sgd, counting)
            }
        };
        BlockCount {
            head: tally,
            forward_audit: audit,
            head_audit,
        }
    }
}

impl local_loss::Block for Block {
    type Activations = Batch;
    type Pass = BlockPass;
    type Targets = [u16];
    type Settings = StepSettings;
    type Learned = BlockCount;
    type Error = Infallible;

    fn forward(&self, mut batch: Batch, settings: &StepSettings) -> Result<BlockPass, Infallible> {
        let audit = self.scale(&mut batch, settings.counting());
        Ok(BlockPass { batch, audit })
    }

    fn learn(
        &mut self,
        pass: &mut BlockPass,
        labels: &[u16],
        settings: &StepSettings,
    ) -> Result<BlockCount, Infallible> {
        let mut count = self.learn_once(&mut pass.batch, labels, settings);
        if self.linear_in_cnn && settings.linear_blocks_step_twice {
            let second = self.learn_once(&mut pass.batch, labels, settings);
            // The second of two published steps predicts again; only the first is an answer.
            count.forward_audit.merge(&second.forward_audit);
            count.head_audit.merge(&second.head_audit);
        }
        count.forward_audit.merge(&pass.audit);
        Ok(count)
    }

    fn pass_on(&self, pass: BlockPass, settings: &StepSettings) -> Result<Batch, Infallible> {
        let mut batch = pass.batch;
        self.send(&mut batch, Some(settings));
        Ok(batch)
    }
}
