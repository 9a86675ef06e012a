//! Answers of a network that does not learn.

use super::Network;
use crate::Result;
use crate::audit::Counting;
use crate::block::Batch;
use crate::head;
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

/// A network that answers, with the memory that its answers are worked out in.
#[derive(Debug)]
pub struct Inference<'a> {
    pub(super) network: &'a Network,
    pub(super) batch: Batch,
}

impl Inference<'_> {
    /// Scores of a batch, `[samples, features]`, by every head and the output layer.
    ///
    /// # Errors
    /// If the values are no whole number of samples.
    pub fn scores(&mut self, samples: &[i8]) -> Result<Scores> {
        let (network, batch) = (self.network, &mut self.batch);
        network.check_batch(samples, samples.len() / network.spec.input.features())?;
        network.read(batch, samples, None);
        let mut heads = Vec::new();
        for block in &network.blocks {
            block.infer(batch);
            heads.push(batch.head.classifier.scores.clone());
        }
        let work = &mut batch.head.classifier;
        let classifier = &network.output.classifier;
        classifier.score(work, &batch.input, Counting::Nothing);
        Ok(Scores {
            heads,
            output: work.scores.clone(),
        })
    }

    /// Right answers on a batch, by every head and the output layer.
    ///
    /// # Errors
    /// As [`Network::train_step`].
    pub fn evaluate(&mut self, samples: &[i8], labels: &[u16]) -> Result<Accuracies> {
        self.network.check_batch(samples, labels.len())?;
        self.network.check_labels(labels)?;
        let scores = self.scores(samples)?;
        let classes = self.network.spec.classes;
        let right = |scores: &Vec<i8>| head::count_right(scores, labels, classes);
        Ok(Accuracies {
            output: right(&scores.output),
            heads: scores.heads.iter().map(right).collect(),
        })
    }
}
