//! Eight residues in a vector, and their 52-bit products (IFMA), for moduli below 2^50.

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

/// A factor below a modulus, and `floor(factor * 2^52 / modulus)`.
#[derive(Clone, Copy)]
pub(super) struct Factor {
    value: V,
    quotient: V,
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

impl Factor {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(by: Multiplier) -> Self {
        Factor {
            value: splat(by.value()),
            quotient: splat(by.quotient() >> 12),
        }
    }
}

/// Lanes that are left from an index on.
#[inline]
pub(super) fn left(length: usize, index: usize) -> __mmask8 {
    if length - index >= LANES {
        0xff
    } else {
        (1 << (length - index)) - 1
    }
}

/// # Safety
/// The lanes of the mask are there.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn load(from: *const u64, index: usize, mask: __mmask8) -> V {
    // SAFETY: as promised.
    unsafe { _mm512_maskz_loadu_epi64(mask, from.add(index).cast()) }
}

/// Residues between one that is loaded and one that is asked for to be there when it is.
const AHEAD: usize = 128;

/// [`load`] from one of so many rows that the processor does not see by itself what comes next.
///
/// # Safety
/// The lanes of the mask are there.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn load_of_many(from: *const u64, index: usize, mask: __mmask8) -> V {
    // A hint may name any address.
    _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(index + AHEAD).cast());
    // SAFETY: as promised.
    unsafe { load(from, index, mask) }
}

/// # Safety
/// The lanes of the mask are there.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn store(to: *mut u64, index: usize, mask: __mmask8, x: V) {
    // SAFETY: as promised.
    unsafe { _mm512_mask_storeu_epi64(to.add(index).cast(), mask, x) }
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
pub(super) fn product(field: Field, x: V, factor: Factor) -> V {
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
    let taken = _mm512_madd52hi_epu64(zero, times, field.value);
    let high = _mm512_add_epi64(high, _mm512_srli_epi64::<52>(low));
    _mm512_sub_epi64(high, taken)
}
