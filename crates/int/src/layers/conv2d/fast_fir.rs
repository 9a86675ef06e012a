//! 3x3 convolutions by fewer products ([`crate::kernel::fast_fir`] says how), with the same bits.
//!
//! The outputs of a sample are cut into *bands* of three rows, and these into tiles of three
//! columns; where three does not divide a size, bands, or columns, of one are left at the sides.
//! Each of the 36 products is a matrix product of its own: of the transformed inputs of all tiles
//! that have it with the transformed weights.

use super::Conv2d;
use crate::Aligned;
use crate::audit::{Counting, LayerAudit};
use crate::gemm::{self, Columns, Halves, High, Panel, Rows};
use crate::kernel::fast_fir::{FILTERS, MAX_INPUT, PRODUCTS, SINGLE, SIX, TOGETHER, TileInputs};
use crate::kernel::high_halves::{GROUP, HighHalfColumns, HighHalves, RowsByDepth};
use crate::kernel::{BLOCK, Isa, ROWS, Span};
use crate::layers::images::Images;
use crate::layers::scaling::Scaling;
use crate::parallel::{self, PerThread};
use crate::spec::Shape;
use alloc::vec::Vec;
use core::array;
use core::ops::Range;
use cut::Cut;
use filters::Filters;

mod cut;
mod filters;

/// Tiles that are transformed at once, if a band has not more: enough for the weights to be used
/// often while they are near.
const TILES: usize = 48;

/// Tasks for each thread at most.
const TASKS: usize = 4;

/// One weight in so many may be beyond int16. What transformed weights have above it then costs less
/// than the products, and both together less than forming all products directly.
const WIDE: usize = 16;

/// Between the inputs of two tiles, so that not all start at the same line of their pages.
const GAP: usize = 32;

/// Tiles that are laid out by depth at once.
const SQUARE: usize = 16;

/// Memory that such convolutions work in.
#[derive(Debug, Default)]
pub(super) struct FastWork {
    /// Transformed weights, `[blocks][products][depth / 2][columns of the block][2]`.
    columns: Panel,
    /// The high halves of those beyond int16, for each block, by product and group of columns.
    large: Vec<HighHalves>,
    threads: PerThread<Scratch>,
}

/// Of the bands that one thread works on.
#[derive(Debug, Default)]
struct Scratch {
    /// First singles of all samples, then their threes, then their last singles.
    bands: Vec<Band>,
    /// How many there are of each.
    cut: Cut,
    /// Where the transformed inputs of each product begin, and where the last ones end.
    firsts: Vec<usize>,
    /// Transformed inputs, `[products][bands][tiles][depth and a gap]`, and room for what no
    /// product takes, or for what is read with the last tiles.
    inputs: Aligned<i16>,
    /// The same where there are high halves: of each product, by so many tiles at once,
    /// `[depth][tiles]`.
    by_depth: Aligned<i16>,
    /// Where those of each product begin.
    by_depth_firsts: Vec<usize>,
    /// Sums of one row of products, `[6][bands][tiles][columns]`.
    products: Aligned<i32>,
    /// A line of outputs.
    line: Aligned<i32>,
    /// `[bands][3][line]`
    outputs: Aligned<i32>,
}

/// Some rows of outputs of a sample.
#[derive(Clone, Debug)]
struct Band {
    sample: usize,
    rows: Range<usize>,
}

impl FastWork {
    /// Whether any transformed weight is beyond int16.
    fn has_large(&self) -> bool {
        let blocks = &self.large[..self.columns.blocks()];
        blocks.iter().any(|large| !large.is_empty())
    }

    /// Bytes that it occupies.
    pub(super) fn bytes(&self) -> usize {
        let scratch = self.threads.total(|scratch| {
            let sums = [&scratch.products, &scratch.line, &scratch.outputs];
            let sums: usize = sums.iter().map(|sums| sums.bytes()).sum();
            let firsts = scratch.firsts.capacity() + scratch.by_depth_firsts.capacity();
            let lists = scratch.bands.capacity() * size_of::<Band>() + firsts * size_of::<usize>();
            scratch.inputs.bytes() + scratch.by_depth.bytes() + sums + lists
        });
        let large: usize = self.large.iter().map(HighHalves::bytes).sum();
        self.columns.bytes() + large + scratch
    }
}

