//! Sums of products of residues, reduced once.
//!
//! A sum is kept as sums of low and of high halves of 52 bits, each in a lane of 64, and reduced
//! by Montgomery's method with 2^52: with the low half `l` and the high half `h`, and `m = l / p`
//! modulo 2^52, `h + (l - m p) / 2^52` is the sum divided by 2^52, and that division is exact:
//! carries of `l` are in its upper bits, and the low 52 bits of `l` and `m p` cancel.

use super::bytes::Unpacking;
use super::residues::{
    Field, LANES, V, add, below, divided, left, load, load_of_many, splat, store,
};
use crate::Modulus;
use crate::kernel::operands::{Bytes, PackedProducts, Products, Target};
use crate::kernel::portable;
use core::arch::x86_64::{
    __mmask8, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_setzero_si512,
};

/// Vectors of each row that sums are formed of before the next row's.
const RUN: usize = 8;

/// What is summed.
#[derive(Clone, Copy)]
enum Terms<'a> {
    /// Products of rows.
    Products(&'a [(&'a [u64], &'a [u64])]),
    /// Products of rows with packed ones.
    Packed(&'a [(&'a [u64], Bytes<'a>)], Unpacking),
    /// Products of rows with rows of runs, of which an index is shifted by so many bits.
    Runs(&'a [(&'a [u64], &'a [u64])], u32),
}

impl Terms<'_> {
    /// Whether runs are so short that a few vectors do not lie within one.
    fn has_short_runs(self) -> bool {
        matches!(self, Terms::Runs(_, shift) if 1 << shift < RUN * LANES)
    }
}

/// The low and high halves of `COUNT` vectors of sums from an index on, from those given on.
///
/// # Safety
/// The lanes of the mask are there, in all rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
unsafe fn halves<const COUNT: usize>(
    terms: Terms<'_>,
    mut sums: [(V, V); COUNT],
    (index, mask): (usize, __mmask8),
) -> [(V, V); COUNT] {
    match terms {
        Terms::Products(products) => {
            for (a, b) in products {
                for (at, (low, high)) in sums.iter_mut().enumerate() {
                    let index = index + at * LANES;
                    // SAFETY: as promised.
                    let (a, b) = unsafe {
                        (
                            load_of_many(a.as_ptr(), index, mask),
                            load_of_many(b.as_ptr(), index, mask),
                        )
                    };
                    *low = _mm512_madd52lo_epu64(*low, a, b);
                    *high = _mm512_madd52hi_epu64(*high, a, b);
                }
            }
        }
        Terms::Packed(products, unpacking) => {
            for (a, b) in products {
                for (at, (low, high)) in sums.iter_mut().enumerate() {
                    let index = index + at * LANES;
                    // SAFETY: as promised; lanes beyond the mask are 0 in the first factor.
                    let (a, b) = unsafe {
                        (
                            load_of_many(a.as_ptr(), index, mask),
                            unpacking.load(*b, index),
                        )
                    };
                    *low = _mm512_madd52lo_epu64(*low, a, b);
                    *high = _mm512_madd52hi_epu64(*high, a, b);
                }
            }
        }
        Terms::Runs(products, shift) => {
            for (a, b) in products {
                // SAFETY: as promised; all lanes lie within a run.
                let by = splat(unsafe { *b.as_ptr().add(index >> shift) });
                for (at, (low, high)) in sums.iter_mut().enumerate() {
                    // SAFETY: as promised.
                    let a = unsafe { load_of_many(a.as_ptr(), index + at * LANES, mask) };
                    *low = _mm512_madd52lo_epu64(*low, a, by);
                    *high = _mm512_madd52hi_epu64(*high, a, by);
                }
            }
        }
    }
    sums
}

/// A row that sums are written to, or added to.
pub(super) struct Sums {
    field: Field,
    modulus: Modulus,
    to: *mut u64,
    add: bool,
    /// Subtractions that reduce a sum.
    steps: u32,
}

impl Sums {
    /// For sums that are, divided by 2^52, below `most` times the modulus.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(modulus: Modulus, most: usize, add: bool, to: &mut [u64]) -> Self {
        Sums {
            field: Field::new(modulus),
            modulus,
            to: to.as_mut_ptr(),
            add,
            steps: (most + 1).next_power_of_two().ilog2(),
        }
    }

    /// The halves that sums begin with: the modulus is added, since the division may end below 0.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn none<const COUNT: usize>(&self) -> [(V, V); COUNT] {
        [(_mm512_setzero_si512(), self.field.value); COUNT]
    }

    /// The sums of `COUNT` vectors from an index on.
    ///
    /// # Safety
    /// The lanes of the mask are there, in all rows.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
    unsafe fn form<const COUNT: usize>(&self, terms: Terms<'_>, (index, mask): (usize, __mmask8)) {
        // SAFETY: as promised.
        unsafe {
            let sums = halves(terms, self.none::<COUNT>(), (index, mask));
            self.put(sums, (index, mask));
        }
    }

    /// Reduces vectors of sums, and stores them.
    ///
    /// # Safety
    /// The lanes of the mask are there.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
    pub(super) unsafe fn put<const COUNT: usize>(
        &self,
        sums: [(V, V); COUNT],
        (index, mask): (usize, __mmask8),
    ) {
        let field = self.field;
        let mut sums = sums.map(|(low, high)| divided(field, low, high));
        for step in (0..self.steps).rev() {
            let bound = splat(self.modulus.value() << step);
            sums = sums.map(|sum| below(sum, bound));
        }
        for (at, mut sum) in sums.into_iter().enumerate() {
            let index = index + at * LANES;
            // SAFETY: as promised.
            unsafe {
                if self.add {
                    sum = add(field, sum, load(self.to, index, mask));
                }
                store(self.to, index, mask, sum);
            }
        }
    }
}

