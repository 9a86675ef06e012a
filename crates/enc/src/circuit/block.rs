//! A block: a forward layer, its activation, and the head that teaches both.

use crate::circuit::Circuit;
use crate::layers::linear;
use crate::layout::{Labels, Placement, Role};
use crate::slots::{Part, Slots, Stage};
use crate::{Error, Result};
use nearfield_train::local_loss;
use rayon::prelude::*;

/// Levels of the factors of a gradient: one for their product, one for the update.
const GRADIENT_LEVELS: usize = 2;

/// A batch holds one vector of samples or more.
const NO_SAMPLES: Error = Error::Count {
    what: "vectors of samples",
    found: 0,
    expected: 1,
};

/// What a block learned from a batch.
pub(crate) struct Lesson<S: Slots> {
    /// The gradient of each matrix, for each of its vectors, summed over the batch's vectors but
    /// not over the samples in one.
    pub(crate) gradients: Vec<(Role, Vec<S::Product>)>,
    /// What the head's answers had too much, for each vector of samples.
    pub(crate) errors: Vec<S::Vector>,
}

/// A block with the state that it reads its matrices from.
pub(crate) struct LocalBlock<'c, S: Slots> {
    circuit: &'c Circuit<'c, S>,
    state: &'c [S::Vector],
    forward: &'c Placement,
    /// Without hidden layers there is none: the forward layer is compared with labels.
    head: Option<&'c Placement>,
}

/// What one vector of samples needs to learn.
pub(crate) struct Kept<V> {
    inputs: Vec<V>,
    sums: V,
    output: V,
}

/// Gradients and error of one vector of samples.
type OfSamples<S> = (
    Vec<(Role, Vec<<S as Slots>::Product>)>,
    <S as Slots>::Vector,
);

impl<'c, S: Slots> LocalBlock<'c, S> {
    pub(crate) fn new(
        circuit: &'c Circuit<'c, S>,
        state: &'c [S::Vector],
        forward: &'c Placement,
        head: Option<&'c Placement>,
    ) -> Self {
        LocalBlock {
            circuit,
            state,
            forward,
            head,
        }
    }

    fn passed(&self, part: Part, vector: &S::Vector) {
        if let Role::Forward(block) = self.forward.role {
            let stage = Stage::Block(block, part);
            self.circuit.slots().passed(stage, vector);
        }
    }

    fn run(&self, weights: &[S::Vector], inputs: Vec<S::Vector>) -> Result<Kept<S::Vector>> {
        let sums = linear::forward(self.circuit, self.forward, &inputs, weights)?;
        let output = match self.head {
            Some(_) => self.circuit.slots().square_plus_itself(&sums)?,
            None => sums.clone(),
        };
        self.passed(Part::Matrix, &weights[0]);
        self.passed(Part::Sums, &sums);
        self.passed(Part::Output, &output);
        Ok(Kept {
            inputs,
            sums,
            output,
        })
    }

    /// `e = y' - y`; `gC = h^T e`; `dz = (e C^T) (2 z + 1)`; `gW = a^T dz`.
    ///
    /// # Source
    /// ReBoot (arXiv 2506.19693), section 4, with the derivative of `z^2 + z` put right.
    fn learn_from(
        &self,
        kept: &Kept<S::Vector>,
        labels: &Labels<S::Vector>,
        head: Option<(&Placement, &[S::Vector])>,
    ) -> Result<OfSamples<S>> {
        let slots = self.circuit.slots();
        let mut output = kept.output.clone();
        slots.lower(&mut output, self.lesson_levels())?;
        let Some((matrix, weights)) = head else {
            let mut error = output;
            slots.subtract(&mut error, labels.of(self.forward.gives())?)?;
            self.passed(Part::Error, &error);
            let gradient = linear::gradient(slots, &kept.inputs, &error)?;
            return Ok((vec![(self.forward.role, gradient)], error));
        };
        let output = std::slice::from_ref(&output);
        let mut error = linear::forward(self.circuit, matrix, output, weights)?;
        slots.subtract(&mut error, labels.of(matrix.gives())?)?;
        self.passed(Part::Error, &error);
        let of_head = linear::gradient(slots, output, &error)?;
        let back = linear::backward(self.circuit, matrix, &error, &weights[0])?;
        let slope = slots.twice_plus_one(&kept.sums)?;
        let back = slots.finish(&slots.product(&back, &slope)?)?;
        self.passed(Part::ErrorOfSums, &back);
        let of_forward = linear::gradient(slots, &kept.inputs, &back)?;
        let gradients = vec![(self.forward.role, of_forward), (matrix.role, of_head)];
        Ok((gradients, error))
    }
}

