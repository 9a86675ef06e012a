//! The output layer: gives the network's prediction, learns as a head does, sends nothing back.

use crate::audit::{Counting, LayerAudit};
use crate::classifier::Classifier;
use crate::layers::linear::Linear;
use crate::step::StepSettings;
use crate::workspace::Workspace;
use nearfield_train::history::Tally;

/// The classifier behind the last block.
#[derive(Clone, Debug)]
pub(crate) struct OutputLayer {
    classifier: Classifier,
}

impl OutputLayer {
    /// A layer with these weights.
    pub(crate) fn new(linear: Linear) -> Self {
        OutputLayer {
            classifier: Classifier::new(linear),
        }
    }

    /// The layer with the weights.
    pub(crate) fn linear(&self) -> &Linear {
        &self.classifier.linear
    }

    /// Leaves the scores of what the last block passed on in the workspace.
    pub(crate) fn score(&self, workspace: &mut Workspace) {
        let classifier = &mut workspace.head.classifier;
        self.classifier
            .score(classifier, &workspace.input, Counting::Nothing);
    }

    /// Predicts, compares with the labels and updates the weights.
    pub(crate) fn learn(
        &mut self,
        workspace: &mut Workspace,
        labels: &[u16],
        settings: &StepSettings,
    ) -> (Tally, LayerAudit) {
        let context = settings.learn_context(labels);
        let classifier = &mut workspace.head.classifier;
        self.classifier
            .learn(classifier, &workspace.input, &context, None)
    }
}
