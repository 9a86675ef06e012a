//! Random networks and batches.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "this file is also compiled as a test of its own")]

use nearfield_enc::{
    Batch, BlockMatrices, Layout, Matrices, Matrix, NetworkSpec, Parameter, Result,
};
use nearfield_train::random::{Purpose, Stream};

/// Samples, a row each, and their labels.
pub(crate) struct Samples {
    pub(crate) inputs: Matrix,
    pub(crate) labels: Vec<u16>,
}

impl Samples {
    /// `count` random samples; every step has others.
    pub(crate) fn random(network: &NetworkSpec, count: usize, step: u64) -> Self {
        let mut stream = Stream::new(3, Purpose::Order, step, 0);
        let values = (0..count * network.features()).map(|_| uniform(&mut stream).abs());
        let inputs = Matrix::new(count, network.features(), values.collect()).unwrap();
        let classes = u32::try_from(network.classes()).unwrap();
        let labels = (0..count).map(|_| u16::try_from(stream.below(classes)).unwrap());
        Samples {
            inputs,
            labels: labels.collect(),
        }
    }

    /// The same in slots.
    pub(crate) fn pack(&self, layout: &Layout) -> Batch<Vec<f64>> {
        let rows = 0..self.inputs.rows();
        let inputs: Vec<&[f64]> = rows.map(|row| self.inputs.row(row)).collect();
        let labels: Vec<usize> = self.labels.iter().map(|&label| label.into()).collect();
        layout.pack_batch(&inputs, &labels)
    }
}

/// Random weights, and random velocities up to `max_velocity`.
pub(crate) fn random_matrices(network: &NetworkSpec, max_velocity: f64) -> Result<Matrices> {
    let mut stream = Stream::new(7, Purpose::ForwardWeights, 0, 0);
    let mut random = |(inputs, outputs): (usize, usize), max: f64| {
        let values = (0..inputs * outputs).map(|_| max * uniform(&mut stream));
        Matrix::new(inputs, outputs, values.collect())
    };
    let mut parameter = |sizes| -> Result<Parameter> {
        Ok(Parameter {
            weight: random(sizes, 0.5)?,
            velocity: random(sizes, max_velocity)?,
        })
    };
    let blocks = network.blocks().map(|sizes| {
        Ok(BlockMatrices {
            forward: parameter(sizes.forward)?,
            head: sizes.head.map(&mut parameter).transpose()?,
        })
    });
    Matrices::from_blocks(network, blocks.collect::<Result<_>>()?)
}

fn uniform(stream: &mut Stream) -> f64 {
    f64::from(stream.symmetric(1 << 20)) / f64::from(1 << 20)
}
