//! The sizes of a network.

use crate::{Error, Result};
use std::fmt;

/// Maximum of features, of units of a layer, and of classes.
pub(crate) const MAX_UNITS: usize = 1 << 20;
/// Maximum of hidden layers.
pub(crate) const MAX_HIDDEN: usize = 64;
/// Maximum of the weights of a network: 2 GiB, and as much again of velocities.
pub(crate) const MAX_WEIGHTS: usize = 1 << 28;

/// A multilayer perceptron of local losses: every hidden layer has a head.
///
/// Without a hidden layer it is a linear regression: one matrix.
///
/// # Source
/// ReBoot (arXiv 2506.19693), section 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSpec {
    features: usize,
    hidden: Vec<usize>,
    classes: usize,
}

/// Inputs and outputs of a block's matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSizes {
    /// Inputs and outputs of the forward layer.
    pub forward: (usize, usize),
    /// Inputs and outputs of the head; none where the forward layer itself predicts the classes.
    pub head: Option<(usize, usize)>,
}

impl NetworkSpec {
    /// A network of `features` inputs, hidden layers of these sizes, and `classes` outputs.
    ///
    /// # Errors
    /// [`Error::Setting`] if a size is 0 or exceeds its maximum.
    pub fn new(features: usize, hidden: Vec<usize>, classes: usize) -> Result<Self> {
        check_size("network.features", features)?;
        check_size("network.classes", classes)?;
        if hidden.len() > MAX_HIDDEN {
            return Err(Error::setting(
                "network.hidden",
                format!(
                    "there are {} hidden layers; give at most {MAX_HIDDEN}",
                    hidden.len()
                ),
            ));
        }
        for &units in &hidden {
            check_size("network.hidden", units)?;
        }
        let spec = NetworkSpec {
            features,
            hidden,
            classes,
        };
        if spec.weights() > MAX_WEIGHTS {
            return Err(Error::setting(
                "network.hidden",
                format!(
                    "{spec} has {} weights, more than {MAX_WEIGHTS}; give smaller layers",
                    spec.weights()
                ),
            ));
        }
        Ok(spec)
    }

    /// Number of values in a sample.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Units of every hidden layer, from the input on.
    pub fn hidden(&self) -> &[usize] {
        &self.hidden
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The sizes of every block's matrices; without hidden layers, one block without a head.
    pub fn blocks(&self) -> impl Iterator<Item = BlockSizes> + '_ {
        let inputs = std::iter::once(&self.features).chain(&self.hidden);
        let hidden = inputs
            .zip(&self.hidden)
            .map(|(&inputs, &units)| BlockSizes {
                forward: (inputs, units),
                head: Some((units, self.classes)),
            });
        let only = self.hidden.is_empty().then_some(BlockSizes {
            forward: (self.features, self.classes),
            head: None,
        });
        hidden.chain(only)
    }

    /// Number of weights in all matrices.
    pub fn weights(&self) -> usize {
        let sizes = self
            .blocks()
            .flat_map(|block| [Some(block.forward), block.head]);
        // No product overflows: both sizes are at most 2^20.
        sizes
            .flatten()
            .map(|(inputs, outputs)| inputs * outputs)
            .sum()
    }
}

impl fmt::Display for NetworkSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.features)?;
        for units in &self.hidden {
            write!(formatter, "-{units}")?;
        }
        write!(formatter, "-{}", self.classes)
    }
}

fn check_size(setting: &'static str, size: usize) -> Result<()> {
    if (1..=MAX_UNITS).contains(&size) {
        return Ok(());
    }
    Err(Error::setting(
        setting,
        format!("a size is {size}; give 1 to {MAX_UNITS}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_a_head_and_its_units_are_the_next_inputs() {
        let spec = NetworkSpec::new(30, vec![64, 32], 2).unwrap();
        let sizes: Vec<_> = spec
            .blocks()
            .map(|block| (block.forward, block.head))
            .collect();
        assert_eq!(
            sizes,
            [((30, 64), Some((64, 2))), ((64, 32), Some((32, 2)))]
        );
        assert_eq!(spec.weights(), 30 * 64 + 64 * 2 + 64 * 32 + 32 * 2);
        assert_eq!(spec.to_string(), "30-64-32-2");
    }

    #[test]
    fn without_hidden_layers_there_is_one_matrix() {
        let spec = NetworkSpec::new(4, vec![], 3).unwrap();
        let sizes: Vec<_> = spec
            .blocks()
            .map(|block| (block.forward, block.head))
            .collect();
        assert_eq!(sizes, [((4, 3), None)]);
    }

    #[test]
    fn sizes_out_of_range_are_refused_by_name() {
        for (features, hidden, classes, part) in [
            (0, vec![2], 2, "network.features"),
            (2, vec![2, 0], 2, "network.hidden"),
            (2, vec![2], 0, "network.classes"),
            (MAX_UNITS + 1, vec![2], 2, "give 1 to 1048576"),
            (MAX_UNITS, vec![MAX_UNITS], 2, "smaller layers"),
            (1, vec![1; MAX_HIDDEN + 1], 2, "65 hidden layers"),
        ] {
            let error = NetworkSpec::new(features, hidden, classes).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
