//! Kernels that transpose, 16 rows of 16 words at a time.

use core::arch::x86_64::{
    __m512i, _mm256_mask_storeu_epi16, _mm512_cvtepi32_epi16, _mm512_loadu_si512,
    _mm512_maskz_loadu_epi32, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_storeu_si512,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};
use core::array::from_fn;

/// # Safety
/// There are 16 rows of 32 values, and room for 16 lines of as many.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn lay_out_square(rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
    let from = rows.as_ptr();
    // SAFETY: 16 rows of 32 values are there.
    let rows = from_fn(|row| unsafe { _mm512_loadu_si512(from.add(row * stride).cast()) });
    for (line, values) in transposed(&rows).into_iter().enumerate() {
        let to = lines.as_mut_ptr().wrapping_add(line * 2 * width);
        // SAFETY: there is room for 16 lines of 32 values.
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
                // SAFETY: the mask has the values of this row.
                unsafe { _mm512_maskz_loadu_epi32(column_mask, from.as_ptr()) }
            } else {
                _mm512_setzero_si512()
            }
        });
        for (index, values) in transposed(&square).into_iter().take(width).enumerate() {
            let to = &mut low[(column + index) * stride + row..][..height];
            let halves = _mm512_cvtepi32_epi16(values);
            // SAFETY: the mask has as many values as there is room for.
            unsafe { _mm256_mask_storeu_epi16(to.as_mut_ptr(), row_mask, halves) }
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
