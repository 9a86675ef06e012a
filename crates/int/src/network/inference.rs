//! Predictions of a network that does not learn.

use super::Network;
use crate::Result;
use crate::classifier;
use crate::workspace::Workspace;
use alloc::vec::Vec;
use nearfield_train::history::Accuracies;

/// Scores of a batch, `[samples, classes]` each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores {
    /// Of every block's head, first block first.
    pub heads: Vec<Vec<i8>>,
    /// Of the output layer.
    pub output: Vec<i8>,
}

/// A network with the memory that its predictions are formed in.
#[derive(Debug)]
pub struct Inference<'a> {
    network: &'a Network,
    workspace: Workspace,
}

impl<'a> Inference<'a> {
    /// Predictions of this network.
    pub(super) fn new(network: &'a Network) -> Self {
        Inference {
            network,
            workspace: Workspace::default(),
        }
    }

    /// Scores of a batch, `[samples, features]`, by every head and the output layer.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`](crate::Error::EmptyBatch) or
    /// [`Error::IncompleteSample`](crate::Error::IncompleteSample).
    pub fn scores(&mut self, samples: &[i8]) -> Result<Scores> {
        let (network, workspace) = (self.network, &mut self.workspace);
        network.check_samples(samples)?;
        network.read(workspace, samples, None);
        let mut heads = Vec::new();
        for block in &network.blocks {
            block.infer(workspace);
            heads.push(workspace.head.classifier.scores.clone());
        }
        network.output.score(workspace);
        Ok(Scores {
            heads,
            output: workspace.head.classifier.scores.clone(),
        })
    }

    /// Correct predictions on a batch, by every head and the output layer.
    ///
    /// # Errors
    /// As [`Network::train_step`].
    pub fn evaluate(&mut self, samples: &[i8], labels: &[u16]) -> Result<Accuracies> {
        self.network.check_labelled(samples, labels)?;
        let scores = self.scores(samples)?;
        let classes = self.network.spec.classes;
        let correct = |scores: &Vec<i8>| classifier::count_correct(scores, labels, classes);
        Ok(Accuracies {
            output: correct(&scores.output),
            heads: scores.heads.iter().map(correct).collect(),
        })
    }
}
