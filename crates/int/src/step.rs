//! What one training step is made with, and what it counts.

use crate::arithmetic::Residual;
use crate::audit::{Counting, LayerAudit, Merge};
use crate::sgd::IntegerSgd;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use nearfield_train::history::{Accuracies, Tally};
use serde::{Deserialize, Serialize};

/// The settings of one training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepSettings {
    /// Inverse learning rate.
    pub rate_inv: u64,
    /// Amplification: forward layers divide by this as well. Published: 64 times the classes.
    pub amplification: u32,
    /// Inverse decay of forward layers; 0 for none.
    pub decay_forward: u32,
    /// Inverse decay of heads and the output layer; 0 for none.
    pub decay_head: u32,
    /// What happens to loss gradients outside int8.
    pub residual: Residual,
    /// Whether linear blocks behind convolutions learn twice a step, as published.
    pub linear_blocks_step_twice: bool,
    /// Whether the largest magnitudes of sums and weights are recorded.
    pub audit_ranges: bool,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// Number of this step in its run; part of the key of the dropout masks.
    pub step: u64,
}

impl Default for StepSettings {
    fn default() -> Self {
        StepSettings {
            rate_inv: 512,
            amplification: 640,
            decay_forward: 0,
            decay_head: 0,
            residual: Residual::Saturate,
            linear_blocks_step_twice: false,
            audit_ranges: false,
            seed: 0,
            step: 0,
        }
    }
}

impl StepSettings {
    /// The optimiser of forward layers.
    pub(crate) fn forward_sgd(&self) -> IntegerSgd {
        IntegerSgd::new(self.rate_inv, self.amplification, self.decay_forward)
    }

    /// How classifiers learn the labels of a batch.
    pub(crate) fn learn_context<'a>(&self, labels: &'a [u16]) -> LearnContext<'a> {
        LearnContext {
            labels,
            sgd: IntegerSgd::new(self.rate_inv, 1, self.decay_head),
            residual: self.residual,
            counting: self.counting(),
        }
    }

    pub(crate) fn counting(&self) -> Counting {
        if self.audit_ranges {
            Counting::WrapsAndMaxima
        } else {
            Counting::Wraps
        }
    }
}

/// How a classifier learns in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LearnContext<'a> {
    /// Classes of the samples.
    pub(crate) labels: &'a [u16],
    /// The optimiser of heads and output layer.
    pub(crate) sgd: IntegerSgd,
    /// What happens to loss gradients outside int8.
    pub(crate) residual: Residual,
    /// What is counted.
    pub(crate) counting: Counting,
}

/// What a block counted in one step, or in several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCount {
    /// Correct predictions of the head, before it learned.
    pub head: Tally,
    /// Ranges of the forward layer's numbers.
    pub forward_audit: LayerAudit,
    /// Ranges of the head's numbers.
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

/// What a network counted in one step, or in several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// Correct predictions of the output layer, before it learned.
    pub output: Tally,
    /// Ranges of the output layer's numbers.
    pub output_audit: LayerAudit,
    /// Every block's counts.
    pub blocks: Vec<BlockCount>,
}

impl StepCount {
    /// Adds what `other` counted.
    pub fn add(&mut self, other: &StepCount) {
        self.output.add(other.output);
        self.output_audit.merge(&other.output_audit);
        let blocks = self.blocks.len().max(other.blocks.len());
        self.blocks.resize(blocks, BlockCount::default());
        for (mine, theirs) in self.blocks.iter_mut().zip(&other.blocks) {
            mine.add(theirs);
        }
    }

    /// The accuracies among the counts.
    pub fn accuracies(&self) -> Accuracies {
        let heads = self.blocks.iter().map(|block| block.head).collect();
        Accuracies {
            output: self.output,
            heads,
        }
    }

    /// The audits of all layers, named as their tensors are.
    pub fn audits(&self) -> Vec<(String, LayerAudit)> {
        let mut audits = Vec::new();
        for (index, block) in self.blocks.iter().enumerate() {
            audits.push((format!("blocks.{index}.forward"), block.forward_audit));
            audits.push((format!("blocks.{index}.head"), block.head_audit));
        }
        audits.push((String::from("output"), self.output_audit));
        audits
    }
}
