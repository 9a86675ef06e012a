//! Matrices, samples and labels to slots, and back.

use crate::Result;
use crate::layout::{Batch, Form, Labels, Layout, Ranges, Role};
use crate::plain::matrices::{Matrices, Parameter};

impl Matrices {
    /// The numbers of one matrix.
    pub fn of(&self, role: Role) -> Option<&Parameter> {
        match role {
            Role::Forward(block) => self.blocks.get(block).map(|block| &block.forward),
            Role::Head(block) => self.blocks.get(block)?.head.as_ref(),
        }
    }

    fn of_mut(&mut self, role: Role) -> Option<&mut Parameter> {
        match role {
            Role::Forward(block) => self.blocks.get_mut(block).map(|block| &mut block.forward),
            Role::Head(block) => self.blocks.get_mut(block)?.head.as_mut(),
        }
    }
}

impl Layout {
    /// The slots of a batch: inputs and labels of all samples, vector after vector.
    pub fn pack_batch(&self, inputs: &[&[f64]], labels: &[usize]) -> Batch<Vec<f64>> {
        let forms = self.label_forms();
        let mut batch = Batch {
            inputs: Vec::new(),
            labels: Vec::new(),
        };
        let pieces = inputs.chunks(self.samples());
        for (inputs, labels) in pieces.zip(labels.chunks(self.samples())) {
            let parts = 0..self.input_vectors();
            batch
                .inputs
                .push(parts.map(|part| self.inputs(inputs, part)).collect());
            let of = |form| forms.contains(&form).then(|| self.labels(labels, form));
            batch.labels.push(Labels {
                expanded: of(Form::Expanded),
                repeated: of(Form::Repeated),
            });
        }
        batch
    }

    /// What the last head answered, or by how much it was wrong, for each sample and class.
    pub fn unpack_answers(&self, vectors: &[Vec<f64>], samples: usize) -> Vec<Vec<f64>> {
        let form = self.answer_form();
        let sample = |sample: usize| {
            let slots = &vectors[sample / self.samples()];
            let place = sample % self.samples();
            (0..self.network.classes())
                .map(|class| slots[self.answer_slot(place, class, form)])
                .collect()
        };
        let most = vectors.len() * self.samples();
        (0..samples.min(most)).map(sample).collect()
    }

    /// The slots of a state, in units of the ranges.
    pub fn pack_matrices(&self, matrices: &Matrices, ranges: Ranges) -> Vec<Vec<f64>> {
        let of = |role| matrices.of(role);
        self.pack(
            |role, input, output| {
                let weight = of(role).map(|found| found.weight.at(input, output));
                weight.unwrap_or(0.0) / ranges.weights
            },
            |role, input, output| {
                let velocity = of(role).map(|found| found.velocity.at(input, output));
                velocity.unwrap_or(0.0) / ranges.velocities
            },
        )
    }

    /// The matrices that are in the slots of a state.
    ///
    /// # Errors
    /// If there are not as many vectors as the state has.
    pub fn unpack_matrices(&self, state: &[Vec<f64>], ranges: Ranges) -> Result<Matrices> {
        let mut matrices = Matrices::new(&self.network, 0);
        self.unpack(state, |role, velocity, input, output, value| {
            let Some(parameter) = matrices.of_mut(role) else {
                return;
            };
            let (matrix, range) = match velocity {
                false => (&mut parameter.weight, ranges.weights),
                true => (&mut parameter.velocity, ranges.velocities),
            };
            let columns = matrix.columns();
            matrix.values_mut()[input * columns + output] = value * range;
        })?;
        Ok(matrices)
    }
}
