//! Heads and the output layer: the classifiers from which everything learns.

use crate::arithmetic::{Residual, TARGET};
use crate::audit::{Counting, LayerAudit, Range};
use crate::kernel::Isa;
use crate::layers::activation::Activation;
use crate::layers::images::{Frame, Images};
use crate::layers::linear::{Linear, LinearWork};
use crate::layers::pool::{NO_WINNER, Window, Winners};
use crate::layers::scaling::Scaling;
use crate::parallel;
use crate::passage::{self, Source};
use crate::plan::{BlockPlan, Passage};
use crate::sgd::IntegerSgd;
use crate::spec::{HeadPadding, HeadPool, HeadSpec, Shape};
use alloc::vec::Vec;
use nearfield_train::history::Tally;

mod gradient;

pub(crate) use gradient::HeadGradient;
use gradient::Places;

/// How a classifier learns in one step.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// Classes of the samples.
    pub labels: &'a [u16],
    /// The optimiser of heads and output layer.
    pub sgd: IntegerSgd,
    /// What happens to loss gradients outside int8.
    pub residual: Residual,
    /// What is counted.
    pub counting: Counting,
}

/// A linear layer with scaling whose outputs are class scores.
#[derive(Clone, Debug)]
pub struct Classifier {
    pub(crate) linear: Linear,
    scaling: Scaling,
}

/// Memory that classifiers work in.
#[derive(Debug, Default)]
pub struct ClassifierWork {
    pub(crate) linear: LinearWork,
    /// Scores, `[samples, classes]`.
    pub(crate) scores: Vec<i8>,
    residuals: Vec<i8>,
}

impl Classifier {
    /// A classifier with these weights.
    pub fn new(linear: Linear) -> Self {
        let scaling = Scaling::new(linear.inputs);
        Classifier { linear, scaling }
    }

    /// Forms the scores of every class, `[samples, classes]`, in -127..=127.
    pub(crate) fn score(
        &self,
        work: &mut ClassifierWork,
        features: &Images,
        counting: Counting,
    ) -> LayerAudit {
        let samples = features.samples();
        work.scores.resize(samples * self.linear.outputs, 0);
        let scores = &mut work.scores;
        self.linear
            .forward(&mut work.linear, features, self.scaling, scores, counting)
    }

    /// Predicts, compares and corrects; counts right answers and fills `at_features`, where a
    /// block wants it, with the gradient at the features under the weights before correction.
    pub(crate) fn learn(
        &mut self,
        work: &mut ClassifierWork,
        features: &Images,
        lesson: &Lesson<'_>,
        at_features: Option<&mut [i32]>,
    ) -> (Tally, LayerAudit) {
        let mut audit = self.score(work, features, lesson.counting);
        let tally = count_right(&work.scores, lesson.labels, self.linear.outputs);
        audit.residuals = self.compare(work, lesson);
        if let Some(at_features) = at_features {
            self.linear
                .input_gradient(&mut work.linear, &work.residuals, at_features);
            audit.delta = self.audit_delta(at_features, lesson.counting);
        }
        let learned = self.linear.learn(
            &mut work.linear,
            &work.residuals,
            features,
            lesson.sgd,
            lesson.counting,
        );
        audit.gradient = learned.gradient;
        audit.updates = learned.updates;
        audit.largest_weight = learned.largest_weight;
        (tally, audit)
    }

    /// Forms the loss gradients; returns how many left int8.
    fn compare(&self, work: &mut ClassifierWork, lesson: &Lesson<'_>) -> u64 {
        let mut outside = 0;
        // The target of every class but the label's is 0.
        work.residuals.clone_from(&work.scores);
        let samples = work.residuals.chunks_exact_mut(self.linear.outputs);
        for (residuals, &label) in samples.zip(lesson.labels) {
            let residual = &mut residuals[usize::from(label)];
            let (gradient, left_int8) = lesson.residual.gradient(*residual, TARGET);
            *residual = gradient;
            outside += u64::from(left_int8);
        }
        outside
    }

