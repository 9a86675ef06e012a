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

/// Inputs up to this magnitude keep within int16 when they are transformed.
pub(crate) const LARGEST_INPUT: u16 = 32_767 / 9;

/// Sums that are put together at once.
const LANES: usize = 16;

/// As [`super::Isa::fast_fir_weights`].
#[allow(
    clippy::cast_possible_truncation,
    reason = "low halves, and a mask that says where there is more"
)]
#[inline(always)]
pub(super) fn fast_fir_weights(
    weights: &[i16],
    stride: usize,
    low: &mut [i16],
    spacing: usize,
) -> u32 {
    let mut lines = [[[0; TOGETHER]; SIX]; 3];
    for (row, line) in lines.iter_mut().enumerate() {
        let own = |column: usize| &weights[(3 * row + column) * stride..][..TOGETHER];
        let own = [own(0), own(1), own(2)];
        for lane in 0..TOGETHER {
            let six = six(own.map(|weights| weights[lane].into()));
            for (factors, factor) in line.iter_mut().zip(six) {
                factors[lane] = factor;
            }
        }
    }
    let mut most = [0; TOGETHER];
    for column in 0..SIX {
        let own: [_; 3] = array::from_fn(|row| &lines[row][column]);
        let mut halves = [[0; TOGETHER]; SIX];
        for lane in 0..TOGETHER {
            for (halves, factor) in halves.iter_mut().zip(six(own.map(|line| line[lane]))) {
                halves[lane] = factor as i16;
                most[lane] = factor.unsigned_abs().max(most[lane]);
            }
        }
        for (row, halves) in halves.iter().enumerate() {
            low[(row * SIX + column) * spacing..][..TOGETHER].copy_from_slice(halves);
        }
    }
    let limit = i16::MAX.unsigned_abs().into();
    if most.iter().copied().max() <= Some(limit) {
        return 0;
    }
    let channels = most.iter().rev();
    channels.fold(0, |mask, &most| 2 * mask + u32::from(most > limit))
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
    values: &[i16],
    starts: &[usize; INPUTS],
    single: [bool; 2],
    depth: usize,
    transformed: &mut [i16],
    places: &[usize; PRODUCTS],
) {
    match single {
        [false, false] => inputs::<false, false>(values, starts, depth, transformed, places),
        [false, true] => inputs::<false, true>(values, starts, depth, transformed, places),
        [true, false] => inputs::<true, false>(values, starts, depth, transformed, places),
        [true, true] => inputs::<true, true>(values, starts, depth, transformed, places),
    }
}

#[inline(always)]
fn inputs<const ROW: bool, const COLUMN: bool>(
    values: &[i16],
    starts: &[usize; INPUTS],
    depth: usize,
    transformed: &mut [i16],
    places: &[usize; PRODUCTS],
) {
    let (rows, first) = (if ROW { 3 } else { 5 }, if COLUMN { SINGLE } else { 0 });
    for channel in (0..depth).step_by(TOGETHER) {
        let mut lines = [[[0; TOGETHER]; SIX]; 5];
        for (starts, line) in starts.as_chunks::<5>().0.iter().zip(&mut lines).take(rows) {
            let pixel = |at: usize| {
                let channels = values[starts[at] + channel..].first_chunk::<TOGETHER>();
                channels.expect("whole pixels")
            };
            factors::<COLUMN>(array::from_fn(pixel), line);
        }
        for column in first..SIX {
            let mut all = [[0; TOGETHER]; SIX];
            factors::<ROW>(array::from_fn(|row| &lines[row][column]), &mut all);
            let used = if ROW { SINGLE } else { 0 };
            for (row, values) in all.iter().enumerate().skip(used) {
                let place = places[row * SIX + column] + channel;
                transformed[place..place + TOGETHER].copy_from_slice(values);
            }
        }
    }
}

/// The inputs' factors of the products in one direction, or of the last three for one output.
/// Loops that have few streams are what compilers vectorise.
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
    for lane in 0..TOGETHER {
        let middle = c[lane].wrapping_add(d[lane]);
        let left = a[lane].wrapping_add(b[lane]);
        factors[3][lane] = left.wrapping_add(c[lane]);
        factors[4][lane] = middle.wrapping_add(b[lane]);
        factors[5][lane] = middle.wrapping_add(e[lane]);
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
    let part = |product: usize, at: usize| &products[starts[product] + at..][..LANES];
    for (tile, outputs) in line.chunks_exact_mut(3 * width).enumerate() {
        for first in (0..width).step_by(LANES) {
            let parts: [&[i32]; SIX] =
                array::from_fn(|product| part(product, tile * width + first));
            let mut all = [[0; LANES]; 3];
            for lane in 0..LANES {
                let m = parts.map(|part| part[lane]);
                all[0][lane] = m[3].wrapping_sub(m[0]).wrapping_sub(m[1]);
                all[1][lane] = m[4].wrapping_add(m[0]).wrapping_sub(m[2]);
                all[2][lane] = m[5].wrapping_add(m[1]).wrapping_add(m[2]);
            }
            for (outputs, values) in outputs.chunks_exact_mut(width).zip(&all) {
                outputs[first..first + LANES].copy_from_slice(values);
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
