//! The update of weights.

use super::quotients::{divide, divide_magnitudes, divide_narrow};
use crate::kernel::reciprocal::NarrowReciprocal;
use crate::kernel::update::{Divisors, Patch, UpdateRule};
use core::arch::asm;
use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_cvtsi64_si128, _mm256_loadu_si256, _mm256_mask_storeu_epi16,
    _mm256_maskz_loadu_epi16, _mm256_storeu_si256, _mm512_abs_epi16, _mm512_abs_epi32,
    _mm512_add_epi16, _mm512_add_epi32, _mm512_and_si512, _mm512_cmpgt_epu16_mask,
    _mm512_cmpgt_epu32_mask, _mm512_cvtepi16_epi32, _mm512_cvtepi32_epi16, _mm512_loadu_si512,
    _mm512_mask_sub_epi16, _mm512_maskz_loadu_epi32, _mm512_max_epu16, _mm512_max_epu32,
    _mm512_movepi16_mask, _mm512_packs_epi32, _mm512_permutex2var_epi16, _mm512_permutexvar_epi64,
    _mm512_reduce_max_epu32, _mm512_set_epi64, _mm512_set1_epi16, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_srl_epi16, _mm512_srli_epi32, _mm512_storeu_si512,
    _mm512_sub_epi32, _mm512_subs_epi16,
};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn update(
    weights: &mut [i16],
    gradients: &[i32],
    patch: Patch,
    rule: UpdateRule,
) -> (usize, u32) {
    match (OfHighHalves::new(rule), OfAll::new(rule)) {
        (Some(steps), _) => rows(weights, gradients, patch, rule, Some(steps)),
        (_, steps) => rows(weights, gradients, patch, rule, steps),
    }
}

/// Updates the weights of a patch, 32 at a time where `steps` can, until one leaves int16.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn rows<S: Steps>(
    weights: &mut [i16],
    gradients: &[i32],
    patch: Patch,
    rule: UpdateRule,
    steps: Option<S>,
) -> (usize, u32) {
    let divisors = rule.divisors();
    let mut magnitudes = Magnitudes::new();
    let mut done = 0;
    let (whole, rest) = (patch.columns / 16, patch.columns % 16);
    let short = steps.and_then(|steps| Short::new(steps, rule));
    'rows: for row in 0..patch.rows {
        let weights = weights[row * patch.strides[0]..][..patch.columns].as_mut_ptr();
        let gradients = gradients[row * patch.strides[1]..][..patch.columns].as_ptr();
        let mut vector = 0;
        while vector < whole {
            let place = weights.wrapping_add(16 * vector);
            let own = gradients.wrapping_add(16 * vector);
            if let Some(short) = short.filter(|_| vector + 2 <= whole) {
                // SAFETY: `vector + 2 <= whole`, so that `16 * vector + 32 <= columns`, the length
                // of both rows.
                if let Some(found) = unsafe { short.step(place, own) } {
                    magnitudes.short = _mm512_max_epu16(magnitudes.short, found);
                    vector += 2;
                    done += 32;
                    continue;
                }
            }
            // SAFETY: `vector < whole`, so that `16 * vector + 16 <= columns`, the length of both
            // rows.
            let (weights, gradients) = unsafe {
                (
                    _mm256_loadu_si256(place.cast()),
                    _mm512_loadu_si512(own.cast()),
                )
            };
            let Some(wide) = Wide::step(weights, gradients, divisors) else {
                break 'rows;
            };
            magnitudes.wide = _mm512_max_epu32(magnitudes.wide, wide.magnitudes);
            // SAFETY: as above.
            unsafe { _mm256_storeu_si256(place.cast(), wide.weights) };
            vector += 1;
            done += 16;
        }
        if rest > 0 {
            let mask = (1_u16 << rest) - 1;
            let place = weights.wrapping_add(16 * whole);
            // SAFETY: `rest` weights and gradients are left of both rows, and the mask has a bit for
            // each.
            let (weights, gradients) = unsafe {
                (
                    _mm256_maskz_loadu_epi16(mask, place),
                    _mm512_maskz_loadu_epi32(mask, gradients.add(16 * whole)),
                )
            };
            let Some(wide) = Wide::step(weights, gradients, divisors) else {
                break;
            };
            magnitudes.wide = _mm512_max_epu32(magnitudes.wide, wide.magnitudes);
            // SAFETY: as above.
            unsafe { _mm256_mask_storeu_epi16(place, mask, wide.weights) };
            done += rest;
        }
    }
    (done, magnitudes.max())
}

