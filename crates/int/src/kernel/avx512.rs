//! Kernels for processors with AVX-512 and its integer products (VNNI).

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
    __m512i, _MM_HINT_T0, _MM_HINT_T1, _mm_prefetch, _mm512_add_epi32, _mm512_dpwssd_epi32,
    _mm512_loadu_si512, _mm512_mask_storeu_epi32, _mm512_maskz_loadu_epi16,
    _mm512_maskz_loadu_epi32, _mm512_permutex2var_epi64, _mm512_reduce_add_epi32, _mm512_set_epi64,
    _mm512_set1_epi32, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_slli_epi32,
    _mm512_storeu_si512, _mm512_unpackhi_epi16, _mm512_unpacklo_epi16,
};

mod fast_fir;
mod quotients;
mod squares;
mod updates;
mod windows;

use fast_fir::fast_fir_inputs;
use quotients::scale;
use squares::{add_high_halves, lay_out_by_depth, lay_out_square, transpose_low_halves};
use updates::update;
use windows::add_windows;

/// Proof that the processor has what these kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(());

impl Token {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        let detected = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        detected.then_some(Token(()))
    }
}

handwritten!(methods);
autovectorized!(methods);

/// Functions that are the portable ones, compiled for this processor.
macro_rules! compiled {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn $name($($argument: $type),*) $(-> $result)? {
            portable::$name($($argument),*)
        })*
    };
}

autovectorized!(compiled);

/// Pairs of depths whose columns stay in the first-level cache while all rows pass over them.
const PAIRS_AT_ONCE: usize = 96;

/// # Safety
/// `Tile::check` has accepted the tile and its sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn tile(tile: &Tile<'_>, sums: &mut [i32]) {
    // SAFETY: `16 * V` is the width in each arm: 16, 32, 48 or 64 as `Tile::check` asserts. The
    // caller has checked the tile.
    unsafe {
        match tile.width {
            64 => rows::<6, 4>(tile, sums),
            48 => rows::<8, 3>(tile, sums),
            32 => rows::<12, 2>(tile, sums),
            _ => rows::<16, 1>(tile, sums),
        }
    }
}

/// All rows of a tile, `R` at a time, with `V` vectors of 16 columns.
///
/// # Safety
/// `Tile::check` has accepted the tile and its sums, and the width is `16 * V`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const R: usize, const V: usize>(tile: &Tile<'_>, sums: &mut [i32]) {
    let pairs = tile.span.length / 2;
    for run in 0..tile.span.runs {
        let values = tile.values.as_ptr().wrapping_add(run * tile.span.stride);
        for first in (0..pairs).step_by(PAIRS_AT_ONCE) {
            let block = tile.block.as_ptr();
            let depths = Depths {
                values: values.wrapping_add(2 * first),
                block: block.wrapping_add((run * pairs + first) * 32 * V),
                pairs: PAIRS_AT_ONCE.min(pairs - first),
                add: run + first > 0,
            };
            let (mut starts, mut to) = (tile.starts, sums.as_mut_ptr());
            while !starts.is_empty() {
                // SAFETY: the number of rows in each arm is at most `starts.len()`, and the rows
                // that are left have `16 * V` sums each from `to` on. `first + pairs` is at most
                // the pairs of a run, so that each row has `2 * pairs` values and the block has
                // `32 * V` for each pair, as `Tile::check` asserts of whole runs.
                let done = unsafe {
                    match starts.len() {
                        left if left >= R => some_rows::<R, V>(depths, starts, to),
                        4.. => some_rows::<4, V>(depths, starts, to),
                        2.. => some_rows::<2, V>(depths, starts, to),
                        _ => some_rows::<1, V>(depths, starts, to),
                    }
                };
                starts = &starts[done..];
                to = to.wrapping_add(done * 16 * V);
            }
        }
    }
}

/// Some pairs of depths, within one run.
#[derive(Clone, Copy)]
struct Depths {
    /// The buffer of the rows, from these depths on.
    values: *const i16,
    /// Their columns.
    block: *const i16,
    pairs: usize,
    /// Whether products are added to the sums, or replace them.
    add: bool,
}

