//! From a network's description to checked sizes: nothing validates after this.

use crate::layers::images::Frame;
use crate::spec::{LayerSpec, NetworkSpec, Shape};
use crate::{Error, Result};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

mod block;
mod head_window;
mod limits;
mod transition;

pub(crate) use block::{BlockPlan, ForwardPlan};
pub(crate) use transition::{Transition, TransitionLayer};

/// A checked network: its blocks with their sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Layers before the first block.
    pub(crate) stem: Transition,
    /// The blocks, first to last.
    pub(crate) blocks: Vec<BlockPlan>,
    /// Number of classes.
    pub(crate) classes: usize,
}

impl Plan {
    /// Checks a description.
    ///
    /// # Errors
    /// [`Error::Setting`] or [`Error::Layer`] of the first setting or layer that cannot be built.
    pub fn new(spec: &NetworkSpec) -> Result<Self> {
        spec.activation.check()?;
        limits::check_setting("classes", spec.classes, 2..=usize::from(u16::MAX))?;
        limits::check_setting("head.features", spec.head.features, 1..=limits::MAX_VALUES)?;
        limits::check_sample(spec.input).map_err(|problem| Error::Setting {
            setting: "input",
            problem,
        })?;
        let mut plan = Plan {
            stem: Transition::none(spec.input),
            blocks: Vec::new(),
            classes: spec.classes,
        };
        let mut dropouts = 0;
        for (index, &layer) in spec.layers.iter().enumerate() {
            plan.append(layer, spec, &mut dropouts)
                .map_err(|problem| Error::Layer {
                    layer: index,
                    kind: layer.kind(),
                    problem,
                })?;
        }
        Ok(plan)
    }

    /// Appends a layer; `dropouts` counts the dropout layers so far.
    fn append(
        &mut self,
        layer: LayerSpec,
        spec: &NetworkSpec,
        dropouts: &mut u64,
    ) -> core::result::Result<(), String> {
        let input = self.last_transition().output;
        if let LayerSpec::Conv2d { .. } | LayerSpec::Linear { .. } = layer {
            let block = BlockPlan::new(layer, input, spec)?;
            let last = self.blocks.last();
            if block.is_convolution() && last.is_some_and(|last| !last.is_convolution()) {
                return Err(String::from("a convolution cannot follow a linear layer"));
            }
            self.blocks.push(block);
            return Ok(());
        }
        let (layer, output) = TransitionLayer::new(layer, input, *dropouts)?;
        *dropouts += u64::from(layer.is_dropout());
        let transition = match self.blocks.last_mut() {
            Some(block) => &mut block.transition,
            None => &mut self.stem,
        };
        transition.layers.push((layer, input));
        transition.output = output;
        Ok(())
    }

    /// The layers behind the last block, or before the first if there is none.
    fn last_transition(&self) -> &Transition {
        self.blocks
            .last()
            .map_or(&self.stem, |block| &block.transition)
    }

    /// Number of blocks.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// Inputs of the output layer.
    pub(crate) fn output_inputs(&self) -> usize {
        self.last_transition().output.features()
    }

    /// How the layer behind the first `blocks` blocks reads its inputs.
    pub(crate) fn frame_after(&self, blocks: usize) -> Frame {
        let before = blocks.checked_sub(1).map(|last| &self.blocks[last]);
        let shape = before.map_or(&self.stem, |block| &block.transition).output;
        match self.blocks.get(blocks).map(|block| block.forward) {
            Some(ForwardPlan::Conv2d { padding, .. }) => Frame::padded(shape, padding),
            _ => Frame::flat(shape),
        }
    }

    /// Whether the network has a part for images before its linear blocks: convolutions, or
    /// pooling alone.
    pub(crate) fn is_convolutional(&self) -> bool {
        let pools = |(layer, _): &(TransitionLayer, Shape)| !layer.is_dropout();
        self.stem.layers.iter().any(pools) || self.blocks.iter().any(BlockPlan::is_convolution)
    }

    /// Names and shapes of all weight tensors, in the order of the blocks.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut tensors = Vec::new();
        for (index, block) in self.blocks.iter().enumerate() {
            let forward = format!("blocks.{index}.forward.weight");
            tensors.push((forward, block.weight_shape()));
            let head = format!("blocks.{index}.head.weight");
            tensors.push((head, [self.classes, block.head_inputs].into()));
        }
        let output = [self.classes, self.output_inputs()].into();
        tensors.push((String::from("output.weight"), output));
        tensors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn presets_have_the_published_numbers_of_weights() {
        let weights = |preset: &str, input| {
            let spec = NetworkSpec::new(input, 10, presets::layers(preset, 0).unwrap());
            let tensors = Plan::new(&spec).unwrap().tensors();
            tensors
                .iter()
                .map(|(_, shape)| shape.iter().product::<usize>())
                .sum::<usize>()
        };
        assert_eq!(weights("mlp1", Shape::flat(784)), 85_400);
        assert_eq!(weights("mlp2", Shape::flat(784)), 185_800);
        assert_eq!(weights("mlp3", Shape::flat(784)), 2_940_928);
        assert_eq!(weights("mlp4", Shape::flat(3072)), 27_336_000);
        assert_eq!(weights("vgg8b", Shape::image(3, 32, 32)), 9_149_824);
        assert_eq!(weights("vgg11b", Shape::image(3, 32, 32)), 11_926_912);
    }

    #[test]
    fn impossible_layers_are_refused_by_position_and_kind() {
        let conv = |filters, kernel| LayerSpec::Conv2d {
            filters,
            kernel,
            padding: 0,
        };
        let linear = |units| LayerSpec::Linear { units };
        for (layers, expected) in [
            (
                vec![conv(4, 9)],
                "layer 0 (conv2d): a 9x9 kernel does not fit 8x8",
            ),
            (vec![conv(0, 3)], "at least 1"),
            (vec![conv(usize::MAX, 3)], "more than"),
            (
                vec![linear(5), conv(4, 1)],
                "layer 1 (conv2d): a convolution cannot follow",
            ),
            (vec![linear(1 << 60)], "more than"),
            (
                vec![LayerSpec::Conv2d {
                    filters: 1,
                    kernel: 16_000,
                    padding: 8_000,
                }],
                "values a sample are more than",
            ),
            (
                vec![LayerSpec::MaxPool { kernel: 9 }, linear(5)],
                "a window of 9",
            ),
            (
                vec![LayerSpec::MaxPool { kernel: 0 }, linear(5)],
                "a window of 0",
            ),
            (vec![linear(5), LayerSpec::Dropout { percent: 7 }], "7 %"),
        ] {
            let spec = NetworkSpec::new(Shape::image(1, 8, 8), 10, layers);
            let error = format!("{}", Plan::new(&spec).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
