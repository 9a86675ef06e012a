//! Training on plain matrices: the arithmetic of the encrypted step without its noise.
//!
//! Encrypted trainings are compared with it, and it trains where nothing is secret.
//! [`naive`](super::naive) is its oracle.

use super::matrices::{BlockMatrices, Matrices, Parameter};
use super::matrix::{Left, Matrix, Multiplier, transpose};
use crate::schedule::Rates;
use crate::{Error, Result};
use nearfield_train::history::Tally;

/// Samples that are evaluated at a time.
const EVALUATION_BATCH: usize = 256;

/// A network in training, in double precision.
#[derive(Clone, Debug)]
pub struct Dense {
    matrices: Matrices,
    steps: u64,
    workspace: Workspace,
}

/// How well a head predicts some samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeadScore {
    /// Sum of the squared prediction errors `(y' - y)^2` over samples and classes.
    pub squared_error: f64,
    /// Correct predictions, where the class of the largest output is the label, and all samples.
    pub tally: Tally,
}

/// The buffers of a step, kept from step to step.
#[derive(Clone, Debug, Default)]
struct Workspace {
    multiplier: Multiplier,
    /// Inputs of the block.
    inputs: Matrix,
    /// Sums of the forward layer, before the activation.
    sums: Matrix,
    activations: Matrix,
    /// Predictions, and then prediction errors.
    errors: Matrix,
    /// The head's weights, transposed.
    head: Matrix,
    /// Gradients at the sums.
    at_sums: Matrix,
    /// The gradient of a matrix.
    gradient: Matrix,
}

impl Dense {
    /// A training that starts from these weights and velocities.
    pub fn new(matrices: Matrices) -> Self {
        Dense {
            matrices,
            steps: 0,
            workspace: Workspace::default(),
        }
    }

    /// Weights and velocities.
    pub fn matrices(&self) -> &Matrices {
        &self.matrices
    }

    /// Weights and velocities, at the end of training.
    pub fn into_matrices(self) -> Matrices {
        self.matrices
    }

    /// Number of steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Makes a step; returns how well every head predicted the batch before it.
    ///
    /// # Shapes
    /// `inputs`: `[samples, features]`; a label for each sample.
    ///
    /// # Errors
    /// [`Error::Samples`] if the batch does not fit the network; [`Error::Diverged`] if a prediction
    /// error is not finite, and the training is then of no use.
    ///
    /// # Source
    /// ReBoot (arXiv 2506.19693), section 4: activation `z^2 + z`, errors without a factor 2,
    /// sums over the batch.
    ///
    /// # Deviates
    /// Where its printed formulas contradict its implementation, this follows the implementation:
    /// the derivative is `2z + 1` and multiplies, decay falls on weights, and a head learns from
    /// its own step.
    pub fn step(
        &mut self,
        inputs: &Matrix,
        labels: &[u16],
        rates: &Rates,
    ) -> Result<Vec<HeadScore>> {
        self.matrices.check_batch(inputs, labels)?;
        let mut scores = Vec::with_capacity(self.matrices.blocks.len());
        self.workspace.inputs.clone_from(inputs);
        for (head, block) in self.matrices.blocks.iter_mut().enumerate() {
            let score = self.workspace.predict(block, labels);
            if !score.squared_error.is_finite() {
                let steps = self.steps;
                return Err(Error::Diverged { steps, head });
            }
            scores.push(score);
            self.workspace.learn(block, rates);
            self.workspace.pass_on();
        }
        self.steps += 1;
        Ok(scores)
    }

    /// How well every head predicts these samples.
    ///
    /// # Shapes
    /// As [`Dense::step`].
    ///
    /// # Errors
    /// As [`Dense::step`].
    pub fn evaluate(&self, inputs: &Matrix, labels: &[u16]) -> Result<Vec<HeadScore>> {
        self.matrices.check_batch(inputs, labels)?;
        let mut scores = vec![HeadScore::default(); self.matrices.blocks.len()];
        let mut workspace = Workspace::default();
        let all: Vec<usize> = (0..inputs.rows()).collect();
        for (samples, labels) in all
            .chunks(EVALUATION_BATCH)
            .zip(labels.chunks(EVALUATION_BATCH))
        {
            inputs.gather_into(samples, &mut workspace.inputs)?;
            for (block, score) in self.matrices.blocks.iter().zip(&mut scores) {
                let found = workspace.predict(block, labels);
                score.squared_error += found.squared_error;
                score.tally.add(found.tally);
                workspace.pass_on();
            }
        }
        match scores
            .iter()
            .position(|score| !score.squared_error.is_finite())
        {
            Some(head) => Err(Error::Diverged {
                steps: self.steps,
                head,
            }),
            None => Ok(scores),
        }
    }
}

