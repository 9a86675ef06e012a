//! The sums of tiles: products of transformed inputs and weights, put together to outputs.

use super::pass::Pass;
use super::scratch::{GAP, SQUARE, Scratch};
use crate::gemm::{self, Columns, Halves, Rows};
use crate::kernel::fast_fir::{SINGLE, SIX};
use crate::kernel::high_halves::{GROUP, HighHalfColumns, RowsByDepth};
use crate::kernel::{BLOCK, ROWS, Span};
use core::array;

impl Pass<'_> {
    /// The sums of a block of filters.
    pub(super) fn form_sums(&self, block: usize, scratch: &mut Scratch) {
        let width = self.workspace.columns.width(block);
        for row in [3, 4, 5, 0, 1, 2] {
            let firsts = self.form_products(block, row, scratch);
            for band in scratch.cut.having(row) {
                self.add_row(row, band, width, &firsts, scratch);
            }
        }
    }

    /// Adds a row of products of a band, which begin at `firsts` for all bands, to its outputs.
    fn add_row(
        &self,
        row: usize,
        band: usize,
        width: usize,
        firsts: &[usize; SIX],
        scratch: &mut Scratch,
    ) {
        let columns = self.cuts.columns;
        let size = columns.outputs() * width;
        let Scratch {
            products,
            line: spare,
            outputs,
            cut,
            ..
        } = scratch;
        let starts = array::from_fn(|column| {
            let before = (band - cut.having(row).start) * columns.having(column).len();
            firsts[column] + before * width
        });
        let begun = row > SINGLE + 1 || cut.having(SINGLE).contains(&band);
        let (top, rest) = outputs[3 * size * band..][..3 * size].split_at_mut(size);
        let (middle, bottom) = rest.split_at_mut(size);
        let is_three = cut.threes().contains(&band);
        let spare = &mut spare[..size];
        let own = match row {
            3 => &mut *top,
            4 if is_three => &mut *middle,
            5 if is_three => &mut *bottom,
            4 if !begun => &mut *top,
            _ => &mut *spare,
        };
        self.form_line(products, starts, width, own);
        let (less, more) = match row {
            0 => (top, middle),
            1 => (top, bottom),
            2 => (middle, bottom),
            4 | 5 if !is_three && begun => return self.isa.add(top, spare),
            _ => return,
        };
        self.isa.subtract(less, spare);
        self.isa.add(more, spare);
    }

    /// Puts the products of a band together that begin at `starts`, to a line of outputs.
    fn form_line(
        &self,
        products: &[i32],
        mut starts: [usize; SIX],
        width: usize,
        line: &mut [i32],
    ) {
        let columns = self.cuts.columns;
        let part = |product: usize, tile: usize| {
            let own = columns.having(product);
            own.contains(&tile)
                .then(|| &products[starts[product] + (tile - own.start) * width..][..width])
        };
        for tile in (0..columns.parts()).filter(|tile| !columns.threes().contains(tile)) {
            let output = &mut line[columns.outputs_of(tile).start * width..][..width];
            let mut parts = (SINGLE..SIX).filter_map(|product| part(product, tile));
            output.copy_from_slice(parts.next().expect("one product at least"));
            parts.for_each(|part| self.isa.add(output, part));
        }
        for (product, start) in starts.iter_mut().enumerate() {
            *start += (columns.first - columns.having(product).start) * width;
        }
        let threes = &mut line[columns.first * width..][..3 * columns.threes * width];
        self.isa.fast_fir_line(products, &starts, width, threes);
    }

    /// One row of products, summed over channels; returns where each of the six begins.
    fn form_products(&self, block: usize, row: usize, scratch: &mut Scratch) -> [usize; SIX] {
        let bands = scratch.cut.having(row).len();
        let (depth, columns) = (self.input.frame.depth, self.cuts.columns);
        let width = self.workspace.columns.width(block);
        let mut firsts = [0; SIX];
        let mut done = 0;
        for (column, first) in firsts.iter_mut().enumerate() {
            *first = done;
            let product = row * SIX + column;
            let tiles = bands * columns.having(column).len();
            let values = &self.workspace.columns.block(block)[product * depth * width..];
            let filters = Columns {
                values: Halves::narrow(&values[..depth * width]),
                width,
            };
            let begin = scratch.firsts[product];
            for start in (0..tiles).step_by(ROWS) {
                let starts: [usize; ROWS] =
                    array::from_fn(|tile| begin + (start + tile) * (depth + GAP));
                let rows = Rows {
                    values: Halves::narrow(&scratch.inputs),
                    starts: &starts[..ROWS.min(tiles - start)],
                    span: Span::contiguous(depth),
                };
                let size = rows.starts.len() * width;
                let sums = &mut scratch.products[done..done + size];
                gemm::products(self.isa, &rows, &filters, sums);
                if !self.workspace.large[block].is_empty() {
                    let own = &scratch.by_depth[scratch.by_depth_firsts[product] + start * depth..];
                    let count = rows.starts.len();
                    let own = &own[..count.next_multiple_of(SQUARE) * depth];
                    let columns = HighHalfColumns {
                        high: &self.workspace.large[block],
                        first: product * BLOCK / GROUP,
                        width,
                    };
                    let rows = RowsByDepth { values: own, count };
                    self.isa.add_high_halves(columns, rows, sums);
                }
                done += size;
            }
        }
        firsts
    }
}
