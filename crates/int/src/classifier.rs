//! A classifier: a linear layer with scaling whose outputs are class scores.
//!
//! `scores = scale(W x)`, `residual = scores - target`, `W -= residual^T x / rate`; the gradient at
//! `x` is `W^T residual`, with `W` before its update.

use crate::arithmetic::TARGET;
use crate::audit::{Counting, LayerAudit, Range};
use crate::layers::images::Images;
use crate::layers::linear::{Linear, LinearWorkspace};
use crate::layers::scaling::Scaling;
use crate::step::LearnContext;
use alloc::vec::Vec;
use nearfield_train::history::Tally;

/// A linear layer with scaling whose outputs are class scores.
#[derive(Clone, Debug)]
pub(crate) struct Classifier {
    pub(crate) linear: Linear,
    scaling: Scaling,
}

/// Memory that classifiers work in.
#[derive(Debug, Default)]
pub(crate) struct ClassifierWorkspace {
    pub(crate) linear: LinearWorkspace,
    /// Scores, `[samples, classes]`.
    pub(crate) scores: Vec<i8>,
    residuals: Vec<i8>,
}

impl ClassifierWorkspace {
    /// Bytes of scores and residuals.
    pub(crate) fn score_bytes(&self) -> usize {
        self.scores.capacity() + self.residuals.capacity()
    }
}

impl Classifier {
    /// A classifier with these weights.
    pub(crate) fn new(linear: Linear) -> Self {
        let scaling = Scaling::new(linear.inputs);
        Classifier { linear, scaling }
    }

    /// Forms the scores of every class, `[samples, classes]`, in -127..=127.
    pub(crate) fn score(
        &self,
        workspace: &mut ClassifierWorkspace,
        features: &Images,
        counting: Counting,
    ) -> LayerAudit {
        let samples = features.samples();
        workspace.scores.resize(samples * self.linear.outputs, 0);
        self.linear.forward(
            &mut workspace.linear,
            features,
            self.scaling,
            &mut workspace.scores,
            counting,
        )
    }

    /// Predicts, compares and updates the weights; counts correct predictions and fills
    /// `at_features`, where a block asks for it, with the gradient at the features under the
    /// weights before the update.
    pub(crate) fn learn(
        &mut self,
        workspace: &mut ClassifierWorkspace,
        features: &Images,
        context: &LearnContext<'_>,
        at_features: Option<&mut [i32]>,
    ) -> (Tally, LayerAudit) {
        let mut audit = self.score(workspace, features, context.counting);
        let tally = count_correct(&workspace.scores, context.labels, self.linear.outputs);
        audit.residuals = self.compare(workspace, context);
        let ClassifierWorkspace {
            linear, residuals, ..
        } = workspace;
        if let Some(at_features) = at_features {
            self.linear.backward(linear, residuals, at_features);
            audit.delta = self.audit_delta(at_features, context.counting);
        }
        let (sgd, counting) = (context.sgd, context.counting);
        let learned = self
            .linear
            .update(linear, residuals, features, sgd, counting);
        audit.gradient = learned.gradient;
        audit.updates = learned.updates;
        audit.max_abs_weight = learned.max_abs_weight;
        (tally, audit)
    }

    /// Forms the loss gradients; returns how many left int8.
    fn compare(&self, workspace: &mut ClassifierWorkspace, context: &LearnContext<'_>) -> u64 {
        let mut outside = 0;
        // The target of every class but the label's is 0.
        workspace.residuals.clone_from(&workspace.scores);
        let samples = workspace.residuals.chunks_exact_mut(self.linear.outputs);
        for (residuals, &label) in samples.zip(context.labels) {
            let residual = &mut residuals[usize::from(label)];
            let (gradient, left_int8) = context.residual.gradient(*residual, TARGET);
            *residual = gradient;
            outside += u64::from(left_int8);
        }
        outside
    }

    /// A delta is a sum over classes of a loss gradient times a weight.
    fn audit_delta(&self, delta: &[i32], counting: Counting) -> Range {
        let mut range = Range {
            sums: delta.len() as u64,
            ..Default::default()
        };
        let bound = self.linear.outputs as u64 * 128 * self.linear.max_abs_weight();
        if bound > i32::MAX as u64 {
            // Only weights beyond a million come here: every such sum may overflow.
            range.wrapped = delta.len() as u64;
        }
        if counting.maxima() {
            range.observe(delta);
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
pub fn count_correct(scores: &[i8], labels: &[u16], classes: usize) -> Tally {
    let correct = scores
        .chunks_exact(classes)
        .zip(labels)
        .filter(|(scores, label)| predicted_class(scores) == usize::from(**label))
        .count();
    Tally {
        correct: correct as u64,
        seen: labels.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::Residual;
    use crate::sgd::IntegerSgd;

    #[test]
    fn the_first_of_equal_scores_is_predicted() {
        assert_eq!(predicted_class(&[3, 9, 9, -1]), 1);
        assert_eq!(predicted_class(&[-127; 4]), 0);
        assert_eq!(
            count_correct(&[1, 2, 2, 1], &[1, 1], 2),
            Tally {
                correct: 1,
                seen: 2
            }
        );
    }

    #[test]
    fn the_gradient_at_the_features_uses_the_weights_before_their_update() {
        let mut classifier = Classifier::new(Linear::new(1, 2, &[512, -512]));
        let context = LearnContext {
            labels: &[1],
            sgd: IntegerSgd::new(1, 1, 0),
            residual: Residual::Saturate,
            counting: Counting::WrapsAndMaxima,
        };
        let mut delta = [0];
        let mut workspace = ClassifierWorkspace::default();
        // Scores 20 and -20; gradients 20 and -52.
        let (tally, audit) = classifier.learn(
            &mut workspace,
            &Images::flat(&[10], 1),
            &context,
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
        assert_eq!((audit.delta.max_abs, audit.max_abs_weight), (36_864, 312));
    }
}
