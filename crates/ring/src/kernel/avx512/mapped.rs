//! Sums of products of permuted rows with packed ones.

use super::bytes::Unpacking;
use super::residues::{LANES, Lanes, V, load, splat};
use super::sums::Sums;
use crate::kernel::montgomery::montgomery_factor;
use crate::kernel::operands::{Bytes, MappedProducts};
use crate::kernel::permutation::{BLOCK, Permutation};
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _mm512_permutex2var_epi64};

/// Vectors of a block.
const VECTORS: usize = BLOCK / LANES;

/// The prefetch distance, in blocks: they come from all over the row, in an order that the
/// processor cannot follow.
const AHEAD: usize = 8;

/// Where a block comes from.
#[derive(Clone, Copy)]
struct Origin {
    start: usize,
    /// The index in the block that each value comes from.
    order: [V; VECTORS],
    /// Where a block comes from that is needed later.
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
            // SAFETY: an order has `BLOCK == 2 * LANES` indices.
            order: unsafe { [load(order, Lanes::all(0)), load(order, Lanes::all(LANES))] },
            later: blocks[later][0] as usize * BLOCK,
        }
    }

    /// The block's values.
    ///
    /// # Safety
    /// The row is as long as the permutation that this is of.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load(self, row: *const u64) -> [V; VECTORS] {
        let later = row.wrapping_add(self.later);
        _mm_prefetch::<_MM_HINT_T0>(later.cast());
        _mm_prefetch::<_MM_HINT_T0>(later.wrapping_add(LANES).cast());
        let lanes = Lanes::all(self.start);
        // SAFETY: `start + BLOCK <= permutation.length()`, which `Permutation::new` asserts of every
        // block, and the row is as long: the caller's duty.
        let (low, high) = unsafe { (load(row, lanes), load(row, lanes.after(1))) };
        [
            _mm512_permutex2var_epi64(low, self.order[0], high),
            _mm512_permutex2var_epi64(low, self.order[1], high),
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
    let bound = (products.products.len() + 1).div_ceil(4);
    let length = to[0].len();
    let sums = to.map(|to| Sums::new(modulus, bound, add, to));
    let plus = products.plus.map(|(row, by)| {
        let by = modulus.mul_by(montgomery_factor(modulus), by);
        (row.as_ptr(), splat(by))
    });
    for block in 0..length / BLOCK {
        let lanes = Lanes::all(block * BLOCK);
        let origin = Origin::of(products.permutation, block);
        // SAFETY: all rows, packed ones and sums have `length == permutation.length()` values, asserted
        // by `MappedProducts::check`, and `(block + 1) * BLOCK <= length`.
        unsafe {
            let mut first = sums[0].none::<VECTORS>();
            let mut second = sums[1].none::<VECTORS>();
            for (row, halves) in products.products {
                let row = origin.load(row.as_ptr());
                for at in 0..VECTORS {
                    let index = lanes.after(at).index();
                    let a = unpacking.load(halves[0], index);
                    let b = unpacking.load(halves[1], index);
                    first[at] = first[at].plus_product(row[at], a);
                    second[at] = second[at].plus_product(row[at], b);
                }
            }
            if let Some((row, by)) = plus {
                let row = origin.load(row);
                for at in 0..VECTORS {
                    first[at] = first[at].plus_product(row[at], by);
                }
            }
            sums[0].put(first, lanes);
            sums[1].put(second, lanes);
        }
    }
}
