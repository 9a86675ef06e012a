//! A network from its description: with initial weights, or with those of a file.

use super::Network;
use crate::block::{Block, BlockParts};
use crate::head::Head;
use crate::init;
use crate::layers::linear::Linear;
use crate::output::OutputLayer;
use crate::plan::Plan;
use crate::spec::NetworkSpec;
use crate::step::StepCount;
use crate::tensors::Tensors;
use crate::{Error, Result};
use alloc::string::String;
use alloc::vec::Vec;
use nearfield_train::random::{Purpose, Stream};

impl Network {
    /// A network with initial weights drawn from `seed`. Every tensor has its own stream, so that
    /// adding or removing a layer leaves the others as they are.
    ///
    /// # Errors
    /// If the description cannot be built: see [`Plan::new`].
    pub fn new(spec: &NetworkSpec, seed: u64) -> Result<Self> {
        let plan = Plan::new(spec)?;
        let weights = plan.tensors().into_iter().map(|(name, shape)| {
            let count: usize = shape.iter().product();
            let fan_in = count / shape[0];
            init::weights(count, fan_in, &mut weight_stream(&name, seed))
        });
        let weights = weights.collect();
        Ok(Self::with_weights(spec, plan, weights))
    }

    /// A network with the given weights.
    ///
    /// # Errors
    /// If the description cannot be built: see [`Plan::new`]; [`Error::MissingTensor`],
    /// [`Error::UnknownTensor`] or [`Error::TensorShape`] if the weights are not the network's.
    pub fn from_tensors(spec: &NetworkSpec, mut tensors: Tensors) -> Result<Self> {
        let plan = Plan::new(spec)?;
        let expected = plan.tensors();
        let is_known = |name: &String| expected.iter().any(|(known, _)| known == name);
        if let Some(unknown) = tensors.keys().find(|name| !is_known(name)) {
            let tensor = unknown.clone();
            return Err(Error::UnknownTensor { tensor });
        }
        let weights = expected
            .into_iter()
            .map(|(name, shape)| take_tensor(&mut tensors, name, shape));
        let weights = weights.collect::<Result<_>>()?;
        Ok(Self::with_weights(spec, plan, weights))
    }

    /// A network with weights in the order of [`Plan::tensors`], and of their sizes.
    fn with_weights(spec: &NetworkSpec, plan: Plan, weights: Vec<Vec<i32>>) -> Self {
        let mut weights = weights.into_iter();
        let mut next = || weights.next().unwrap_or_default();
        let in_cnn = plan.is_convolutional();
        let mut blocks = Vec::new();
        for (index, block) in plan.blocks.iter().enumerate() {
            let forward = next();
            let head = Linear::new(block.head_inputs, plan.classes, &next());
            blocks.push(Block::new(BlockParts {
                plan: block,
                activation: spec.activation,
                head: Head::new(block, spec.head, spec.activation, head),
                weights: &forward,
                next: plan.frame_after(index + 1),
                in_cnn,
            }));
        }
        let output = Linear::new(plan.output_inputs(), plan.classes, &next());
        Network {
            spec: spec.clone(),
            first: plan.frame_after(0),
            plan,
            blocks,
            output: OutputLayer::new(output),
            count: StepCount::default(),
            workspace: None,
        }
    }
}

/// Takes the values of a tensor of the expected shape.
fn take_tensor(tensors: &mut Tensors, tensor: String, expected: Vec<usize>) -> Result<Vec<i32>> {
    let Some((found, values)) = tensors.remove(&tensor) else {
        return Err(Error::MissingTensor { tensor });
    };
    if found != expected {
        return Err(Error::TensorShape {
            tensor,
            expected,
            found,
        });
    }
    let size = expected.iter().product();
    if values.len() != size {
        return Err(Error::TensorSize {
            tensor,
            shape: expected,
            size,
            found: values.len(),
        });
    }
    Ok(values)
}

/// The stream of a tensor's initial weights, keyed by its position in the network.
fn weight_stream(name: &str, seed: u64) -> Stream {
    let block = name
        .split('.')
        .nth(1)
        .and_then(|index| index.parse().ok())
        .unwrap_or(0);
    let purpose = match name {
        "output.weight" => Purpose::OutputWeights,
        name if name.ends_with("head.weight") => Purpose::HeadWeights,
        _ => Purpose::ForwardWeights,
    };
    Stream::new(seed, purpose, block, 0)
}
