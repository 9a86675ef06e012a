//! The batch on its way through a network, and the memory that layers work in.

use crate::Aligned;
use crate::head::HeadWorkspace;
use crate::layers::conv2d::ConvWorkspace;
use crate::layers::images::Images;
use crate::layers::linear::LinearWorkspace;
use crate::memory::StepMemory;

/// A batch of activations, with the memory that layers work in. Blocks pass it on, so that steps
/// need no new memory after the first, and only the activations of one block are alive.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// The activations that the next layer reads.
    pub(crate) input: Images,
    /// Those that it passes on.
    pub(crate) output: Images,
    /// Between the layers of a transition.
    pub(crate) scratch: [Images; 2],
    /// Scaled sums of a block's forward layer, `[samples, height, width, channels]`.
    pub(crate) scaled: Aligned<i8>,
    pub(crate) conv: ConvWorkspace,
    pub(crate) linear: LinearWorkspace,
    pub(crate) head: HeadWorkspace,
}

impl Workspace {
    /// The memory that it occupies.
    pub(crate) fn memory(&self) -> StepMemory {
        let scratch: usize = self.scratch.iter().map(Images::bytes).sum();
        let (conv, linear) = (self.conv.bytes(), self.linear.bytes());
        let (head, head_operands) = self.head.bytes();
        StepMemory {
            weights: 0,
            activations: (self.input.bytes() + self.output.bytes() + scratch) as u64,
            scaled: self.scaled.bytes() as u64,
            operands: (conv + linear + head_operands) as u64,
            heads: head as u64,
            gradients: self.conv.gradient.bytes() as u64,
        }
    }
}
