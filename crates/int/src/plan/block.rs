//! The sizes of a block.

use super::head_window::head_window;
use super::limits::{check_sample, check_tensor, check_window};
use super::transition::Transition;
use crate::layers::conv2d::ConvShape;
use crate::layers::pool::Window;
use crate::layers::scaling::Scaling;
use crate::spec::{LayerSpec, NetworkSpec, Shape};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A block's sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockPlan {
    /// The layer with weights.
    pub(crate) forward: ForwardPlan,
    /// Size of a sample going in.
    pub(crate) input: Shape,
    /// Size of a sample coming out, before the transition.
    pub(crate) output: Shape,
    /// Window that the head pools with, if it does.
    pub(crate) head_window: Option<Window>,
    /// Features that the head sees.
    pub(crate) head_inputs: usize,
    /// Layers between this block and the next.
    pub(crate) transition: Transition,
}

/// The layer with weights of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardPlan {
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

impl BlockPlan {
    /// The block of a layer with weights.
    pub(super) fn new(
        layer: LayerSpec,
        input: Shape,
        spec: &NetworkSpec,
    ) -> Result<BlockPlan, String> {
        let (forward, output) = forward(layer, input)?;
        check_sample(output)?;
        let head_window = match forward {
            ForwardPlan::Linear => None,
            ForwardPlan::Conv2d { .. } => head_window(output, spec.head),
        };
        let head_inputs = match head_window {
            None => output.features(),
            Some(window) => {
                check_window(window)?;
                let pooled = window.output(output);
                pooled.ok_or("the head's window does not fit")?.features()
            }
        };
        check_tensor(&[head_inputs, spec.classes])?;
        let block = BlockPlan {
            forward,
            input,
            output,
            head_window,
            head_inputs,
            transition: Transition::none(output),
        };
        match block.fan_in().max(block.head_inputs) {
            0..=Scaling::MAX_FAN_IN => Ok(block),
            fan_in => Err(format!(
                "{fan_in} products in a sum are more than the {} that int32 scaling allows",
                Scaling::MAX_FAN_IN
            )),
        }
    }

    pub(crate) fn is_convolution(&self) -> bool {
        self.forward != ForwardPlan::Linear
    }

    /// The sizes of the forward layer, if it is a convolution.
    pub(crate) fn conv_shape(&self) -> Option<ConvShape> {
        match self.forward {
            ForwardPlan::Linear => None,
            ForwardPlan::Conv2d { kernel, padding } => Some(ConvShape {
                input: self.input,
                output: self.output,
                kernel,
                padding,
            }),
        }
    }

    /// Products in each sum of the forward layer.
    pub(crate) fn fan_in(&self) -> usize {
        self.conv_shape()
            .map_or(self.input.features(), ConvShape::fan_in)
    }

    /// Shape of the forward layer's weights.
    pub(crate) fn weight_shape(&self) -> Vec<usize> {
        match self.forward {
            ForwardPlan::Linear => [self.output.channels, self.input.features()].into(),
            ForwardPlan::Conv2d { kernel, .. } => {
                [self.output.channels, self.input.channels, kernel, kernel].into()
            }
        }
    }
}

/// A layer with weights, and the size of its output.
fn forward(layer: LayerSpec, input: Shape) -> Result<(ForwardPlan, Shape), String> {
    match layer {
        LayerSpec::Conv2d {
            filters,
            kernel,
            padding,
        } => {
            check_tensor(&[filters, input.channels, kernel, kernel])?;
            check_tensor(&[padding.saturating_add(1), padding.saturating_add(1)])?;
            check_sample(Shape {
                channels: input.channels.next_multiple_of(2),
                height: input.height + 2 * padding,
                width: input.width + 2 * padding,
            })?;
            let shape = ConvShape::new(input, filters, kernel, padding).ok_or_else(|| {
                format!(
                    "a {kernel}x{kernel} kernel does not fit {}x{} values with padding {padding}",
                    input.height, input.width
                )
            })?;
            Ok((ForwardPlan::Conv2d { kernel, padding }, shape.output))
        }
        LayerSpec::Linear { units } => {
            check_tensor(&[units, input.features()])?;
            Ok((ForwardPlan::Linear, Shape::flat(units)))
        }
        _ => Err(String::from("a layer without weights makes no block")),
    }
}
