//! What a step reads: a batch in slots, and the units of a state.

use super::placement::Form;
use crate::{Error, Result};

/// A batch, in vectors of samples.
#[derive(Clone, Debug)]
pub struct Batch<V> {
    /// For each vector of samples, the vectors of their inputs.
    pub inputs: Vec<Vec<V>>,
    /// Their labels.
    pub labels: Vec<Labels<V>>,
}

/// One-hot labels of some samples, in the forms in which heads need them.
#[derive(Clone, Debug)]
pub struct Labels<V> {
    /// One class a row.
    pub expanded: Option<V>,
    /// One class a column.
    pub repeated: Option<V>,
}

impl<V> Labels<V> {
    /// # Errors
    /// If they are missing in this form.
    pub(crate) fn of(&self, form: Form) -> Result<&V> {
        let (labels, what) = match form {
            Form::Expanded => (&self.expanded, "expanded labels"),
            Form::Repeated => (&self.repeated, "repeated labels"),
        };
        labels.as_ref().ok_or(Error::Count {
            what,
            found: 0,
            expected: 1,
        })
    }
}

/// What the numbers of a state are divided by, so that they are between -1 and 1 when they are
/// refreshed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranges {
    /// Of weights.
    pub weights: f64,
    /// Of velocities.
    pub velocities: f64,
}
