//! Permutations, a quarter of a block at a time.

use crate::Modulus;
use crate::kernel::permutation::{BLOCK, Permutation, QUARTER};
use crate::kernel::portable;
use core::arch::x86_64::{
    __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi64, _mm256_blendv_pd, _mm256_castpd_si256,
    _mm256_castsi256_pd, _mm256_loadu_si256, _mm256_permutevar8x32_epi32, _mm256_set1_epi64x,
    _mm256_storeu_si256, _mm256_sub_epi64,
};

/// The prefetch distance, in blocks: they come from all over the row, in an order that the
/// processor cannot follow.
const AHEAD: usize = 12;

/// `to[i] = operation(to[i], from[source of start + i])`, four values at a time.
macro_rules! permuted {
    (
        $permutation:ident,
        $orders:ident,
        $from:ident, $start:expr,
        $to:ident,
        |$old:ident, $new:ident| $operation:expr
    ) => {{
        let count = $permutation.blocks.len();
        assert_eq!(($from.len(), $to.len() % BLOCK), (count * BLOCK, 0));
        let first = $start / BLOCK;
        let blocks = &$permutation.blocks[first..first + $to.len() / BLOCK];
        for (index, &[block, order]) in blocks.iter().enumerate() {
            let next = $permutation.blocks[(first + index + AHEAD).min(count - 1)][0] as usize;
            let next = $from.as_ptr().wrapping_add(next * BLOCK);
            _mm_prefetch::<_MM_HINT_T0>(next.cast());
            _mm_prefetch::<_MM_HINT_T0>(next.wrapping_add(BLOCK / 2).cast());
            let block = block as usize * BLOCK;
            for (part, quarter) in $orders[order as usize].iter().enumerate() {
                let from: &[u64] = &$from[block + quarter.from..][..QUARTER];
                // SAFETY: `from` is a slice of a quarter, which is a vector; there are halves for
                // one; and `index * BLOCK + (part + 1) * QUARTER <= $to.len()`, since there are
                // `$to.len() / BLOCK` blocks.
                unsafe {
                    let halves = _mm256_loadu_si256(quarter.halves.as_ptr().cast());
                    let from = _mm256_loadu_si256(from.as_ptr().cast());
                    let $new = _mm256_permutevar8x32_epi32(from, halves);
                    let to = $to.as_mut_ptr().add(index * BLOCK + part * QUARTER);
                    let $old = || _mm256_loadu_si256(to.cast());
                    _mm256_storeu_si256(to.cast(), $operation);
                }
            }
        }
    }};
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn permute(permutation: &Permutation, from: &[u64], start: usize, to: &mut [u64]) {
    let Some(orders) = &permutation.quarters else {
        return portable::permute(permutation, from, start, to);
    };
    permuted!(permutation, orders, from, start, to, |_old, new| new);
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn add_permuted(
    permutation: &Permutation,
    modulus: Modulus,
    from: &[u64],
    to: &mut [u64],
) {
    let Some(orders) = &permutation.quarters else {
        return portable::add_permuted(permutation, modulus, from, to);
    };
    let value = _mm256_set1_epi64x(modulus.value().cast_signed());
    permuted!(permutation, orders, from, 0, to, |old, new| {
        reduced(_mm256_add_epi64(old(), new), value)
    });
}

/// A value below twice the modulus, reduced.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn reduced(x: __m256i, modulus: __m256i) -> __m256i {
    let less = _mm256_castsi256_pd(_mm256_sub_epi64(x, modulus));
    // The difference's sign chooses.
    _mm256_castpd_si256(_mm256_blendv_pd(less, _mm256_castsi256_pd(x), less))
}
