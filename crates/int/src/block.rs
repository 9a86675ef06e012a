//! A local-loss block: forward layers, the head that teaches them, the way to the next block.

use crate::audit::{LayerAudit, Merge};
use crate::head::Head;
use crate::layers::activation::Activation;
use crate::layers::conv2d::Conv2d;
use crate::layers::linear::Linear;
use crate::layers::pool::{self, NO_WINNER};
use crate::layers::scaling::Scaling;
use crate::network::StepSettings;
use crate::parallel;
use crate::plan::{BlockPlan, ForwardPlan, Passage, PassageLayer};
use crate::sgd::IntegerSgd;
use crate::spec::{HeadPadding, HeadSpec, Shape};
use alloc::vec;
use alloc::vec::Vec;
use nearfield_train::history::Tally;
use nearfield_train::local_loss;
use nearfield_train::random::{Purpose, Stream};
use serde::{Deserialize, Serialize};

/// Values that pass through an activation as one task.
const PART: usize = 1 << 16;

/// The layer with weights of a block.
#[derive(Clone, Debug)]
pub(crate) enum Forward {
    Linear(Linear),
    Conv2d(Conv2d),
}

impl Forward {
    pub(crate) fn new(plan: &BlockPlan, weight: Vec<i32>) -> Self {
        match plan.forward {
            ForwardPlan::Linear => Forward::Linear(Linear::new(
                plan.input.features(),
                plan.output.channels,
                weight,
            )),
            ForwardPlan::Conv2d { kernel, padding } => Forward::Conv2d(Conv2d::new(
                plan.input,
                plan.output,
                kernel,
                padding,
                weight,
            )),
        }
    }

    pub(crate) fn weight(&self) -> &[i32] {
        match self {
            Forward::Linear(linear) => &linear.weight,
            Forward::Conv2d(conv) => &conv.weight,
        }
    }

    fn forward(
        &self,
        input: &[i16],
        scaling: Scaling,
        scaled: &mut [i8],
        largest: bool,
    ) -> LayerAudit {
        match self {
            Forward::Linear(linear) => linear.forward(input, scaling, scaled, largest),
            Forward::Conv2d(conv) => conv.forward(input, scaling, scaled, largest),
        }
    }

