//! Filters as lanes, with what they have beyond int16.

use crate::gemm::{Columns, Halves, High, Panel, SparseColumns};

/// Some filters of a layer.
#[derive(Debug, Default)]
pub(super) struct FilterLanes {
    pub(super) low: Panel,
    /// Filled if the layer's weights have high halves throughout.
    pub(super) high: Panel,
    /// Those of few weights.
    pub(super) few: SparseColumns,
}

impl FilterLanes {
    /// A block of filters of a layer whose weights have such high halves.
    pub(super) fn block(&self, high: High<'_>, block: usize) -> Columns<'_> {
        let high = match high {
            High::None => High::None,
            High::Sparse(_) => High::Sparse(self.few.of(block)),
            High::Dense(_) => High::Dense(self.high.block(block)),
        };
        Columns {
            values: Halves {
                low: self.low.block(block),
                high,
            },
            width: self.low.width(block),
        }
    }

    /// Bytes that they occupy.
    pub(super) fn bytes(&self) -> usize {
        self.low.bytes() + self.high.bytes() + self.few.bytes()
    }
}
