//! Packed residues as words, eight at a time.

use crate::kernel::operands::Bytes;
use core::arch::x86_64::{
    __m512i, __mmask64, _MM_HINT_T0, _mm_prefetch, _mm512_loadu_epi8, _mm512_maskz_permutexvar_epi8,
};

/// Residues in a vector.
const LANES: usize = 8;

/// The prefetch distance, in bytes.
const AHEAD: usize = 2560;

/// How bytes become words.
#[derive(Clone, Copy)]
pub(super) struct Unpacking {
    /// For every byte of the words, the index of the packed one.
    order: __m512i,
    /// The bytes of the words that are packed; the others are 0.
    used: __mmask64,
    width: usize,
}

impl Unpacking {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn new(width: usize) -> Self {
        let (mut order, mut used) = ([0; 64], 0);
        for (index, from) in order.iter_mut().enumerate() {
            let (lane, byte) = (index / LANES, index % LANES);
            if byte < width {
                *from = (lane * width + byte).to_le_bytes()[0].cast_signed();
                used |= 1 << index;
            }
        }
        // SAFETY: an order has 64 bytes.
        let order = unsafe { _mm512_loadu_epi8(order.as_ptr()) };
        Unpacking { order, used, width }
    }

    /// The words from an index on.
    ///
    /// # Safety
    /// `packed` has residues of this width, and the index is below their number.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub(super) unsafe fn load(self, packed: Bytes<'_>, index: usize) -> __m512i {
        // SAFETY: `index * width + 64 <= packed.bytes.len()`, since the index is below the number of
        // residues, the caller's duty, and 64 bytes of padding are after the last one. A prefetch
        // may name any address.
        unsafe {
            let from = packed.bytes.as_ptr().add(index * self.width);
            _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD).cast());
            let bytes = _mm512_loadu_epi8(from.cast());
            _mm512_maskz_permutexvar_epi8(self.used, self.order, bytes)
        }
    }
}