/// The largest magnitudes of updated weights, in 16 bits and in 32.
#[derive(Clone, Copy)]
struct Magnitudes {
    short: __m512i,
    wide: __m512i,
}

impl Magnitudes {
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn new() -> Self {
        Magnitudes {
            short: _mm512_setzero_si512(),
            wide: _mm512_setzero_si512(),
        }
    }

    /// The largest of all.
    #[target_feature(enable = "avx512f")]
    fn max(self) -> u32 {
        let upper = _mm512_srli_epi32::<16>(self.short);
        let lower = _mm512_and_si512(self.short, _mm512_set1_epi32(0xffff));
        _mm512_reduce_max_epu32(_mm512_max_epu32(self.wide, _mm512_max_epu32(upper, lower)))
    }
}

/// 16 weights that were updated in int32.
#[derive(Clone, Copy)]
struct Wide {
    weights: __m256i,
    magnitudes: __m512i,
}

impl Wide {
    /// `None` if a weight would leave ±32,767.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    #[inline]
    fn step(weights: __m256i, gradients: __m512i, divisors: Divisors) -> Option<Self> {
        let stepped = stepped(_mm512_cvtepi16_epi32(weights), gradients, divisors);
        let magnitudes = _mm512_abs_epi32(stepped);
        // A step that wraps int32 ends far outside int16, so that this sees it too.
        if _mm512_cmpgt_epu32_mask(magnitudes, _mm512_set1_epi32(i16::MAX.into())) != 0 {
            return None;
        }
        Some(Wide {
            weights: _mm512_cvtepi32_epi16(stepped),
            magnitudes,
        })
    }
}

/// Updated weights, modulo 2^32, of weights that fit int16.
#[target_feature(enable = "avx512f,avx512dq")]
#[inline]
fn stepped(weights: __m512i, gradients: __m512i, divisors: Divisors) -> __m512i {
    let step = divide(gradients, divisors.rate);
    let change = match divisors.decay {
        None => step,
        Some(decay) => _mm512_add_epi32(step, divide_narrow(weights, decay)),
    };
    _mm512_sub_epi32(weights, change)
}

/// An update in int16, for steps that are short.
#[derive(Clone, Copy)]
struct Short<S> {
    steps: S,
    /// By which all quotients are 0 where weights do not decay.
    decay: ShortDivisor,
}

/// A divisor of uint16 values: a multiplier, and a shift of the high halves of products.
#[derive(Clone, Copy)]
struct ShortDivisor {
    multiplier: __m512i,
    shift: __m128i,
}

impl ShortDivisor {
    /// `None` for a divisor of 1.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new(divisor: NarrowReciprocal) -> Option<Self> {
        let (multiplier, shift) = divisor.beyond_16_bits()?;
        Some(ShortDivisor {
            multiplier: _mm512_set1_epi16(multiplier.cast_signed()),
            shift: _mm_cvtsi64_si128(shift.into()),
        })
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn quotients(self, magnitudes: __m512i) -> __m512i {
        _mm512_srl_epi16(high_halves(magnitudes, self.multiplier), self.shift)
    }
}

/// The largest step, and the largest weight after it, that the update in int16 takes.
const MAX_SHORT: i16 = i16::MAX - 1;

impl<S: Steps> Short<S> {
    /// `None` if weights are divided by less than 2.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new(steps: S, rule: UpdateRule) -> Option<Self> {
        Some(Short {
            steps,
            decay: ShortDivisor::new(rule.narrow_decay())?,
        })
    }

    /// Updates 32 weights and returns their magnitudes, unless a step is too long or a weight
    /// would come to ±32,767 or beyond.
    ///
    /// # Safety
    /// There are 32 weights at `place`, and as many gradients.
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn step(self, place: *mut i16, gradients: *const i32) -> Option<__m512i> {
        // SAFETY: the caller has 32 weights, a vector, and 32 gradients, two vectors.
        let (weights, gradients) = unsafe {
            (
                _mm512_loadu_si512(place.cast()),
                [
                    _mm512_loadu_si512(gradients.cast()),
                    _mm512_loadu_si512(gradients.add(16).cast()),
                ],
            )
        };
        // SAFETY: this function enables AVX-512 with its instructions for bytes and words.
        let (steps, lengths) = unsafe { self.steps.steps(gradients) };
        let decays = self.decay.quotients(_mm512_abs_epi16(weights));
        // Where this wraps, the decay has the weight's sign and half its size at most: the difference
        // of weight and wrapped change is beyond int16, and saturates.
        let change = _mm512_add_epi16(steps, signed(decays, weights));
        let stepped = _mm512_subs_epi16(weights, change);
        let magnitudes = _mm512_abs_epi16(stepped);
        let max = lengths.map_or(magnitudes, |lengths| _mm512_max_epu16(magnitudes, lengths));
        if _mm512_cmpgt_epu16_mask(max, _mm512_set1_epi16(MAX_SHORT)) != 0 {
            return None;
        }
        // SAFETY: the caller has 32 weights, a vector.
        unsafe { _mm512_storeu_si512(place.cast(), stepped) };
        Some(magnitudes)
    }
}

