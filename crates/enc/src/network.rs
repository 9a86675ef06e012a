//! What a network is.

use crate::{Error, Result};

/// A multilayer perceptron of local losses: every hidden layer has a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSpec {
    features: usize,
    hidden: Vec<usize>,
    classes: usize,
}

impl NetworkSpec {
    /// # Errors
    /// If a size is 0.
    pub fn new(features: usize, hidden: Vec<usize>, classes: usize) -> Result<Self> {
        if features == 0 || classes == 0 || hidden.contains(&0) {
            return Err(Error::Layout("a size is 0".to_owned()));
        }
        Ok(NetworkSpec {
            features,
            hidden,
            classes,
        })
    }
    /// Features.
    pub fn features(&self) -> usize {
        self.features
    }
    /// Hidden.
    pub fn hidden(&self) -> &[usize] {
        &self.hidden
    }
    /// Classes.
    pub fn classes(&self) -> usize {
        self.classes
    }
}

impl std::fmt::Display for NetworkSpec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.features)?;
        for units in &self.hidden {
            write!(formatter, "-{units}")?;
        }
        write!(formatter, "-{}", self.classes)
    }
}
