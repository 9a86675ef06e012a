//! The sizes of the layers between blocks.

use super::limits::check_window;
use crate::layers::dropout::Dropout;
use crate::layers::pool::Window;
use crate::spec::{LayerSpec, Shape};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Layers between two blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    /// The layers, each with the size that goes into it.
    pub(crate) layers: Vec<(TransitionLayer, Shape)>,
    /// Size of a sample after them.
    pub(crate) output: Shape,
}

impl Transition {
    /// No layers behind a block with this output.
    pub(super) fn none(output: Shape) -> Self {
        Transition {
            layers: Vec::new(),
            output,
        }
    }
}

/// A layer between blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransitionLayer {
    /// Largest of each window.
    MaxPool(Window),
    /// Mean of each window.
    AvgPool(Window),
    /// Largest of each channel.
    GlobalMaxPool,
    /// Dropout, with its number in the network.
    Dropout(Dropout, u64),
}

impl TransitionLayer {
    /// A layer without weights, and the size of its output; `dropouts` dropout layers come before.
    pub(super) fn new(
        layer: LayerSpec,
        input: Shape,
        dropouts: u64,
    ) -> Result<(Self, Shape), String> {
        match layer {
            LayerSpec::MaxPool { kernel } => {
                let (window, output) = window(kernel, input)?;
                check_window(window)?;
                Ok((TransitionLayer::MaxPool(window), output))
            }
            LayerSpec::AvgPool { kernel } => {
                let (window, output) = window(kernel, input)?;
                Ok((TransitionLayer::AvgPool(window), output))
            }
            LayerSpec::GlobalMaxPool => Ok((
                TransitionLayer::GlobalMaxPool,
                Shape::image(input.channels, 1, 1),
            )),
            LayerSpec::Dropout { percent } => Dropout::new(percent)
                .map(|dropout| (TransitionLayer::Dropout(dropout, dropouts), input))
                .map_err(|error| format!("{error}")),
            LayerSpec::Conv2d { .. } | LayerSpec::Linear { .. } => Err(String::from(
                "a layer with weights makes a block of its own",
            )),
        }
    }

    pub(crate) fn is_dropout(&self) -> bool {
        matches!(self, TransitionLayer::Dropout(..))
    }
}

/// A square window within `input`, and the size that it leaves.
fn window(kernel: usize, input: Shape) -> Result<(Window, Shape), String> {
    let fits = (1..=input.height.min(input.width)).contains(&kernel);
    let window = Window::square(kernel);
    let output = if fits { window.output(input) } else { None };
    output.map(|output| (window, output)).ok_or_else(|| {
        let Shape { height, width, .. } = input;
        format!("a window of {kernel} does not fit {height}x{width} values")
    })
}
