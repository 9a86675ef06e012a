//! A network of local-loss blocks: training steps, predictions, weights.

use crate::block::{Block, Forward};
use crate::layers::images::Frame;
use crate::layers::linear::Linear;
use crate::memory::StepMemory;
use crate::output::OutputLayer;
use crate::plan::Plan;
use crate::spec::NetworkSpec;
use crate::step::{StepCount, StepSettings};
use crate::tensors::LazyTensor;
use crate::transition::{self, Destination, Incoming, Source};
use crate::workspace::Workspace;
use crate::{Error, Result};
use alloc::string::String;
use alloc::vec::Vec;
use nearfield_train::history::Accuracies;
use nearfield_train::train_blocks;

mod build;
mod inference;

pub use inference::{Inference, Scores};

/// A network with its weights.
#[derive(Debug)]
pub struct Network {
    spec: NetworkSpec,
    plan: Plan,
    blocks: Vec<Block>,
    output: OutputLayer,
    /// How the first layer reads its inputs.
    first: Frame,
    /// What the last step counted.
    count: StepCount,
    /// The memory that steps work in, after the first step.
    workspace: Option<Workspace>,
}

impl Clone for Network {
    /// The network, without the memory that its steps work in.
    fn clone(&self) -> Self {
        Network {
            spec: self.spec.clone(),
            plan: self.plan.clone(),
            blocks: self.blocks.clone(),
            output: self.output.clone(),
            first: self.first,
            count: self.count.clone(),
            workspace: None,
        }
    }
}

impl Network {
    /// The description that the network was built from.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// Its sizes.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// All weights: name, shape and values, in the order of the blocks.
    pub fn tensors(&self) -> impl Iterator<Item = (String, Vec<usize>, Vec<i32>)> + '_ {
        self.lazy_tensors().map(|tensor| {
            let values = tensor.values();
            (tensor.name, tensor.shape, values)
        })
    }

    /// As [`Network::tensors`], with values that are made on demand.
    pub fn lazy_tensors(&self) -> impl Iterator<Item = LazyTensor<'_>> {
        let blocks = self.blocks.iter().flat_map(|block| {
            let head = &block.head.classifier.linear;
            [Weighted::Forward(&block.forward), Weighted::Linear(head)]
        });
        let layers = blocks.chain([Weighted::Linear(self.output.linear())]);
        let tensors = self.plan.tensors().into_iter().zip(layers);
        tensors.map(|((name, shape), layer)| LazyTensor::new(name, shape, move || layer.values()))
    }

    /// One training step on a batch, `[samples, features]`.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`], [`Error::BatchSize`] or [`Error::Label`].
    ///
    /// # Source
    /// NITRO-D algorithm 1; the order is [`train_blocks`]'s, and the output layer learns last.
    pub fn train_step(
        &mut self,
        samples: &[i8],
        labels: &[u16],
        settings: &StepSettings,
    ) -> Result<&StepCount> {
        self.check_labelled(samples, labels)?;
        let mut workspace = self.workspace.take().unwrap_or_default();
        self.read(&mut workspace, samples, Some(settings));
        self.count.blocks.clear();
        let learned = &mut self.count.blocks;
        let Ok(mut workspace) =
            train_blocks(&mut self.blocks, workspace, labels, settings, learned);
        (self.count.output, self.count.output_audit) =
            self.output.learn(&mut workspace, labels, settings);
        if !self.blocks.len().is_multiple_of(2) {
            // Every block finds the buffers of the step before, which are large enough for it.
            core::mem::swap(&mut workspace.input, &mut workspace.output);
        }
        self.workspace = Some(workspace);
        Ok(&self.count)
    }

    /// Gives up the memory that steps work in until the next step; predictions between steps work
    /// in memory of their own.
    pub fn release_memory(&mut self) {
        self.workspace = None;
    }

    /// The memory that the network and its last steps occupy.
    pub fn memory(&self) -> StepMemory {
        let blocks = self.blocks.iter().map(|block| {
            block.forward.weight_bytes() + block.head.classifier.linear.weight_bytes()
        });
        let output = self.output.linear().weight_bytes();
        let workspace = self.workspace.as_ref().map(Workspace::memory);
        StepMemory {
            weights: (blocks.sum::<usize>() + output) as u64,
            ..workspace.unwrap_or_default()
        }
    }

    /// The network, with memory for predictions on many batches.
    pub fn inference(&self) -> Inference<'_> {
        Inference::new(self)
    }

    /// Scores of one batch; see [`Inference::scores`].
    ///
    /// # Errors
    /// As [`Inference::scores`].
    pub fn scores(&self, samples: &[i8]) -> Result<Scores> {
        self.inference().scores(samples)
    }

    /// Correct predictions on one batch; see [`Inference::evaluate`].
    ///
    /// # Errors
    /// As [`Network::train_step`].
    pub fn evaluate(&self, samples: &[i8], labels: &[u16]) -> Result<Accuracies> {
        self.inference().evaluate(samples, labels)
    }

    /// Lays samples out as the first layer reads them.
    fn read(&self, workspace: &mut Workspace, samples: &[i8], training: Option<&StepSettings>) {
        let incoming = Incoming {
            source: Source::Samples(samples),
            shape: self.spec.input,
        };
        let destination = Destination {
            images: &mut workspace.input,
            frame: self.first,
        };
        let scratch = &mut workspace.scratch;
        transition::apply(&self.plan.stem, incoming, destination, scratch, training);
    }

    /// Refuses values that are not one or more whole samples.
    fn check_samples(&self, samples: &[i8]) -> Result<()> {
        let (values, features) = (samples.len(), self.spec.input.features());
        match values % features {
            _ if values == 0 => Err(Error::EmptyBatch),
            0 => Ok(()),
            _ => Err(Error::IncompleteSample { values, features }),
        }
    }

    /// Refuses batches whose labels are not one for each sample, or not classes.
    fn check_labelled(&self, samples: &[i8], labels: &[u16]) -> Result<()> {
        let (features, classes) = (self.spec.input.features(), self.spec.classes);
        if labels.is_empty() {
            return Err(Error::EmptyBatch);
        }
        if samples.len() != labels.len() * features {
            return Err(Error::BatchSize {
                labels: labels.len(),
                features,
                found: samples.len(),
            });
        }
        let outside = |&label: &u16| usize::from(label) >= classes;
        match labels.iter().position(outside) {
            None => Ok(()),
            Some(sample) => Err(Error::Label {
                sample,
                label: labels[sample],
                classes,
            }),
        }
    }
}

/// A layer whose weights are a tensor.
enum Weighted<'a> {
    Forward(&'a Forward),
    Linear(&'a Linear),
}

impl Weighted<'_> {
    fn values(&self) -> Vec<i32> {
        match self {
            Weighted::Forward(forward) => forward.values(),
            Weighted::Linear(linear) => linear.values(),
        }
    }
}
