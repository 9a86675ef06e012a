//! Training on plain numbers: the same arithmetic as on ciphertexts, without their noise.
//!
//! It is what encrypted trainings are compared with, and what trains where nothing is secret.
//! [`naive`](super::naive) is its oracle.

use crate::plain::matrices::{BlockMatrices, Matrices, Parameter};
use crate::plain::matrix::{Left, Matrix, Multiplier, transpose};
use crate::schedule::Rates;
use crate::{Error, Result};
use nearfield_train::history::Tally;

/// Samples that are evaluated at a time.
const EVALUATED: usize = 256;

/// A network in training, in double precision.
#[derive(Clone, Debug)]
pub struct Dense {
    matrices: Matrices,
    steps: u64,
    room: Room,
}

/// What a head makes of some samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeadScore {
    /// Sum of the squares of answer less label, over samples and classes.
    pub squares: f64,
    /// Samples whose largest answer is their class, and all samples.
    pub right: Tally,
}

/// What a step works in; kept from step to step.
#[derive(Clone, Debug, Default)]
struct Room {
    multiplier: Multiplier,
    /// Inputs of the block.
    inputs: Matrix,
    /// Sums of the forward layer, before the activation.
    sums: Matrix,
    activations: Matrix,
    /// Answers, and then answers less labels.
    errors: Matrix,
    head: Matrix,
    /// Gradients at the sums, and of matrices.
    at_sums: Matrix,
    gradient: Matrix,
}

impl Dense {
    /// A training from these numbers.
    pub fn new(matrices: Matrices) -> Self {
        Dense {
            matrices,
            steps: 0,
            room: Room::default(),
        }
    }

    /// Weights and velocities.
    pub fn matrices(&self) -> &Matrices {
        &self.matrices
    }

    /// Weights and velocities, when training is over.
    pub fn into_matrices(self) -> Matrices {
        self.matrices
    }

    /// Steps that were made here.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Makes a step; what every head made of the batch before it.
    ///
    /// # Shapes
    /// `inputs`: `[samples, features]`; a label for each sample.
    ///
    /// # Errors
    /// [`Error::Data`] if the batch does not fit the network; [`Error::Diverged`] if an error is
    /// no finite number, and the training is then of no use.
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
        check_batch(&self.matrices, inputs, labels)?;
        let mut scores = Vec::with_capacity(self.matrices.blocks.len());
        self.room.inputs.clone_from(inputs);
        for (head, block) in self.matrices.blocks.iter_mut().enumerate() {
            let score = self.room.answer(block, labels);
            if !score.squares.is_finite() {
                let steps = self.steps;
                return Err(Error::Diverged { steps, head });
            }
            scores.push(score);
            self.room.learn(block, rates);
            self.room.pass_on();
        }
        self.steps += 1;
        Ok(scores)
    }

    /// What every head makes of these samples.
    ///
    /// # Shapes
    /// As [`Dense::step`].
    ///
    /// # Errors
    /// As [`Dense::step`].
    pub fn evaluate(&self, inputs: &Matrix, labels: &[u16]) -> Result<Vec<HeadScore>> {
        check_batch(&self.matrices, inputs, labels)?;
        let mut scores = vec![HeadScore::default(); self.matrices.blocks.len()];
        let mut room = Room::default();
        let all: Vec<usize> = (0..inputs.rows()).collect();
        for (samples, labels) in all.chunks(EVALUATED).zip(labels.chunks(EVALUATED)) {
            inputs.gather_into(samples, &mut room.inputs)?;
            for (block, score) in self.matrices.blocks.iter().zip(&mut scores) {
                let found = room.answer(block, labels);
                score.squares += found.squares;
                score.right.add(found.right);
                room.pass_on();
            }
        }
        match scores.iter().position(|score| !score.squares.is_finite()) {
            Some(head) => Err(Error::Diverged {
                steps: self.steps,
                head,
            }),
            None => Ok(scores),
        }
    }
}

