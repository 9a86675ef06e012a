//! The window with which a convolution's head pools its features.

use crate::layers::pool::Window;
use crate::spec::{HeadSpec, Shape};

/// The window with which a convolution's head pools its `output` so that at most
/// `head.features` remain; none if they are few enough. Rows are doubled before columns.
///
/// # Source
/// The published code of NITRO-D (`d^lr` in section 4), for square images; rectangles are ours.
pub(super) fn head_window(output: Shape, head: HeadSpec) -> Option<Window> {
    let (mut height, mut width) = (1, 1);
    let pooled = |size: usize, kernel: usize| size.div_ceil(kernel);
    let features = |height: usize, width: usize| {
        output.channels * pooled(output.height, height) * pooled(output.width, width)
    };
    while features(height, width) > head.features
        && (height < output.height || width < output.width)
    {
        if height < output.height {
            height *= 2;
        }
        if features(height, width) > head.features && width < output.width {
            width *= 2;
        }
    }
    let padding = |size: usize, kernel: usize| kernel * (pooled(size, kernel) - size / kernel) / 2;
    (height > 1 || width > 1).then(|| Window {
        height,
        width,
        pad_height: padding(output.height, height),
        pad_width: padding(output.width, width),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::presets;
    use crate::spec::NetworkSpec;
    use alloc::vec::Vec;

    fn heads(preset: &str, input: Shape) -> Vec<(usize, usize, usize, usize, usize)> {
        let spec = NetworkSpec::new(input, 10, presets::layers(preset, 0).unwrap());
        let plan = Plan::new(&spec).unwrap();
        plan.blocks
            .iter()
            .map(|block| {
                let window = block.head_window.unwrap_or(Window::square(1));
                let Window {
                    height,
                    width,
                    pad_height,
                    pad_width,
                } = window;
                (height, width, pad_height, pad_width, block.head_inputs)
            })
            .collect()
    }

    #[test]
    fn vgg8b_heads_have_the_published_geometry() {
        assert_eq!(
            heads("vgg8b", Shape::image(3, 32, 32)),
            [
                (8, 4, 0, 0, 4096),
                (8, 8, 0, 0, 4096),
                (4, 4, 0, 0, 4096),
                (8, 4, 0, 0, 4096),
                (4, 2, 0, 0, 4096),
                (2, 1, 0, 0, 4096),
                (1, 1, 0, 0, 1024),
            ]
        );
        assert_eq!(
            heads("vgg8b", Shape::image(1, 28, 28)),
            [
                (8, 4, 4, 0, 3584),
                (8, 8, 4, 4, 4096),
                (4, 4, 2, 2, 4096),
                (8, 4, 4, 2, 4096),
                (4, 2, 2, 1, 4096),
                (2, 1, 1, 0, 3072),
                (1, 1, 0, 0, 1024),
            ]
        );
    }
}
