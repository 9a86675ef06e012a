//! Sums over rows and over columns, which turn one form of a vector into the other.

use crate::Result;
use crate::circuit::Circuit;
use crate::layout::{Form, Placement};
use crate::slots::{Slots, sum_strided};

/// Sums products with a matrix over what is not in `form`: over rows if every column is to have
/// its number in all rows, over columns if every row is to have its own in all columns.
///
/// # Levels
/// Repeated none, expanded one: sums over columns mix with other blocks everywhere but in the
/// first column of each period, and are cut out there.
///
/// # Errors
/// If a key is missing or no level is left.
pub(crate) fn gather<S: Slots>(
    circuit: &Circuit<'_, S>,
    matrix: &Placement,
    form: Form,
    products: &S::Vector,
) -> Result<S::Vector> {
    let slots = circuit.slots();
    let grid = circuit.layout().grid;
    match form {
        Form::Repeated => {
            let stride = grid.lanes().cast_signed();
            sum_strided(slots, products, stride, matrix.row_period)
        }
        Form::Expanded => {
            let period = matrix.column_period;
            let sums = sum_strided(slots, products, 1, period)?;
            let first = slots.weigh(&[(&sums, circuit.first_column(period)?)])?;
            sum_strided(slots, &first, -1, period)
        }
    }
}
