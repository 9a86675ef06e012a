//! A local-loss block: a forward layer, the head that provides its training signal, and the
//! transition to the next block.

use crate::audit::{Counting, LayerAudit, Merge};
use crate::head::Head;
use crate::layers::conv2d::Conv2d;
use crate::layers::images::Frame;
use crate::layers::linear::Linear;
use crate::layers::scaling::Scaling;
use crate::plan::BlockPlan;
use crate::spec::Activation;
use crate::step::{BlockCount, StepSettings};
use crate::transition::{self, Destination, Incoming, Source};
use crate::workspace::Workspace;
use alloc::vec::Vec;
use core::convert::Infallible;
use nearfield_train::local_loss;

/// The layer with weights of a block.
#[derive(Clone, Debug)]
pub(crate) enum Forward {
    Linear(Linear),
    Conv2d(Conv2d),
}

impl Forward {
    fn new(plan: &BlockPlan, weights: &[i32]) -> Self {
        match plan.conv_shape() {
            None => {
                let (inputs, outputs) = (plan.input.features(), plan.output.channels);
                Forward::Linear(Linear::new(inputs, outputs, weights))
            }
            Some(shape) => Forward::Conv2d(Conv2d::new(shape, weights)),
        }
    }

    /// The weights.
    pub(crate) fn values(&self) -> Vec<i32> {
        match self {
            Forward::Linear(linear) => linear.values(),
            Forward::Conv2d(conv) => conv.values(),
        }
    }

    /// Bytes of the weights.
    pub(crate) fn weight_bytes(&self) -> usize {
        match self {
            Forward::Linear(linear) => linear.weight_bytes(),
            Forward::Conv2d(conv) => conv.weight_bytes(),
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
pub(crate) struct Block {
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

/// What a block is built from.
pub(crate) struct BlockParts<'a> {
    pub(crate) plan: &'a BlockPlan,
    pub(crate) activation: Activation,
    pub(crate) head: Head,
    /// Weights of the forward layer.
    pub(crate) weights: &'a [i32],
    /// How the next layer reads its inputs.
    pub(crate) next: Frame,
    /// Whether the network is convolutional.
    pub(crate) in_cnn: bool,
}

/// A batch between a block's forward pass and the next block.
#[derive(Debug)]
pub(crate) struct BlockPass {
    workspace: Workspace,
    /// Ranges of the forward pass.
    audit: LayerAudit,
}

impl Block {
    pub(crate) fn new(parts: BlockParts<'_>) -> Self {
        let plan = parts.plan;
        Block {
            forward: Forward::new(plan, parts.weights),
            head: parts.head,
            scaling: Scaling::new(plan.fan_in()),
            activation: parts.activation,
            next: parts.next,
            linear_in_cnn: parts.in_cnn && !plan.is_convolution(),
            plan: plan.clone(),
        }
    }

    /// Leaves the head's scores in the workspace, and its input for the next block; nothing learns.
    pub(crate) fn infer(&self, workspace: &mut Workspace) {
        self.scale(workspace, Counting::Nothing);
        self.head.score(&mut workspace.head, &workspace.scaled);
        self.send(workspace, None);
    }

    /// The forward layer, up to its scaling.
    fn scale(&self, workspace: &mut Workspace, counting: Counting) -> LayerAudit {
        let Workspace {
            input,
            scaled,
            linear: linear_workspace,
            conv: conv_workspace,
            ..
        } = workspace;
        scaled.resize(input.samples() * self.plan.output.features());
        match &self.forward {
            Forward::Linear(linear) => {
                linear.forward(linear_workspace, input, self.scaling, scaled, counting)
            }
            Forward::Conv2d(conv) => {
                conv.forward(conv_workspace, input, self.scaling, scaled, counting)
            }
        }
    }

    /// Sends the activations on to the next block.
    fn send(&self, workspace: &mut Workspace, training: Option<&StepSettings>) {
        let incoming = Incoming {
            source: Source::Scaled(&workspace.scaled, self.activation),
            shape: self.plan.output,
        };
        let destination = Destination {
            images: &mut workspace.output,
            frame: self.next,
        };
        let scratch = &mut workspace.scratch;
        transition::apply(
            &self.plan.transition,
            incoming,
            destination,
            scratch,
            training,
        );
        core::mem::swap(&mut workspace.input, &mut workspace.output);
    }

    fn learn_once(
        &mut self,
        workspace: &mut Workspace,
        labels: &[u16],
        settings: &StepSettings,
    ) -> BlockCount {
        let context = settings.learn_context(labels);
        let Workspace {
            input,
            scaled,
            head: head_workspace,
            ..
        } = workspace;
        let (tally, head_audit) = self.head.learn(head_workspace, scaled, &context);
        let (sgd, counting) = (settings.forward_sgd(), settings.counting());
        let forward_audit = match &mut self.forward {
            Forward::Linear(linear) => {
                self.head.pass_activation(head_workspace, scaled);
                let gradient = &head_workspace.at_features;
                linear.update(&mut workspace.linear, gradient, input, sgd, counting)
            }
            Forward::Conv2d(conv) => {
                let gradient = self.head.gradient(head_workspace, scaled);
                let conv_workspace = &mut workspace.conv.gradient;
                conv.update(conv_workspace, &gradient, input, sgd, counting)
            }
        };
        BlockCount {
            head: tally,
            forward_audit,
            head_audit,
        }
    }
}

impl local_loss::Block for Block {
    type Activations = Workspace;
    type Pass = BlockPass;
    type Targets = [u16];
    type Settings = StepSettings;
    type Learned = BlockCount;
    type Error = Infallible;

    fn forward(
        &self,
        mut workspace: Workspace,
        settings: &StepSettings,
    ) -> Result<BlockPass, Infallible> {
        let audit = self.scale(&mut workspace, settings.counting());
        Ok(BlockPass { workspace, audit })
    }

    fn learn(
        &mut self,
        pass: &mut BlockPass,
        labels: &[u16],
        settings: &StepSettings,
    ) -> Result<BlockCount, Infallible> {
        let mut count = self.learn_once(&mut pass.workspace, labels, settings);
        if self.linear_in_cnn && settings.linear_blocks_step_twice {
            let second = self.learn_once(&mut pass.workspace, labels, settings);
            // The second of two published steps predicts again; only the first prediction counts.
            count.forward_audit.merge(&second.forward_audit);
            count.head_audit.merge(&second.head_audit);
        }
        count.forward_audit.merge(&pass.audit);
        Ok(count)
    }

    fn pass_on(&self, pass: BlockPass, settings: &StepSettings) -> Result<Workspace, Infallible> {
        let mut workspace = pass.workspace;
        self.send(&mut workspace, Some(settings));
        Ok(workspace)
    }
}
