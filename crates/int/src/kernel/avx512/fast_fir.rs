//! The inputs of 3x3 convolutions, transformed: all factors of a column of pixels in registers.

use crate::kernel::fast_fir::{INPUTS, PRODUCTS, SINGLE, SIX, TOGETHER, TileInputs};
use core::arch::x86_64::{
    __m512i, _mm512_add_epi16, _mm512_loadu_si512, _mm512_setzero_si512, _mm512_storeu_si512,
};

/// # Safety
/// `start + depth` is within `inputs.values` for each start of a pixel, and within `transformed` for
/// each of `starts`; `depth` is a multiple of [`TOGETHER`].
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn fast_fir_inputs(
    inputs: TileInputs<'_>,
    transformed: &mut [i16],
    starts: &[usize; PRODUCTS],
) {
    for channel in (0..inputs.depth).step_by(TOGETHER) {
        let from = inputs.values.as_ptr().wrapping_add(channel);
        let to = transformed.as_mut_ptr().wrapping_add(channel);
        // SAFETY: `channel + TOGETHER <= depth`, and the caller has `depth` values at all starts.
        unsafe {
            match inputs.single {
                [false, false] => some_channels::<false, false>(from, inputs.starts, to, starts),
                [false, true] => some_channels::<false, true>(from, inputs.starts, to, starts),
                [true, false] => some_channels::<true, false>(from, inputs.starts, to, starts),
                [true, true] => some_channels::<true, true>(from, inputs.starts, to, starts),
            }
        }
    }
}

/// [`TOGETHER`] channels, of three rows and columns of outputs or of a single one.
///
/// # Safety
/// There are as many values at `from + start` for each of `pixels`, and at `to + start` for each of
/// `starts`.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn some_channels<const ROW: bool, const COLUMN: bool>(
    from: *const i16,
    pixels: &[usize; INPUTS],
    to: *mut i16,
    starts: &[usize; PRODUCTS],
) {
    for column in if COLUMN { SINGLE..SIX } else { 0..SIX } {
        let mut own = [_mm512_setzero_si512(); 5];
        for row in 0..if ROW { 3 } else { 5 } {
            // SAFETY: the caller has 32 values, a vector, at the start of each pixel.
            let pixel =
                |at: usize| unsafe { _mm512_loadu_si512(from.add(pixels[5 * row + at]).cast()) };
            own[row] = factor::<COLUMN>(pixel, column);
        }
        for row in if ROW { SINGLE..SIX } else { 0..SIX } {
            let factor = factor::<ROW>(|at| own[at], row);
            // SAFETY: the caller has 32 values, a vector, at each of `starts`.
            unsafe { _mm512_storeu_si512(to.add(starts[row * SIX + column]).cast(), factor) };
        }
    }
}

/// The factor of one product in one direction.
#[target_feature(enable = "avx512f,avx512bw")]
fn factor<const ONE: bool>(input: impl Fn(usize) -> __m512i, product: usize) -> __m512i {
    match product.checked_sub(SINGLE) {
        None => input(product + 1),
        Some(at) if ONE => input(at),
        Some(at) => {
            let two = _mm512_add_epi16(input(at), input(at + 1));
            _mm512_add_epi16(two, input(at + 2))
        }
    }
}
