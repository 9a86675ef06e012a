//! A training step formula by formula, unoptimised: the oracle of [`Dense`](super::Dense) and of the
//! step on slots.

use super::matrices::{Matrices, Parameter};
use super::matrix::Matrix;
use crate::Result;
use crate::schedule::Rates;

/// Makes a step; returns the predictions of every head before it.
///
/// # Shapes
/// `inputs`: `[samples, features]`; a label for each sample. Predictions: `[samples, classes]`.
///
/// # Errors
/// [`Error::Samples`](crate::Error::Samples) if the batch does not fit the network.
///
/// # Source
/// As [`Dense::step`](super::Dense::step).
pub fn step(
    matrices: &mut Matrices,
    inputs: &Matrix,
    labels: &[u16],
    rates: &Rates,
) -> Result<Vec<Matrix>> {
    matrices.check_batch(inputs, labels)?;
    let mut all = Vec::new();
    let mut inputs = inputs.clone();
    for block in &mut matrices.blocks {
        let sums = product(&inputs, &block.forward.weight);
        let activations = map(&sums, |_, _, z| z * z + z);
        let predictions = match &block.head {
            Some(head) => product(&activations, &head.weight),
            None => sums.clone(),
        };
        let errors = map(&predictions, |sample, class, prediction| {
            let label = usize::from(labels[sample]) == class;
            prediction - f64::from(u8::from(label))
        });
        let at_sums = match &mut block.head {
            Some(head) => {
                let back = product(&errors, &transposed(&head.weight));
                let at_sums = map(&back, |row, column, g| {
                    g * (2.0 * sums.at(row, column) + 1.0)
                });
                update(head, &product(&transposed(&activations), &errors), rates);
                at_sums
            }
            None => errors,
        };
        let gradient = product(&transposed(&inputs), &at_sums);
        update(&mut block.forward, &gradient, rates);
        all.push(predictions);
        inputs = activations;
    }
    Ok(all)
}

fn update(parameter: &mut Parameter, gradient: &Matrix, rates: &Rates) {
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