/// Forms the products of some depths of the first `R` rows; returns `R`.
///
/// # Safety
/// There are `R` starts at least, `2 * pairs` values at `values + start` for each of them,
/// `pairs * 32 * V` values at `block`, and `R * 16 * V` sums at `to`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn some_rows<const R: usize, const V: usize>(
    depths: Depths,
    starts: &[usize],
    to: *mut i32,
) -> usize {
    let values = depths.values;
    let rows: [*const i16; R] = core::array::from_fn(|row| values.wrapping_add(starts[row]));
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    if depths.add {
        for (row, sums) in sums.iter_mut().enumerate() {
            for (v, sum) in sums.iter_mut().enumerate() {
                // SAFETY: `row < R` and `v < V`; the caller has `R * 16 * V` sums.
                *sum = unsafe { _mm512_loadu_si512(to.add(row * 16 * V + 16 * v).cast()) };
            }
        }
    }
    for pair in 0..depths.pairs {
        // SAFETY: `pair < pairs` and `v < V`; the caller has `32 * V` values of the block for each
        // pair, and two values of each row.
        unsafe {
            let columns = depths.block.add(pair * 32 * V);
            let columns: [__m512i; V] =
                core::array::from_fn(|v| _mm512_loadu_si512(columns.add(32 * v).cast()));
            for (row, sums) in rows.iter().zip(&mut sums) {
                let two = row.add(2 * pair).cast::<i32>().read_unaligned();
                let two = _mm512_set1_epi32(two);
                for (sum, columns) in sums.iter_mut().zip(columns) {
                    *sum = _mm512_dpwssd_epi32(*sum, two, columns);
                }
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            // SAFETY: `row < R` and `v < V`; the caller has `R * 16 * V` sums.
            unsafe { _mm512_storeu_si512(to.add(row * 16 * V + 16 * v).cast(), sum) }
        }
    }
    R
}

/// # Safety
/// There are 16, 32, 48 or 64 sums, and `columns` has a line of twice as many values for the pair of
/// depths of each listed value.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_overflows(listed: &[Overflow], start: usize, columns: &[i16], sums: &mut [i32]) {
    // SAFETY: `16 * V` is the number of sums in each arm; the caller has the lines.
    unsafe {
        match sums.len() {
            64 => add_lines::<4>(listed, start, columns, sums),
            48 => add_lines::<3>(listed, start, columns, sums),
            32 => add_lines::<2>(listed, start, columns, sums),
            _ => add_lines::<1>(listed, start, columns, sums),
        }
    }
}

/// # Safety
/// There are `16 * V` sums, and `columns` has a line of `32 * V` values for the pair of depths of
/// each listed value.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_lines<const V: usize>(
    listed: &[Overflow],
    start: usize,
    columns: &[i16],
    sums: &mut [i32],
) {
    let mut upper = [_mm512_setzero_si512(); V];
    for one in listed {
        let (pair, [a, b]) = one.pair(start);
        let two = _mm512_set1_epi32(i32::from(a.cast_unsigned()) | i32::from(b) << 16);
        let line = columns.as_ptr().wrapping_add(pair * 32 * V);
        for (v, upper) in upper.iter_mut().enumerate() {
            // SAFETY: `v < V`; the caller has `32 * V` values in the line of each listed value.
            let columns = unsafe { _mm512_loadu_si512(line.add(32 * v).cast()) };
            *upper = _mm512_dpwssd_epi32(*upper, two, columns);
        }
    }
    for (v, upper) in upper.into_iter().enumerate() {
        // SAFETY: `v < V`; the caller has `16 * V` sums.
        unsafe {
            let place = sums.as_mut_ptr().add(16 * v).cast();
            let upper = _mm512_slli_epi32::<16>(upper);
            _mm512_storeu_si512(place, _mm512_add_epi32(_mm512_loadu_si512(place), upper));
        }
    }
}

/// 16 sums in flight, which is more than the processor needs to be busy.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn products_alone(rounds: u32) -> (u64, i32) {
    let mut sums = [_mm512_setzero_si512(); 16];
    let values = _mm512_set1_epi32(rounds.cast_signed());
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_dpwssd_epi32(*sum, values, values);
        }
    }
    let all = sums.into_iter().reduce(|a, b| _mm512_add_epi32(a, b));
    let last = all.map_or(0, |all| _mm512_reduce_add_epi32(all));
    (u64::from(rounds) * 16 * 32, last)
}

#[target_feature(enable = "avx512f")]
fn prefetch(values: &[i16]) {
    for line in values.chunks(32) {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
    }
}

