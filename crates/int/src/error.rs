//! Everything that integer training refuses.

use alloc::string::String;
use alloc::vec::Vec;

/// An error of this crate: what is wrong, with both sides' numbers, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A layer of a network description cannot be built.
    #[error("layer {layer} ({kind}): {problem}")]
    Layer {
        /// Position in the list of layers, from 0.
        layer: usize,
        /// Its type.
        kind: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A setting of the network or the training is out of range.
    #[error("`{setting}`: {problem}")]
    Setting {
        /// Its name in a run file.
        setting: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A batch does not fit the network.
    #[error("a batch of {labels} samples of {features} values needs {} values, found {found}", labels * features)]
    BatchSize {
        /// Number of labels.
        labels: usize,
        /// Values a sample.
        features: usize,
        /// Values given.
        found: usize,
    },
    /// A label is not a class of the network.
    #[error(
        "sample {sample} of the batch has label {label}, but the network has {classes} classes"
    )]
    Label {
        /// Position in the batch.
        sample: usize,
        /// The label.
        label: u16,
        /// Number of classes.
        classes: usize,
    },
    /// A weight tensor has another shape than the network's.
    #[error("tensor `{tensor}` has shape {found:?}, the network needs {expected:?}")]
    TensorShape {
        /// Name of the tensor.
        tensor: String,
        /// The network's shape.
        expected: Vec<usize>,
        /// The shape given.
        found: Vec<usize>,
    },
    /// A weight tensor is missing.
    #[error("tensor `{tensor}` is missing: the file is of another network, or incomplete")]
    MissingTensor {
        /// Name of the tensor.
        tensor: String,
    },
    /// A tensor that the network does not have.
    #[error("tensor `{tensor}` is not part of this network: the file is of another network")]
    UnknownTensor {
        /// Name of the tensor.
        tensor: String,
    },
    /// Values that do not vary cannot be normalised.
    #[error(
        "the mean absolute deviation of {group} is 0, so it cannot be normalised: drop it from the data, \
         or take the statistics over all values (`statistics = \"all\"`)"
    )]
    ZeroDeviation {
        /// The channel or feature.
        group: String,
    },
    /// Samples do not fit the preprocessing.
    #[error("{0}")]
    Samples(String),
    /// A model file cannot be read.
    #[error("not a readable model: {0}")]
    Model(String),
}

/// A result of this crate.
pub type Result<T> = core::result::Result<T, Error>;
