//! Kernels for processors with AVX-512 and its integer products (VNNI).

use super::contributions::Contribution;
use super::fast_fir::{INPUTS, PRODUCTS, SIX};
use super::high_halves::{HighHalfGroup, RowsByDepth};
use super::overflow::Overflow;
use super::portable;
use super::reciprocal::Reciprocal;
use super::signatures::{autovectorized, handwritten, methods};
use super::tile::Tile;
use super::update::{Patch, UpdateRule};
use super::windows::Window;
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
    /// Looks at the processor.
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

/// Pairs of depths whose lanes stay in the first-level cache while all rows pass over them.
const PAIRS_AT_ONCE: usize = 96;

/// # Safety
/// The sizes are those that `Tile::check` has token.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn tile(tile: &Tile<'_>, sums: &mut [i32]) {
    // SAFETY: each case has the vectors of its width.
    unsafe {
        match tile.width {
            64 => rows::<6, 4>(tile, sums),
            48 => rows::<8, 3>(tile, sums),
            32 => rows::<12, 2>(tile, sums),
            _ => rows::<16, 1>(tile, sums),
        }
    }
}

/// All rows of a tile, `R` at a time, over blocks of `V` vectors of 16 lanes.
///
/// # Safety
/// The width is `16 * V`, and the sizes are those that `Tile::check` has token.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const R: usize, const V: usize>(tile: &Tile<'_>, sums: &mut [i32]) {
    let pairs = tile.span.length / 2;
    for run in 0..tile.span.runs {
        let values = tile.values.as_ptr().wrapping_add(run * tile.span.stride);
        for first in (0..pairs).step_by(PAIRS_AT_ONCE) {
            let count = PAIRS_AT_ONCE.min(pairs - first);
            let add = run + first > 0;
            let values = values.wrapping_add(2 * first);
            let block = tile
                .block
                .as_ptr()
                .wrapping_add((run * pairs + first) * 32 * V);
            let (mut starts, mut to) = (tile.starts, sums.as_mut_ptr());
            while !starts.is_empty() {
                // SAFETY: each case takes rows that are there, with their sums.
                let done = unsafe {
                    match starts.len() {
                        left if left >= R => {
                            some_rows::<R, V>(values, starts, block, (count, add), to)
                        }
                        4.. => some_rows::<4, V>(values, starts, block, (count, add), to),
                        2.. => some_rows::<2, V>(values, starts, block, (count, add), to),
                        _ => some_rows::<1, V>(values, starts, block, (count, add), to),
                    }
                };
                starts = &starts[done..];
                to = to.wrapping_add(done * 16 * V);
            }
        }
    }
}

/// Forms the products of `pairs` pairs of depths, or adds them to the sums, of the first `R`
/// rows; returns `R`.
///
/// # Safety
/// There are `R` starts, `2 * pairs` values from each of them, `16 * V` lanes of so many values
/// at `block`, and `R` rows of `16 * V` sums at `to`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn some_rows<const R: usize, const V: usize>(
    values: *const i16,
    starts: &[usize],
    block: *const i16,
    (pairs, add): (usize, bool),
    to: *mut i32,
) -> usize {
    let rows: [*const i16; R] = core::array::from_fn(|row| values.wrapping_add(starts[row]));
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    if add {
        for (row, sums) in sums.iter_mut().enumerate() {
            for (v, sum) in sums.iter_mut().enumerate() {
                // SAFETY: there are `R` rows of `16 * V` sums.
                *sum = unsafe { _mm512_loadu_si512(to.add(row * 16 * V + 16 * v).cast()) };
            }
        }
    }
    for pair in 0..pairs {
        // SAFETY: the block has `16 * V` lanes of two values for each pair of each row.
        unsafe {
            let lanes = block.add(pair * 32 * V);
            let lanes: [__m512i; V] =
                core::array::from_fn(|v| _mm512_loadu_si512(lanes.add(32 * v).cast()));
            for (row, sums) in rows.iter().zip(&mut sums) {
                let two = row.add(2 * pair).cast::<i32>().read_unaligned();
                let two = _mm512_set1_epi32(two);
                for (sum, lanes) in sums.iter_mut().zip(lanes) {
                    *sum = _mm512_dpwssd_epi32(*sum, two, lanes);
                }
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sum) in sums.into_iter().enumerate() {
            // SAFETY: there are `R` rows of `16 * V` sums.
            unsafe { _mm512_storeu_si512(to.add(row * 16 * V + 16 * v).cast(), sum) }
        }
    }
    R
}

/// # Safety
/// The sums are `16 * V` for a `V` up to 4, and lanes have a line of twice as many for each of
/// the listed values.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_overflows(few: &[Overflow], start: usize, lanes: &[i16], sums: &mut [i32]) {
    // SAFETY: each case has the vectors of its width.
    unsafe {
        match sums.len() {
            64 => add_lines::<4>(few, start, lanes, sums),
            48 => add_lines::<3>(few, start, lanes, sums),
            32 => add_lines::<2>(few, start, lanes, sums),
            _ => add_lines::<1>(few, start, lanes, sums),
        }
    }
}

