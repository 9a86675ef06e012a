//! Counting the sums of a convolution that leave int32, whichever way they are formed.
//!
//! Largest magnitudes, or Cauchy and Schwarz, prove that most sums fit; of the others, only some
//! filters and positions have a part in one. Sums of these pairs with rounded weights prove that
//! nearly all of them fit too; the rest is formed again in 64 bits.

use super::layer::Conv2d;
use crate::audit::{Merge, Range};
use crate::gemm::{
    ColumnPanel, Halves, Product, RowTile, magnitudes_suffice, max_squares, may_overflow,
};
use crate::kernel::{BLOCK, Isa, ROWS, TileBuffer};
use crate::layers::images::Images;
use crate::parallel::{self, Parts};
use alloc::vec::Vec;
use core::cmp::Reverse;
use rounded::RoundedFilters;

mod rounded;

/// Memory for counting.
#[derive(Debug, Default)]
pub(super) struct WrapScratch {
    /// Sums of squares of the inputs of each output position, `[samples, positions]`.
    squares: Vec<u64>,
    /// Of each pixel, `[samples, pixels]`.
    pixel_squares: Vec<u64>,
    /// Of the weights of each filter.
    filter_squares: Vec<u64>,
    /// Filters of which a sum may overflow, by falling squares.
    filters: Vec<Candidate>,
    /// Positions of which one may, by falling squares.
    positions: Vec<Candidate>,
    block: FilterBlock,
}

/// Up to 64 filters of which a sum may overflow.
#[derive(Debug, Default)]
struct FilterBlock {
    columns: ColumnPanel,
    rounded: RoundedFilters,
}

/// A filter or a position of which a sum may overflow.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    squares: u64,
    index: usize,
}

impl Conv2d {
    /// The sums of a batch that leave int32; they count as formed already.
    pub(super) fn count_wrapped(&self, scratch: &mut WrapScratch, input: &Images) -> Range {
        let mut range = Range::default();
        let depth = self.shape.span().depth();
        let max_abs = [input.max_abs.into(), self.weights.max_abs()];
        if magnitudes_suffice(depth, max_abs) {
            return range;
        }
        self.weights.measure(&mut scratch.filter_squares);
        self.measure_inputs(input, scratch);
        scratch.list();
        let WrapScratch {
            filters,
            positions,
            block,
            ..
        } = scratch;
        for filters in filters.chunks(BLOCK) {
            // Positions that may overflow with the filter of the largest squares come first.
            let largest = filters[0].squares;
            let count = positions.partition_point(|one| may_overflow(one.squares, largest));
            range.merge(&self.count_block(block, filters, &mut positions[..count], input));
        }
        range
    }

    /// The sums of a block of filters and some positions that leave int32.
    fn count_block(
        &self,
        block: &mut FilterBlock,
        filters: &[Candidate],
        positions: &mut [Candidate],
        input: &Images,
    ) -> Range {
        let (weights, depth) = (self.weights.halves(), self.shape.span().depth());
        let max_abs = [input.max_abs.into(), self.weights.max_abs()];
        let products = positions.len() * depth * filters.len();
        let indices = filters.iter().map(|filter| filter.index);
        let rounds = block.rounded.fill(weights, depth, max_abs, indices.clone());
        let rounded = rounds.then_some(&block.rounded);
        if let Some(rounded) = rounded {
            let found = parallel::for_each_part(positions, ROWS, products, |_, positions| {
                self.max_rounded_sum(rounded, input, positions)
            });
            if found.max_abs <= rounded.limit() {
                return Range::default();
            }
        }
        block.columns.fill_selected(weights, depth, indices);
        let product = self.product(input, &block.columns);
        parallel::for_each_part(positions, ROWS, products, |_, positions| {
            let mut range = Range::default();
            let fit = rounded.is_some_and(|rounded| {
                self.max_rounded_sum(rounded, input, positions).max_abs <= rounded.limit()
            });
            if !fit {
                let rows = self.rows(&product, input, positions);
                product.count_exact(&rows, 0, max_abs, &mut range);
            }
            range
        })
    }

