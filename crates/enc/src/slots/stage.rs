//! Points of a training step at which its vectors are observed.

use std::fmt;

/// A point of a training step, in the order in which a step reaches them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The state after its refresh.
    Refreshed,
    /// A vector of a block; blocks are counted from 0.
    Block(usize, Part),
    /// A gradient, summed over the samples of the batch.
    Gradient,
    /// The state after its update.
    Updated,
}

/// A vector of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The weights of the forward layer, unpacked from the state.
    Weights,
    /// The forward layer's sums `z`, before the activation.
    Sums,
    /// The activations `z^2 + z`, which the next block takes.
    Output,
    /// The head's prediction less the label, `y' - y`.
    PredictionError,
    /// The gradient of the block's loss at its sums.
    SumsGradient,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stage::Refreshed => f.write_str("refreshed state"),
            Stage::Block(block, part) => write!(f, "block {}: {part}", block + 1),
            Stage::Gradient => f.write_str("gradients"),
            Stage::Updated => f.write_str("updated state"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Weights => "weights",
            Part::Sums => "sums",
            Part::Output => "output",
            Part::PredictionError => "prediction error",
            Part::SumsGradient => "gradient of the sums",
        })
    }
}
