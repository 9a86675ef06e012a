//! The update of weights.

use super::quotients::{divide, divide_narrow};
use crate::kernel::portable;
use crate::kernel::reciprocal::NarrowReciprocal;
use crate::kernel::update::{Divisors, Patch, UpdateRule};
use core::arch::asm;
use core::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi32_si128, _mm256_abs_epi16, _mm256_abs_epi32, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi16,
    _mm256_cmpeq_epi32, _mm256_cvtepi16_epi32, _mm256_extracti128_si256, _mm256_loadu_si256,
    _mm256_max_epu16, _mm256_max_epu32, _mm256_movemask_epi8, _mm256_packs_epi32,
    _mm256_packus_epi32, _mm256_permute4x64_epi64, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_sign_epi16, _mm256_srl_epi16, _mm256_srli_epi32,
    _mm256_storeu_si256, _mm256_sub_epi32, _mm256_subs_epi16,
};

#[target_feature(enable = "avx2")]
pub(super) fn update(
    weights: &mut [i16],
    gradients: &[i32],
    patch: Patch,
    rule: UpdateRule,
) -> (usize, u32) {
    let divisors = rule.divisors();
    let short = Short::new(rule);
    let mut magnitudes = Magnitudes::new();
    let (mut done, mut max_abs) = (0, 0);
    'rows: for row in 0..patch.rows {
        let weights = &mut weights[row * patch.strides[0]..][..patch.columns];
        let gradients = &gradients[row * patch.strides[1]..][..patch.columns];
        let (vectors, last_weights) = weights.as_chunks_mut::<16>();
        let (steps, last_gradients) = gradients.as_chunks::<16>();
        for (weights, gradients) in vectors.iter_mut().zip(steps) {
            if let Some(short) = short
                && let Some(found) = short.step(weights, gradients)
            {
                magnitudes.short = _mm256_max_epu16(magnitudes.short, found);
            } else if let Some(found) = wide_step(weights, gradients, divisors) {
                magnitudes.wide = _mm256_max_epu32(magnitudes.wide, found);
            } else {
                break 'rows;
            }
            done += 16;
        }
        if !last_weights.is_empty() {
            let last = Patch::row(last_weights.len());
            let (more, found) = portable::update(last_weights, last_gradients, last, rule);
            (done, max_abs) = (done + more, found.max(max_abs));
            if more < last.columns {
                break;
            }
        }
    }
    (done, magnitudes.max().max(max_abs))
}

/// The largest magnitudes of updated weights, in 16 bits and in 32.
#[derive(Clone, Copy)]
struct Magnitudes {
    short: __m256i,
    wide: __m256i,
}

impl Magnitudes {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new() -> Self {
        Magnitudes {
            short: _mm256_setzero_si256(),
            wide: _mm256_setzero_si256(),
        }
    }

    /// The largest of all.
    #[target_feature(enable = "avx2")]
    fn max(self) -> u32 {
        let upper = _mm256_srli_epi32::<16>(self.short);
        let lower = _mm256_and_si256(self.short, _mm256_set1_epi32(0xffff));
        let max = _mm256_max_epu32(self.wide, _mm256_max_epu32(upper, lower));
        let mut words = [0; 8];
        // SAFETY: a vector is `[u32; 8]`.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), max) };
        words.into_iter().fold(0, u32::max)
    }
}

/// Updates 16 weights in int32 and returns magnitudes, two to each, unless one would leave ±32,767.
#[target_feature(enable = "avx2")]
#[inline]
fn wide_step(
    weights: &mut [i16; 16],
    gradients: &[i32; 16],
    divisors: Divisors,
) -> Option<__m256i> {
    let limit = _mm256_set1_epi32(i16::MAX.into());
    let place: *mut __m256i = weights.as_mut_ptr().cast();
    let gradients: *const __m256i = gradients.as_ptr().cast();
    // SAFETY: a vector is `[i16; 16]`, and two are `[i32; 16]`.
    let [weights, first, second] = unsafe {
        [place.cast_const(), gradients, gradients.add(1)].map(|from| _mm256_loadu_si256(from))
    };
    let [lower, upper] = [
        _mm256_castsi256_si128(weights),
        _mm256_extracti128_si256::<1>(weights),
    ];
    let first = stepped(_mm256_cvtepi16_epi32(lower), first, divisors);
    let second = stepped(_mm256_cvtepi16_epi32(upper), second, divisors);
    let magnitudes = _mm256_max_epu32(_mm256_abs_epi32(first), _mm256_abs_epi32(second));
    let within = _mm256_cmpeq_epi32(_mm256_max_epu32(magnitudes, limit), limit);
    // A step that wraps int32 ends far outside int16, so that this sees it too.
    if _mm256_movemask_epi8(within) != -1 {
        return None;
    }
    let packed = _mm256_packs_epi32(first, second);
    // SAFETY: a vector is `[i16; 16]`.
    unsafe { _mm256_storeu_si256(place, _mm256_permute4x64_epi64::<0b11_01_10_00>(packed)) };
    Some(magnitudes)
}