#[target_feature(enable = "avx512f")]
fn prefetch_far(values: &[i16]) {
    for line in values.chunks(32) {
        _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast());
    }
}

/// # Safety
/// `start + sums.len() <= values.len()` for every contribution.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_contributions(sums: &mut [i32], values: &[i16], list: &[Contribution]) {
    let (whole, rest) = (sums.len() / 32, sums.len() % 32);
    let (values, to) = (values.as_ptr(), sums.as_mut_ptr());
    let mut done = 0;
    while done < whole {
        let (values, to) = (values.wrapping_add(32 * done), to.wrapping_add(32 * done));
        // SAFETY: `done + V <= whole` in each arm, so that `32 * (done + V) <= sums.len()`; the
        // caller has as many values from every start on.
        done += unsafe {
            match whole - done {
                12.. => contribute::<12>(to, values, list, u32::MAX),
                8.. => contribute::<8>(to, values, list, u32::MAX),
                4.. => contribute::<4>(to, values, list, u32::MAX),
                2.. => contribute::<2>(to, values, list, u32::MAX),
                _ => contribute::<1>(to, values, list, u32::MAX),
            }
        };
    }
    if rest > 0 {
        let (values, to) = (values.wrapping_add(32 * done), to.wrapping_add(32 * done));
        // SAFETY: `rest` sums are left, and as many values from every start on, as the caller has
        // `sums.len()`: the mask has a bit for each.
        unsafe { contribute::<1>(to, values, list, (1 << rest) - 1) };
    }
}

/// Adds contributions to `V` vectors of 32 sums, of which those in the mask exist; returns `V`.
///
/// Two rows go side by side: the products of one instruction are of values of both. That puts
/// the sums in the order in which vectors are unpacked, which is undone at the end.
///
/// # Safety
/// For each bit of the mask there is, in each of `V` vectors, a sum at `to` and a value at
/// `values + start` for every contribution.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn contribute<const V: usize>(
    to: *mut i32,
    values: *const i16,
    list: &[Contribution],
    mask: u32,
) -> usize {
    let masks = [(mask & 0xffff) as u16, (mask >> 16) as u16];
    let mut lower = [_mm512_setzero_si512(); V];
    let mut upper = [_mm512_setzero_si512(); V];
    for (v, (lower, upper)) in lower.iter_mut().zip(&mut upper).enumerate() {
        // SAFETY: the caller has `32 * V` sums, of which the masks leave out those that it has not.
        unsafe {
            let first = _mm512_maskz_loadu_epi32(masks[0], to.add(32 * v));
            let second = _mm512_maskz_loadu_epi32(masks[1], to.wrapping_add(32 * v + 16));
            *lower = _mm512_shuffle_i32x4::<0b10_00_10_00>(first, second);
            *upper = _mm512_shuffle_i32x4::<0b11_01_11_01>(first, second);
        }
    }
    for two in contributions::pairs(list) {
        let scales = _mm512_set1_epi32(Contribution::scales(two));
        let [one, two] = two.map(|one| one.start as usize);
        for v in 0..V {
            // SAFETY: the caller has `32 * V` values from both starts on, of which the mask leaves
            // out those that it has not.
            unsafe {
                let one = values.add(one + 32 * v);
                let two = values.add(two + 32 * v);
                let one = _mm512_maskz_loadu_epi16(mask, one);
                let two = _mm512_maskz_loadu_epi16(mask, two);
                let (low, high) = (
                    _mm512_unpacklo_epi16(one, two),
                    _mm512_unpackhi_epi16(one, two),
                );
                lower[v] = _mm512_dpwssd_epi32(lower[v], low, scales);
                upper[v] = _mm512_dpwssd_epi32(upper[v], high, scales);
            }
        }
    }
    let first_of = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    let second_of = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    for (v, (lower, upper)) in lower.into_iter().zip(upper).enumerate() {
        // SAFETY: the caller has `32 * V` sums, of which the masks leave out those that it has not.
        unsafe {
            let first = _mm512_permutex2var_epi64(lower, first_of, upper);
            let second = _mm512_permutex2var_epi64(lower, second_of, upper);
            _mm512_mask_storeu_epi32(to.add(32 * v), masks[0], first);
            _mm512_mask_storeu_epi32(to.wrapping_add(32 * v + 16), masks[1], second);
        }
    }
    V
}
