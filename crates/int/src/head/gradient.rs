//! The gradient that a head gives its convolution: only at positions that have one.

use crate::layers::conv2d::OutputGradient;
use crate::layers::pool::{NO_WINNER, Window};
use crate::spec::{Activation, Shape};

/// The gradient that a head gives its convolution.
pub(crate) struct HeadGradient<'a> {
    pub(super) at_features: &'a [i32],
    pub(super) inputs: usize,
    pub(super) channels: usize,
    pub(super) spread: Spread<'a>,
}

/// The pixels that the gradient of a feature goes to.
pub(super) enum Spread<'a> {
    /// The winner of each window takes all; the activation is passed already.
    Winners(&'a [u32]),
    /// Every pixel has its own, or its window's share.
    All {
        window: Option<Window>,
        input: Shape,
        activation: Activation,
        scaled: &'a [i8],
    },
}

impl OutputGradient for HeadGradient<'_> {
    fn positions(&self) -> usize {
        match self.spread {
            Spread::Winners(_) => self.inputs / self.channels,
            Spread::All { input, .. } => input.height * input.width,
        }
    }

    fn visit(&self, sample: usize, filter: usize, mut visit: impl FnMut(usize, i32)) {
        let windows = self.inputs / self.channels;
        let own = sample * self.inputs + filter * windows;
        let own = own..own + windows;
        let gradients = &self.at_features[own.clone()];
        match self.spread {
            Spread::Winners(positions) => {
                for (&position, &gradient) in positions[own].iter().zip(gradients) {
                    if position != NO_WINNER {
                        visit(position as usize, gradient);
                    }
                }
            }
            Spread::All {
                window,
                input,
                activation,
                scaled,
            } => {
                let scaled = &scaled[sample * input.features()..][..input.features()];
                for pixel in 0..input.height * input.width {
                    let gradient = match window {
                        None => gradients[pixel],
                        Some(window) => match window.of_pixel(input, pixel) {
                            Some(index) => window.avg_backward(gradients[index]),
                            None => continue,
                        },
                    };
                    let before = scaled[pixel * input.channels + filter];
                    visit(pixel, activation.backward(gradient, before));
                }
            }
        }
    }
}
