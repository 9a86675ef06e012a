//! Permutations, half a block at a time.

use super::residues::{Field, LANES, add};
use crate::Modulus;
use crate::kernel::permutation::Permutation;
use core::arch::x86_64::{_mm512_loadu_epi64, _mm512_permutex2var_epi64, _mm512_storeu_epi64};

/// `to[i] = operation(to[i], from[source of start + i])`, eight values at a time.
macro_rules! permuted {
    ($permutation:ident, $from:ident, $start:expr, $to:ident, |$old:ident, $new:ident| $operation:expr) => {{
        let (blocks, rest) = $to.as_chunks_mut::<16>();
        debug_assert!(rest.is_empty());
        for (to, (from, order)) in blocks.iter_mut().zip($permutation.sources($from, $start)) {
            let to: *mut i64 = to.as_mut_ptr().cast();
            // SAFETY: `from`, `to` and the order have 16 values each: `Permutation::sources` slices a
            // block, `as_chunks_mut` gives arrays; and `half * LANES + LANES <= 16`.
            unsafe {
                let from: *const i64 = from.as_ptr().cast();
                let (low, high) = (
                    _mm512_loadu_epi64(from),
                    _mm512_loadu_epi64(from.add(LANES)),
                );
                for half in 0..2 {
                    let order: *const i64 = order.as_ptr().add(half * LANES).cast();
                    let order = _mm512_loadu_epi64(order);
                    let $new = _mm512_permutex2var_epi64(low, order, high);
                    let to = to.add(half * LANES);
                    let $old = || _mm512_loadu_epi64(to);
                    _mm512_storeu_epi64(to, $operation);
                }
            }
        }
    }};
}

#[target_feature(enable = "avx512f")]
pub(super) fn permute(permutation: &Permutation, from: &[u64], start: usize, to: &mut [u64]) {
    permuted!(permutation, from, start, to, |_old, new| new);
}

#[target_feature(enable = "avx512f")]
pub(super) fn add_permuted(
    permutation: &Permutation,
    modulus: Modulus,
    from: &[u64],
    to: &mut [u64],
) {
    let field = Field::new(modulus);
    permuted!(permutation, from, 0, to, |old, new| add(field, old(), new));
}