/// How the outputs of a layer are cut, by rows and columns.
fn cuts(output: Shape, padding: usize) -> [Cut; 2] {
    [output.height, output.width].map(|size| Cut::of(size, padding))
}

/// Bands that are worked on at once.
fn bands_together([_, columns]: [Cut; 2]) -> usize {
    TILES.div_ceil(columns.parts())
}

/// Samples that one task computes: some groups of bands, and as many tasks for every thread.
fn samples_a_task(cuts: [Cut; 2], samples: usize, threads: usize) -> usize {
    let enough = bands_together(cuts).div_ceil(cuts[0].parts());
    let tasks = (samples / enough).clamp(threads, TASKS * threads);
    samples.div_ceil(tasks / threads * threads).max(1)
}

/// Whether a layer of this form is faster this way for batches of `samples`. Transforming a weight
/// costs about as much as 400 products more than laying it out, and the rest a sixth of what the
/// products cost.
pub(super) fn is_profitable(
    (kernel, padding): (usize, usize),
    input: Shape,
    output: Shape,
    samples: usize,
) -> bool {
    let fits = kernel == 3
        && input.channels.is_multiple_of(TOGETHER)
        && output.channels.is_multiple_of(FILTERS);
    let direct = 9 * output.height * output.width;
    let [rows, columns] = cuts(output, padding).map(Cut::products);
    fits && samples * direct.saturating_sub(rows * columns * 7 / 6) > 400
}

/// Bytes of the transformed weights, and of what each thread works in.
pub(super) fn planned(input: Shape, output: Shape, padding: usize, samples: usize) -> [usize; 2] {
    let (depth, filters) = (input.channels, output.channels);
    let cuts = cuts(output, padding);
    let [rows, columns] = cuts;
    let bands = bands_together(cuts).min(samples * rows.parts());
    let width = BLOCK.min(filters);
    // Singles have half of the products of threes at most.
    let products = (bands * SIX).min(samples * rows.products()) * columns.products();
    let inputs = size_of::<i16>() * (products + SQUARE) * (depth + GAP);
    let sums = bands * columns.products() + (3 * bands + 1) * columns.outputs();
    let scratch = inputs + size_of::<i32>() * sums * width + size_of::<Band>() * bands;
    [size_of::<i16>() * PRODUCTS * depth * filters, scratch]
}

impl Conv2d {
    /// Transforms the weights, if the operands allow that: few weights beyond int16, and inputs
    /// small enough to be added up.
    pub(super) fn prepare_fast(&self, work: &mut FastWork, input: &Images) -> bool {
        let weights = self.weights.halves();
        let wide = match weights.high {
            High::Dense(high) => high.iter().filter(|&&high| high != 0).count(),
            High::None | High::Sparse(_) => 0,
        };
        if input.largest > MAX_INPUT || wide > weights.low.len() / WIDE {
            return false;
        }
        let (depth, filters) = (self.frame().depth, self.output.channels);
        work.columns.resize(PRODUCTS * depth, filters);
        let size = work.columns.block_size();
        // A transformed weight costs about as much as sixteen products.
        let cost = 16 * PRODUCTS * depth * filters;
        // Never fewer, so that layers with more keep their memory.
        let blocks = work.columns.blocks();
        let most = blocks.max(work.large.len());
        work.large.resize_with(most, HighHalves::default);
        let columns = (work.columns.values_mut(), size);
        let large = (&mut work.large[..blocks], 1);
        parallel::for_each_two_parts(columns, large, cost, |block, values, large| {
            let first = block * BLOCK;
            let own = Filters {
                weights,
                depth,
                first,
                count: BLOCK.min(filters - first),
            };
            large[0].fill(PRODUCTS * BLOCK / GROUP, |all| own.transform(values, all));
        });
        true
    }