/// Updated weights, modulo 2^32, of weights that fit int16.
#[target_feature(enable = "avx2")]
#[inline]
fn stepped(weights: __m256i, gradients: __m256i, divisors: Divisors) -> __m256i {
    let step = divide(gradients, divisors.rate);
    let change = match divisors.decay {
        None => step,
        Some(decay) => _mm256_add_epi32(step, divide_narrow(weights, decay)),
    };
    _mm256_sub_epi32(weights, change)
}

/// An update in int16, where gradients are divided by a multiple of 2^16: their high halves are
/// enough.
#[derive(Clone, Copy)]
struct Short {
    rate: ShortDivisor,
    /// By which all quotients are 0 where weights do not decay.
    decay: ShortDivisor,
}

/// A divisor of uint16 values: a multiplier, and a shift of the high halves of products.
#[derive(Clone, Copy)]
struct ShortDivisor {
    multiplier: __m256i,
    shift: __m128i,
}

impl ShortDivisor {
    /// `None` for a divisor of 1.
    #[target_feature(enable = "avx2")]
    fn new(divisor: NarrowReciprocal) -> Option<Self> {
        let (multiplier, shift) = divisor.beyond_16_bits()?;
        Some(ShortDivisor {
            multiplier: _mm256_set1_epi16(multiplier.cast_signed()),
            shift: _mm_cvtsi32_si128(shift.cast_signed()),
        })
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn quotients(self, magnitudes: __m256i) -> __m256i {
        _mm256_srl_epi16(high_halves(magnitudes, self.multiplier), self.shift)
    }
}

impl Short {
    /// `None` if gradients are divided by something else or by 2^16 alone, or weights by 1.
    #[target_feature(enable = "avx2")]
    fn new(rule: UpdateRule) -> Option<Self> {
        Some(Short {
            rate: ShortDivisor::new(rule.rate.of_high_halves()?)?,
            decay: ShortDivisor::new(rule.narrow_decay())?,
        })
    }

    /// Updates 16 weights and returns their magnitudes, unless one would come to ±32,767 or beyond.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn step(self, weights: &mut [i16; 16], gradients: &[i32; 16]) -> Option<__m256i> {
        let place: *mut __m256i = weights.as_mut_ptr().cast();
        let gradients: *const __m256i = gradients.as_ptr().cast();
        // SAFETY: a vector is `[i16; 16]`, and two are `[i32; 16]`.
        let [weights, first, second] = unsafe {
            [place.cast_const(), gradients, gradients.add(1)].map(|from| _mm256_loadu_si256(from))
        };
        let high = |gradients| _mm256_srli_epi32::<16>(_mm256_abs_epi32(gradients));
        let magnitudes = _mm256_packus_epi32(high(first), high(second));
        let lengths = self.rate.quotients(magnitudes);
        let steps = _mm256_sign_epi16(lengths, _mm256_packs_epi32(first, second));
        // Packed within each half of both.
        let steps = _mm256_permute4x64_epi64::<0b11_01_10_00>(steps);
        let decays = self.decay.quotients(_mm256_abs_epi16(weights));
        // At most 2^14 each. Where their sum is 2^15, the decay has the weight's sign: the difference
        // of weight and wrapped change is beyond int16, and saturates.
        let change = _mm256_add_epi16(steps, _mm256_sign_epi16(decays, weights));
        let stepped = _mm256_subs_epi16(weights, change);
        let (magnitudes, max) = (_mm256_abs_epi16(stepped), _mm256_set1_epi16(i16::MAX - 1));
        let within = _mm256_cmpeq_epi16(_mm256_max_epu16(magnitudes, max), max);
        if _mm256_movemask_epi8(within) != -1 {
            return None;
        }
        // SAFETY: a vector is `[i16; 16]`.
        unsafe { _mm256_storeu_si256(place, stepped) };
        Some(magnitudes)
    }
}

/// The high halves of products of uint16. The compiler knows what `_mm256_mulhi_epu16` computes,
/// and replaces it by slower code where one factor stays the same.
#[target_feature(enable = "avx2")]
#[inline]
fn high_halves(values: __m256i, factors: __m256i) -> __m256i {
    let products: __m256i;
    // SAFETY: the instruction reads and writes registers alone, and AVX2, which this function
    // enables, has it.
    unsafe {
        asm!(
            "vpmulhuw {products}, {values}, {factors}",
            products = lateout(ymm_reg) products,
            values = in(ymm_reg) values,
            factors = in(ymm_reg) factors,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    products
}