/// # Safety
/// There are `16 * V` sums, and a line of as many pairs of lanes for each of the listed values.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_lines<const V: usize>(
    few: &[Overflow],
    start: usize,
    lanes: &[i16],
    sums: &mut [i32],
) {
    let mut upper = [_mm512_setzero_si512(); V];
    for overflow in few {
        let (pair, [a, b]) = overflow.pair(start);
        let two = _mm512_set1_epi32(i32::from(a.cast_unsigned()) | i32::from(b) << 16);
        let line = lanes.as_ptr().wrapping_add(pair * 32 * V);
        for (v, upper) in upper.iter_mut().enumerate() {
            // SAFETY: the line has `16 * V` pairs.
            let lanes = unsafe { _mm512_loadu_si512(line.add(32 * v).cast()) };
            *upper = _mm512_dpwssd_epi32(*upper, two, lanes);
        }
    }
    for (v, upper) in upper.into_iter().enumerate() {
        // SAFETY: there are `16 * V` sums.
        unsafe {
            let place = sums.as_mut_ptr().add(16 * v).cast();
            let upper = _mm512_slli_epi32::<16>(upper);
            _mm512_storeu_si512(place, _mm512_add_epi32(_mm512_loadu_si512(place), upper));
        }
    }
}

/// 16 sums under way, which is more than the processor needs to be busy.
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
/// Every contribution has as many values from its start on as there are sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_contributions(sums: &mut [i32], values: &[i16], list: &[Contribution]) {
    let (whole, rest) = (sums.len() / 32, sums.len() % 32);
    let (values, to) = (values.as_ptr(), sums.as_mut_ptr());
    let mut done = 0;
    while done < whole {
        let (values, to) = (values.wrapping_add(32 * done), to.wrapping_add(32 * done));
        // SAFETY: each case takes vectors that are there.
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
        // SAFETY: the mask has the values that are left.
        unsafe { contribute::<1>(to, values, list, (1 << rest) - 1) };
    }
}

/// Adds contributions to `V` vectors of 32 sums, of which those in the mask exist; returns `V`.
///
/// Two rows go side by side: the products of one instruction are of values of both. That puts
/// the sums in the order in which vectors are unpacked, which is undone at the end.
///
/// # Safety
/// There are so many sums, and values from the start of every contribution.
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
        // SAFETY: there are `V` times 32 sums, as far as the mask goes.
        unsafe {
            let first = _mm512_maskz_loadu_epi32(masks[0], to.add(32 * v));
            let second = _mm512_maskz_loadu_epi32(masks[1], to.wrapping_add(32 * v + 16));
            *lower = _mm512_shuffle_i32x4::<0b10_00_10_00>(first, second);
            *upper = _mm512_shuffle_i32x4::<0b11_01_11_01>(first, second);
        }
    }
    let (pairs, last) = list.as_chunks::<2>();
    let nothing = last.first().map(|one| Contribution { scale: 0, ..*one });
    let last = last.first().zip(nothing).map(|(&one, none)| [one, none]);
    for [one, two] in pairs.iter().copied().chain(last) {
        let scales = i32::from(one.scale.cast_unsigned()) | i32::from(two.scale) << 16;
        let scales = _mm512_set1_epi32(scales);
        for v in 0..V {
            // SAFETY: both rows have `V` times 32 values, as far as the mask goes.
            unsafe {
                let one = values.add(one.start as usize + 32 * v);
                let two = values.add(two.start as usize + 32 * v);
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
        // SAFETY: there are `V` times 32 sums, as far as the mask goes.
        unsafe {
            let first = _mm512_permutex2var_epi64(lower, first_of, upper);
            let second = _mm512_permutex2var_epi64(lower, second_of, upper);
            _mm512_mask_storeu_epi32(to.add(32 * v), masks[0], first);
            _mm512_mask_storeu_epi32(to.wrapping_add(32 * v + 16), masks[1], second);
        }
    }
    V
}