/// `to = sum / 2^52`, or that added to it, where the sum divided by 2^52 is below `most` times
/// the modulus.
///
/// # Safety
/// All rows are as long as `to`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
unsafe fn sum(modulus: Modulus, terms: Terms<'_>, most: usize, add: bool, to: &mut [u64]) {
    let length = to.len();
    let sums = Sums::new(modulus, most, add, to);
    let mut index = 0;
    while index + RUN * LANES <= length && !terms.has_short_runs() {
        // SAFETY: so many are left.
        unsafe { sums.form::<RUN>(terms, (index, 0xff)) };
        index += RUN * LANES;
    }
    while index < length {
        // SAFETY: the lanes of the mask are left.
        unsafe { sums.form::<1>(terms, (index, left(length, index))) };
        index += LANES;
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
pub(super) fn inner_product(modulus: Modulus, products: Products<'_>, add: bool, to: &mut [u64]) {
    products.check(to.len());
    let terms = match products.run {
        1 => Terms::Products(products.pairs),
        run if run < LANES => return portable::inner_product(modulus, products, add, to),
        run => Terms::Runs(products.pairs, run.trailing_zeros()),
    };
    // Each is below a quarter of the modulus, since it is divided by 2^52.
    let most = products.pairs.len().div_ceil(4).max(1);
    // SAFETY: the lengths were seen to be what they must be.
    unsafe { sum(modulus, terms, most, add, to) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
pub(super) fn inner_product_packed(
    modulus: Modulus,
    products: PackedProducts<'_>,
    add: bool,
    to: &mut [u64],
) {
    products.check(to.len());
    let width = products.pairs.first().map_or(8, |(_, packed)| packed.width);
    let terms = Terms::Packed(products.pairs, Unpacking::new(width));
    let most = products.pairs.len().div_ceil(4).max(1);
    // SAFETY: the lengths were seen to be what they must be.
    unsafe { sum(modulus, terms, most, add, to) }
}

/// Packed residues to words.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn unpack(packed: Bytes<'_>, to: &mut [u64]) {
    packed.check(to.len());
    let unpacking = Unpacking::new(packed.width);
    for index in (0..to.len()).step_by(LANES) {
        let mask = left(to.len(), index);
        // SAFETY: the lanes of the mask are within the row; what is after it is padding.
        unsafe { store(to.as_mut_ptr(), index, mask, unpacking.load(packed, index)) };
    }
}

/// Rows that are summed in multiples, and the last of them.
#[derive(Clone, Copy)]
struct Digits<'a> {
    rows: &'a [&'a [u64]],
    last: &'a [u64],
}

/// The halves of sums of multiples, `COUNT` vectors from an index on, for several targets: what
/// is loaded serves all of them.
///
/// # Safety
/// The lanes of the mask are there, in all rows.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn multiples<const TARGETS: usize, const COUNT: usize>(
    digits: Digits<'_>,
    factors: [&[u64]; TARGETS],
    mut sums: [[(V, V); COUNT]; TARGETS],
    (index, mask): (usize, __mmask8),
) -> [[(V, V); COUNT]; TARGETS] {
    let rows = digits.rows.iter().chain(core::iter::once(&digits.last));
    for (place, row) in rows.enumerate() {
        let by = factors.map(|factors| splat(factors[place]));
        for at in 0..COUNT {
            // SAFETY: as promised.
            let a = unsafe { load_of_many(row.as_ptr(), index + at * LANES, mask) };
            for (sums, by) in sums.iter_mut().zip(by) {
                let (low, high) = &mut sums[at];
                *low = _mm512_madd52lo_epu64(*low, a, by);
                *high = _mm512_madd52hi_epu64(*high, a, by);
            }
        }
    }
    sums
}

