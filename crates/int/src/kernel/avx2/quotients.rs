//! Kernels that divide: scaling, and the correction of weights.

use crate::kernel::portable;
use crate::kernel::reciprocal::{NarrowReciprocal, Reciprocal};
use crate::kernel::update::{Patch, UpdateRule};
use core::arch::asm;
use core::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi32_si128, _mm256_abs_epi16, _mm256_abs_epi32, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_and_si256, _mm256_blend_epi32, _mm256_castsi256_ps,
    _mm256_castsi256_si128, _mm256_cmpeq_epi16, _mm256_cmpeq_epi32, _mm256_cvtepi16_epi32,
    _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_max_epi32, _mm256_max_epu16,
    _mm256_max_epu32, _mm256_min_epi32, _mm256_movemask_epi8, _mm256_movemask_ps, _mm256_mul_epu32,
    _mm256_mullo_epi32, _mm256_packs_epi16, _mm256_packs_epi32, _mm256_packus_epi32,
    _mm256_permute4x64_epi64, _mm256_permutevar8x32_epi32, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi32, _mm256_setzero_si256, _mm256_sign_epi16, _mm256_sign_epi32,
    _mm256_srl_epi16, _mm256_srl_epi32, _mm256_srli_epi32, _mm256_srli_epi64, _mm256_storeu_si256,
    _mm256_sub_epi32, _mm256_subs_epi16,
};

#[target_feature(enable = "avx2")]
pub(super) fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
    let (high, low) = (_mm256_set1_epi32(limit), _mm256_set1_epi32(-limit));
    let in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let (vectors, rest) = sums.as_chunks::<32>();
    let (places, last) = scaled.as_chunks_mut::<32>();
    let mut within = 0_u64;
    for (sums, place) in vectors.iter().zip(places) {
        let sums: *const __m256i = sums.as_ptr().cast();
        let mut clip = |index: usize| {
            // SAFETY: there are four times 8 sums.
            let quotient = divide(unsafe { _mm256_loadu_si256(sums.add(index)) }, divisor);
            let clipped = _mm256_max_epi32(_mm256_min_epi32(quotient, high), low);
            let same = _mm256_castsi256_ps(_mm256_cmpeq_epi32(quotient, clipped));
            within += u64::from(_mm256_movemask_ps(same).count_ones());
            clipped
        };
        let [a, b, c, d] = [clip(0), clip(1), clip(2), clip(3)];
        let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
        let ordered = _mm256_permutevar8x32_epi32(packed, in_order);
        // SAFETY: there is room for 32 results.
        unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast(), ordered) }
    }
    let cut = 32 * vectors.len() as u64 - within;
    cut + portable::scale(rest, divisor, limit, last)
}

#[target_feature(enable = "avx2")]
pub(super) fn update(
    weights: &mut [i16],
    gradients: &[i32],
    patch: Patch,
    correction: UpdateRule,
) -> (usize, u32) {
    let divisors = (correction.rate, correction.decay.map(Reciprocal::narrow));
    let limit = _mm256_set1_epi32(i16::MAX.into());
    let mut most = _mm256_setzero_si256();
    let mut most_short = most;
    let short = Short::new(correction);
    let (mut done, mut largest) = (0, 0);
    'rows: for row in 0..patch.rows {
        let weights = &mut weights[row * patch.strides[0]..][..patch.columns];
        let gradients = &gradients[row * patch.strides[1]..][..patch.columns];
        let (vectors, last_weights) = weights.as_chunks_mut::<16>();
        let (steps, last_gradients) = gradients.as_chunks::<16>();
        for (weights, gradients) in vectors.iter_mut().zip(steps) {
            let place: *mut __m256i = weights.as_mut_ptr().cast();
            let gradients: *const __m256i = gradients.as_ptr().cast();
            // SAFETY: there are 16 weights and 16 gradients.
            unsafe {
                if let Some(magnitudes) = short.and_then(|short| short.step(place, gradients)) {
                    most_short = _mm256_max_epu16(most_short, magnitudes);
                    done += 16;
                    continue;
                }
                let weights = _mm256_loadu_si256(place);
                let first = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(weights));
                let second = _mm256_cvtepi16_epi32(_mm256_extracti128_si256::<1>(weights));
                let first = step(first, _mm256_loadu_si256(gradients), divisors);
                let second = step(second, _mm256_loadu_si256(gradients.add(1)), divisors);
                let magnitudes =
                    _mm256_max_epu32(_mm256_abs_epi32(first), _mm256_abs_epi32(second));
                let within = _mm256_cmpeq_epi32(_mm256_max_epu32(magnitudes, limit), limit);
                // A step that wraps int32 ends far outside int16, so that this sees it too.
                if _mm256_movemask_epi8(within) != -1 {
                    break 'rows;
                }
                most = _mm256_max_epu32(most, magnitudes);
                let packed = _mm256_packs_epi32(first, second);
                _mm256_storeu_si256(place, _mm256_permute4x64_epi64::<0b11_01_10_00>(packed));
            }
            done += 16;
        }
        if !last_weights.is_empty() {
            let last = Patch::row(last_weights.len());
            let (more, magnitude) =
                portable::update(last_weights, last_gradients, last, correction);
            (done, largest) = (done + more, magnitude.max(largest));
            if more < last.columns {
                break;
            }
        }
    }
    let pairs = [
        _mm256_srli_epi32::<16>(most_short),
        _mm256_and_si256(most_short, _mm256_set1_epi32(0xffff)),
    ];
    most = pairs.into_iter().fold(most, |a, b| _mm256_max_epu32(a, b));
    let mut lanes = [0; 8];
    // SAFETY: there is room for 8 lanes.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), most) };
    (done, lanes.into_iter().fold(largest, u32::max))
}

