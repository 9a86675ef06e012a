//! Sums of products of permuted rows with packed ones.

use super::bytes::Unpacking;
use super::residues::{LANES, V, load, splat};
use super::sums::Sums;
use crate::kernel::operands::{Bytes, MappedProducts};
use crate::kernel::permutation::{BLOCK, Permutation};
use core::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_permutex2var_epi64,
};

/// Vectors of a block.
const VECTORS: usize = BLOCK / LANES;

/// Blocks from one that is permuted to one that is asked for: they come from all over the row, in
/// an order that the processor does not see.
const AHEAD: usize = 8;

/// Where a block comes from.
#[derive(Clone, Copy)]
struct Origin {
    start: usize,
    places: [V; VECTORS],
    /// The same of a block that is wanted later.
    later: usize,
}

impl Origin {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn of(permutation: &Permutation, block: usize) -> Self {
        let blocks = &permutation.blocks;
        let [from, order] = blocks[block];
        let later = (block + AHEAD).min(blocks.len() - 1);
        let order = permutation.orders[order as usize].as_ptr();
        Origin {
            start: from as usize * BLOCK,
            // SAFETY: an order has as many places as a block.
            places: unsafe { [load(order, 0, 0xff), load(order, LANES, 0xff)] },
            later: blocks[later][0] as usize * BLOCK,
        }
    }

    /// The block's values.
    ///
    /// # Safety
    /// The row is as long as the permutation.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load(self, row: *const u64) -> [V; VECTORS] {
        let later = row.wrapping_add(self.later);
        _mm_prefetch::<_MM_HINT_T0>(later.cast());
        _mm_prefetch::<_MM_HINT_T0>(later.wrapping_add(LANES).cast());
        // SAFETY: as promised; a permutation's blocks come from blocks.
        let (low, high) = unsafe {
            (
                load(row, self.start, 0xff),
                load(row, self.start + LANES, 0xff),
            )
        };
        [
            _mm512_permutex2var_epi64(low, self.places[0], high),
            _mm512_permutex2var_epi64(low, self.places[1], high),
        ]
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
pub(super) fn inner_products_mapped(products: MappedProducts<'_>, add: bool, to: [&mut [u64]; 2]) {
    products.check(&to);
    let modulus = products.modulus;
    let width = |(_, halves): &(&[u64], [Bytes<'_>; 2])| halves[0].width;
    let unpacking = Unpacking::new(products.products.first().map_or(8, width));
    // Each product is below a quarter of the modulus, since it is divided by 2^52.
    let most = (products.products.len() + 1).div_ceil(4);
    let length = to[0].len();
    let sums = to.map(|to| Sums::new(modulus, most, add, to));
    let plus = products.plus.map(|(row, by)| {
        let by = modulus.mul_by(modulus.montgomery_factor(), by);
        (row.as_ptr(), splat(by))
    });
    for block in 0..length / BLOCK {
        let (index, origin) = (block * BLOCK, Origin::of(products.permutation, block));
        // SAFETY: all rows were seen to be as long as the permutation, and so to have the block.
        unsafe {
            let mut first = sums[0].none::<VECTORS>();
            let mut second = sums[1].none::<VECTORS>();
            for (row, halves) in products.products {
                let row = origin.load(row.as_ptr());
                for at in 0..VECTORS {
                    let index = index + at * LANES;
                    let (a, b) = (
                        unpacking.load(halves[0], index),
                        unpacking.load(halves[1], index),
                    );
                    first[at].0 = _mm512_madd52lo_epu64(first[at].0, row[at], a);
                    first[at].1 = _mm512_madd52hi_epu64(first[at].1, row[at], a);
                    second[at].0 = _mm512_madd52lo_epu64(second[at].0, row[at], b);
                    second[at].1 = _mm512_madd52hi_epu64(second[at].1, row[at], b);
                }
            }
            if let Some((row, by)) = plus {
                let row = origin.load(row);
                for at in 0..VECTORS {
                    first[at].0 = _mm512_madd52lo_epu64(first[at].0, row[at], by);
                    first[at].1 = _mm512_madd52hi_epu64(first[at].1, row[at], by);
                }
            }
            sums[0].put(first, (index, 0xff));
            sums[1].put(second, (index, 0xff));
        }
    }
}
