//! 3x3 convolutions by fewer products, with the same bits modulo 2^32.
//!
//! Along a line, three outputs `y` of inputs `d` and weights `g` are nine products. Six do:
//!
//! ```text
//! m0 = d1 (g0 - g1)    m3 = (d0 + d1 + d2) g0    y0 = m3 - m0 - m1
//! m1 = d2 (g0 - g2)    m4 = (d1 + d2 + d3) g1    y1 = m4 + m0 - m2
//! m2 = d3 (g1 - g2)    m5 = (d2 + d3 + d4) g2    y2 = m5 + m1 + m2
//! ```
//!
//! Along both directions, 36 products make 3x3 outputs, which are 81. Sums over channels are
//! formed before the `m` are put together. Nothing is divided, so that no bit is lost: Winograd's
//! minimal filtering saves as much, but by way of `4 y`, of which int32 has lost two bits. The differences of
//! weights are mostly small, as filters are smooth; few need more than int16.
//!
//! A single output is `d0 g0 + d1 g1 + d2 g2`, by the factors of the last three products. At the
//! sides of an image one of its inputs is padding: so all sizes have two products an output.
//!
//! # Source
//! The fast FIR algorithm of three parallel outputs (Parker and Parhi, "Low-area/power parallel FIR
//! digital filter implementations", 1997), with differences instead of sums of weights.

use core::array;

/// Products in one direction.
pub(crate) const SIX: usize = 6;

/// The first product of a single output: those before are of differences of weights.
pub(crate) const SINGLE: usize = 3;

/// Products in both directions.
pub(crate) const PRODUCTS: usize = SIX * SIX;

/// Inputs of 3x3 outputs.
pub(crate) const INPUTS: usize = 25;

/// Channels that are transformed together; channels must be a multiple.
pub(crate) const TOGETHER: usize = 32;

/// Filters that are laid out together; filters must be a multiple.
pub(crate) const FILTERS: usize = 16;

/// Inputs up to this magnitude stay within int16 when they are transformed.
pub(crate) const MAX_INPUT: u16 = 32_767 / 9;

/// Sums that are combined at once.
const SUMS: usize = 16;

/// The 3x3 weights of some channels of a filter, in 9 rows that begin `stride` apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterRows<'a> {
    pub(crate) values: &'a [i16],
    pub(crate) stride: usize,
}

impl<'a> FilterRows<'a> {
    #[inline(always)]
    fn row(self, index: usize) -> &'a [i16] {
        &self.values[index * self.stride..][..TOGETHER]
    }
}

/// The inputs of 3x3 outputs, or of a single row or column of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileInputs<'a> {
    pub(crate) values: &'a [i16],
    /// Where each of 5x5 pixels starts.
    pub(crate) starts: &'a [usize; INPUTS],
    /// Whether there is a single row, and a single column, of outputs.
    pub(crate) single: [bool; 2],
    /// Channels of each pixel.
    pub(crate) depth: usize,
}

/// As [`super::Isa::fast_fir_weights`].
#[allow(
    clippy::cast_possible_truncation,
    reason = "low halves, and a mask that says where there is more"
)]
#[inline(always)]
pub(super) fn fast_fir_weights(weights: FilterRows<'_>, low: &mut [i16], spacing: usize) -> u32 {
    let mut lines = [[[0; TOGETHER]; SIX]; 3];
    for (row, line) in lines.iter_mut().enumerate() {
        let own = |column: usize| weights.row(3 * row + column);
        let own = [own(0), own(1), own(2)];
        for channel in 0..TOGETHER {
            let six = six(own.map(|weights| weights[channel].into()));
            for (factors, factor) in line.iter_mut().zip(six) {
                factors[channel] = factor;
            }
        }
    }
    let mut max_abs = [0; TOGETHER];
    for column in 0..SIX {
        let own: [_; 3] = array::from_fn(|row| &lines[row][column]);
        let mut halves = [[0; TOGETHER]; SIX];
        for channel in 0..TOGETHER {
            for (halves, factor) in halves.iter_mut().zip(six(own.map(|line| line[channel]))) {
                halves[channel] = factor as i16;
                max_abs[channel] = factor.unsigned_abs().max(max_abs[channel]);
            }
        }
        for (row, halves) in halves.iter().enumerate() {
            low[(row * SIX + column) * spacing..][..TOGETHER].copy_from_slice(halves);
        }
    }
    let limit = i16::MAX.unsigned_abs().into();
    if max_abs.iter().copied().max() <= Some(limit) {
        return 0;
    }
    let channels = max_abs.iter().rev();
    channels.fold(0, |mask, &max_abs| 2 * mask + u32::from(max_abs > limit))
}

/// The factors of the products in one direction.
#[inline(always)]
fn six([a, b, c]: [i32; 3]) -> [i32; SIX] {
    let differences = [(a, b), (a, c), (b, c)].map(|(a, b)| a.wrapping_sub(b));
    [differences[0], differences[1], differences[2], a, b, c]
}

