//! Packed residues as words, eight at a time.

use crate::kernel::operands::Bytes;
use core::arch::x86_64::{
    __m512i, __mmask64, _MM_HINT_T0, _mm_prefetch, _mm512_loadu_epi8, _mm512_maskz_permutexvar_epi8,
};

/// Residues in a vector.
const LANES: usize = 8;

/// Bytes between what is unpacked and what is asked for to be there when it is.
const AHEAD: usize = 2560;

/// How bytes become words.
#[derive(Clone, Copy)]
pub(super) struct Unpacking {
    /// For every byte of the words, which one it is.
    order: __m512i,
    /// Bytes of the words that are not 0.
    used: __mmask64,
    width: usize,
}

impl Unpacking {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn new(width: usize) -> Self {
        let (mut order, mut used) = ([0; 64], 0);
        for (place, from) in order.iter_mut().enumerate() {
            let (lane, byte) = (place / LANES, place % LANES);
            if byte < width {
                *from = (lane * width + byte).to_le_bytes()[0].cast_signed();
                used |= 1 << place;
            }
        }
        // SAFETY: 64 bytes are there.
        let order = unsafe { _mm512_loadu_epi8(order.as_ptr()) };
        Unpacking { order, used, width }
    }

    /// The words from an index on.
    ///
    /// # Safety
    /// A residue begins there, and is followed by others or padding.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub(super) unsafe fn load(self, packed: Bytes<'_>, index: usize) -> __m512i {
        // SAFETY: as promised; a hint may name any address.
        unsafe {
            let from = packed.bytes.as_ptr().add(index * self.width);
            _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD).cast());
            let bytes = _mm512_loadu_epi8(from.cast());
            _mm512_maskz_permutexvar_epi8(self.used, self.order, bytes)
        }
    }
}
