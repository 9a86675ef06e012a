//! The plain description of a network, as a run file states it; [`Plan::new`](crate::Plan::new)
//! checks it.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Size of one sample or of its activations: channels, height, width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Channels, or features where there is no image.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// An image.
    pub const fn image(channels: usize, height: usize, width: usize) -> Self {
        Shape {
            channels,
            height,
            width,
        }
    }

    /// A plain list of features.
    pub const fn flat(features: usize) -> Self {
        Shape {
            channels: features,
            height: 1,
            width: 1,
        }
    }

    /// Number of values.
    pub const fn features(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// One layer of a network. A `conv2d` or `linear` layer makes a block with its scaling, its
/// activation and its head; the others stand between blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LayerSpec {
    /// Cross-correlation with stride 1 and a square kernel.
    Conv2d {
        /// Output channels.
        filters: usize,
        /// Height and width of the kernel.
        kernel: usize,
        /// Zeros added on each side.
        #[serde(default)]
        padding: usize,
    },
    /// Fully connected layer; images are flattened in the order channel, row, column.
    Linear {
        /// Outputs.
        units: usize,
    },
    /// Largest of each `kernel` x `kernel` window; incomplete windows are dropped.
    MaxPool {
        /// Size and stride of the window.
        kernel: usize,
    },
    /// Mean of each window, rounded toward zero.
    AvgPool {
        /// Size and stride of the window.
        kernel: usize,
    },
    /// Largest of each channel.
    GlobalMaxPool,
    /// Zeroes values at random while training, and raises the others to make up for it.
    Dropout {
        /// Share of values zeroed: a multiple of 5 from 5 to 95.
        percent: u32,
    },
}

impl LayerSpec {
    /// Name of the type in run files.
    pub const fn kind(self) -> &'static str {
        match self {
            LayerSpec::Conv2d { .. } => "conv2d",
            LayerSpec::Linear { .. } => "linear",
            LayerSpec::MaxPool { .. } => "max_pool",
            LayerSpec::AvgPool { .. } => "avg_pool",
            LayerSpec::GlobalMaxPool => "global_max_pool",
            LayerSpec::Dropout { .. } => "dropout",
        }
    }
}

/// The activation of a block.
///
/// # Range
/// Inputs in -127..=127, the range of scaled values; outputs within -127..=127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Activation {
    /// Leaky ReLU less its mean: `x - mean` above 0, `x / alpha_inv - mean` below.
    NitroRelu {
        /// Inverse of the slope below 0: 3, 4, 5, 7, 8, 10, 15, 16 or 20.
        alpha_inv: i32,
    },
    /// PocketNN's ReLU.
    PocketRelu,
    /// PocketNN's leaky ReLU.
    PocketLeakyRelu {
        /// Inverse of the slope below 0, as for `nitro_relu`.
        alpha_inv: i32,
    },
    /// PocketNN's tanh in five straight pieces; the slopes of its gradient (1/8, 1/2, 1, 1/2,
    /// 1/8) are not those of its pieces (1/3, 1, 2, 1, 1/3), as published.
    PocketTanh,
}

impl Default for Activation {
    fn default() -> Self {
        Activation::NitroRelu { alpha_inv: 4 }
    }
}

/// How a convolution's head reduces its features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadPool {
    /// The largest of a window.
    #[default]
    Max,
    /// The mean of a window, rounded toward zero.
    Avg,
}

/// What the border of a max-pooled head is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadPadding {
    /// Padding never wins a maximum.
    #[default]
    Never,
    /// Padding counts as 0, as published: it beats every negative activation.
    Zero,
}

/// The heads of a network's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeadSpec {
    /// Most features that a convolution's head may see; larger outputs are pooled.
    pub features: usize,
    /// How they are pooled.
    pub pool: HeadPool,
    /// How the pooling treats the border.
    pub padding: HeadPadding,
}

impl Default for HeadSpec {
    fn default() -> Self {
        HeadSpec {
            features: 4096,
            pool: HeadPool::Max,
            padding: HeadPadding::Never,
        }
    }
}

/// A network: what goes in, what comes out and the layers between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Size of one sample.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// Activation of every block.
    pub activation: Activation,
    /// Heads of the blocks.
    pub head: HeadSpec,
    /// Layers from input to output; the output layer is added to them.
    pub layers: Vec<LayerSpec>,
}

impl NetworkSpec {
    /// A network with NITRO-ReLU of slope 1/4 and the usual heads.
    pub fn new(input: Shape, classes: usize, layers: Vec<LayerSpec>) -> Self {
        NetworkSpec {
            input,
            classes,
            activation: Activation::default(),
            head: HeadSpec::default(),
            layers,
        }
    }
}
