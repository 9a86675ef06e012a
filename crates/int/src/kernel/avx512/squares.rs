//! Kernels that transpose, 16 rows of 16 words at a time.

use crate::kernel::high_halves::{HighHalfGroup, RowsByDepth};
use core::arch::x86_64::{
    __m512i, _mm256_add_epi16, _mm256_loadu_si256, _mm256_mask_storeu_epi16, _mm256_mullo_epi16,
    _mm256_set1_epi16, _mm256_setzero_si256, _mm256_storeu_si256, _mm512_add_epi32,
    _mm512_cvtepi32_epi16, _mm512_cvtepu16_epi32, _mm512_loadu_si512, _mm512_maskz_loadu_epi32,
    _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_slli_epi32, _mm512_srli_epi32,
    _mm512_storeu_si512, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32,
    _mm512_unpacklo_epi64,
};
use core::array::from_fn;

/// # Safety
/// `15 * stride + 32 <= rows.len()` and `15 * 2 * width + 32 <= lines.len()`.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn lay_out_square(rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
    let from = rows.as_ptr();
    // SAFETY: `row < 16`, and the caller has `15 * stride + 32 <= rows.len()`.
    let rows = from_fn(|row| unsafe { _mm512_loadu_si512(from.add(row * stride).cast()) });
    for (line, values) in transposed(&rows).into_iter().enumerate() {
        let to = lines.as_mut_ptr().wrapping_add(line * 2 * width);
        // SAFETY: `line < 16`, and the caller has `15 * 2 * width + 32 <= lines.len()`.
        unsafe { _mm512_storeu_si512(to.cast(), values) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn transpose_low_halves(values: &[i32], columns: usize, low: &mut [i16], stride: usize) {
    let rows = values.len() / columns;
    for (row, column) in (0..rows)
        .step_by(16)
        .flat_map(|row| (0..columns).step_by(16).map(move |column| (row, column)))
    {
        let (height, width) = (16.min(rows - row), 16.min(columns - column));
        let (row_mask, column_mask) = (0xffff >> (16 - height), 0xffff >> (16 - width));
        let square = from_fn(|index| {
            if index < height {
                let from = &values[(row + index) * columns + column..];
                // SAFETY: the mask has a bit for each of `width` values, and `from` has them: the row
                // has `columns - column` more.
                unsafe { _mm512_maskz_loadu_epi32(column_mask, from.as_ptr()) }
            } else {
                _mm512_setzero_si512()
            }
        });
        for (index, values) in transposed(&square).into_iter().take(width).enumerate() {
            let to = &mut low[(column + index) * stride + row..][..height];
            let halves = _mm512_cvtepi32_epi16(values);
            // SAFETY: the mask has a bit for each of `height` values, the length of `to`.
            unsafe { _mm256_mask_storeu_epi16(to.as_mut_ptr(), row_mask, halves) }
        }
    }
}

/// # Safety
/// `15 * stride + 32 <= rows.len()` and `31 * width + 16 <= lines.len()`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn lay_out_by_depth(
    rows: &[i16],
    stride: usize,
    lines: &mut [i16],
    width: usize,
) {
    let from = rows.as_ptr();
    // SAFETY: `row < 16`, and the caller has `15 * stride + 32 <= rows.len()`.
    let rows = from_fn(|row| unsafe { _mm512_loadu_si512(from.add(row * stride).cast()) });
    for (pair, values) in transposed(&rows).into_iter().enumerate() {
        let to = lines.as_mut_ptr().wrapping_add(2 * pair * width);
        let next = _mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(values));
        // SAFETY: `2 * pair + 1 < 32`, and the caller has `31 * width + 16 <= lines.len()`.
        unsafe {
            _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(values));
            _mm256_storeu_si256(to.add(width).cast(), next);
        }
    }
}