/// UpdateStats weights, modulo 2^32, of weights that fit int16.
#[target_feature(enable = "avx2")]
fn step(
    weights: __m256i,
    gradients: __m256i,
    (rate, decay): (Reciprocal, Option<NarrowReciprocal>),
) -> __m256i {
    let step = divide(gradients, rate);
    let change = match decay {
        None => step,
        Some(decay) => _mm256_add_epi32(step, divide_narrow(weights, decay)),
    };
    _mm256_sub_epi32(weights, change)
}

/// A correction in int16, where gradients are divided by a multiple of 2^16: their high halves
/// are enough.
#[derive(Clone, Copy)]
struct Short {
    /// Multiplier and shift of high halves' quotients, beyond 16 bits.
    rate: (__m256i, __m128i),
    /// Those of weights' quotients; 0 where weights do not decay.
    decay: (__m256i, __m128i),
}

impl Short {
    /// `None` if gradients are divided by something else or by 2^16 alone, or weights by 1.
    #[target_feature(enable = "avx2")]
    fn new(correction: UpdateRule) -> Option<Self> {
        let constants = |divisor: NarrowReciprocal| {
            let (multiplier, shift) = divisor.beyond_16_bits()?;
            let shift = _mm_cvtsi32_si128(shift.cast_signed());
            Some((_mm256_set1_epi16(multiplier.cast_signed()), shift))
        };
        Some(Short {
            rate: constants(correction.rate.of_high_halves()?)?,
            decay: constants(correction.narrow_decay())?,
        })
    }

    /// Corrects 16 weights and returns their magnitudes, unless one would come to ±32,767 or
    /// beyond.
    ///
    /// # Safety
    /// There are 16 weights and 16 gradients.
    #[target_feature(enable = "avx2")]
    unsafe fn step(self, place: *mut __m256i, gradients: *const __m256i) -> Option<__m256i> {
        // SAFETY: there are 16 weights and 16 gradients.
        let [weights, first, second] = unsafe {
            [place.cast_const(), gradients, gradients.add(1)].map(|from| _mm256_loadu_si256(from))
        };
        let quotients = |magnitudes, (multiplier, shift)| {
            _mm256_srl_epi16(high_halves(magnitudes, multiplier), shift)
        };
        let high = |gradients| _mm256_srli_epi32::<16>(_mm256_abs_epi32(gradients));
        let lengths = quotients(_mm256_packus_epi32(high(first), high(second)), self.rate);
        let steps = _mm256_sign_epi16(lengths, _mm256_packs_epi32(first, second));
        // Packed within each half of both.
        let steps = _mm256_permute4x64_epi64::<0b11_01_10_00>(steps);
        let decays = quotients(_mm256_abs_epi16(weights), self.decay);
        // At most 2^14 each. Where their sum is 2^15, the decay has the weight's sign: the difference
        // of weight and wrapped change is beyond int16, and saturates.
        let change = _mm256_add_epi16(steps, _mm256_sign_epi16(decays, weights));
        let stepped = _mm256_subs_epi16(weights, change);
        let (magnitudes, most) = (_mm256_abs_epi16(stepped), _mm256_set1_epi16(i16::MAX - 1));
        let within = _mm256_cmpeq_epi16(_mm256_max_epu16(magnitudes, most), most);
        if _mm256_movemask_epi8(within) != -1 {
            return None;
        }
        // SAFETY: there are 16 weights.
        unsafe { _mm256_storeu_si256(place, stepped) };
        Some(magnitudes)
    }
}

/// The high halves of products of uint16. The compiler knows what `_mm256_mulhi_epu16` computes,
/// and makes long work of it where one factor stays the same.
#[target_feature(enable = "avx2")]
fn high_halves(values: __m256i, factors: __m256i) -> __m256i {
    let products: __m256i;
    // SAFETY: the processor has the instruction, which touches registers alone.
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

/// Quotients of 8 values, rounded toward zero.
#[target_feature(enable = "avx2")]
fn divide(values: __m256i, divisor: Reciprocal) -> __m256i {
    // The shift of a divisor of 1 is 31.
    let Some(shift) = divisor.shift.checked_sub(32) else {
        return values;
    };
    let multiplier = _mm256_set1_epi32(divisor.multiplier.cast_signed());
    let magnitudes = _mm256_abs_epi32(values);
    let even = _mm256_mul_epu32(magnitudes, multiplier);
    let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(magnitudes), multiplier);
    // The high halves of all products.
    let high = _mm256_blend_epi32::<0b1010_1010>(_mm256_srli_epi64::<32>(even), odd);
    let quotients = _mm256_srl_epi32(high, _mm_cvtsi32_si128(shift.cast_signed()));
    _mm256_sign_epi32(quotients, values)
}

/// Quotients of 8 values that fit int16, rounded toward zero.
#[target_feature(enable = "avx2")]
fn divide_narrow(values: __m256i, divisor: NarrowReciprocal) -> __m256i {
    let multiplier = _mm256_set1_epi32(divisor.multiplier.cast_signed());
    let products = _mm256_mullo_epi32(_mm256_abs_epi32(values), multiplier);
    let shift = _mm_cvtsi32_si128(divisor.shift.cast_signed());
    _mm256_sign_epi32(_mm256_srl_epi32(products, shift), values)
}