impl<S: Slots> LocalBlock<'_, S> {
    /// Levels of an output that its lesson takes, of which gradients have [`GRADIENT_LEVELS`]
    /// left. Blocks before the last one have more: on fewer, all their work is less.
    fn lesson_levels(&self) -> usize {
        let Some(head) = self.head else {
            return GRADIENT_LEVELS;
        };
        let back_and_slope = linear::levels(head.takes()) + 1;
        linear::levels(head.gives()) + back_and_slope + GRADIENT_LEVELS
    }

    /// What the head answers, after a forward pass.
    pub(crate) fn answers(&self, pass: &[Kept<S::Vector>]) -> Result<Vec<S::Vector>> {
        let Some((matrix, first)) = self.head.zip(pass.first()) else {
            return Ok(pass.iter().map(|kept| kept.output.clone()).collect());
        };
        let levels = self.circuit.slots().levels(&first.output);
        let levels = levels.min(linear::levels(matrix.gives()));
        let weights = self.circuit.matrix(self.state, matrix, levels)?;
        let kept = pass.par_iter();
        kept.map(|kept| {
            let mut output = kept.output.clone();
            self.circuit.slots().lower(&mut output, levels)?;
            linear::forward(self.circuit, matrix, &[output], &weights)
        })
        .collect()
    }
}

impl<S: Slots> local_loss::Block for LocalBlock<'_, S> {
    /// For each vector of samples, the vectors of their inputs.
    type Activations = Vec<Vec<S::Vector>>;
    /// For each vector of samples.
    type Pass = Vec<Kept<S::Vector>>;
    type Targets = [Labels<S::Vector>];
    type Settings = ();
    type Learned = Lesson<S>;
    type Error = Error;

    fn forward(&self, input: Vec<Vec<S::Vector>>, (): &()) -> Result<Self::Pass> {
        let Some(first) = input.first().and_then(|inputs| inputs.first()) else {
            return Err(NO_SAMPLES);
        };
        let levels = self.circuit.slots().levels(first);
        let weights = self.circuit.matrix(self.state, self.forward, levels)?;
        let kept = input
            .into_par_iter()
            .map(|inputs| self.run(&weights, inputs));
        kept.collect()
    }

    fn learn(
        &mut self,
        pass: &mut Self::Pass,
        targets: &[Labels<S::Vector>],
        (): &(),
    ) -> Result<Lesson<S>> {
        if targets.len() != pass.len() {
            return Err(Error::Count {
                what: "vectors of labels",
                found: targets.len(),
                expected: pass.len(),
            });
        }
        let slots = self.circuit.slots();
        let levels = self.lesson_levels();
        let weights = self
            .head
            .map(|matrix| self.circuit.matrix(self.state, matrix, levels))
            .transpose()?;
        let head = self.head.zip(weights.as_deref());
        let learned = pass.par_iter().zip(targets);
        let learned = learned.map(|(kept, labels)| self.learn_from(kept, labels, head));
        let mut learned = learned.collect::<Result<Vec<_>>>()?.into_iter();
        let (gradients, error) = learned.next().ok_or(NO_SAMPLES)?;
        let mut lesson = Lesson {
            gradients,
            errors: vec![error],
        };
        for (gradients, error) in learned {
            lesson.errors.push(error);
            let sums = lesson.gradients.iter_mut().zip(&gradients);
            for ((_, sums), (_, more)) in sums {
                for (sum, more) in sums.iter_mut().zip(more) {
                    slots.add_product(sum, more)?;
                }
            }
        }
        Ok(lesson)
    }

    fn pass_on(&self, pass: Self::Pass, (): &()) -> Result<Vec<Vec<S::Vector>>> {
        Ok(pass.into_iter().map(|kept| vec![kept.output]).collect())
    }
}
