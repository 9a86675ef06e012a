//! The errors of integer training.

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
    /// A batch without samples.
    #[error("a batch needs at least one sample")]
    EmptyBatch,
    /// Values that end within a sample.
    #[error("{values} values are no whole number of samples of {features} values")]
    IncompleteSample {
        /// Values given.
        values: usize,
        /// Values a sample.
        features: usize,
    },
    /// A batch has not one sample for each label.
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
    /// A tensor has another number of values than its shape.
    #[error("tensor `{tensor}` of shape {shape:?} needs {size} values, found {found}")]
    TensorSize {
        /// Name of the tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Values of that shape.
        size: usize,
        /// Values given.
        found: usize,
    },
    /// A weight tensor is missing.
    #[error("tensor `{tensor}` is missing: the file is of another network, or incomplete")]
    MissingTensor {
        /// Name of the tensor.
        tensor: String,
    },
    /// `NEARFIELD_KERNELS` names kernels that this processor cannot run.
    #[error(
        "NEARFIELD_KERNELS={found:?}, but this processor can run {}: name one of these, or unset \
         the variable for the fastest",
        available.join(", ")
    )]
    UnknownKernels {
        /// The variable's value.
        found: String,
        /// The names of the kernels that this processor can run.
        available: Vec<&'static str>,
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
    /// Too few values for the statistics of a preprocessing, or groups of unequal size.
    #[error(
        "{values} values of {features} features give no statistics of {groups} groups: there must \
         be at least one sample, and as many features in each group"
    )]
    Statistics {
        /// Values given.
        values: usize,
        /// Values a sample.
        features: usize,
        /// Groups of features.
        groups: usize,
    },
    /// A value that is not normalised does not fit int8.
    #[error("value {value} does not fit int8: normalise the data (`normalize = \"mad\"`)")]
    BeyondInt8 {
        /// The value.
        value: i64,
    },
    /// Bytes that are not a safetensors file.
    #[error("not a readable model: {problem}; the file is damaged or no safetensors file")]
    Safetensors {
        /// What the format finds wrong.
        problem: String,
    },
    /// A safetensors file that was not written as a model.
    #[error(
        "not a readable model: it holds tensors but no nearfield metadata; \
         to start a run from them use `--init-weights`"
    )]
    NoMetadata,
    /// The metadata of a model cannot be read, or its parts do not fit each other.
    #[error("not a readable model: its metadata is damaged: {problem}")]
    Metadata {
        /// What is wrong.
        problem: String,
    },
    /// A model of another version.
    #[error(
        "not a readable model: it is of version {found}, this release reads version {supported}"
    )]
    ModelVersion {
        /// The version of the file.
        found: u32,
        /// The version that this release reads.
        supported: u32,
    },
    /// A tensor whose values are not integers of up to 32 bits.
    #[error("tensor `{tensor}` is of type {found}, not int8, int16 or int32")]
    TensorType {
        /// Name of the tensor.
        tensor: String,
        /// Its type, as the file names it.
        found: String,
    },
}

/// A result of this crate.
pub type Result<T> = core::result::Result<T, Error>;
