//! Kernels for processors with AVX2.

use super::contributions::{self, Contribution};
use super::fast_fir::{FilterRows, PRODUCTS, SIX, TileInputs};
use super::high_halves::{HighHalfGroup, RowsByDepth};
use super::overflow::Overflow;
use super::portable;
use super::reciprocal::Reciprocal;
use super::signatures::{autovectorized, handwritten, methods};
use super::tile::Tile;
use super::update::{Patch, UpdateRule};
use super::windows::Windows;
use core::arch::x86_64::{
    __m256i, _MM_HINT_T0, _MM_HINT_T1, _mm_prefetch, _mm256_add_epi32, _mm256_extract_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_permute2x128_si256, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256, _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
};

mod quotients;
mod updates;
mod windows;

use quotients::scale;
use updates::update;
use windows::add_windows;

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(());

impl Token {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Token(()))
    }
}

handwritten!(methods);
autovectorized!(methods);

/// Functions that are the portable ones, compiled for this processor.
macro_rules! compiled {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(#[target_feature(enable = "avx2")]
        fn $name($($argument: $type),*) $(-> $result)? {
            portable::$name($($argument),*)
        })*
    };
}

autovectorized!(compiled);

#[target_feature(enable = "avx2")]
fn fast_fir_inputs(inputs: TileInputs<'_>, transformed: &mut [i16], starts: &[usize; PRODUCTS]) {
    portable::fast_fir_inputs(inputs, transformed, starts);
}

/// All rows of a tile, six at a time, with 16 columns after others.
///
/// # Safety
/// `Tile::check` has accepted the tile and its sums.
#[target_feature(enable = "avx2")]
unsafe fn tile(tile: &Tile<'_>, sums: &mut [i32]) {
    for column in (0..tile.width).step_by(16) {
        let (mut starts, mut to) = (tile.starts, sums.as_mut_ptr().wrapping_add(column));
        while !starts.is_empty() {
            // SAFETY: `R <= starts.len()` in each arm, and the caller has checked the tile;
            // `column + 16 <= width`, a multiple of 16, so that row `r` of those left has its 16
            // sums from `to + r * width` on within `sums`, which has `rows * width`.
            let done = unsafe {
                match starts.len() {
                    6.. => some_rows::<6>(tile, column, starts, to),
                    2.. => some_rows::<2>(tile, column, starts, to),
                    _ => some_rows::<1>(tile, column, starts, to),
                }
            };
            starts = &starts[done..];
            to = to.wrapping_add(done * tile.width);
        }
    }
}

/// The first `R` rows of `starts`, with 16 columns from `column` on; returns `R`.
///
/// # Safety
/// `Tile::check` has accepted the tile, `starts` are `R` or more of its own, `column + 16` is at
/// most its width, and `to + r * width` has 16 sums for each `r < R`.
#[target_feature(enable = "avx2")]
unsafe fn some_rows<const R: usize>(
    tile: &Tile<'_>,
    column: usize,
    starts: &[usize],
    to: *mut i32,
) -> usize {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    let mut block = tile.block.as_ptr().wrapping_add(2 * column);
    for run in 0..tile.span.runs {
        let values = tile.values.as_ptr().wrapping_add(run * tile.span.stride);
        let rows: [*const i16; R] = core::array::from_fn(|row| values.wrapping_add(starts[row]));
        for pair in 0..tile.span.length / 2 {
            // SAFETY: the block has `2 * width` values for each of `runs * length / 2` pairs, and
            // `2 * column + 32 <= 2 * width`; each row has `length >= 2 * pair + 2` values from
            // `start + run * stride` on. `Tile::check` asserts both sizes.
            unsafe {
                let columns: [__m256i; 2] =
                    core::array::from_fn(|v| _mm256_loadu_si256(block.add(16 * v).cast()));
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let two = row.add(2 * pair).cast::<i32>().read_unaligned();
                    let two = _mm256_set1_epi32(two);
                    for (sum, columns) in sums.iter_mut().zip(columns) {
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(two, columns));
                    }
                }
            }
            block = block.wrapping_add(2 * tile.width);
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            // SAFETY: `8 * v + 8 <= 16`, and the caller has 16 sums at `to + row * width`.
            unsafe { _mm256_storeu_si256(to.add(row * tile.width + 8 * v).cast(), sum) }
        }
    }
    R
}

#[target_feature(enable = "avx2")]
fn lay_out_by_depth(rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
    portable::lay_out_by_depth(rows, stride, lines, width);
}

