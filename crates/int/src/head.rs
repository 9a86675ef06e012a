//! The head of a block: the local classifier that provides its training signal.

use crate::audit::{Counting, LayerAudit};
use crate::classifier::{Classifier, ClassifierWorkspace};
use crate::kernel::Isa;
use crate::layers::images::{Frame, Images};
use crate::layers::linear::Linear;
use crate::layers::pool::{NO_WINNER, Window, Winners};
use crate::parallel::{self, Parts};
use crate::plan::BlockPlan;
use crate::spec::{Activation, HeadPadding, HeadPool, HeadSpec, Shape};
use crate::step::LearnContext;
use crate::transition::{self, Destination, Incoming, Source};
use alloc::vec::Vec;
use nearfield_train::history::Tally;

mod gradient;

pub(crate) use gradient::HeadGradient;
use gradient::Spread;

/// The local classifier of a block: pooling where features are many, then a classifier.
///
/// # Source
/// NITRO-D section 3.2, learning layers; the published code's pooling.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) classifier: Classifier,
    /// Size of a block's output.
    input: Shape,
    activation: Activation,
    pooling: Option<Pooling>,
}

#[derive(Clone, Copy, Debug)]
struct Pooling {
    window: Window,
    kind: HeadPool,
    padding: HeadPadding,
}

/// Memory that heads work in.
#[derive(Debug, Default)]
pub(crate) struct HeadWorkspace {
    pub(crate) classifier: ClassifierWorkspace,
    /// `[samples, features]`
    features: Images,
    /// Of max-pooled features: the pixels that they stand at, and their values before the
    /// activation.
    positions: Vec<u32>,
    scaled: Vec<i8>,
    /// Gradient at the features.
    pub(crate) at_features: Vec<i32>,
}

impl HeadWorkspace {
    /// Bytes that it occupies: of features and gradients, and of operands of kernels.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let scores = self.classifier.score_bytes();
        let winners = size_of::<u32>() * self.positions.capacity() + self.scaled.capacity();
        let gradient = size_of::<i32>() * self.at_features.capacity();
        let head = self.features.bytes() + winners + gradient + scores;
        (head, self.classifier.linear.bytes())
    }
}

impl Head {
    /// The head of a planned block.
    pub(crate) fn new(
        plan: &BlockPlan,
        spec: HeadSpec,
        activation: Activation,
        linear: Linear,
    ) -> Self {
        let pooling = plan.head_window.map(|window| Pooling {
            window,
            kind: spec.pool,
            padding: spec.padding,
        });
        Head {
            classifier: Classifier::new(linear),
            input: plan.output,
            activation,
            pooling,
        }
    }

    /// Forms the scores of every class, `[samples, classes]`, from the scaled sums of a block.
    pub(crate) fn score(&self, workspace: &mut HeadWorkspace, scaled: &[i8]) {
        self.features(workspace, scaled);
        let features = &workspace.features;
        self.classifier
            .score(&mut workspace.classifier, features, Counting::Nothing);
    }

    /// Learns, and leaves the gradient at the features in the workspace.
    pub(crate) fn learn(
        &mut self,
        workspace: &mut HeadWorkspace,
        scaled: &[i8],
        context: &LearnContext<'_>,
    ) -> (Tally, LayerAudit) {
        self.features(workspace, scaled);
        workspace
            .at_features
            .resize(workspace.features.values.len(), 0);
        self.classifier.learn(
            &mut workspace.classifier,
            &workspace.features,
            context,
            Some(&mut workspace.at_features),
        )
    }

    /// Fills in the features that the classifier sees.
    fn features(&self, workspace: &mut HeadWorkspace, scaled: &[i8]) {
        match self.pooling {
            None => {
                let incoming = Incoming {
                    source: Source::Scaled(scaled, self.activation),
                    shape: self.input,
                };
                let destination = Destination {
                    images: &mut workspace.features,
                    frame: Frame::flat(self.input),
                };
                transition::lay_out(incoming, destination);
            }
            Some(pooling) => self.pool(pooling, workspace, scaled),
        }
    }

    fn pool(&self, pooling: Pooling, workspace: &mut HeadWorkspace, scaled: &[i8]) {
        let (inputs, size) = (self.classifier.linear.inputs, self.input.features());
        let samples = scaled.len() / size;
        workspace
            .features
            .resize(Frame::plain(Shape::flat(inputs)), samples);
        workspace.positions.resize(samples * inputs, NO_WINNER);
        workspace.scaled.resize(samples * inputs, 0);
        let features = Parts::new(&mut workspace.features.values, inputs);
        let positions = Parts::new(&mut workspace.positions, inputs);
        let winners = Parts::new(&mut workspace.scaled, inputs);
        // A value costs about as much as four products.
        let products = 4 * scaled.len();
        parallel::for_each_three_parts(features, positions, winners, products, |index, parts| {
            let scaled = &scaled[index * size..(index + 1) * size];
            let (values, positions, at) = parts;
            match pooling.kind {
                HeadPool::Max => {
                    let mut winners = Winners {
                        values,
                        positions,
                        scaled: at,
                    };
                    let source = (scaled, self.activation);
                    let window = pooling.window;
                    window.winners(self.input, pooling.padding, source, &mut winners);
                }
                HeadPool::Avg => self.average(pooling.window, scaled, values),
            }
        });
        workspace.features.max_abs = Isa::current().max_abs_i16(&workspace.features.values);
    }

    fn average(&self, window: Window, scaled: &[i8], values: &mut [i16]) {
        let windows = values.len() / self.input.channels;
        for (index, value) in values.iter_mut().enumerate() {
            let (channel, window_index) = (index / windows, index % windows);
            *value = window.avg(self.input, window_index, |pixel| {
                let scaled = scaled[pixel * self.input.channels + channel];
                self.activation.apply(scaled).into()
            });
        }
    }

    /// Turns the gradient at the features of a linear block into that before its activation.
    pub(crate) fn pass_activation(&self, workspace: &mut HeadWorkspace, scaled: &[i8]) {
        let isa = Isa::current();
        self.activation
            .backward_all(isa, &mut workspace.at_features, scaled);
    }

    /// The gradient at the scaled sums of a convolution, `[samples, height, width, channels]`.
    pub(crate) fn gradient<'a>(
        &self,
        workspace: &'a mut HeadWorkspace,
        scaled: &'a [i8],
    ) -> HeadGradient<'a> {
        let max_pooled = self
            .pooling
            .is_some_and(|pooling| pooling.kind == HeadPool::Max);
        if max_pooled {
            self.activation.backward_all(
                Isa::current(),
                &mut workspace.at_features,
                &workspace.scaled,
            );
        }
        HeadGradient {
            at_features: &workspace.at_features,
            inputs: self.classifier.linear.inputs,
            channels: self.input.channels,
            spread: if max_pooled {
                Spread::Winners(&workspace.positions)
            } else {
                let window = self.pooling.map(|pooling| pooling.window);
                Spread::All {
                    window,
                    input: self.input,
                    activation: self.activation,
                    scaled,
                }
            },
        }
    }
}
