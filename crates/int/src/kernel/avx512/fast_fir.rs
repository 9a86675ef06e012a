//! Inputs of 3x3 convolutions, transformed: all factors of a column of pixels in registers.

use crate::kernel::fast_fir::{INPUTS, PRODUCTS, SINGLE, SIX, TOGETHER};
use core::arch::x86_64::{
    __m512i, _mm512_add_epi16, _mm512_loadu_si512, _mm512_setzero_si512, _mm512_storeu_si512,
};

/// # Safety
/// `depth` values stand at each of `starts`, and have room at each of `places`.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn fast_fir_inputs(
    values: &[i16],
    starts: &[usize; INPUTS],
    single: [bool; 2],
    depth: usize,
    transformed: &mut [i16],
    places: &[usize; PRODUCTS],
) {
    for channel in (0..depth).step_by(TOGETHER) {
        let from = values.as_ptr().wrapping_add(channel);
        let to = transformed.as_mut_ptr().wrapping_add(channel);
        // SAFETY: a whole vector of channels is left at all starts and places.
        unsafe {
            match single {
                [false, false] => some_channels::<false, false>(from, starts, to, places),
                [false, true] => some_channels::<false, true>(from, starts, to, places),
                [true, false] => some_channels::<true, false>(from, starts, to, places),
                [true, true] => some_channels::<true, true>(from, starts, to, places),
            }
        }
    }
}

/// 32 channels, of three rows and columns of outputs or of a single one.
///
/// # Safety
/// They stand at each start, and have room at each place.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn some_channels<const ROW: bool, const COLUMN: bool>(
    from: *const i16,
    starts: &[usize; INPUTS],
    to: *mut i16,
    places: &[usize; PRODUCTS],
) {
    for column in if COLUMN { SINGLE..SIX } else { 0..SIX } {
        let mut own = [_mm512_setzero_si512(); 5];
        for row in 0..if ROW { 3 } else { 5 } {
            // SAFETY: 32 channels stand at each start.
            let pixel =
                |at: usize| unsafe { _mm512_loadu_si512(from.add(starts[5 * row + at]).cast()) };
            own[row] = factor::<COLUMN>(pixel, column);
        }
        for row in if ROW { SINGLE..SIX } else { 0..SIX } {
            let factor = factor::<ROW>(|at| own[at], row);
            // SAFETY: 32 channels have room at each place.
            unsafe { _mm512_storeu_si512(to.add(places[row * SIX + column]).cast(), factor) };
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