    fn learn(
        &mut self,
        gradient: &[i32],
        input: &[i16],
        sgd: IntegerSgd,
        largest: bool,
    ) -> LayerAudit {
        match self {
            Forward::Linear(linear) => linear.learn(gradient, input, sgd, largest),
            Forward::Conv2d(conv) => conv.learn(gradient, input, sgd, largest),
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

/// A block of a network.
///
/// # Shapes
/// Activations are `[samples, features]`, images in the order channel, row, column.
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
    /// Whether this is a linear block behind convolutions, which the published code steps twice.
    linear_in_cnn: bool,
    alive: Option<Alive>,
    count: BlockCount,
}

/// What lives between a block's forward pass and its handing on.
#[derive(Clone, Debug)]
struct Alive {
    input: Vec<i16>,
    scaled: Vec<i8>,
    output: Vec<i16>,
}

impl Block {
    pub(crate) fn new(
        plan: &BlockPlan,
        linear_in_cnn: bool,
        heads: (HeadSpec, Linear),
        activation: Activation,
        weight: Vec<i32>,
    ) -> Self {
        Block {
            forward: Forward::new(plan, weight),
            head: Head::new(plan, heads.0, heads.1),
            scaling: Scaling::new(plan.fan_in()),
            activation,
            linear_in_cnn: linear_in_cnn && plan.forward == ForwardPlan::Linear,
            plan: plan.clone(),
            alive: None,
            count: BlockCount::default(),
        }
    }

    /// What the last step counted.
    pub(crate) fn take_count(&mut self) -> BlockCount {
        core::mem::take(&mut self.count)
    }

    /// The output and the head's scores for a batch, without learning.
    pub(crate) fn infer(&self, input: &[i16]) -> (Vec<i16>, Vec<i8>) {
        let (_, output, _) = self.outputs(input, false);
        let scores = self.head.scores(&output);
        (pass(&self.plan.passage, output, None), scores)
    }

    fn outputs(&self, input: &[i16], largest: bool) -> (Vec<i8>, Vec<i16>, LayerAudit) {
        let samples = input.len() / self.plan.input.features();
        let mut scaled = vec![0; samples * self.plan.output.features()];
        let audit = self
            .forward
            .forward(input, self.scaling, &mut scaled, largest);
        let mut output = vec![0; scaled.len()];
        let activation = self.activation;
        // A value costs about as much as two products.
        let work = 2 * scaled.len();
        parallel::for_each_part(&mut output, PART, work, |index, output| {
            activation.apply_all(&scaled[index * PART..], output);
            LayerAudit::default()
        });
        (scaled, output, audit)
    }

    fn learn_once(&mut self, alive: &Alive, labels: &[u16], settings: &StepSettings) {
        let lesson = settings.lesson(labels);
        let (mut gradient, tally, head_audit) = self.head.learn(&alive.output, &lesson);
        let activation = self.activation;
        // A value costs about as much as two products.
        let work = 2 * gradient.len();
        parallel::for_each_part(&mut gradient, PART, work, |index, gradient| {
            activation.backward_all(gradient, &alive.scaled[index * PART..]);
            LayerAudit::default()
        });
        let sgd = settings.forward_sgd();
        let audit = self
            .forward
            .learn(&gradient, &alive.input, sgd, settings.audit_ranges);
        // The second of two published steps predicts again; only the first is an answer.
        if self.count.head.seen == 0 {
            self.count.head = tally;
        }
        self.count.head_audit.merge(&head_audit);
        self.count.forward_audit.merge(&audit);
    }
}

impl local_loss::Block for Block {
    type Activations = Vec<i16>;
    type Targets = Vec<u16>;
    type Settings = StepSettings;

    fn forward(&mut self, input: Vec<i16>, settings: &StepSettings) {
        let (scaled, output, audit) = self.outputs(&input, settings.audit_ranges);
        self.count.forward_audit.merge(&audit);
        self.alive = Some(Alive {
            input,
            scaled,
            output,
        });
    }

    fn learn(&mut self, labels: &Vec<u16>, settings: &StepSettings) {
        let Some(alive) = self.alive.take() else {
            return;
        };
        let twice = self.linear_in_cnn && settings.linear_blocks_step_twice;
        for _ in 0..=u32::from(twice) {
            self.learn_once(&alive, labels, settings);
        }
        self.alive = Some(alive);
    }

    fn pass_on(&mut self, settings: &StepSettings) -> Vec<i16> {
        let output = self
            .alive
            .take()
            .map_or_else(Vec::new, |alive| alive.output);
        pass(&self.plan.passage, output, Some(settings))
    }
}

/// Sends activations through the layers between two blocks; dropout acts only in training.
pub(crate) fn pass(
    passage: &Passage,
    mut values: Vec<i16>,
    training: Option<&StepSettings>,
) -> Vec<i16> {
    for &(layer, input) in &passage.layers {
        values = match layer {
            PassageLayer::Dropout(dropout, number) => {
                if let Some(step) = training {
                    let mut stream = Stream::new(step.seed, Purpose::Dropout, number, step.step);
                    dropout.apply(&mut values, &mut stream);
                }
                values
            }
            pooling => pooled(pooling, input, &values),
        };
    }
    values
}

fn pooled(layer: PassageLayer, input: Shape, values: &[i16]) -> Vec<i16> {
    let size = match layer {
        PassageLayer::MaxPool(window) | PassageLayer::AvgPool(window) => {
            window.output(input).map_or(0, Shape::features)
        }
        _ => input.channels,
    };
    let mut result = vec![0; values.len() / input.features() * size];
    let mut winners = vec![NO_WINNER; size];
    for (values, result) in values
        .chunks_exact(input.features())
        .zip(result.chunks_exact_mut(size))
    {
        match layer {
            PassageLayer::MaxPool(window) => {
                window.max(input, HeadPadding::Never, values, (result, &mut winners));
            }
            PassageLayer::AvgPool(window) => window.avg(input, values, result),
            _ => pool::global_max(input.height * input.width, values, result),
        }
    }
    result
}