/// The factors of all products, of one channel.
pub(crate) fn transformed_weights(weights: [i32; 9]) -> [i32; PRODUCTS] {
    let rows: [[i32; SIX]; 3] =
        array::from_fn(|row| six(array::from_fn(|column| weights[3 * row + column])));
    let columns: [[i32; SIX]; SIX] = array::from_fn(|column| six(rows.map(|row| row[column])));
    array::from_fn(|product| columns[product % SIX][product / SIX])
}

/// As [`super::Isa::fast_fir_inputs`].
#[inline(always)]
pub(super) fn fast_fir_inputs(
    inputs: TileInputs<'_>,
    transformed: &mut [i16],
    starts: &[usize; PRODUCTS],
) {
    match inputs.single {
        [false, false] => transform::<false, false>(inputs, transformed, starts),
        [false, true] => transform::<false, true>(inputs, transformed, starts),
        [true, false] => transform::<true, false>(inputs, transformed, starts),
        [true, true] => transform::<true, true>(inputs, transformed, starts),
    }
}

#[inline(always)]
fn transform<const ROW: bool, const COLUMN: bool>(
    inputs: TileInputs<'_>,
    transformed: &mut [i16],
    starts: &[usize; PRODUCTS],
) {
    let TileInputs {
        values,
        starts: pixels,
        ..
    } = inputs;
    let (rows, first) = (if ROW { 3 } else { 5 }, if COLUMN { SINGLE } else { 0 });
    for channel in (0..inputs.depth).step_by(TOGETHER) {
        let mut lines = [[[0; TOGETHER]; SIX]; 5];
        for (pixels, line) in pixels.as_chunks::<5>().0.iter().zip(&mut lines).take(rows) {
            let pixel = |at: usize| {
                let channels = values[pixels[at] + channel..].first_chunk::<TOGETHER>();
                channels.expect("whole pixels")
            };
            factors::<COLUMN>(array::from_fn(pixel), line);
        }
        for column in first..SIX {
            let mut all = [[0; TOGETHER]; SIX];
            factors::<ROW>(array::from_fn(|row| &lines[row][column]), &mut all);
            let used = if ROW { SINGLE } else { 0 };
            for (row, values) in all.iter().enumerate().skip(used) {
                let start = starts[row * SIX + column] + channel;
                transformed[start..start + TOGETHER].copy_from_slice(values);
            }
        }
    }
}

/// The inputs' factors of the products in one direction, or of the last three for one output.
/// Compilers vectorize loops over few slices.
#[inline(always)]
fn factors<const ONE: bool>(
    [a, b, c, d, e]: [&[i16; TOGETHER]; 5],
    factors: &mut [[i16; TOGETHER]; SIX],
) {
    if ONE {
        factors[SINGLE..].copy_from_slice(&[*a, *b, *c]);
        return;
    }
    factors[..SINGLE].copy_from_slice(&[*b, *c, *d]);
    for channel in 0..TOGETHER {
        let middle = c[channel].wrapping_add(d[channel]);
        let left = a[channel].wrapping_add(b[channel]);
        factors[3][channel] = left.wrapping_add(c[channel]);
        factors[4][channel] = middle.wrapping_add(b[channel]);
        factors[5][channel] = middle.wrapping_add(e[channel]);
    }
}

/// As [`super::Isa::fast_fir_line`].
#[inline(always)]
pub(super) fn fast_fir_line(
    products: &[i32],
    starts: &[usize; SIX],
    width: usize,
    line: &mut [i32],
) {
    let part = |product: usize, at: usize| &products[starts[product] + at..][..SUMS];
    for (tile, outputs) in line.chunks_exact_mut(3 * width).enumerate() {
        for first in (0..width).step_by(SUMS) {
            let parts: [&[i32]; SIX] =
                array::from_fn(|product| part(product, tile * width + first));
            let mut all = [[0; SUMS]; 3];
            for sum in 0..SUMS {
                let m = parts.map(|part| part[sum]);
                all[0][sum] = m[3].wrapping_sub(m[0]).wrapping_sub(m[1]);
                all[1][sum] = m[4].wrapping_add(m[0]).wrapping_sub(m[2]);
                all[2][sum] = m[5].wrapping_add(m[1]).wrapping_add(m[2]);
            }
            for (outputs, values) in outputs.chunks_exact_mut(width).zip(&all) {
                outputs[first..first + SUMS].copy_from_slice(values);
            }
        }
    }
}

/// As [`super::Isa::add`].
#[inline(always)]
pub(super) fn add(sums: &mut [i32], values: &[i32]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_add(value);
    }
}

/// As [`super::Isa::subtract`].
#[inline(always)]
pub(super) fn subtract(sums: &mut [i32], values: &[i32]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_sub(value);
    }
}
