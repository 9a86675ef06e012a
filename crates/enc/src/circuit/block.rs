//! A block: a forward layer `W`, its activation, and the head `C` it learns from.
//!
//! `z = a W`; `h = z^2 + z`; `e = h C - y`; `gC = h^T e`; `dz = (e C^T) (2 z + 1)`;
//! `gW = a^T dz`. Without a head, `e = z - y` and `gW = a^T e`.
//!
//! # Source
//! ReBoot (arXiv 2506.19693), section 4.
//!
//! # Deviates
//! The paper prints another derivative of `z^2 + z`; here it is corrected to `2 z + 1`.

use crate::layers::{Context, linear};
use crate::layout::{Labels, Placement, Role};
use crate::slots::{Part, Slots, Stage};
use crate::{Error, Result};
use nearfield_train::Block;
use rayon::prelude::*;

/// A block with the refreshed state that holds its weights.
pub(super) struct LocalBlock<'c, S: Slots> {
    pub(super) context: &'c Context<'c, S>,
    pub(super) state: &'c [S::Vector],
    pub(super) forward: &'c Placement,
    /// Without hidden layers there is none: the forward layer is compared with labels.
    pub(super) head: Option<&'c Placement>,
}

/// The forward pass of one vector of samples.
pub(super) struct VectorPass<V> {
    inputs: Vec<V>,
    sums: V,
    output: V,
}

/// What a block learned from a batch.
pub(super) struct BlockGradients<S: Slots> {
    /// The gradient of each of its matrices.
    pub(super) gradients: Vec<MatrixGradient<S>>,
    /// The prediction error of each vector of samples.
    pub(super) errors: Vec<S::Vector>,
}

/// The gradient of a matrix, summed over vectors of samples, but not yet over the samples of one.
pub(super) struct MatrixGradient<S: Slots> {
    pub(super) role: Role,
    /// A product for each vector of the matrix in use.
    pub(super) products: Vec<S::Product>,
}

/// A head with its unpacked weights.
struct Head<'a, V> {
    matrix: &'a Placement,
    weights: Vec<V>,
}

/// Levels of the factors of a gradient: one for their product, one for the update.
const GRADIENT_LEVELS: usize = 2;

impl<S: Slots> Block for LocalBlock<'_, S> {
    /// For each vector of samples, the vectors of their inputs.
    type Activations = Vec<Vec<S::Vector>>;
    /// For each vector of samples.
    type Pass = Vec<VectorPass<S::Vector>>;
    /// For each vector of samples.
    type Targets = [Labels<S::Vector>];
    type Settings = ();
    type Learned = BlockGradients<S>;
    type Error = Error;

    fn forward(&self, input: Vec<Vec<S::Vector>>, (): &()) -> Result<Self::Pass> {
        let first = input.first().and_then(|inputs| inputs.first());
        let levels = self.context.slots().levels(first.ok_or(Error::EmptyBatch)?);
        let weights = self.unpack_weights(self.forward, levels)?;
        let passes = input.into_par_iter();
        passes
            .map(|inputs| self.forward_vector(inputs, &weights))
            .collect()
    }

    fn learn(
        &mut self,
        pass: &mut Self::Pass,
        targets: &[Labels<S::Vector>],
        (): &(),
    ) -> Result<BlockGradients<S>> {
        if targets.len() != pass.len() {
            return Err(Error::Count {
                what: "vectors of labels",
                found: targets.len(),
                expected: pass.len(),
            });
        }
        let head = self.head.map(|matrix| {
            let weights = self.unpack_weights(matrix, self.learning_levels())?;
            Ok::<_, Error>(Head { matrix, weights })
        });
        let head = head.transpose()?;
        let vectors = pass.par_iter().zip(targets);
        let learned = vectors.map(|(pass, labels)| self.learn_vector(pass, labels, head.as_ref()));
        let mut learned = learned.collect::<Result<Vec<_>>>()?.into_iter();
        let mut sum = learned.next().ok_or(Error::EmptyBatch)?;
        for more in learned {
            sum.add(self.context.slots(), more)?;
        }
        Ok(sum)
    }

    fn pass_on(&self, pass: Self::Pass, (): &()) -> Result<Vec<Vec<S::Vector>>> {
        Ok(pass.into_iter().map(|pass| vec![pass.output]).collect())
    }
}