/// Quotients of 32 gradients.
trait Steps: Copy {
    /// The quotients, rounded toward zero, and their magnitudes in some order unless none is beyond
    /// [`MAX_SHORT`]; quotients that are may be wrong.
    ///
    /// # Safety
    /// The processor has AVX-512 with its instructions for bytes and words (`avx512f`, `avx512bw`).
    unsafe fn steps(self, gradients: [__m512i; 2]) -> (__m512i, Option<__m512i>);
}

/// Indices of the high halves of 32 values in two vectors.
const HIGH_HALVES: [i16; 32] = {
    let mut indices = [1; 32];
    let mut value = 1;
    while value < 32 {
        indices[value] = indices[value - 1] + 2;
        value += 1;
    }
    indices
};

/// Quotients by multiples of 2^16, for which the high halves of gradients are enough.
#[derive(Clone, Copy)]
struct OfHighHalves {
    divisor: ShortDivisor,
    /// [`HIGH_HALVES`]
    indices: __m512i,
}

impl OfHighHalves {
    /// `None` if gradients are divided by something else, or by 2^16 alone.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new(rule: UpdateRule) -> Option<Self> {
        Some(OfHighHalves {
            divisor: ShortDivisor::new(rule.rate.of_high_halves()?)?,
            // SAFETY: a vector is `[i16; 32]`.
            indices: unsafe { _mm512_loadu_si512(HIGH_HALVES.as_ptr().cast()) },
        })
    }
}

impl Steps for OfHighHalves {
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn steps(self, [first, second]: [__m512i; 2]) -> (__m512i, Option<__m512i>) {
        let high = |a, b| _mm512_permutex2var_epi16(a, self.indices, b);
        let magnitudes = high(_mm512_abs_epi32(first), _mm512_abs_epi32(second));
        let lengths = self.divisor.quotients(magnitudes);
        // At most 2^15 / 2.
        (signed(lengths, high(first, second)), None)
    }
}

/// Quotients by anything but 1.
#[derive(Clone, Copy)]
struct OfAll {
    /// Multiplier and shift, beyond 32 bits.
    rate: (u32, u32),
}

impl OfAll {
    /// `None` if gradients are divided by 1.
    fn new(rule: UpdateRule) -> Option<Self> {
        let shift = rule.rate.shift.checked_sub(32)?;
        Some(OfAll {
            rate: (rule.rate.multiplier, shift),
        })
    }
}

impl Steps for OfAll {
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn steps(self, [first, second]: [__m512i; 2]) -> (__m512i, Option<__m512i>) {
        let (multiplier, shift) = self.rate;
        let quotients = |gradients| divide_magnitudes(gradients, multiplier, shift);
        // Packed within each quarter of both, as the gradients are that give the signs.
        let lengths = _mm512_packs_epi32(quotients(first), quotients(second));
        let steps = signed(lengths, _mm512_packs_epi32(first, second));
        let in_order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
        (_mm512_permutexvar_epi64(in_order, steps), Some(lengths))
    }
}

/// The high halves of products of uint16. The compiler knows what `_mm512_mulhi_epu16` computes,
/// and replaces it by slower code where one factor stays the same.
#[target_feature(enable = "avx512f,avx512bw")]
fn high_halves(values: __m512i, factors: __m512i) -> __m512i {
    let products: __m512i;
    // SAFETY: the instruction reads and writes registers alone, and AVX-512BW, which this function
    // enables, has it.
    unsafe {
        asm!(
            "vpmulhuw {products}, {values}, {factors}",
            products = lateout(zmm_reg) products,
            values = in(zmm_reg) values,
            factors = in(zmm_reg) factors,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    products
}

/// Magnitudes with the signs of values.
#[target_feature(enable = "avx512f,avx512bw")]
fn signed(magnitudes: __m512i, values: __m512i) -> __m512i {
    let negative = _mm512_movepi16_mask(values);
    _mm512_mask_sub_epi16(magnitudes, negative, _mm512_setzero_si512(), magnitudes)
}