impl Workspace {
    /// From the block's inputs to its prediction errors.
    fn predict(&mut self, block: &BlockMatrices, labels: &[u16]) -> HeadScore {
        let multiplier = &mut self.multiplier;
        let weights = &block.forward.weight;
        multiplier.multiply(&self.inputs, Left::Plain, weights, &mut self.sums);
        activate(&self.sums, &mut self.activations);
        match &block.head {
            Some(Parameter { weight, .. }) => {
                multiplier.multiply(&self.activations, Left::Plain, weight, &mut self.errors);
            }
            None => self.errors.clone_from(&self.sums),
        }
        subtract_labels(&mut self.errors, labels)
    }

    /// Updates the block after [`Workspace::predict`]; all gradients are those before the update.
    fn learn(&mut self, block: &mut BlockMatrices, rates: &Rates) {
        let multiplier = &mut self.multiplier;
        let mut learn = |left, right: &Matrix, parameter: &mut Parameter| {
            multiplier.multiply(left, Left::Transposed, right, &mut self.gradient);
            update(parameter, &self.gradient, rates);
        };
        let Some(head) = &mut block.head else {
            return learn(&self.inputs, &self.errors, &mut block.forward);
        };
        transpose(&head.weight, &mut self.head);
        learn(&self.activations, &self.errors, head);
        multiplier.multiply(&self.errors, Left::Plain, &self.head, &mut self.at_sums);
        multiply_by_slope(&self.sums, &mut self.at_sums);
        let (inputs, gradient) = (&self.inputs, &mut self.gradient);
        multiplier.multiply(inputs, Left::Transposed, &self.at_sums, gradient);
        update(&mut block.forward, &self.gradient, rates);
    }

    /// The block's activations are the next block's inputs.
    fn pass_on(&mut self) {
        std::mem::swap(&mut self.inputs, &mut self.activations);
    }
}

/// `z^2 + z`.
fn activate(sums: &Matrix, activations: &mut Matrix) {
    activations.clone_from(sums);
    for value in activations.values_mut() {
        *value = *value * *value + *value;
    }
}

/// Multiplies gradients by the slope of the activation, `2z + 1`.
fn multiply_by_slope(sums: &Matrix, gradients: &mut Matrix) {
    for (gradient, sum) in gradients.values_mut().iter_mut().zip(sums.values()) {
        *gradient *= 2.0 * sum + 1.0;
    }
}

/// Turns predictions into prediction errors.
fn subtract_labels(predictions: &mut Matrix, labels: &[u16]) -> HeadScore {
    let mut score = HeadScore::default();
    let classes = predictions.columns();
    let rows = predictions.values_mut().chunks_exact_mut(classes);
    for (row, &label) in rows.zip(labels) {
        let label = usize::from(label);
        score.tally.seen += 1;
        score.tally.correct += u64::from(argmax(row) == label);
        row[label] -= 1.0;
        score.squared_error += row.iter().map(|error| error * error).sum::<f64>();
    }
    score
}

/// The index of the largest value, the first of equal ones.
fn argmax(values: &[f64]) -> usize {
    let mut best = 0;
    for (class, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = class;
        }
    }
    best
}

/// Nesterov momentum with coupled decay.
fn update(parameter: &mut Parameter, gradient: &Matrix, rates: &Rates) {
    let by_gradient = rates.rate * (1.0 + rates.momentum);
    let by_velocity = rates.rate * rates.momentum * rates.momentum;
    let weights = parameter.weight.values_mut().iter_mut();
    let velocities = parameter.velocity.values_mut().iter_mut();
    for ((weight, velocity), &gradient) in weights.zip(velocities).zip(gradient.values()) {
        let gradient = gradient + rates.decay * *weight;
        *weight -= by_gradient * gradient + by_velocity * *velocity;
        *velocity = rates.momentum * *velocity + gradient;
    }
}

#[cfg(test)]
mod tests;
