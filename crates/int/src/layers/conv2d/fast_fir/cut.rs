//! How the outputs along a side of an image are cut into parts that six products make, or three.

use crate::kernel::fast_fir::{SINGLE, SIX};
use crate::layers::conv2d::layer::ConvShape;
use core::ops::Range;

/// Tiles that are transformed at once, if a band has not more: enough for the weights to be used
/// often while they are in the caches.
const TILES: usize = 48;

/// Tasks for each thread at most.
const TASKS: usize = 4;

/// A single output or none, some threes, a single one or none: so no part sticks out of the image.
/// Of bands of many samples there are as many singles as there are samples.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut {
    pub(super) first: usize,
    pub(super) threes: usize,
    pub(super) last: usize,
    /// Whether the first input of a first single is 0, and the last input of a last one: padding,
    /// of which no product need be formed. Then a part has two products an output, whatever the
    /// size.
    pub(super) padded: bool,
}

impl Cut {
    pub(super) fn of(size: usize, padding: usize) -> Self {
        Cut {
            first: usize::from(size % 3 == 2),
            threes: size / 3,
            last: usize::from(!size.is_multiple_of(3)),
            padded: padding > 0,
        }
    }

    pub(super) fn parts(self) -> usize {
        self.first + self.threes + self.last
    }

    /// The parts that are threes.
    pub(super) fn threes(self) -> Range<usize> {
        self.first..self.first + self.threes
    }

    /// The parts that have a product.
    pub(super) fn having(self, product: usize) -> Range<usize> {
        let (threes, all) = (self.threes(), self.parts());
        match product {
            ..SINGLE => threes,
            SINGLE if self.padded => threes.start..all,
            LAST if self.padded => 0..threes.end,
            _ => 0..all,
        }
    }

    /// The outputs of a part, if there is one of each single at most.
    pub(super) fn outputs_of(self, part: usize) -> Range<usize> {
        let start = 3 * part - 2 * self.first.min(part);
        start..start + if self.threes().contains(&part) { 3 } else { 1 }
    }

    pub(super) fn outputs(self) -> usize {
        self.first + 3 * self.threes + self.last
    }

    /// Products of all parts.
    pub(super) fn products(self) -> usize {
        (0..SIX).map(|product| self.having(product).len()).sum()
    }
}

const LAST: usize = SIX - 1;

/// How the outputs of a layer are cut, by rows and columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cuts {
    pub(super) rows: Cut,
    pub(super) columns: Cut,
}

impl Cuts {
    pub(super) fn of(shape: ConvShape) -> Self {
        Cuts {
            rows: Cut::of(shape.output.height, shape.padding),
            columns: Cut::of(shape.output.width, shape.padding),
        }
    }

    /// Bands that are worked on at once.
    pub(super) fn bands_together(self) -> usize {
        TILES.div_ceil(self.columns.parts())
    }

    /// Samples that one task computes: some groups of bands, and as many tasks for every thread.
    pub(super) fn samples_a_task(self, samples: usize, threads: usize) -> usize {
        let enough = self.bands_together().div_ceil(self.rows.parts());
        let tasks = (samples / enough).clamp(threads, TASKS * threads);
        samples.div_ceil(tasks / threads * threads).max(1)
    }

    /// Products of all tiles of a sample.
    pub(super) fn products(self) -> usize {
        self.rows.products() * self.columns.products()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_every_output_once() {
        for size in 1..50 {
            let cut = Cut::of(size, 1);
            let outputs = (0..cut.parts()).flat_map(|part| cut.outputs_of(part));
            assert!(outputs.eq(0..size), "{size}");
            assert_eq!(cut.outputs(), size);
            assert_eq!(cut.products(), 2 * size, "two products an output");
            assert_eq!(Cut::of(size, 0).products(), size / 3 * 6 + size % 3 * 3);
        }
    }
}
