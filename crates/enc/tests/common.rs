//! Plain matrices, trained by loops that say what they do.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "not every test uses all")]

use nearfield_enc::{Batch, Layout, NetworkSpec, Rates, Role};
use nearfield_train::random::{Purpose, Stream};
use std::collections::BTreeMap;

type Matrix = Vec<Vec<f64>>;

pub(crate) struct Dense {
    matrices: BTreeMap<Role, (Matrix, Matrix)>,
    blocks: usize,
}

fn uniform(stream: &mut Stream) -> f64 {
    f64::from(stream.symmetric(1 << 20)) / f64::from(1 << 20)
}

/// A batch in slots.
pub(crate) fn packed(layout: &Layout, samples: &[Vec<f64>], labels: &[usize]) -> Batch<Vec<f64>> {
    let samples: Vec<&[f64]> = samples.iter().map(Vec::as_slice).collect();
    layout.pack_batch(&samples, labels)
}

pub(crate) fn random_batch(
    network: &NetworkSpec,
    size: usize,
    step: u64,
) -> (Vec<Vec<f64>>, Vec<usize>) {
    let mut stream = Stream::new(3, Purpose::Order, step, 0);
    let sample = |stream: &mut Stream| {
        (0..network.features())
            .map(|_| uniform(stream).abs())
            .collect()
    };
    let samples = (0..size).map(|_| sample(&mut stream)).collect();
    let classes = u32::try_from(network.classes()).unwrap();
    let labels = (0..size).map(|_| stream.below(classes) as usize).collect();
    (samples, labels)
}

impl Dense {
    pub(crate) fn new(network: &NetworkSpec, seed: u64) -> Self {
        let mut sizes = Vec::new();
        let mut inputs = network.features();
        for (block, &units) in network.hidden().iter().enumerate() {
            sizes.push((Role::Forward(block), inputs, units));
            sizes.push((Role::Head(block), units, network.classes()));
            inputs = units;
        }
        if sizes.is_empty() {
            sizes.push((Role::Forward(0), inputs, network.classes()));
        }
        let mut stream = Stream::new(seed, Purpose::ForwardWeights, 0, 0);
        let mut matrix = |inputs: usize, outputs: usize| -> Matrix {
            let mut row = || (0..outputs).map(|_| 0.5 * uniform(&mut stream)).collect();
            (0..inputs).map(|_| row()).collect()
        };
        let matrices = sizes
            .into_iter()
            .map(|(role, inputs, outputs)| {
                (role, (matrix(inputs, outputs), matrix(inputs, outputs)))
            })
            .collect();
        Dense {
            matrices,
            blocks: network.hidden().len(),
        }
    }

    pub(crate) fn weight(&self, role: Role, input: usize, output: usize) -> f64 {
        self.matrices[&role].0[input][output]
    }

    pub(crate) fn velocity(&self, role: Role, input: usize, output: usize) -> f64 {
        self.matrices[&role].1[input][output]
    }

    #[allow(dead_code, reason = "not every test counts")]
    pub(crate) fn numbers(&self) -> usize {
        let all = self.matrices.values();
        all.map(|(matrix, _)| matrix.len() * matrix[0].len()).sum()
    }

    fn product(&self, a: &[f64], role: Role) -> Vec<f64> {
        let matrix = &self.matrices[&role].0;
        (0..matrix[0].len())
            .map(|o| a.iter().zip(matrix).map(|(a, row)| a * row[o]).sum())
            .collect()
    }

    /// A step; the answers of the last head before it.
    pub(crate) fn step(
        &mut self,
        samples: &[Vec<f64>],
        labels: &[usize],
        rates: &Rates,
    ) -> Vec<Vec<f64>> {
        let mut gradients: BTreeMap<Role, Matrix> = BTreeMap::new();
        for (role, (matrix, _)) in &self.matrices {
            gradients.insert(*role, vec![vec![0.0; matrix[0].len()]; matrix.len()]);
        }
        let mut add = |role: Role, a: &[f64], e: &[f64]| {
            let gradient = gradients.get_mut(&role).unwrap();
            for (row, a) in gradient.iter_mut().zip(a) {
                row.iter_mut().zip(e).for_each(|(g, e)| *g += a * e);
            }
        };
        let mut answers = Vec::new();
        for (sample, &label) in samples.iter().zip(labels) {
            let mut a = sample.clone();
            let mut answer = Vec::new();
            let residual = |answer: &[f64]| -> Vec<f64> {
                let one_hot = |class| f64::from(u8::from(class == label));
                answer
                    .iter()
                    .enumerate()
                    .map(|(class, y)| y - one_hot(class))
                    .collect()
            };
            for block in 0..self.blocks {
                let z = self.product(&a, Role::Forward(block));
                let h: Vec<f64> = z.iter().map(|z| z * z + z).collect();
                answer = self.product(&h, Role::Head(block));
                let e = residual(&answer);
                let head = &self.matrices[&Role::Head(block)].0;
                let dz: Vec<f64> = z
                    .iter()
                    .zip(head)
                    .map(|(z, row)| {
                        let back: f64 = row.iter().zip(&e).map(|(c, e)| c * e).sum();
                        back * (2.0 * z + 1.0)
                    })
                    .collect();
                add(Role::Head(block), &h, &e);
                add(Role::Forward(block), &a, &dz);
                a = h;
            }
            if self.blocks == 0 {
                answer = self.product(&a, Role::Forward(0));
                add(Role::Forward(0), &a, &residual(&answer));
            }
            answers.push(answer);
        }
        let m = rates.momentum;
        for (role, gradient) in gradients {
            let (weights, velocities) = self.matrices.get_mut(&role).unwrap();
            for (i, row) in gradient.iter().enumerate() {
                for (o, g) in row.iter().enumerate() {
                    let (w, v) = (&mut weights[i][o], &mut velocities[i][o]);
                    let g = g + rates.decay * *w;
                    *w -= rates.rate * (1.0 + m) * g + rates.rate * m * m * *v;
                    *v = m * *v + g;
                }
            }
        }
        answers
    }
}
