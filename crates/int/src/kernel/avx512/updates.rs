//! The correction of weights.

use super::quotients::{divide, divide_magnitudes, divide_narrow};
use crate::kernel::reciprocal::{NarrowReciprocal, Reciprocal};
use crate::kernel::update::{Patch, UpdateRule};
use core::arch::asm;
use core::arch::x86_64::{
    __m128i, __m512i, _mm_cvtsi64_si128, _mm256_loadu_si256, _mm256_mask_storeu_epi16,
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
    correction: UpdateRule,
) -> (usize, u32) {
    match (OfHighHalves::new(correction), OfAll::new(correction)) {
        (Some(steps), _) => rows(weights, gradients, patch, correction, Some(steps)),
        (_, steps) => rows(weights, gradients, patch, correction, steps),
    }
}

/// Corrects the weights of a patch, 32 at a time where `steps` can, until one leaves int16.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn rows<S: Steps>(
    weights: &mut [i16],
    gradients: &[i32],
    patch: Patch,
    correction: UpdateRule,
    steps: Option<S>,
) -> (usize, u32) {
    let limit = _mm512_set1_epi32(i16::MAX.into());
    let divisors = (correction.rate, correction.decay.map(Reciprocal::narrow));
    let mut largest = _mm512_setzero_si512();
    let mut largest_short = largest;
    let mut done = 0;
    let (whole, rest) = (patch.columns / 16, patch.columns % 16);
    let short = steps.and_then(|steps| Short::new(steps, correction));
    'rows: for row in 0..patch.rows {
        let weights = weights[row * patch.strides[0]..][..patch.columns].as_mut_ptr();
        let gradients = gradients[row * patch.strides[1]..][..patch.columns].as_ptr();
        let mut vector = 0;
        while vector < whole {
            if let Some(short) = short.filter(|_| vector + 2 <= whole) {
                let place = weights.wrapping_add(16 * vector);
                // SAFETY: there are 32 weights and 32 gradients.
                let magnitudes = unsafe { short.step(place, gradients.add(16 * vector)) };
                if let Some(magnitudes) = magnitudes {
                    largest_short = _mm512_max_epu16(largest_short, magnitudes);
                    vector += 2;
                    done += 32;
                    continue;
                }
            }
            let place = weights.wrapping_add(16 * vector).cast();
            // SAFETY: there are 16 weights and 16 gradients.
            unsafe {
                let weight = _mm512_cvtepi16_epi32(_mm256_loadu_si256(place));
                let gradient = _mm512_loadu_si512(gradients.add(16 * vector).cast());
                let stepped = step(weight, gradient, divisors);
                let magnitude = _mm512_abs_epi32(stepped);
                // A step that wraps int32 ends far outside int16, so that this sees it too.
                if _mm512_cmpgt_epu32_mask(magnitude, limit) != 0 {
                    break 'rows;
                }
                largest = _mm512_max_epu32(largest, magnitude);
                _mm256_storeu_si256(place, _mm512_cvtepi32_epi16(stepped));
            }
            vector += 1;
            done += 16;
        }
        if rest > 0 {
            let mask = (1_u16 << rest) - 1;
            let place = weights.wrapping_add(16 * whole);
            // SAFETY: the mask has the weights and gradients that are left.
            unsafe {
                let weight = _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(mask, place));
                let gradient = _mm512_maskz_loadu_epi32(mask, gradients.add(16 * whole));
                let stepped = step(weight, gradient, divisors);
                let magnitude = _mm512_abs_epi32(stepped);
                if _mm512_cmpgt_epu32_mask(magnitude, limit) != 0 {
                    break;
                }
                largest = _mm512_max_epu32(largest, magnitude);
                _mm256_mask_storeu_epi16(place, mask, _mm512_cvtepi32_epi16(stepped));
            }
            done += rest;
        }
    }
    let pairs = [
        _mm512_srli_epi32::<16>(largest_short),
        _mm512_and_si512(largest_short, _mm512_set1_epi32(0xffff)),
    ];
    let largest = pairs
        .into_iter()
        .fold(largest, |a, b| _mm512_max_epu32(a, b));
    (done, _mm512_reduce_max_epu32(largest))
}

/// UpdateStats weights, modulo 2^32, of weights that fit int16.
#[target_feature(enable = "avx512f,avx512dq")]
fn step(
    weights: __m512i,
    gradients: __m512i,
    (rate, decay): (Reciprocal, Option<NarrowReciprocal>),
) -> __m512i {
    let step = divide(gradients, rate);
    let change = match decay {
        None => step,
        Some(decay) => _mm512_add_epi32(step, divide_narrow(weights, decay)),
    };
    _mm512_sub_epi32(weights, change)
}

/// A correction in int16, for steps that are short.
#[derive(Clone, Copy)]
struct Short<S> {
    steps: S,
    /// Multiplier and shift of weights' quotients, beyond 16 bits; 0 where weights do not decay.
    decay: (__m512i, __m128i),
}

