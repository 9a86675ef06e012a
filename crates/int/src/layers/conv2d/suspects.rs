//! Counting the sums of a convolution that leave int32, whichever way they are formed.
//!
//! Largest values, or Cauchy and Schwarz, prove most sums harmless; of the others, only some
//! filters and positions have a part in one. Sums of these pairs with rounded weights prove nearly
//! all of them harmless too; what is left is formed again in 64 bits.

use super::Conv2d;
use super::lanes::FilterLanes;
use crate::audit::{Merge, Range};
use crate::gemm::{self, Halves, High, Rows, overflows_between};
use crate::kernel::{BLOCK, Isa, Overflow, ROWS, SUMS, TileBuffer};
use crate::layers::images::Images;
use crate::layers::sums::{Bounds, harmless, most};
use crate::parallel;
use alloc::vec::Vec;
use coarse::Coarse;
use core::cmp::Reverse;

mod coarse;

/// Memory that counting works in.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// Sums of squares of the inputs of each output position, `[samples, positions]`.
    squares: Vec<u64>,
    /// Of each pixel, `[samples, pixels]`.
    pixel_squares: Vec<u64>,
    /// Of the weights of each filter.
    filter_squares: Vec<u64>,
    /// Filters that could wrap a sum, with their squares: the largest first.
    filters: Vec<Suspect>,
    /// Positions that could.
    positions: Vec<Suspect>,
    block: Block,
}

/// A filter or a position.
#[derive(Clone, Copy, Debug)]
struct Suspect {
    squares: u64,
    index: usize,
}

/// Up to 64 filters, as lanes.
#[derive(Debug, Default)]
struct Block {
    filters: FilterLanes,
    /// Their weights beyond int16, by the place that they would have if the filters followed each
    /// other.
    excesses: Vec<Overflow>,
    coarse: Coarse,
}

impl Conv2d {
    /// The sums of a batch that leave int32; they count as formed already.
    pub(super) fn count_wrapped(&self, suspects: &mut Suspects, input: &Images) -> Range {
        let mut range = Range::default();
        let depth = self.span().depth();
        let largest = [input.largest.into(), self.weights.max_abs()];
        if Bounds::suffice(depth, largest) {
            return range;
        }
        self.weights.measure(&mut suspects.filter_squares);
        self.measure_inputs(input, suspects);
        suspects.list();
        let Suspects {
            filters,
            positions,
            block,
            ..
        } = suspects;
        for filters in filters.chunks(BLOCK) {
            // Positions are in order too: those that the largest filter makes suspect come first.
            let most = filters[0].squares;
            let count = positions.partition_point(|position| !harmless(position.squares, most));
            let products = count * depth * filters.len();
            let positions = &mut positions[..count];
            let rounds = block
                .coarse
                .fill(self.weights.halves(), filters, depth, largest);
            let limit = u64::from(block.coarse.limit);
            if rounds {
                let coarse = &block.coarse;
                let rounded = parallel::for_each_part(positions, ROWS, products, |_, positions| {
                    self.largest_in_tile(coarse, input, positions)
                });
                if rounded.largest <= limit {
                    continue;
                }
            }
            block.fill(self, filters);
            let wrapped = parallel::for_each_part(positions, ROWS, products, |_, positions| {
                let rounded = |block: &Block| self.largest_in_tile(&block.coarse, input, positions);
                if rounds && rounded(block).largest <= limit {
                    return Range::default();
                }
                self.count_in_tile(block, input, largest, positions)
            });
            range.merge(&wrapped);
        }
        range
    }

    /// Where the inputs of some positions start.
    fn starts(&self, input: &Images, positions: &[Suspect]) -> [usize; ROWS] {
        let all = self.positions();
        let mut starts = [0; ROWS];
        for (start, position) in starts.iter_mut().zip(positions) {
            let (sample, position) = (position.index / all, position.index % all);
            *start = sample * input.frame.size() + self.pixels[position] * input.frame.depth;
        }
        starts
    }

    /// The largest sum of some positions with rounded filters.
    fn largest_in_tile(&self, coarse: &Coarse, input: &Images, positions: &[Suspect]) -> Range {
        let starts = self.starts(input, positions);
        let rows = Rows {
            values: Halves::narrow(&input.values),
            starts: &starts[..positions.len()],
            span: self.span(),
        };
        let (isa, lanes) = (Isa::current(), coarse.lanes());
        let mut sums = TileBuffer::default();
        let sums = &mut sums[..positions.len() * lanes.width];
        gemm::products(isa, &rows, &lanes, sums);
        Range {
            largest: isa.max_abs(sums).into(),
            ..Range::default()
        }
    }