/// # Safety
/// `rows.values` has `rows.height()` values, 16, 32 or 48, for each depth below that of the group,
/// and `(rows.count - 1) * width + 16 <= sums.len()`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn add_high_halves(
    group: HighHalfGroup<'_>,
    rows: RowsByDepth<'_>,
    sums: &mut [i32],
    width: usize,
) {
    // SAFETY: `16 * V` is the height in each arm; the caller has the values and sums.
    unsafe {
        match rows.count {
            33.. => add_high_halves_of::<3>(group, rows, sums, width),
            17.. => add_high_halves_of::<2>(group, rows, sums, width),
            _ => add_high_halves_of::<1>(group, rows, sums, width),
        }
    }
}

/// # Safety
/// As [`add_high_halves`], with a height of `16 * V`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn add_high_halves_of<const V: usize>(
    group: HighHalfGroup<'_>,
    rows: RowsByDepth<'_>,
    sums: &mut [i32],
    width: usize,
) {
    let mut upper = [[_mm256_setzero_si256(); V]; 16];
    for one in group.list() {
        let line = rows
            .values
            .as_ptr()
            .wrapping_add(one.depth as usize * 16 * V);
        let high = _mm256_set1_epi16(one.high);
        for (v, upper) in upper[one.column()].iter_mut().enumerate() {
            // SAFETY: `v < V`, and the caller has `16 * V` values for each depth below that of the
            // group, which is above `one.depth`.
            let values = unsafe { _mm256_loadu_si256(line.add(16 * v).cast()) };
            *upper = _mm256_add_epi16(*upper, _mm256_mullo_epi16(values, high));
        }
    }
    for first in (0..rows.count).step_by(16) {
        let square = from_fn(|column| {
            _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(upper[column][first / 16]))
        });
        for (row, values) in (first..rows.count).zip(transposed(&square)) {
            let place: *mut __m512i = sums.as_mut_ptr().wrapping_add(row * width).cast();
            // SAFETY: `row < rows.count`; the caller has 16 sums at `row * width`.
            unsafe {
                let sum = _mm512_add_epi32(_mm512_loadu_si512(place), values);
                _mm512_storeu_si512(place, sum);
            }
        }
    }
}

/// 16 rows of 16 words as columns.
#[target_feature(enable = "avx512f")]
fn transposed(rows: &[__m512i; 16]) -> [__m512i; 16] {
    let two = |at: usize| {
        let (first, second) = (rows[2 * at], rows[2 * at + 1]);
        [
            _mm512_unpacklo_epi32(first, second),
            _mm512_unpackhi_epi32(first, second),
        ]
    };
    // The `k`th has, in its quarter `q`, the words `4 q + k` of the rows `4 at` to `4 at + 3`.
    let four = |at: usize| {
        let ([a, b], [c, d]) = (two(2 * at), two(2 * at + 1));
        [
            _mm512_unpacklo_epi64(a, c),
            _mm512_unpackhi_epi64(a, c),
            _mm512_unpacklo_epi64(b, d),
            _mm512_unpackhi_epi64(b, d),
        ]
    };
    let [a, b, c, d] = [four(0), four(1), four(2), four(3)];
    let mut columns = [_mm512_setzero_si512(); 16];
    for (k, (((a, b), c), d)) in a.into_iter().zip(b).zip(c).zip(d).enumerate() {
        let even = [
            _mm512_shuffle_i32x4::<0x88>(a, b),
            _mm512_shuffle_i32x4::<0x88>(c, d),
        ];
        let odd = [
            _mm512_shuffle_i32x4::<0xdd>(a, b),
            _mm512_shuffle_i32x4::<0xdd>(c, d),
        ];
        columns[k] = _mm512_shuffle_i32x4::<0x88>(even[0], even[1]);
        columns[4 + k] = _mm512_shuffle_i32x4::<0x88>(odd[0], odd[1]);
        columns[8 + k] = _mm512_shuffle_i32x4::<0xdd>(even[0], even[1]);
        columns[12 + k] = _mm512_shuffle_i32x4::<0xdd>(odd[0], odd[1]);
    }
    columns
}
