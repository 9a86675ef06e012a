//! A linear layer: `a W`, its error back to its inputs `e W^T`, its gradient `a^T e`.
//!
//! # Shapes
//! `a`: a vector in the form that the matrix takes, or one for each vector of a matrix that is
//! split. `W`: the vectors of [`Context::unpack_weights`]. `e` and `a W`: a vector in the form of
//! the product. Every vector holds as many samples as the grid has blocks.
//!
//! # Source
//! ReBoot (arXiv 2506.19693), section 4.

use super::sums::gather;
use crate::layers::Context;
use crate::layout::{Form, Placement};
use crate::slots::Slots;
use crate::{Error, Result};

/// Levels that a product with a matrix takes if it comes out in `form`.
pub(crate) fn levels(form: Form) -> usize {
    match form {
        Form::Repeated => 1,
        Form::Expanded => 2,
    }
}

/// `a W`: products slot by slot, summed over the inputs.
///
/// # Levels
/// One if the matrix is row-wise, two if it is column-wise.
///
/// # Errors
/// If a key is missing, no level is left, or there are not as many inputs as weights.
pub(crate) fn forward<S: Slots>(
    context: &Context<'_, S>,
    matrix: &Placement,
    inputs: &[S::Vector],
    weights: &[S::Vector],
) -> Result<S::Vector> {
    let slots = context.slots();
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
    let products = slots.relinearize_rescale(&sum)?;
    gather(context, matrix, matrix.output_form(), &products)
}

/// `e W^T`: the same weights as they lie, summed over the outputs.
///
/// # Levels
/// One if the matrix is column-wise, two if it is row-wise.
///
/// # Errors
/// If a key is missing or no level is left.
pub(crate) fn backward<S: Slots>(
    context: &Context<'_, S>,
    matrix: &Placement,
    error: &S::Vector,
    weights: &S::Vector,
) -> Result<S::Vector> {
    let slots = context.slots();
    let products = slots.relinearize_rescale(&slots.product(error, weights)?)?;
    gather(context, matrix, matrix.input_form(), &products)
}

/// `a^T e`: the product of each input with each error lies where the matrix's own number lies. A
/// product for each vector of the matrix, not yet summed over samples.
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