    /// A delta is a sum of one product a class of a loss gradient and a weight.
    fn audit_delta(&self, delta: &[i32], counting: Counting) -> Range {
        let mut range = Range {
            sums: delta.len() as u64,
            ..Default::default()
        };
        let bound = self.linear.outputs as u64 * 128 * self.linear.largest_weight();
        if bound > i32::MAX as u64 {
            // Reached only by weights beyond a million: every such sum is suspect.
            range.wrapped = delta.len() as u64;
        }
        if counting.largest() {
            range.see(delta);
        }
        range
    }
}

/// Index of the first largest score.
pub fn predicted_class(scores: &[i8]) -> usize {
    // A score and its class as one number: their maximum is found without branches, which
    // processors guess wrong.
    let keys = (0..)
        .zip(scores)
        .map(|(class, &score)| (i64::from(score) << 32) - class);
    let class = keys.max().unwrap_or(0).wrapping_neg() & i64::from(u32::MAX);
    usize::try_from(class).expect("the index of a score")
}

/// How many samples have their largest score at their label.
pub fn count_right(scores: &[i8], labels: &[u16], classes: usize) -> Tally {
    let right = scores
        .chunks_exact(classes)
        .zip(labels)
        .filter(|(scores, label)| predicted_class(scores) == usize::from(**label))
        .count();
    Tally {
        correct: right as u64,
        seen: labels.len() as u64,
    }
}

/// The local classifier of a block: pooling where features are many, then a classifier.
///
/// # Source
/// NITRO-D section 3.2, learning layers; the published code's pooling (see [`crate::plan`]).
#[derive(Clone, Debug)]
pub struct Head {
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
pub struct HeadWork {
    pub(crate) classifier: ClassifierWork,
    /// `[samples, features]`
    features: Images,
    /// Of max-pooled features: the pixels that they stand at, and their values before the
    /// activation.
    positions: Vec<u32>,
    scaled: Vec<i8>,
    /// Gradient at the features.
    pub(crate) at_features: Vec<i32>,
}

impl HeadWork {
    /// Bytes that it occupies: of features and gradients, and of operands of kernels.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let scores = self.classifier.scores.capacity() + self.classifier.residuals.capacity();
        let winners = size_of::<u32>() * self.positions.capacity() + self.scaled.capacity();
        let gradient = size_of::<i32>() * self.at_features.capacity();
        let head = self.features.bytes() + winners + gradient + scores;
        (head, self.classifier.linear.bytes())
    }
}

