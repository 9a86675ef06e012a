//! Heads and the output layer: the classifiers from which everything learns.

use crate::arithmetic::{Residual, TARGET};
use crate::audit::LayerAudit;
use crate::layers::linear::Linear;
use crate::layers::pool::{self, Window};
use crate::layers::scaling::Scaling;
use crate::parallel;
use crate::plan::BlockPlan;
use crate::sgd::IntegerSgd;
use crate::spec::{HeadPadding, HeadPool, HeadSpec, Shape};
use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;
use nearfield_train::history::Tally;

/// How a classifier learns in one step.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// Classes of the samples.
    pub labels: &'a [u16],
    /// The optimiser of heads and output layer.
    pub sgd: IntegerSgd,
    /// What happens to loss gradients outside int8.
    pub residual: Residual,
    /// Whether the largest sums are looked for.
    pub largest: bool,
}

/// A linear layer with scaling whose outputs are class scores.
#[derive(Clone, Debug)]
pub struct Classifier {
    pub(crate) linear: Linear,
    scaling: Scaling,
}

impl Classifier {
    /// A classifier with these weights.
    pub fn new(linear: Linear) -> Self {
        let scaling = Scaling::new(linear.inputs);
        Classifier { linear, scaling }
    }

    /// Scores of every class, `[samples, classes]`, in -127..=127.
    pub fn scores(&self, features: &[i16]) -> Vec<i8> {
        self.scored(features, false).0
    }

    fn scored(&self, features: &[i16], largest: bool) -> (Vec<i8>, LayerAudit) {
        let samples = features.len() / self.linear.inputs;
        let mut scores = vec![0; samples * self.linear.outputs];
        let audit = self
            .linear
            .forward(features, self.scaling, &mut scores, largest);
        (scores, audit)
    }

    /// Predicts, compares and corrects; counts right answers and fills `at_features`, where a
    /// block wants it, with the gradient at the features under the weights before correction.
    pub fn learn(
        &mut self,
        features: &[i16],
        lesson: &Lesson<'_>,
        at_features: Option<&mut Vec<i32>>,
    ) -> (Tally, LayerAudit) {
        let (scores, mut audit) = self.scored(features, lesson.largest);
        let tally = count_right(&scores, lesson.labels, self.linear.outputs);
        let (gradient, outside) = self.loss_gradient(&scores, lesson);
        audit.residuals = outside;
        if let Some(at_features) = at_features {
            *at_features = self.linear.input_gradient(&gradient);
            audit.delta = self.audit_delta(at_features, lesson.largest);
        }
        let learned = self
            .linear
            .learn(&gradient, features, lesson.sgd, lesson.largest);
        audit.gradient = learned.gradient;
        audit.updates = learned.updates;
        audit.largest_weight = learned.largest_weight;
        (tally, audit)
    }

    fn loss_gradient(&self, scores: &[i8], lesson: &Lesson<'_>) -> (Vec<i32>, u64) {
        let mut outside = 0;
        let mut gradient = Vec::with_capacity(scores.len());
        for (scores, &label) in scores.chunks_exact(self.linear.outputs).zip(lesson.labels) {
            for (class, &score) in scores.iter().enumerate() {
                let target = if class == usize::from(label) {
                    TARGET
                } else {
                    0
                };
                let (residual, left_int8) = lesson.residual.gradient(score, target);
                outside += u64::from(left_int8);
                gradient.push(i32::from(residual));
            }
        }
        (gradient, outside)
    }

    /// A delta is a sum of one product a class of a loss gradient and a weight.
    fn audit_delta(&self, delta: &[i32], largest: bool) -> crate::audit::Range {
        let mut range = crate::audit::Range {
            sums: delta.len() as u64,
            ..Default::default()
        };
        let bound = self.linear.outputs as u64 * 128 * self.linear.largest_weight();
        if bound > i32::MAX as u64 {
            // Reached only by weights beyond a million: every such sum is suspect.
            range.wrapped = delta.len() as u64;
        }
        if largest {
            range.see(delta);
        }
        range
    }
}

