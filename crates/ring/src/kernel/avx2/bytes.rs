//! Packed residues to words, four at a time.

use crate::kernel::operands::Bytes;
use crate::kernel::portable;
use core::arch::x86_64::{
    _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm256_loadu_si256, _mm256_set_m128i,
    _mm256_shuffle_epi8, _mm256_storeu_si256,
};

/// Residues in a vector.
const LANES: usize = 4;

/// The prefetch distance, in bytes.
const AHEAD: usize = 1024;

#[target_feature(enable = "avx2")]
pub(super) fn unpack(packed: Bytes<'_>, to: &mut [u64]) {
    packed.check(to.len());
    let Bytes { bytes, width } = packed;
    // For every byte of two words, the index of the packed one; -1 for the upper ones, which are 0.
    let mut order = [-1_i8; 32];
    for (index, from) in order.iter_mut().enumerate() {
        let (lane, byte) = (index / 8 % 2, index % 8);
        if byte < width {
            *from = (lane * width + byte).to_le_bytes()[0].cast_signed();
        }
    }
    let (words, rest) = to.as_chunks_mut::<LANES>();
    let vectors = words.len();
    // SAFETY: an order has 32 bytes. Vector `v` reads 16 bytes from `4 * v * width` on and 16 from
    // `2 * width` further, and `4 * v * width + 2 * width + 16 <= length * width + PADDING`, which
    // `Bytes::check` has asserted to be the number of bytes. A prefetch may name any address.
    unsafe {
        let order = _mm256_loadu_si256(order.as_ptr().cast());
        for (vector, words) in words.iter_mut().enumerate() {
            let from = bytes.as_ptr().add(vector * LANES * width);
            _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD).cast());
            let lower = _mm_loadu_si128(from.cast());
            let upper = _mm_loadu_si128(from.add(2 * width).cast());
            let unpacked = _mm256_shuffle_epi8(_mm256_set_m128i(upper, lower), order);
            _mm256_storeu_si256(words.as_mut_ptr().cast(), unpacked);
        }
    }
    let bytes = &bytes[vectors * LANES * width..];
    portable::unpack(Bytes { bytes, width }, rest);
}
