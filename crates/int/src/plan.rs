//! From a network's description to checked shapes: nothing validates after this.

use crate::layers::conv2d::Conv2d;
use crate::layers::dropout::Dropout;
use crate::layers::pool::Window;
use crate::layers::scaling::Scaling;
use crate::spec::{LayerSpec, NetworkSpec, Shape};
use crate::{Error, Result};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

mod head_window;

use head_window::head_window;

/// Most values in a weight tensor; beyond it a description is taken for a mistake.
const MOST_VALUES: usize = 1 << 30;

/// Most values in one sample or its activations.
const MOST_ACTIVATIONS: usize = 1 << 24;

/// A checked network: its blocks with their sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What stands before the first block, and the size it hands on.
    pub stem: Passage,
    /// The blocks, first to last.
    pub blocks: Vec<BlockPlan>,
    /// Number of classes.
    pub classes: usize,
}

/// A block's sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPlan {
    /// The layer that the block is made of.
    pub forward: ForwardPlan,
    /// Size of a sample going in.
    pub input: Shape,
    /// Size of a sample coming out, before the passage.
    pub output: Shape,
    /// Window that the head pools with, if it does.
    pub head_window: Option<Window>,
    /// Features that the head sees.
    pub head_inputs: usize,
    /// What stands between this block and the next.
    pub passage: Passage,
}

/// The layer with weights of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardPlan {
    /// Fully connected.
    Linear,
    /// Convolution.
    Conv2d {
        /// Height and width of the kernel.
        kernel: usize,
        /// Zeros on each side.
        padding: usize,
    },
}

/// Layers between two blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The layers, with the size that each takes in.
    pub layers: Vec<(PassageLayer, Shape)>,
    /// Size of a sample after them.
    pub output: Shape,
}

/// A layer between blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassageLayer {
    /// Largest of each window.
    MaxPool(Window),
    /// Mean of each window.
    AvgPool(Window),
    /// Largest of each channel.
    GlobalMaxPool,
    /// Dropout, with its number in the network.
    Dropout(Dropout, u64),
}

impl BlockPlan {
    /// Products in each sum of the forward layer.
    pub fn fan_in(&self) -> usize {
        match self.forward {
            ForwardPlan::Linear => self.input.features(),
            ForwardPlan::Conv2d { kernel, .. } => self.input.channels * kernel * kernel,
        }
    }

    /// Shape of the forward layer's weights.
    pub fn weight_shape(&self) -> Vec<usize> {
        match self.forward {
            ForwardPlan::Linear => [self.output.channels, self.input.features()].into(),
            ForwardPlan::Conv2d { kernel, .. } => {
                [self.output.channels, self.input.channels, kernel, kernel].into()
            }
        }
    }

    /// Products that the forward layer forms for one sample.
    pub fn multiply_adds(&self) -> u64 {
        self.output.features() as u64 * self.fan_in() as u64
    }
}

impl Plan {
    /// Checks a description.
    ///
    /// # Errors
    /// Names the first layer that cannot be built, and why.
    pub fn new(spec: &NetworkSpec) -> Result<Self> {
        spec.activation.check()?;
        check_setting("classes", spec.classes, 2, usize::from(u16::MAX))?;
        check_setting("head.features", spec.head.features, 1, MOST_VALUES)?;
        check_sizes(spec.input).map_err(|problem| Error::Setting {
            setting: "input",
            problem,
        })?;
        let mut stem = Passage {
            layers: Vec::new(),
            output: spec.input,
        };
        let mut blocks: Vec<BlockPlan> = Vec::new();
        let mut dropouts = 0;
        for (index, &layer) in spec.layers.iter().enumerate() {
            let refuse = |problem| Error::Layer {
                layer: index,
                kind: layer.kind(),
                problem,
            };
            let current = blocks
                .last()
                .map_or(stem.output, |block| block.passage.output);
            if let LayerSpec::Conv2d { .. } | LayerSpec::Linear { .. } = layer {
                let block = block(layer, current, spec).map_err(refuse)?;
                if matches!(block.forward, ForwardPlan::Conv2d { .. })
                    && blocks
                        .last()
                        .is_some_and(|last| last.forward == ForwardPlan::Linear)
                {
                    return Err(refuse(String::from(
                        "a convolution cannot follow a linear layer",
                    )));
                }
                blocks.push(block);
            } else {
                let place = blocks
                    .last_mut()
                    .map_or(&mut stem, |block| &mut block.passage);
                let (layer, output) = passage_layer(layer, current, dropouts).map_err(refuse)?;
                dropouts += u64::from(matches!(layer, PassageLayer::Dropout(..)));
                place.layers.push((layer, current));
                place.output = output;
            }
        }
        Ok(Plan {
            stem,
            blocks,
            classes: spec.classes,
        })
    }

    /// Inputs of the output layer.
    pub fn output_inputs(&self) -> usize {
        self.blocks
            .last()
            .map_or(self.stem.output, |block| block.passage.output)
            .features()
    }

    /// Whether the network has a part for images before its linear blocks: convolutions, or
    /// pooling alone.
    pub fn is_convolutional(&self) -> bool {
        let pools =
            |(layer, _): &(PassageLayer, Shape)| !matches!(layer, PassageLayer::Dropout(..));
        self.stem.layers.iter().any(pools)
            || self
                .blocks
                .iter()
                .any(|block| block.forward != ForwardPlan::Linear)
    }