#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
pub(super) fn convert(targets: &mut [Target<'_>], digits: &[&[u64]], excess: &[u64]) {
    let (pairs, rest) = targets.as_chunks_mut::<2>();
    for pair in pairs {
        convert_to::<2, 4>(pair, digits, excess);
    }
    let (rest, _) = rest.as_chunks_mut::<1>();
    for one in rest {
        convert_to::<1, 8>(one, digits, excess);
    }
}

/// As [`convert`], all targets at once, of `COUNT` vectors at a time.
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
fn convert_to<const TARGETS: usize, const COUNT: usize>(
    targets: &mut [Target<'_>; TARGETS],
    digits: &[&[u64]],
    excess: &[u64],
) {
    let length = excess.len();
    assert!(digits.iter().all(|row| row.len() == length));
    for (cofactors, to) in &*targets {
        assert_eq!(to.len(), length);
        assert_eq!(cofactors.montgomery.len(), digits.len() + 1);
    }
    let factors = targets.each_ref();
    let factors = factors.map(|(cofactors, _)| &cofactors.montgomery[..]);
    let sums_of = |target: &mut Target<'_>| {
        let (cofactors, to) = target;
        Sums::new(cofactors.modulus, cofactors.most, false, to)
    };
    let targets = targets.each_mut().map(sums_of);
    let digits = Digits {
        rows: digits,
        last: excess,
    };
    let mut index = 0;
    while index < length {
        // SAFETY: so many are left, or the lanes of the mask.
        unsafe {
            if index + COUNT * LANES <= length {
                let none = targets.each_ref().map(|target| target.none::<COUNT>());
                let sums = multiples(digits, factors, none, (index, 0xff));
                for (target, sums) in targets.iter().zip(sums) {
                    target.put(sums, (index, 0xff));
                }
                index += COUNT * LANES;
            } else {
                let mask = left(length, index);
                let none = targets.each_ref().map(|target| target.none::<1>());
                let sums = multiples(digits, factors, none, (index, mask));
                for (target, sums) in targets.iter().zip(sums) {
                    target.put(sums, (index, mask));
                }
                index += LANES;
            }
        }
    }
}
