//! A linear layer: its sums, its error back to its inputs, its gradient.

use super::sums::gather;
use crate::circuit::Circuit;
use crate::layout::{Form, Placement};
use crate::slots::Slots;
use crate::{Error, Result};

/// Levels that a product with a matrix takes, if it comes out in this form.
pub(crate) fn levels(form: Form) -> usize {
    match form {
        Form::Repeated => 1,
        Form::Expanded => 2,
    }
}

/// `a W`: in rows if the matrix is row-wise, in columns if it is column-wise.
///
/// # Shapes
/// A vector of inputs for each vector of the matrix in use.
///
/// # Levels
/// One; two if the matrix is column-wise.
///
/// # Errors
/// If a key is missing, no level is left, or there are not as many inputs as vectors.
///
/// # Source
/// ReBoot (arXiv 2506.19693), section 4.
pub(crate) fn forward<S: Slots>(
    circuit: &Circuit<'_, S>,
    matrix: &Placement,
    inputs: &[S::Vector],
    weights: &[S::Vector],
) -> Result<S::Vector> {
    let slots = circuit.slots();
    if inputs.len() != weights.len() || inputs.is_empty() {
        return Err(Error::Count {
            what: "vectors of a sample's inputs",
            found: inputs.len(),
            expected: weights.len(),
        });
    }
    let mut sum = slots.product(&inputs[0], &weights[0])?;
    for (input, weights) in inputs.iter().zip(weights).skip(1) {
        let product = slots.product(input, weights)?;
        slots.add_product(&mut sum, &product)?;
    }
    gather(circuit, matrix, matrix.gives(), &slots.finish(&sum)?)
}

/// `e W^T`: the same matrix as it lies, summed the other way.
///
/// # Levels
/// One; two if the matrix is row-wise.
///
/// # Errors
/// If a key is missing or no level is left.
pub(crate) fn backward<S: Slots>(
    circuit: &Circuit<'_, S>,
    matrix: &Placement,
    error: &S::Vector,
    weights: &S::Vector,
) -> Result<S::Vector> {
    let slots = circuit.slots();
    let product = slots.finish(&slots.product(error, weights)?)?;
    gather(circuit, matrix, matrix.takes(), &product)
}

/// The outer product of inputs and errors, where the matrix's own numbers lie: for each vector
/// of the matrix in use, summed over nothing yet.
///
/// # Errors
/// If the operands do not fit each other.
pub(crate) fn gradient<S: Slots>(
    slots: &S,
    inputs: &[S::Vector],
    error: &S::Vector,
) -> Result<Vec<S::Product>> {
    let products = inputs.iter().map(|input| slots.product(input, error));
    products.collect()
}