    /// Names and shapes of all weight tensors, in the order of the blocks.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut tensors = Vec::new();
        for (index, block) in self.blocks.iter().enumerate() {
            tensors.push((
                format!("blocks.{index}.forward.weight"),
                block.weight_shape(),
            ));
            let head = [self.classes, block.head_inputs].into();
            tensors.push((format!("blocks.{index}.head.weight"), head));
        }
        tensors.push((
            String::from("output.weight"),
            [self.classes, self.output_inputs()].into(),
        ));
        tensors
    }
}

fn check_setting(setting: &'static str, value: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let problem = format!("{value} is outside {least} to {most}");
    Err(Error::Setting { setting, problem })
}

/// Every factor positive and the product within reason.
fn bounded_product(factors: &[usize]) -> core::result::Result<usize, String> {
    let product = factors
        .iter()
        .try_fold(1_usize, |product, &factor| product.checked_mul(factor));
    match product {
        Some(0) => Err(format!("sizes must be at least 1, found {factors:?}")),
        Some(product) if product <= MOST_VALUES => Ok(product),
        _ => Err(format!(
            "{factors:?} is more than the {MOST_VALUES} values allowed"
        )),
    }
}

fn check_sizes(shape: Shape) -> core::result::Result<(), String> {
    match bounded_product(&[shape.channels, shape.height, shape.width])? {
        0..=MOST_ACTIVATIONS => Ok(()),
        found => Err(format!(
            "{found} values a sample are more than the {MOST_ACTIVATIONS} allowed"
        )),
    }
}

fn block(
    layer: LayerSpec,
    input: Shape,
    spec: &NetworkSpec,
) -> core::result::Result<BlockPlan, String> {
    let (forward, output) = match layer {
        LayerSpec::Conv2d {
            filters,
            kernel,
            padding,
        } => {
            bounded_product(&[filters, input.channels, kernel, kernel])?;
            bounded_product(&[padding.saturating_add(1), padding.saturating_add(1)])?;
            check_sizes(Shape {
                channels: input.channels.next_multiple_of(2),
                height: input.height + 2 * padding,
                width: input.width + 2 * padding,
            })?;
            let output = Conv2d::output(input, filters, kernel, padding).ok_or_else(|| {
                format!(
                    "a {kernel}x{kernel} kernel does not fit {}x{} values with padding {padding}",
                    input.height, input.width
                )
            })?;
            (ForwardPlan::Conv2d { kernel, padding }, output)
        }
        LayerSpec::Linear { units } => {
            bounded_product(&[units, input.features()])?;
            (ForwardPlan::Linear, Shape::flat(units))
        }
        _ => return Err(String::from("not a layer with weights")),
    };
    check_sizes(output)?;
    let head_window = match forward {
        ForwardPlan::Linear => None,
        ForwardPlan::Conv2d { .. } => head_window(output, spec.head),
    };
    let head_inputs = match head_window {
        None => output.features(),
        Some(window) => window
            .output(output)
            .ok_or("the head's window does not fit")?
            .features(),
    };
    check_window(head_window.unwrap_or(Window::square(1)))?;
    bounded_product(&[head_inputs, spec.classes])?;
    let passage = Passage {
        layers: Vec::new(),
        output,
    };
    let block = BlockPlan {
        forward,
        input,
        output,
        head_window,
        head_inputs,
        passage,
    };
    match block.fan_in().max(block.head_inputs) {
        fan_in if fan_in <= Scaling::MAX_FAN_IN => Ok(block),
        fan_in => Err(format!(
            "{fan_in} products in a sum are more than int32 scaling allows"
        )),
    }
}

fn check_window(window: Window) -> core::result::Result<(), String> {
    match window.area() {
        0..=Window::MOST_VALUES => Ok(()),
        found => Err(format!(
            "a pooling window of {found} values is more than the {} allowed: pool in two steps",
            Window::MOST_VALUES
        )),
    }
}

fn passage_layer(
    layer: LayerSpec,
    input: Shape,
    dropouts: u64,
) -> core::result::Result<(PassageLayer, Shape), String> {
    let pooled = |kernel: usize| {
        let fits = kernel >= 1 && kernel <= input.height && kernel <= input.width;
        let window = Window::square(kernel);
        fits.then(|| window.output(input).map(|output| (window, output)))
            .flatten()
            .ok_or_else(|| {
                format!(
                    "a window of {kernel} does not fit {}x{} values",
                    input.height, input.width
                )
            })
    };
    if let LayerSpec::MaxPool { kernel } = layer {
        check_window(pooled(kernel)?.0)?;
    }
    match layer {
        LayerSpec::MaxPool { kernel } => {
            pooled(kernel).map(|(window, output)| (PassageLayer::MaxPool(window), output))
        }
        LayerSpec::AvgPool { kernel } => {
            pooled(kernel).map(|(window, output)| (PassageLayer::AvgPool(window), output))
        }
        LayerSpec::GlobalMaxPool => Ok((
            PassageLayer::GlobalMaxPool,
            Shape::image(input.channels, 1, 1),
        )),
        LayerSpec::Dropout { percent } => Dropout::new(percent)
            .map(|dropout| (PassageLayer::Dropout(dropout, dropouts), input))
            .map_err(|error| format!("{error}")),
        LayerSpec::Conv2d { .. } | LayerSpec::Linear { .. } => {
            Err(String::from("a layer with weights is no passage"))
        }
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