impl<S: Slots> LocalBlock<'_, S> {
    /// The head's predictions after a forward pass, for each vector of samples.
    ///
    /// # Errors
    /// If a key is missing or no level is left.
    pub(super) fn predictions(&self, pass: &[VectorPass<S::Vector>]) -> Result<Vec<S::Vector>> {
        let Some((matrix, first)) = self.head.zip(pass.first()) else {
            return Ok(pass.iter().map(|pass| pass.output.clone()).collect());
        };
        let slots = self.context.slots();
        let levels = slots.levels(&first.output);
        let levels = levels.min(linear::levels(matrix.output_form()));
        let weights = self.unpack_weights(matrix, levels)?;
        let predictions = pass.par_iter().map(|pass| {
            let mut output = pass.output.clone();
            slots.drop_levels(&mut output, levels)?;
            linear::forward(self.context, matrix, &[output], &weights)
        });
        predictions.collect()
    }

    fn forward_vector(
        &self,
        inputs: Vec<S::Vector>,
        weights: &[S::Vector],
    ) -> Result<VectorPass<S::Vector>> {
        let sums = linear::forward(self.context, self.forward, &inputs, weights)?;
        let output = match self.head {
            Some(_) => self.context.slots().square_plus_itself(&sums)?,
            None => sums.clone(),
        };
        self.observe(Part::Weights, &weights[0]);
        self.observe(Part::Sums, &sums);
        self.observe(Part::Output, &output);
        Ok(VectorPass {
            inputs,
            sums,
            output,
        })
    }

    fn learn_vector(
        &self,
        pass: &VectorPass<S::Vector>,
        labels: &Labels<S::Vector>,
        head: Option<&Head<'_, S::Vector>>,
    ) -> Result<BlockGradients<S>> {
        let slots = self.context.slots();
        let mut output = pass.output.clone();
        slots.drop_levels(&mut output, self.learning_levels())?;
        let Some(Head { matrix, weights }) = head else {
            let mut error = output;
            slots.subtract(&mut error, labels.of(self.forward.output_form())?)?;
            self.observe(Part::PredictionError, &error);
            let of_forward = gradient(slots, self.forward, &pass.inputs, &error)?;
            return Ok(BlockGradients {
                gradients: vec![of_forward],
                errors: vec![error],
            });
        };
        let output = std::slice::from_ref(&output);
        let mut error = linear::forward(self.context, matrix, output, weights)?;
        slots.subtract(&mut error, labels.of(matrix.output_form())?)?;
        self.observe(Part::PredictionError, &error);
        let of_head = gradient(slots, matrix, output, &error)?;
        let back = linear::backward(self.context, matrix, &error, &weights[0])?;
        let slope = slots.double_plus_one(&pass.sums)?;
        let back = slots.relinearize_rescale(&slots.product(&back, &slope)?)?;
        self.observe(Part::SumsGradient, &back);
        let of_forward = gradient(slots, self.forward, &pass.inputs, &back)?;
        Ok(BlockGradients {
            gradients: vec![of_forward, of_head],
            errors: vec![error],
        })
    }

    /// Levels of the output that learning starts from, so that gradients have
    /// [`GRADIENT_LEVELS`] left. Blocks before the last one have more: on fewer, all operations
    /// are cheaper.
    fn learning_levels(&self) -> usize {
        let Some(head) = self.head else {
            return GRADIENT_LEVELS;
        };
        let back_and_slope = linear::levels(head.input_form()) + 1;
        linear::levels(head.output_form()) + back_and_slope + GRADIENT_LEVELS
    }

    fn unpack_weights(&self, matrix: &Placement, levels: usize) -> Result<Vec<S::Vector>> {
        self.context.unpack_weights(self.state, matrix, levels)
    }

    fn observe(&self, part: Part, vector: &S::Vector) {
        if let Role::Forward(block) = self.forward.role {
            let stage = Stage::Block(block, part);
            self.context.slots().observe(stage, vector);
        }
    }
}

impl<S: Slots> BlockGradients<S> {
    /// Adds what the same block learned from another vector of samples.
    fn add(&mut self, slots: &S, more: Self) -> Result<()> {
        self.errors.extend(more.errors);
        for (sum, more) in self.gradients.iter_mut().zip(&more.gradients) {
            for (sum, more) in sum.products.iter_mut().zip(&more.products) {
                slots.add_product(sum, more)?;
            }
        }
        Ok(())
    }
}

fn gradient<S: Slots>(
    slots: &S,
    matrix: &Placement,
    inputs: &[S::Vector],
    error: &S::Vector,
) -> Result<MatrixGradient<S>> {
    Ok(MatrixGradient {
        role: matrix.role,
        products: linear::gradient(slots, inputs, error)?,
    })
}