/// Index of the first largest score.
pub fn predicted_class(scores: &[i8]) -> usize {
    let mut best = 0;
    for (class, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = class;
        }
    }
    best
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
    input: Shape,
    pooling: Option<Pooling>,
}

#[derive(Clone, Copy, Debug)]
struct Pooling {
    window: Window,
    kind: HeadPool,
    padding: HeadPadding,
}

impl Head {
    /// The head of a planned block.
    pub fn new(plan: &BlockPlan, spec: HeadSpec, linear: Linear) -> Self {
        let pooling = plan.head_window.map(|window| Pooling {
            window,
            kind: spec.pool,
            padding: spec.padding,
        });
        Head {
            classifier: Classifier::new(linear),
            input: plan.output,
            pooling,
        }
    }

    /// Scores of every class, `[samples, classes]`, from a block's output.
    pub fn scores(&self, output: &[i16]) -> Vec<i8> {
        self.classifier
            .scores(&self.features(output, &mut Vec::new()))
    }

    /// Learns, and returns the gradient at the block's output, `[samples, features]`.
    pub fn learn(&mut self, output: &[i16], lesson: &Lesson<'_>) -> (Vec<i32>, Tally, LayerAudit) {
        let mut winners = Vec::new();
        let features = self.features(output, &mut winners).into_owned();
        let mut at_features = Vec::new();
        let (tally, audit) = self
            .classifier
            .learn(&features, lesson, Some(&mut at_features));
        (self.unpool(at_features, &winners), tally, audit)
    }

    fn features<'a>(&self, output: &'a [i16], winners: &mut Vec<u32>) -> Cow<'a, [i16]> {
        let Some(pooling) = self.pooling else {
            return Cow::Borrowed(output);
        };
        let inputs = self.classifier.linear.inputs;
        let size = self.input.features();
        let mut features = vec![0; output.len() / size * inputs];
        winners.resize(features.len(), pool::NO_WINNER);
        let parts = (
            (features.as_mut_slice(), inputs),
            (winners.as_mut_slice(), inputs),
        );
        // A value costs about as much as four products.
        parallel::for_each_two_parts(
            parts.0,
            parts.1,
            4 * output.len(),
            |index, features, winners| {
                let output = &output[index * size..(index + 1) * size];
                match pooling.kind {
                    HeadPool::Max => {
                        let results = (features, winners);
                        pooling
                            .window
                            .max(self.input, pooling.padding, output, results);
                    }
                    HeadPool::Avg => pooling.window.avg(self.input, output, features),
                }
            },
        );
        Cow::Owned(features)
    }

    fn unpool(&self, at_features: Vec<i32>, winners: &[u32]) -> Vec<i32> {
        let Some(pooling) = self.pooling else {
            return at_features;
        };
        let inputs = self.classifier.linear.inputs;
        let samples = at_features.len() / inputs;
        let mut at_output = vec![0; samples * self.input.features()];
        parallel::for_each_part(
            &mut at_output,
            self.input.features(),
            4 * samples * self.input.features(),
            |index, gradient| {
                let own = index * inputs..(index + 1) * inputs;
                match pooling.kind {
                    HeadPool::Max => {
                        pool::max_backward(&winners[own.clone()], &at_features[own], gradient);
                    }
                    HeadPool::Avg => {
                        pooling
                            .window
                            .avg_backward(self.input, &at_features[own], gradient);
                    }
                }
                LayerAudit::default()
            },
        );
        at_output
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
        let mut classifier = Classifier::new(Linear::new(1, 2, vec![512, -512]));
        let lesson = Lesson {
            labels: &[1],
            sgd: IntegerSgd::new(1, 1, 0),
            residual: Residual::Saturate,
            largest: true,
        };
        let mut delta = Vec::new();
        // Scores 20 and -20; gradients 20 and -52.
        let (tally, audit) = classifier.learn(&[10], &lesson, Some(&mut delta));
        assert_eq!(
            tally,
            Tally {
                correct: 0,
                seen: 1
            }
        );
        assert_eq!(delta, [20 * 512 + 52 * 512]);
        assert_eq!(classifier.linear.weight, [512 - 200, -512 + 520]);
        assert_eq!((audit.delta.largest, audit.largest_weight), (36_864, 312));
    }
}
