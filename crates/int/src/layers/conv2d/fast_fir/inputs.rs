//! The inputs of tiles, transformed to the factors of 36 products.

use super::pass::Pass;
use super::scratch::{GAP, SQUARE, Scratch};
use crate::kernel::ROWS;
use crate::kernel::fast_fir::{PRODUCTS, SIX, TOGETHER, TileInputs};
use core::array;

impl Pass<'_> {
    /// Transforms the inputs of all bands; the first sample of the batch that they count from is
    /// `first`.
    pub(super) fn transform_inputs(&self, first: usize, scratch: &mut Scratch) {
        let (frame, columns) = (self.input.frame, self.cuts.columns);
        let (stride, height) = (frame.depth + GAP, frame.size() / frame.row());
        let (bands, firsts) = (scratch.cut, &scratch.firsts);
        for (index, band) in scratch.bands.iter().enumerate() {
            let sample = (first + band.sample) * frame.size();
            for tile in 0..columns.parts() {
                let left = columns.outputs_of(tile).start;
                // Singles leave some aside, which may be outside.
                let starts = array::from_fn(|at| {
                    let y = (band.rows.start + at / 5).min(height - 1);
                    let x = (left + at % 5).min(frame.columns() - 1);
                    sample + y * frame.row() + x * frame.depth
                });
                let places: [usize; PRODUCTS] = array::from_fn(|product| {
                    let own = bands.having(product / SIX);
                    let across = columns.having(product % SIX);
                    if !own.contains(&index) || !across.contains(&tile) {
                        return firsts[PRODUCTS];
                    }
                    let at = (index - own.start) * across.len() + tile - across.start;
                    firsts[product] + at * stride
                });
                let threes = [bands.threes(), columns.threes()];
                let single = [!threes[0].contains(&index), !threes[1].contains(&tile)];
                let inputs = TileInputs {
                    values: &self.input.values,
                    starts: &starts,
                    single,
                    depth: frame.depth,
                };
                self.isa
                    .fast_fir_inputs(inputs, &mut scratch.inputs, &places);
            }
        }
    }

    /// Lays the transformed inputs of all products out by depth. Beside the last tiles stand others,
    /// whose sums are not looked at.
    pub(super) fn lay_out_by_depth(&self, scratch: &mut Scratch) {
        let (depth, columns) = (self.input.frame.depth, self.cuts.columns);
        let (mut end, stride) = (0, depth + GAP);
        scratch.by_depth_firsts.clear();
        let tiles_of = |product: usize| {
            let bands = scratch.cut.having(product / SIX).len();
            bands * columns.having(product % SIX).len()
        };
        for product in 0..PRODUCTS {
            scratch.by_depth_firsts.push(end);
            end += tiles_of(product).next_multiple_of(SQUARE) * depth;
        }
        scratch.by_depth.resize(end);
        let firsts = scratch.firsts.iter().zip(&scratch.by_depth_firsts);
        for (product, (&from, &to)) in (0..PRODUCTS).zip(firsts) {
            let tiles = tiles_of(product);
            for start in (0..tiles).step_by(ROWS) {
                let width = ROWS.min(tiles - start).next_multiple_of(SQUARE);
                let rows = &scratch.inputs[from + start * stride..];
                let lines = &mut scratch.by_depth[to + start * depth..][..width * depth];
                for tile in (0..width).step_by(SQUARE) {
                    for channel in (0..depth).step_by(TOGETHER) {
                        let rows = &rows[tile * stride + channel..];
                        let lines = &mut lines[channel * width + tile..];
                        self.isa.lay_out_by_depth(rows, stride, lines, width);
                    }
                }
            }
        }
    }
}