    /// As [`Conv2d::forward`], with weights that were transformed; wrapped sums are not counted.
    pub(super) fn forward_fast(
        &self,
        work: &FastWork,
        input: &Images,
        scaling: Scaling,
        scaled: &mut [i8],
        counting: Counting,
    ) -> LayerAudit {
        let (features, samples) = (self.output.features(), input.samples());
        let cuts = cuts(self.output, self.padding);
        let together = samples_a_task(cuts, samples, parallel::threads());
        let pass = Pass {
            layer: self,
            isa: Isa::current(),
            work,
            input,
            scaling,
            counting,
            cuts,
        };
        let [rows, columns] = cuts.map(Cut::products);
        let products = samples * rows * columns * self.frame().depth * self.output.channels;
        parallel::for_each_part(scaled, together * features, products, |index, scaled| {
            work.threads
                .lend(|scratch| pass.some_samples(index * together, scratch, scaled))
        })
    }
}

/// The forward pass of a batch.
struct Pass<'a> {
    layer: &'a Conv2d,
    isa: Isa,
    work: &'a FastWork,
    input: &'a Images,
    scaling: Scaling,
    counting: Counting,
    cuts: [Cut; 2],
}

impl Pass<'_> {
    /// Fills `scaled` with the outputs of some samples, from `first` on.
    fn some_samples(&self, first: usize, scratch: &mut Scratch, scaled: &mut [i8]) -> LayerAudit {
        let parts = self.cuts[0].parts();
        let all = scaled.len() / self.layer.output.features() * parts;
        // Groups of about the same size.
        let groups = all.div_ceil(bands_together(self.cuts));
        let mut audit = LayerAudit::default();
        for group in 0..groups {
            let bands = group * all / groups..(group + 1) * all / groups;
            self.resize(bands, scratch);
            self.transform_inputs(first, scratch);
            if self.work.has_large() {
                self.lay_out_by_depth(scratch);
            }
            for block in 0..self.work.columns.blocks() {
                self.form_sums(block, scratch);
                self.scale(block, scratch, &mut audit, scaled);
            }
        }
        audit
    }

    /// Makes room for some bands, counted over all samples.
    fn resize(&self, all: Range<usize>, scratch: &mut Scratch) {
        let [rows, columns] = self.cuts;
        let (threes, parts) = (rows.threes(), rows.parts());
        scratch.bands.clear();
        let mut list = |kind: Range<usize>| {
            let own = all.clone().filter(|at| kind.contains(&(at % parts)));
            let before = scratch.bands.len();
            scratch.bands.extend(own.map(|at| Band {
                sample: at / parts,
                rows: rows.outputs_of(at % parts),
            }));
            scratch.bands.len() - before
        };
        scratch.cut = Cut {
            first: list(0..threes.start),
            threes: list(threes.clone()),
            last: list(threes.end..parts),
            ..rows
        };
        let (count, width) = (all.len(), self.work.columns.width(0));
        let depth = self.input.frame.depth;
        let mut end = 0;
        scratch.firsts.clear();
        for product in 0..PRODUCTS {
            scratch.firsts.push(end);
            let bands = scratch.cut.having(product / SIX).len();
            end += bands * columns.having(product % SIX).len() * (depth + GAP);
        }
        scratch.firsts.push(end);
        scratch.inputs.resize(end + SQUARE * (depth + GAP));
        scratch.products.resize(count * columns.products() * width);
        scratch.line.resize(columns.outputs() * width);
        scratch
            .outputs
            .resize(count * 3 * columns.outputs() * width);
    }

    fn transform_inputs(&self, first: usize, scratch: &mut Scratch) {
        let (frame, columns) = (self.input.frame, self.cuts[1]);
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
    fn lay_out_by_depth(&self, scratch: &mut Scratch) {
        let (depth, columns) = (self.input.frame.depth, self.cuts[1]);
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

    /// The sums of a block of filters.
    fn form_sums(&self, block: usize, scratch: &mut Scratch) {
        let columns = self.cuts[1];
        let width = self.work.columns.width(block);
        let size = columns.outputs() * width;
        for row in [3, 4, 5, 0, 1, 2] {
            let firsts = self.form_products(block, row, scratch);
            let Scratch {
                products,
                line: spare,
                outputs,
                cut,
                ..
            } = &mut *scratch;
            let (bands, threes) = (cut.having(row), cut.threes());
            let begun = |band: usize| row > SINGLE + 1 || cut.having(SINGLE).contains(&band);
            let outputs = outputs.chunks_exact_mut(3 * size).enumerate();
            for (band, outputs) in outputs.skip(bands.start).take(bands.len()) {
                let starts = array::from_fn(|column| {
                    let before = (band - bands.start) * columns.having(column).len();
                    firsts[column] + before * width
                });
                let (top, rest) = outputs.split_at_mut(size);
                let (middle, bottom) = rest.split_at_mut(size);
                let is_three = threes.contains(&band);
                let spare = &mut spare[..size];
                let own = match row {
                    3 => &mut *top,
                    4 if is_three => &mut *middle,
                    5 if is_three => &mut *bottom,
                    4 if !begun(band) => &mut *top,
                    _ => &mut *spare,
                };
                self.form_line(products, starts, width, own);
                let (less, more) = match row {
                    0 => (top, middle),
                    1 => (top, bottom),
                    2 => (middle, bottom),
                    4 | 5 if !is_three && begun(band) => {
                        self.isa.add(top, spare);
                        continue;
                    }
                    _ => continue,
                };
                self.isa.subtract(less, spare);
                self.isa.add(more, spare);
            }
        }
    }

    /// Puts the products of a band together that begin at `starts`, to a line of outputs.
    fn form_line(
        &self,
        products: &[i32],
        mut starts: [usize; SIX],
        width: usize,
        line: &mut [i32],
    ) {
        let columns = self.cuts[1];
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
        let (depth, columns) = (self.input.frame.depth, self.cuts[1]);
        let width = self.work.columns.width(block);
        let mut firsts = [0; SIX];
        let mut done = 0;
        for (column, first) in firsts.iter_mut().enumerate() {
            *first = done;
            let product = row * SIX + column;
            let tiles = bands * columns.having(column).len();
            let values = &self.work.columns.block(block)[product * depth * width..];
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
                if !self.work.large[block].is_empty() {
                    let own = &scratch.by_depth[scratch.by_depth_firsts[product] + start * depth..];
                    let count = rows.starts.len();
                    let own = &own[..count.next_multiple_of(SQUARE) * depth];
                    let columns = HighHalfColumns {
                        high: &self.work.large[block],
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

    /// Scales the sums of a block.
    fn scale(&self, block: usize, scratch: &Scratch, audit: &mut LayerAudit, scaled: &mut [i8]) {
        let output = self.layer.output;
        let (width, count) = (
            self.work.columns.width(block),
            self.work.columns.count(block),
        );
        let line = self.cuts[1].outputs() * width;
        let bands = scratch.outputs.chunks_exact(3 * line);
        for (sums, band) in bands.zip(&scratch.bands) {
            for (y, sums) in band.rows.clone().zip(sums.chunks_exact(line)) {
                let first = (band.sample * output.height + y) * output.width;
                for (x, sums) in sums.chunks_exact(width).enumerate() {
                    let place = (first + x) * output.channels + block * BLOCK;
                    let (sums, scaled) = (&sums[..count], &mut scaled[place..place + count]);
                    audit.cut += self.scaling.apply(self.isa, sums, scaled);
                    audit.forward.sums += count as u64;
                    if self.counting.largest() {
                        audit.forward.see(sums);
                    }
                }
            }
        }
    }
}