impl Room {
    /// From the inputs to what the block's head says, less labels.
    fn answer(&mut self, block: &BlockMatrices, labels: &[u16]) -> HeadScore {
        let room = self;
        let multiplier = &mut room.multiplier;
        multiplier.multiply(
            &room.inputs,
            Left::Plain,
            &block.forward.weight,
            &mut room.sums,
        );
        activate(&room.sums, &mut room.activations);
        match &block.head {
            Some(Parameter { weight, .. }) => {
                multiplier.multiply(&room.activations, Left::Plain, weight, &mut room.errors);
            }
            None => room.errors.clone_from(&room.sums),
        }
        subtract_labels(&mut room.errors, labels)
    }

    /// Corrects the block, after [`Room::answer`]; all gradients are those before.
    fn learn(&mut self, block: &mut BlockMatrices, rates: &Rates) {
        let room = self;
        let multiplier = &mut room.multiplier;
        let mut gradient = |left, right: &Matrix, parameter: &mut Parameter| {
            multiplier.multiply(left, Left::Transposed, right, &mut room.gradient);
            correct(parameter, &room.gradient, rates);
        };
        let Some(head) = &mut block.head else {
            return gradient(&room.inputs, &room.errors, &mut block.forward);
        };
        transpose(&head.weight, &mut room.head);
        gradient(&room.activations, &room.errors, head);
        multiplier.multiply(&room.errors, Left::Plain, &room.head, &mut room.at_sums);
        derive(&room.sums, &mut room.at_sums);
        multiplier.multiply(
            &room.inputs,
            Left::Transposed,
            &room.at_sums,
            &mut room.gradient,
        );
        correct(&mut block.forward, &room.gradient, rates);
    }

    /// The block's activations are the next block's inputs.
    fn pass_on(&mut self) {
        std::mem::swap(&mut self.inputs, &mut self.activations);
    }
}

pub(crate) fn check_batch(matrices: &Matrices, inputs: &Matrix, labels: &[u16]) -> Result<()> {
    let spec = matrices.spec();
    if inputs.columns() != spec.features() || inputs.rows() != labels.len() {
        return Err(Error::Data(format!(
            "{} samples of {} values with {} labels do not fit the network {spec}; give samples \
             of {} values and a label to each",
            inputs.rows(),
            inputs.columns(),
            labels.len(),
            spec.features()
        )));
    }
    let beyond = |&label: &u16| usize::from(label) >= spec.classes();
    match labels.iter().position(beyond) {
        Some(sample) => Err(Error::Data(format!(
            "sample {sample} (from 0) has label {}, but the network {spec} has {} classes",
            labels[sample],
            spec.classes()
        ))),
        None => Ok(()),
    }
}

/// `z^2 + z`.
fn activate(sums: &Matrix, activations: &mut Matrix) {
    activations.clone_from(sums);
    for value in activations.values_mut() {
        *value = *value * *value + *value;
    }
}

/// Multiplies gradients by `2z + 1`.
fn derive(sums: &Matrix, gradients: &mut Matrix) {
    for (gradient, sum) in gradients.values_mut().iter_mut().zip(sums.values()) {
        *gradient *= 2.0 * sum + 1.0;
    }
}

/// From answers to errors.
fn subtract_labels(answers: &mut Matrix, labels: &[u16]) -> HeadScore {
    let mut score = HeadScore::default();
    let classes = answers.columns();
    for (row, &label) in answers.values_mut().chunks_exact_mut(classes).zip(labels) {
        let label = usize::from(label);
        score.right.seen += 1;
        score.right.correct += u64::from(largest(row) == label);
        row[label] -= 1.0;
        score.squares += row.iter().map(|error| error * error).sum::<f64>();
    }
    score
}

/// The first of the largest.
fn largest(answers: &[f64]) -> usize {
    let mut best = 0;
    for (class, answer) in answers.iter().enumerate() {
        if *answer > answers[best] {
            best = class;
        }
    }
    best
}

/// Nesterov momentum with coupled decay.
fn correct(parameter: &mut Parameter, gradient: &Matrix, rates: &Rates) {
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
