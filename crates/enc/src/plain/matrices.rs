//! Weights and velocities of a network.

use super::matrix::Matrix;
use crate::network::NetworkSpec;
use crate::{Error, Result};
use nearfield_train::random::{Purpose, Stream};

/// A matrix of weights and its velocity.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The weights.
    pub weight: Matrix,
    /// The velocity of momentum.
    pub velocity: Matrix,
}

/// The matrices of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockMatrices {
    /// From the block's inputs to its units.
    pub forward: Parameter,
    /// From the units to the classes; none in a network without hidden layers.
    pub head: Option<Parameter>,
}

/// Weights and velocities of all blocks of a network.
///
/// # Shapes
/// Forward: `[inputs, outputs]` of the block. Head: `[outputs, classes]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrices {
    spec: NetworkSpec,
    pub(crate) blocks: Vec<BlockMatrices>,
}

impl Parameter {
    fn new(stream: &mut Stream, (inputs, outputs): (usize, usize)) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "both are at most 2^20")]
        let limit = (1.0 / (inputs + outputs) as f64).sqrt();
        let mut weight = Matrix::zeros(inputs, outputs);
        for value in weight.values_mut() {
            *value = limit * (2.0 * unit(stream) - 1.0);
        }
        Parameter {
            weight,
            velocity: Matrix::zeros(inputs, outputs),
        }
    }
}

/// A number from 0 to 1, 1 excluded: a multiple of 2^-53, all of them equally likely.
#[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
pub(crate) fn unit(stream: &mut Stream) -> f64 {
    let bits = u64::from(stream.bits()) << 32 | u64::from(stream.bits());
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

impl Matrices {
    /// Initial weights, uniform in ±sqrt(1 / (inputs + outputs)), and velocities of zero.
    ///
    /// # Source
    /// The reference implementation of ReBoot.
    pub fn new(spec: &NetworkSpec, seed: u64) -> Self {
        let blocks = (0..).zip(spec.blocks()).map(|(number, sizes)| {
            let draw =
                |purpose, sizes| Parameter::new(&mut Stream::new(seed, purpose, number, 0), sizes);
            BlockMatrices {
                forward: draw(Purpose::ForwardWeights, sizes.forward),
                head: sizes.head.map(|sizes| draw(Purpose::HeadWeights, sizes)),
            }
        });
        Matrices {
            spec: spec.clone(),
            blocks: blocks.collect(),
        }
    }

    /// The matrices of given blocks.
    ///
    /// # Errors
    /// [`Error::Weights`] names the matrix whose shape differs from the network's.
    pub fn from_blocks(spec: &NetworkSpec, blocks: Vec<BlockMatrices>) -> Result<Self> {
        let found = blocks.len();
        let expected = spec.blocks().count();
        if found != expected {
            return Err(Error::Weights(format!(
                "there are {found} blocks, the network {spec} has {expected}"
            )));
        }
        for (number, (block, sizes)) in blocks.iter().zip(spec.blocks()).enumerate() {
            if block.head.is_some() != sizes.head.is_some() {
                return Err(Error::Weights(format!(
                    "block {number} has a head too many or lacks one for the network {spec}"
                )));
            }
            check_shape(number, "forward", &block.forward, sizes.forward)?;
            if let (Some(head), Some(sizes)) = (&block.head, sizes.head) {
                check_shape(number, "head", head, sizes)?;
            }
        }
        Ok(Matrices {
            spec: spec.clone(),
            blocks,
        })
    }

    /// The network.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// The blocks, from the input on.
    pub fn blocks(&self) -> &[BlockMatrices] {
        &self.blocks
    }

    /// All parameters with their names `blocks.0.forward`, `blocks.0.head`, ….
    pub fn parameters(&self) -> impl Iterator<Item = (String, &Parameter)> {
        self.blocks.iter().enumerate().flat_map(|(number, block)| {
            let forward = (format!("blocks.{number}.forward"), &block.forward);
            let head = block.head.as_ref();
            let head = head.map(|head| (format!("blocks.{number}.head"), head));
            std::iter::once(forward).chain(head)
        })
    }

    /// # Errors
    /// [`Error::Samples`] if a batch does not fit the network.
    pub(super) fn check_batch(&self, inputs: &Matrix, labels: &[u16]) -> Result<()> {
        let spec = &self.spec;
        if inputs.columns() != spec.features() || inputs.rows() != labels.len() {
            return Err(Error::Samples(format!(
                "{} samples of {} values with {} labels do not fit the network {spec}; give \
                 samples of {} values and a label to each",
                inputs.rows(),
                inputs.columns(),
                labels.len(),
                spec.features()
            )));
        }
        let beyond = |&label: &u16| usize::from(label) >= spec.classes();
        match labels.iter().position(beyond) {
            Some(sample) => Err(Error::Samples(format!(
                "sample {sample} (from 0) has label {}, but the network {spec} has {} classes",
                labels[sample],
                spec.classes()
            ))),
            None => Ok(()),
        }
    }

    /// The largest difference between corresponding numbers, velocities too, relative to the
    /// largest magnitude of their matrix in `self`.
    ///
    /// # Errors
    /// [`Error::Weights`] if the networks differ.
    pub fn distance(&self, other: &Matrices) -> Result<f64> {
        if self.spec != other.spec {
            return Err(Error::Weights(format!(
                "matrices of the networks {} and {} cannot be compared",
                self.spec, other.spec
            )));
        }
        let pairs = self.parameters().zip(other.parameters());
        let distances = pairs.flat_map(|((_, ours), (_, theirs))| {
            [
                relative_distance(&ours.weight, &theirs.weight),
                relative_distance(&ours.velocity, &theirs.velocity),
            ]
        });
        Ok(distances.fold(0.0, larger))
    }
}

fn relative_distance(ours: &Matrix, theirs: &Matrix) -> f64 {
    let magnitudes = ours.values().iter().map(|value| value.abs());
    let max_abs = magnitudes.fold(0.0, larger);
    let pairs = ours.values().iter().zip(theirs.values());
    let difference = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, larger);
    match max_abs > 0.0 {
        true => difference / max_abs,
        false => difference,
    }
}