/// Longest step, and largest weight after it.
const LONGEST: i16 = i16::MAX - 1;

impl<S: Steps> Short<S> {
    /// `None` if weights are divided by less than 2.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new(steps: S, correction: UpdateRule) -> Option<Self> {
        Some(Short {
            steps,
            decay: constants(correction.narrow_decay())?,
        })
    }

    /// Corrects 32 weights and returns their magnitudes, unless a step is too long or a weight
    /// would come to ±32,767 or beyond.
    ///
    /// # Safety
    /// There are 32 weights and 32 gradients.
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn step(self, place: *mut i16, gradients: *const i32) -> Option<__m512i> {
        // SAFETY: there are 32 weights and 32 gradients.
        let (weights, gradients) = unsafe {
            (
                _mm512_loadu_si512(place.cast()),
                [
                    _mm512_loadu_si512(gradients.cast()),
                    _mm512_loadu_si512(gradients.add(16).cast()),
                ],
            )
        };
        // SAFETY: the processor has what these kernels need.
        let (steps, lengths) = unsafe { self.steps.steps(gradients) };
        let (multiplier, shift) = self.decay;
        let products = high_halves(_mm512_abs_epi16(weights), multiplier);
        let decays = _mm512_srl_epi16(products, shift);
        // Where this wraps, the decay has the weight's sign and half its size at most: the difference
        // of weight and wrapped change is beyond int16, and saturates.
        let change = _mm512_add_epi16(steps, signed(decays, weights));
        let stepped = _mm512_subs_epi16(weights, change);
        let magnitudes = _mm512_abs_epi16(stepped);
        let most = lengths.map_or(magnitudes, |lengths| _mm512_max_epu16(magnitudes, lengths));
        if _mm512_cmpgt_epu16_mask(most, _mm512_set1_epi16(LONGEST)) != 0 {
            return None;
        }
        // SAFETY: there are 32 weights.
        unsafe { _mm512_storeu_si512(place.cast(), stepped) };
        Some(magnitudes)
    }
}

/// Quotients of 32 gradients.
trait Steps: Copy {
    /// The quotients, rounded toward zero, and their magnitudes in some order unless none is beyond
    /// [`LONGEST`]; quotients that are may be wrong.
    ///
    /// # Safety
    /// The processor has AVX-512 with its instructions for bytes and words.
    unsafe fn steps(self, gradients: [__m512i; 2]) -> (__m512i, Option<__m512i>);
}

/// Places of the high halves of 32 values.
const HIGH_HALVES: [i16; 32] = {
    let mut places = [1; 32];
    let mut value = 1;
    while value < 32 {
        places[value] = places[value - 1] + 2;
        value += 1;
    }
    places
};

/// Quotients by multiples of 2^16, for which the high halves of gradients are enough.
#[derive(Clone, Copy)]
struct OfHighHalves {
    multiplier: __m512i,
    shift: __m128i,
    /// Where high halves stand in two vectors.
    places: __m512i,
}

impl OfHighHalves {
    /// `None` if gradients are divided by something else, or by 2^16 alone.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new(correction: UpdateRule) -> Option<Self> {
        let (multiplier, shift) = constants(correction.rate.of_high_halves()?)?;
        Some(OfHighHalves {
            multiplier,
            shift,
            // SAFETY: there are 32 places.
            places: unsafe { _mm512_loadu_si512(HIGH_HALVES.as_ptr().cast()) },
        })
    }
}

impl Steps for OfHighHalves {
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn steps(self, [first, second]: [__m512i; 2]) -> (__m512i, Option<__m512i>) {
        let high = |a, b| _mm512_permutex2var_epi16(a, self.places, b);
        let magnitudes = high(_mm512_abs_epi32(first), _mm512_abs_epi32(second));
        let products = high_halves(magnitudes, self.multiplier);
        let lengths = _mm512_srl_epi16(products, self.shift);
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
    fn new(correction: UpdateRule) -> Option<Self> {
        let shift = correction.rate.shift.checked_sub(32)?;
        Some(OfAll {
            rate: (correction.rate.multiplier, shift),
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

/// Multiplier and shift, beyond 16 bits.
#[target_feature(enable = "avx512f,avx512bw")]
fn constants(divisor: NarrowReciprocal) -> Option<(__m512i, __m128i)> {
    let (multiplier, shift) = divisor.beyond_16_bits()?;
    let multiplier = _mm512_set1_epi16(multiplier.cast_signed());
    Some((multiplier, _mm_cvtsi64_si128(shift.into())))
}

/// The high halves of products of uint16. The compiler knows what `_mm512_mulhi_epu16` computes,
/// and makes long work of it where one factor stays the same.
#[target_feature(enable = "avx512f,avx512bw")]
fn high_halves(values: __m512i, factors: __m512i) -> __m512i {
    let products: __m512i;
    // SAFETY: the processor has the instruction, which touches registers alone.
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