impl Head {
    /// The head of a planned block.
    pub fn new(plan: &BlockPlan, spec: HeadSpec, activation: Activation, linear: Linear) -> Self {
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

    /// Forms the scores of every class, `[samples, classes]`, from what the block scaled.
    pub(crate) fn score(&self, work: &mut HeadWork, scaled: &[i8]) {
        self.features(work, scaled);
        let features = &work.features;
        self.classifier
            .score(&mut work.classifier, features, Counting::Nothing);
    }

    /// Learns, and leaves the gradient at the features in the memory lent.
    pub(crate) fn learn(
        &mut self,
        work: &mut HeadWork,
        scaled: &[i8],
        lesson: &Lesson<'_>,
    ) -> (Tally, LayerAudit) {
        self.features(work, scaled);
        work.at_features.resize(work.features.values.len(), 0);
        self.classifier.learn(
            &mut work.classifier,
            &work.features,
            lesson,
            Some(&mut work.at_features),
        )
    }

    fn features(&self, work: &mut HeadWork, scaled: &[i8]) {
        match self.pooling {
            None => {
                let passage = Passage {
                    layers: Vec::new(),
                    output: self.input,
                };
                let source = Source::Scaled(scaled, self.activation);
                let frame = Frame::flat(self.input);
                let out = (&mut work.features, frame);
                let mut none = Default::default();
                passage::send(&passage, (source, self.input), out, &mut none, None);
            }
            Some(pooling) => self.pool(pooling, work, scaled),
        }
    }

    fn pool(&self, pooling: Pooling, work: &mut HeadWork, scaled: &[i8]) {
        let (inputs, size) = (self.classifier.linear.inputs, self.input.features());
        let samples = scaled.len() / size;
        work.features
            .resize(Frame::plain(Shape::flat(inputs)), samples);
        work.positions.resize(samples * inputs, NO_WINNER);
        work.scaled.resize(samples * inputs, 0);
        let features = (&mut *work.features.values, inputs);
        let others = (
            (work.positions.as_mut_slice(), inputs),
            (work.scaled.as_mut_slice(), inputs),
        );
        // A value costs about as much as four products.
        let products = 4 * scaled.len();
        parallel::for_each_three_parts(features, others.0, others.1, products, |index, parts| {
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
        work.features.largest = Isa::current().max_abs_i16(&work.features.values);
    }

    fn average(&self, window: Window, scaled: &[i8], values: &mut [i16]) {
        let windows = values.len() / self.input.channels;
        for (index, value) in values.iter_mut().enumerate() {
            let (channel, place) = (index / windows, index % windows);
            *value = window.avg(self.input, place, |pixel| {
                let scaled = scaled[pixel * self.input.channels + channel];
                self.activation.apply(scaled).into()
            });
        }
    }

    /// Turns the gradient at the features of a linear block into that before its activation.
    pub(crate) fn pass_activation(&self, work: &mut HeadWork, scaled: &[i8]) {
        let isa = Isa::current();
        self.activation
            .backward_all(isa, &mut work.at_features, scaled);
    }

    /// The gradient at what a convolution scaled, `[samples, height, width, channels]`.
    pub(crate) fn gradient<'a>(
        &self,
        work: &'a mut HeadWork,
        scaled: &'a [i8],
    ) -> HeadGradient<'a> {
        let max_pooled = self
            .pooling
            .is_some_and(|pooling| pooling.kind == HeadPool::Max);
        if max_pooled {
            self.activation
                .backward_all(Isa::current(), &mut work.at_features, &work.scaled);
        }
        HeadGradient {
            at_features: &work.at_features,
            inputs: self.classifier.linear.inputs,
            channels: self.input.channels,
            places: if max_pooled {
                Places::Winners(&work.positions)
            } else {
                let window = self.pooling.map(|pooling| pooling.window);
                Places::All {
                    window,
                    input: self.input,
                    activation: self.activation,
                    scaled,
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_scores_is_predicted() {
        assert_eq!(predicted_class(&[3, 9, 9, -1]), 1);
        assert_eq!(predicted_class(&[-127; 4]), 0);
        assert_eq!(
            count_right(&[1, 2, 2, 1], &[1, 1], 2),
            Tally {
                correct: 1,
                seen: 2
            }
        );
    }

    #[test]
    fn a_classifier_hands_back_the_gradient_of_its_old_weights() {
        let mut classifier = Classifier::new(Linear::new(1, 2, &[512, -512]));
        let lesson = Lesson {
            labels: &[1],
            sgd: IntegerSgd::new(1, 1, 0),
            residual: Residual::Saturate,
            counting: Counting::WrapsAndLargest,
        };
        let mut delta = [0];
        let mut work = ClassifierWork::default();
        // Scores 20 and -20; gradients 20 and -52.
        let (tally, audit) = classifier.learn(
            &mut work,
            &Images::flat(&[10], 1),
            &lesson,
            Some(&mut delta),
        );
        assert_eq!(
            tally,
            Tally {
                correct: 0,
                seen: 1
            }
        );
        assert_eq!(delta, [20 * 512 + 52 * 512]);
        assert_eq!(classifier.linear.values(), [512 - 200, -512 + 520]);
        assert_eq!((audit.delta.largest, audit.largest_weight), (36_864, 312));
    }
}