/// The larger of two; NaN if one is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

fn check_shape(
    block: usize,
    layer: &str,
    parameter: &Parameter,
    (inputs, outputs): (usize, usize),
) -> Result<()> {
    for (kind, matrix) in [
        ("weight", &parameter.weight),
        ("velocity", &parameter.velocity),
    ] {
        if (matrix.rows(), matrix.columns()) != (inputs, outputs) {
            return Err(Error::Weights(format!(
                "tensor `blocks.{block}.{layer}.{kind}` has shape [{}, {}], the network needs \
                 [{inputs}, {outputs}]",
                matrix.rows(),
                matrix.columns()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> NetworkSpec {
        NetworkSpec::new(100, vec![60, 40], 3).unwrap()
    }

    #[test]
    fn initial_weights_fill_their_range_evenly() {
        let matrices = Matrices::new(&spec(), 1);
        for (name, parameter) in matrices.parameters() {
            let weight = &parameter.weight;
            #[allow(clippy::cast_precision_loss, reason = "small")]
            let (limit, count) = (
                (1.0 / (weight.rows() + weight.columns()) as f64).sqrt(),
                weight.values().len() as f64,
            );
            let values = weight.values().iter();
            let max_abs = values.clone().fold(0.0, |max: f64, w| max.max(w.abs()));
            assert!(max_abs <= limit && max_abs > 0.95 * limit, "{name}");
            let squares: f64 = values.map(|w| w * w).sum();
            let variance = squares / count / (limit * limit / 3.0);
            assert!((variance - 1.0).abs() < 0.25, "{name}: {variance}");
            assert!(parameter.velocity.values().iter().all(|&v| v == 0.0));
        }
    }

    #[test]
    fn weights_depend_on_seed_and_block_and_not_on_other_blocks() {
        let (one, other) = (Matrices::new(&spec(), 1), Matrices::new(&spec(), 2));
        assert_eq!(one, Matrices::new(&spec(), 1));
        assert_ne!(one.blocks[0].forward, other.blocks[0].forward);
        let deeper = NetworkSpec::new(100, vec![60, 40, 9], 3).unwrap();
        assert_eq!(Matrices::new(&deeper, 1).blocks[..2], one.blocks[..]);
    }

    #[test]
    fn a_matrix_of_another_shape_is_refused_by_name() {
        let mut blocks = Matrices::new(&spec(), 1).blocks;
        blocks[1].forward.velocity = Matrix::zeros(40, 60);
        let error = Matrices::from_blocks(&spec(), blocks.clone()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("`blocks.1.forward.velocity` has shape [40, 60]"),
            "{text}"
        );
        blocks.truncate(1);
        assert!(Matrices::from_blocks(&spec(), blocks).is_err());
    }

    #[test]
    fn distances_are_relative_and_nan_makes_them_nan() {
        let one = Matrices::new(&spec(), 1);
        let mut other = one.clone();
        assert_eq!(one.distance(&other).unwrap(), 0.0);
        other.blocks[1].forward.velocity.values_mut()[3] = 0.5;
        assert_eq!(one.distance(&other).unwrap(), 0.5);
        assert_eq!(other.distance(&one).unwrap(), 1.0);
        other.blocks[0].forward.weight.values_mut()[0] = f64::NAN;
        assert!(one.distance(&other).unwrap().is_nan());
        assert!(other.distance(&one).unwrap().is_nan());
        let smaller = NetworkSpec::new(2, vec![], 2).unwrap();
        assert!(one.distance(&Matrices::new(&smaller, 1)).is_err());
    }
}
