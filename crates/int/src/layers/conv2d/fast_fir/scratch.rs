//! Memory of the bands that one thread works on.

use super::cut::{Cut, Cuts};
use crate::Aligned;
use crate::kernel::fast_fir::{PRODUCTS, SIX};
use alloc::vec::Vec;
use core::ops::Range;

/// Between the inputs of two tiles, so that not all start at the same line of their pages.
pub(super) const GAP: usize = 32;

/// Tiles that are laid out by depth at once.
pub(super) const SQUARE: usize = 16;

/// The bands that one thread works on, their inputs and their sums.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// First singles of all samples, then their threes, then their last singles.
    pub(super) bands: Vec<Band>,
    /// How many there are of each.
    pub(super) cut: Cut,
    /// Where the transformed inputs of each product begin, and where the last ones end.
    pub(super) firsts: Vec<usize>,
    /// Transformed inputs, `[products][bands][tiles][depth and a gap]`, and behind them
    /// space for what no product takes, and for what is read with the last tiles.
    pub(super) inputs: Aligned<i16>,
    /// The same where there are high halves: of each product, `[depth][tiles]` for some tiles
    /// at once.
    pub(super) by_depth: Aligned<i16>,
    /// Where those of each product begin.
    pub(super) by_depth_firsts: Vec<usize>,
    /// Sums of one row of products, `[6][bands][tiles][columns]`.
    pub(super) products: Aligned<i32>,
    /// A line of outputs.
    pub(super) line: Aligned<i32>,
    /// `[bands][3][line]`
    pub(super) outputs: Aligned<i32>,
}

/// Some rows of outputs of a sample.
#[derive(Clone, Debug)]
pub(super) struct Band {
    pub(super) sample: usize,
    pub(super) rows: Range<usize>,
}

impl Scratch {
    /// Makes this the memory of some bands, counted over all samples, for inputs of `depth` channels
    /// and blocks of `width` filters.
    pub(super) fn resize(&mut self, all: Range<usize>, cuts: Cuts, depth: usize, width: usize) {
        let Cuts { rows, columns } = cuts;
        let count = all.len();
        self.list_bands(all, rows);
        let mut end = 0;
        self.firsts.clear();
        for product in 0..PRODUCTS {
            self.firsts.push(end);
            let bands = self.cut.having(product / SIX).len();
            end += bands * columns.having(product % SIX).len() * (depth + GAP);
        }
        self.firsts.push(end);
        self.inputs.resize(end + SQUARE * (depth + GAP));
        self.products.resize(count * columns.products() * width);
        self.line.resize(columns.outputs() * width);
        self.outputs.resize(count * 3 * columns.outputs() * width);
    }

    /// Lists bands by kind: a band of one output row, or of three.
    fn list_bands(&mut self, all: Range<usize>, rows: Cut) {
        let (threes, parts) = (rows.threes(), rows.parts());
        self.bands.clear();
        let mut list = |kind: Range<usize>| {
            let own = all.clone().filter(|at| kind.contains(&(at % parts)));
            let before = self.bands.len();
            self.bands.extend(own.map(|at| Band {
                sample: at / parts,
                rows: rows.outputs_of(at % parts),
            }));
            self.bands.len() - before
        };
        self.cut = Cut {
            first: list(0..threes.start),
            threes: list(threes.clone()),
            last: list(threes.end..parts),
            ..rows
        };
    }

    /// Bytes that it occupies.
    pub(super) fn bytes(&self) -> usize {
        let sums = [&self.products, &self.line, &self.outputs];
        let sums: usize = sums.iter().map(|sums| sums.bytes()).sum();
        let firsts = self.firsts.capacity() + self.by_depth_firsts.capacity();
        let lists = self.bands.capacity() * size_of::<Band>() + firsts * size_of::<usize>();
        self.inputs.bytes() + self.by_depth.bytes() + sums + lists
    }
}