#[target_feature(enable = "avx2")]
fn add_high_halves(
    group: HighHalfGroup<'_>,
    rows: RowsByDepth<'_>,
    sums: &mut [i32],
    width: usize,
) {
    portable::add_high_halves(group, rows, sums, width);
}

#[target_feature(enable = "avx2")]
fn add_overflows(listed: &[Overflow], start: usize, columns: &[i16], sums: &mut [i32]) {
    portable::add_overflows(listed, start, columns, sums);
}

/// 12 sums in flight, which is more than the processor needs to be busy.
#[target_feature(enable = "avx2")]
fn products_alone(rounds: u32) -> (u64, i32) {
    let mut sums = [_mm256_set1_epi32(1); 12];
    let values = _mm256_set1_epi32(rounds.cast_signed() | 1);
    for _ in 0..rounds {
        for sum in &mut sums {
            // Of the sum itself, so that no two products are the same.
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*sum, values));
        }
    }
    let all = sums.into_iter().reduce(|a, b| _mm256_add_epi32(a, b));
    let last = all.map_or(0, |all| _mm256_extract_epi32::<0>(all));
    (u64::from(rounds) * 12 * 16, last)
}

#[target_feature(enable = "avx2")]
fn lay_out_square(rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
    portable::lay_out_square(rows, stride, lines, width);
}

#[target_feature(enable = "avx2")]
fn transpose_low_halves(values: &[i32], columns: usize, low: &mut [i16], stride: usize) {
    portable::transpose_low_halves(values, columns, low, stride);
}

#[target_feature(enable = "avx2")]
fn prefetch(values: &[i16]) {
    for line in values.chunks(32) {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
    }
}

#[target_feature(enable = "avx2")]
fn prefetch_far(values: &[i16]) {
    for line in values.chunks(32) {
        _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast());
    }
}

/// # Safety
/// `start + sums.len() <= values.len()` for every contribution.
#[target_feature(enable = "avx2")]
unsafe fn add_contributions(sums: &mut [i32], values: &[i16], list: &[Contribution]) {
    let whole = sums.len() / 16;
    let (from, to) = (values.as_ptr(), sums.as_mut_ptr());
    let mut done = 0;
    while done < whole {
        let (from, to) = (from.wrapping_add(16 * done), to.wrapping_add(16 * done));
        // SAFETY: `done + V <= whole` in each arm, so that `16 * (done + V) <= sums.len()`; the
        // caller has as many values from every start on.
        done += unsafe {
            match whole - done {
                4.. => contribute::<4>(to, from, list),
                2.. => contribute::<2>(to, from, list),
                _ => contribute::<1>(to, from, list),
            }
        };
    }
    for one in list {
        let row = &values[one.start as usize + 16 * done..];
        for (sum, &value) in sums[16 * done..].iter_mut().zip(row) {
            *sum = sum.wrapping_add(i32::from(one.scale) * i32::from(value));
        }
    }
}

/// Adds contributions to `V` vectors of 16 sums, two rows side by side; returns `V`.
///
/// # Safety
/// There are `16 * V` sums at `to`, and as many values at `values + start` for every contribution.
#[target_feature(enable = "avx2")]
unsafe fn contribute<const V: usize>(
    to: *mut i32,
    values: *const i16,
    list: &[Contribution],
) -> usize {
    let mut lower = [_mm256_setzero_si256(); V];
    let mut upper = [_mm256_setzero_si256(); V];
    for two in contributions::pairs(list) {
        let scales = _mm256_set1_epi32(Contribution::scales(two));
        let [one, two] = two.map(|one| one.start as usize);
        for v in 0..V {
            // SAFETY: `16 * v + 16 <= 16 * V`, the number of values that the caller has from
            // every start on.
            unsafe {
                let one = _mm256_loadu_si256(values.add(one + 16 * v).cast());
                let two = _mm256_loadu_si256(values.add(two + 16 * v).cast());
                let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(one, two), scales);
                let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(one, two), scales);
                lower[v] = _mm256_add_epi32(lower[v], low);
                upper[v] = _mm256_add_epi32(upper[v], high);
            }
        }
    }
    for (v, (lower, upper)) in lower.into_iter().zip(upper).enumerate() {
        let parts = [
            _mm256_permute2x128_si256::<0x20>(lower, upper),
            _mm256_permute2x128_si256::<0x31>(lower, upper),
        ];
        for (half, part) in parts.into_iter().enumerate() {
            // SAFETY: `16 * v + 8 * half + 8 <= 16 * V`, the number of sums that the caller has.
            unsafe {
                let to = to.add(16 * v + 8 * half).cast();
                _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), part));
            }
        }
    }
    V
}
