//! Eight residues in a vector, and their 52-bit products (IFMA), for moduli below 2^50.

use crate::kernel::factor::Factor;
use crate::kernel::montgomery::inverse_of_odd;
use crate::{Modulus, Multiplier};
use core::arch::x86_64::{
    __m512i, __mmask8, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi64, _mm512_and_si512,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_storeu_epi64,
    _mm512_maskz_loadu_epi64, _mm512_min_epu64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_srli_epi64, _mm512_sub_epi64,
};

/// Eight residues.
pub(super) type V = __m512i;

/// How many.
pub(super) const LANES: usize = 8;

/// What reduction by a modulus needs, in all lanes.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) value: V,
    /// `1 / value` modulo 2^52.
    inverse: V,
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn splat(value: u64) -> V {
    _mm512_set1_epi64(value.cast_signed())
}

impl Field {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(modulus: Modulus) -> Self {
        Field {
            value: splat(modulus.value()),
            inverse: splat(inverse_of_odd(modulus.value())),
        }
    }
}

/// A residue as a factor, in all lanes; its quotient is `floor(factor * 2^52 / modulus)`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn factor(by: Multiplier) -> Factor<V> {
    Factor {
        value: splat(by.value()),
        quotient: splat(by.quotient() >> 12),
    }
}

/// The values of a row that one vector operation is on: from an index on, those of the mask.
#[derive(Clone, Copy)]
pub(super) struct Lanes {
    index: usize,
    mask: __mmask8,
}

impl Lanes {
    /// All [`LANES`] from an index on.
    #[inline]
    pub(super) fn all(index: usize) -> Self {
        Lanes { index, mask: 0xff }
    }

    /// Those from an index on, up to [`LANES`], that a row of this length still has.
    #[inline]
    pub(super) fn left(length: usize, index: usize) -> Self {
        let mask = if length - index >= LANES {
            0xff
        } else {
            (1 << (length - index)) - 1
        };
        Lanes { index, mask }
    }

    /// The index of the first.
    #[inline]
    pub(super) fn index(self) -> usize {
        self.index
    }

    /// The same lanes, `vectors` vectors further on.
    #[inline]
    pub(super) fn after(self, vectors: usize) -> Self {
        Lanes {
            index: self.index + vectors * LANES,
            ..self
        }
    }
}

/// Loads lanes of a row, and zeros for those that are not of the mask.
///
/// # Safety
/// The lanes are within the row that begins at `row`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn load(row: *const u64, lanes: Lanes) -> V {
    // SAFETY: only lanes of the mask are read, and they are within the row: the caller's duty.
    unsafe { _mm512_maskz_loadu_epi64(lanes.mask, row.add(lanes.index).cast()) }
}

/// The prefetch distance, in residues.
const AHEAD: usize = 128;

/// [`load`], which prefetches further on: for sums over too many rows for the processor to follow
/// by itself.
///
/// # Safety
/// As [`load`].
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn load_of_many(row: *const u64, lanes: Lanes) -> V {
    // A prefetch may name any address.
    _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(lanes.index + AHEAD).cast());
    // SAFETY: the caller's duty is that of `load`.
    unsafe { load(row, lanes) }
}

/// # Safety
/// The lanes are within the row that begins at `row`, which is valid to write.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn store(row: *mut u64, lanes: Lanes, x: V) {
    // SAFETY: only lanes of the mask are written, and they are within the row: the caller's duty.
    unsafe { _mm512_mask_storeu_epi64(row.add(lanes.index).cast(), lanes.mask, x) }
}

/// A value below twice `bound`, reduced.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn below(x: V, bound: V) -> V {
    // The difference is a large number if it is negative.
    _mm512_min_epu64(x, _mm512_sub_epi64(x, bound))
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn add(field: Field, a: V, b: V) -> V {
    below(_mm512_add_epi64(a, b), field.value)
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn sub(field: Field, a: V, b: V) -> V {
    let difference = _mm512_sub_epi64(a, b);
    _mm512_min_epu64(difference, _mm512_add_epi64(difference, field.value))
}

/// The product of any value below 2^52 and a factor.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn product(field: Field, x: V, factor: Factor<V>) -> V {
    let zero = _mm512_setzero_si512();
    let quotient = _mm512_madd52hi_epu64(zero, x, factor.quotient);
    let low = _mm512_madd52lo_epu64(zero, x, factor.value);
    let rest = _mm512_sub_epi64(low, _mm512_madd52lo_epu64(zero, quotient, field.value));
    below(_mm512_and_si512(rest, splat((1 << 52) - 1)), field.value)
}

/// A sum of low and high halves, divided by 2^52: more than minus the modulus, less than the sum
/// of high halves and its carries.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn divided(field: Field, low: V, high: V) -> V {
    let zero = _mm512_setzero_si512();
    let times = _mm512_madd52lo_epu64(zero, low, field.inverse);
    let multiple = _mm512_madd52hi_epu64(zero, times, field.value);
    let high = _mm512_add_epi64(high, _mm512_srli_epi64::<52>(low));
    _mm512_sub_epi64(high, multiple)
}
