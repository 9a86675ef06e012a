//! A training step formula by formula, without haste: the oracle of [`Dense`](super::dense::Dense) and
//! of the step on slots.

use super::dense::check_batch;
use crate::Result;
use crate::plain::matrices::{Matrices, Parameter};
use crate::plain::matrix::Matrix;
use crate::schedule::Rates;

/// Makes a step; the answers of every head before it.
///
/// # Shapes
/// `inputs`: `[samples, features]`; a label for each sample. Answers: `[samples, classes]`.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) if the batch does not fit the network.
///
/// # Source
/// As [`Dense::step`](super::dense::Dense::step).
pub fn step(
    matrices: &mut Matrices,
    inputs: &Matrix,
    labels: &[u16],
    rates: &Rates,
) -> Result<Vec<Matrix>> {
    check_batch(matrices, inputs, labels)?;
    let mut answers = Vec::new();
    let mut inputs = inputs.clone();
    for block in &mut matrices.blocks {
        let sums = product(&inputs, &block.forward.weight);
        let activations = map(&sums, |_, _, z| z * z + z);
        let said = match &block.head {
            Some(head) => product(&activations, &head.weight),
            None => sums.clone(),
        };
        let errors = map(&said, |sample, class, answer| {
            let label = usize::from(labels[sample]) == class;
            answer - f64::from(u8::from(label))
        });
        let at_sums = match &mut block.head {
            Some(head) => {
                let back = product(&errors, &transposed(&head.weight));
                let at_sums = map(&back, |row, column, g| {
                    g * (2.0 * sums.at(row, column) + 1.0)
                });
                correct(head, &product(&transposed(&activations), &errors), rates);
                at_sums
            }
            None => errors,
        };
        let gradient = product(&transposed(&inputs), &at_sums);
        correct(&mut block.forward, &gradient, rates);
        answers.push(said);
        inputs = activations;
    }
    Ok(answers)
}

fn correct(parameter: &mut Parameter, gradient: &Matrix, rates: &Rates) {
    let Rates {
        rate,
        decay,
        momentum: mu,
    } = *rates;
    let Parameter { weight, velocity } = parameter;
    let gradient = map(gradient, |i, o, g| g + decay * weight.at(i, o));
    let delta = map(&gradient, |i, o, g| {
        rate * (1.0 + mu) * g + rate * mu * mu * velocity.at(i, o)
    });
    *velocity = map(velocity, |i, o, v| mu * v + gradient.at(i, o));
    *weight = map(weight, |i, o, w| w - delta.at(i, o));
}

/// `left right` by three loops.
pub(crate) fn product(left: &Matrix, right: &Matrix) -> Matrix {
    fill(left.rows(), right.columns(), |row, column| {
        let mut sum = 0.0;
        for at in 0..right.rows() {
            sum += left.at(row, at) * right.at(at, column);
        }
        sum
    })
}

fn transposed(matrix: &Matrix) -> Matrix {
    fill(matrix.columns(), matrix.rows(), |row, column| {
        matrix.at(column, row)
    })
}

fn map(matrix: &Matrix, change: impl Fn(usize, usize, f64) -> f64) -> Matrix {
    fill(matrix.rows(), matrix.columns(), |row, column| {
        change(row, column, matrix.at(row, column))
    })
}

fn fill(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Matrix {
    let mut matrix = Matrix::zeros(rows, columns);
    for row in 0..rows {
        for column in 0..columns {
            matrix.values_mut()[row * columns + column] = value(row, column);
        }
    }
    matrix
}
