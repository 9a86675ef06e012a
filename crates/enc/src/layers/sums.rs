//! Sums over rows and over columns, which turn one form of a vector into the other.

use crate::Result;
use crate::layers::Context;
use crate::layout::{Form, Placement};
use crate::slots::Slots;

/// Sums products with a matrix into `form`: over rows, so that every column has its number in all
/// rows, or over columns, so that every row has its number in all columns.
///
/// # Levels
/// Repeated none, expanded one: sums over columns mix with other blocks everywhere but in the
/// first column of each period, where a mask selects them.
///
/// # Errors
/// If a key is missing or no level is left.
pub(super) fn gather<S: Slots>(
    context: &Context<'_, S>,
    matrix: &Placement,
    form: Form,
    products: &S::Vector,
) -> Result<S::Vector> {
    let slots = context.slots();
    match form {
        Form::Repeated => {
            let stride = context.layout().grid().lanes().cast_signed();
            slots.sum_strided(products, stride, matrix.row_period)
        }
        Form::Expanded => {
            let period = matrix.column_period;
            let sums = slots.sum_strided(products, 1, period)?;
            let first = slots.linear_combination(&[(&sums, context.first_column(matrix))])?;
            slots.sum_strided(&first, -1, period)
        }
    }
}