    /// The inputs of some positions.
    fn rows<'a>(
        &self,
        product: &Product<'a>,
        input: &Images,
        positions: &[Candidate],
    ) -> RowTile<'a> {
        product.rows_at(
            positions
                .iter()
                .map(|one| self.input_start(input, one.index)),
        )
    }

    /// The largest sum of some positions with rounded filters.
    fn max_rounded_sum(
        &self,
        rounded: &RoundedFilters,
        input: &Images,
        positions: &[Candidate],
    ) -> Range {
        let product = self.product(input, rounded.columns());
        let rows = self.rows(&product, input, positions);
        let mut buffer = TileBuffer::default();
        let (sums, _) = product.form(&rows, 0, &mut buffer);
        Range {
            max_abs: product.isa.max_abs(sums.values).into(),
            ..Range::default()
        }
    }

    /// Inputs times filters, of which the wrapped sums are not counted.
    fn product<'a>(&self, input: &'a Images, columns: &'a ColumnPanel) -> Product<'a> {
        Product {
            isa: Isa::current(),
            rows: Halves::narrow(&input.values),
            span: self.shape.span(),
            columns,
            bounds: None,
            max_abs: false,
        }
    }

    /// The sum of squares of the inputs of every output position: those of the pixels under the
    /// kernel.
    fn measure_inputs(&self, input: &Images, scratch: &mut WrapScratch) {
        let (isa, frame) = (Isa::current(), input.frame);
        let pixels = frame.size() / frame.depth;
        let WrapScratch {
            squares,
            pixel_squares,
            ..
        } = scratch;
        squares.resize(input.samples() * self.shape.positions(), 0);
        pixel_squares.resize(input.samples() * pixels, 0);
        // A value costs about as much as four products.
        let products = 4 * input.values.len();
        parallel::for_each_two_parts(
            Parts::new(squares, self.shape.positions()),
            Parts::new(pixel_squares, pixels),
            products,
            |sample, squares, pixels| {
                let values = &input.values[sample * frame.size()..][..frame.size()];
                for (square, pixel) in pixels.iter_mut().zip(values.chunks_exact(frame.depth)) {
                    *square = isa.squares(pixel);
                }
                for (square, &first) in squares.iter_mut().zip(&self.pixels) {
                    let rows = (0..self.shape.kernel).map(|row| first + row * frame.columns());
                    *square = rows
                        .flat_map(|start| &pixels[start..start + self.shape.kernel])
                        .fold(0, |sum, &pixel| sum.saturating_add(pixel));
                }
            },
        );
    }
}

impl WrapScratch {
    /// Lists the filters and the positions of which a sum may overflow.
    fn list(&mut self) {
        let list = |candidates: &mut Vec<Candidate>, squares: &[u64], other: u64| {
            candidates.clear();
            if !may_overflow(max_squares(squares), other) {
                return;
            }
            // Once for all batches.
            candidates.reserve_exact(squares.len());
            for (index, &squares) in squares.iter().enumerate() {
                if may_overflow(squares, other) {
                    candidates.push(Candidate { squares, index });
                }
            }
            candidates.sort_unstable_by_key(|candidate| Reverse(candidate.squares));
        };
        let (filters, positions) = (
            max_squares(&self.filter_squares),
            max_squares(&self.squares),
        );
        list(&mut self.filters, &self.filter_squares, positions);
        list(&mut self.positions, &self.squares, filters);
    }

    /// How many filters and positions may overflow.
    #[cfg(test)]
    pub(super) fn counts(&self) -> [usize; 2] {
        [&self.filters, &self.positions].map(Vec::len)
    }

    /// Bytes that it occupies.
    pub(super) fn bytes(&self) -> usize {
        let squares = [&self.squares, &self.pixel_squares, &self.filter_squares];
        let squares: usize = squares.iter().map(|squares| squares.capacity()).sum();
        let candidates = self.filters.capacity() + self.positions.capacity();
        size_of::<u64>() * squares
            + size_of::<Candidate>() * candidates
            + self.block.columns.bytes()
            + self.block.rounded.bytes()
    }
}

/// Bytes that counting takes, for a layer's output positions and pixels in a batch, and its filters
/// of `depth` weights.
pub(super) fn planned(positions: usize, pixels: usize, filters: usize, depth: usize) -> usize {
    let candidates = size_of::<Candidate>() * (positions + filters);
    // Of rounded filters and their rows, and of those whose sums are formed again.
    let columns = 3 * size_of::<i16>() * BLOCK.min(filters.next_multiple_of(16)) * depth;
    size_of::<u64>() * (positions + pixels + filters) + candidates + columns
}