    /// Counts those of some positions with a block of filters.
    fn count_in_tile(
        &self,
        block: &Block,
        input: &Images,
        largest: [u32; 2],
        positions: &[Suspect],
    ) -> Range {
        let starts = self.starts(input, positions);
        let rows = Rows {
            values: Halves::narrow(&input.values),
            starts: &starts[..positions.len()],
            span: self.span(),
        };
        let lanes = block.filters.block(self.weights.halves().high, 0);
        let mut sums = [0; SUMS];
        let sums = &mut sums[..positions.len() * lanes.width];
        gemm::exact_products(Isa::current(), (&rows, &lanes), largest, sums);
        let mut range = Range::default();
        for sums in sums.chunks_exact(lanes.width) {
            for &sum in &sums[..block.filters.low.columns()] {
                range.see_exact(sum);
            }
        }
        range
    }

    /// The sum of squares of the inputs of every output position: those of the pixels under the
    /// kernel.
    fn measure_inputs(&self, input: &Images, suspects: &mut Suspects) {
        let (isa, frame) = (Isa::current(), input.frame);
        let pixels = frame.size() / frame.depth;
        let Suspects {
            squares,
            pixel_squares,
            ..
        } = suspects;
        squares.resize(input.samples() * self.positions(), 0);
        pixel_squares.resize(input.samples() * pixels, 0);
        // A value costs about as much as four products.
        let products = 4 * input.values.len();
        parallel::for_each_two_parts(
            (squares, self.positions()),
            (pixel_squares, pixels),
            products,
            |sample, squares, pixels| {
                let values = &input.values[sample * frame.size()..][..frame.size()];
                for (square, pixel) in pixels.iter_mut().zip(values.chunks_exact(frame.depth)) {
                    *square = isa.squares(pixel);
                }
                for (square, &first) in squares.iter_mut().zip(&self.pixels) {
                    let rows = (0..self.kernel).map(|row| first + row * frame.columns());
                    *square = rows
                        .flat_map(|start| &pixels[start..start + self.kernel])
                        .fold(0, |sum, &pixel| sum.saturating_add(pixel));
                }
            },
        );
    }
}

impl Suspects {
    /// Lists the filters and the positions that could wrap a sum.
    fn list(&mut self) {
        let list = |suspects: &mut Vec<Suspect>, squares: &[u64], other: u64| {
            suspects.clear();
            if harmless(most(squares), other) {
                return;
            }
            // Once for all batches.
            suspects.reserve_exact(squares.len());
            for (index, &squares) in squares.iter().enumerate() {
                if !harmless(squares, other) {
                    suspects.push(Suspect { squares, index });
                }
            }
            suspects.sort_unstable_by_key(|suspect| Reverse(suspect.squares));
        };
        let (filters, positions) = (most(&self.filter_squares), most(&self.squares));
        list(&mut self.filters, &self.filter_squares, positions);
        list(&mut self.positions, &self.squares, filters);
    }

    /// How many filters and positions are suspect.
    #[cfg(test)]
    pub(super) fn counts(&self) -> [usize; 2] {
        [&self.filters, &self.positions].map(Vec::len)
    }

    /// Bytes that it occupies.
    pub(super) fn bytes(&self) -> usize {
        let squares = [&self.squares, &self.pixel_squares, &self.filter_squares];
        let squares: usize = squares.iter().map(|squares| squares.capacity()).sum();
        let suspects = self.filters.capacity() + self.positions.capacity();
        size_of::<u64>() * squares + size_of::<Suspect>() * suspects + self.block.bytes()
    }
}

impl Block {
    /// Takes up the weights of some filters.
    fn fill(&mut self, layer: &Conv2d, filters: &[Suspect]) {
        let depth = layer.span().depth();
        let halves = layer.weights.halves();
        let row = |filter: &Suspect| filter.index * depth..(filter.index + 1) * depth;
        let FilterLanes { low, high, few } = &mut self.filters;
        low.resize(depth, filters.len());
        low.fill_block(0, |lane| &halves.low[row(&filters[lane])]);
        match halves.high {
            High::None => {}
            High::Dense(values) => {
                high.resize(depth, filters.len());
                high.fill_block(0, |lane| &values[row(&filters[lane])]);
            }
            High::Sparse(all) => {
                self.excesses.clear();
                for (lane, filter) in filters.iter().enumerate() {
                    let row = row(filter);
                    let own = overflows_between(all, row.start, row.end).iter();
                    self.excesses.extend(own.map(|overflow| {
                        let place = overflow.index as usize - row.start + lane * depth;
                        let index = u32::try_from(place).expect("fewer weights than the layer");
                        Overflow { index, ..*overflow }
                    }));
                }
                let place = |place| (place % depth, place / depth);
                few.list(low, &self.excesses, place);
            }
        }
    }

    fn bytes(&self) -> usize {
        self.filters.bytes()
            + size_of::<Overflow>() * self.excesses.capacity()
            + self.coarse.bytes()
    }
}

/// Bytes for a layer of so many output positions, pixels and filters, in a batch.
pub(super) fn planned(positions: usize, pixels: usize, filters: usize, depth: usize) -> usize {
    let suspects = size_of::<Suspect>() * (positions + filters);
    // Of rounded filters and their rows, and of those that are formed again.
    let lanes = 3 * size_of::<i16>() * BLOCK.min(filters.next_multiple_of(16)) * depth;
    size_of::<u64>() * (positions + pixels + filters) + suspects + lanes
}
