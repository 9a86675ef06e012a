//! Sums of products of residues, reduced once.
//!
//! A sum is kept as sums of low and of high halves of 52 bits, each in a lane of 64, and reduced
//! by Montgomery's method with 2^52: with the low half `l` and the high half `h`, and `m = l / p`
//! modulo 2^52, `h + (l - m p) / 2^52` is the sum divided by 2^52, and that division is exact:
//! carries of `l` are in its upper bits, and the low 52 bits of `l` and `m p` cancel.

use super::bytes::Unpacking;
use super::residues::{
    Field, LANES, Lanes, V, add, below, divided, load, load_of_many, splat, store,
};
use crate::Modulus;
use crate::kernel::montgomery::Cofactors;
use crate::kernel::operands::{Bytes, PackedProducts, Products, Target};
use crate::kernel::portable;
use core::arch::x86_64::{_mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_setzero_si512};

/// Vectors of a row that are multiplied before the next row's.
const RUN: usize = 8;

/// What is summed.
#[derive(Clone, Copy)]
enum Terms<'a> {
    /// Products of rows.
    Products(&'a [(&'a [u64], &'a [u64])]),
    /// Products of rows with packed ones.
    Packed(&'a [(&'a [u64], Bytes<'a>)], Unpacking),
    /// Products of rows with rows of runs of `2^log2` values.
    Runs(&'a [(&'a [u64], &'a [u64])], u32),
}

impl Terms<'_> {
    /// Whether runs are shorter than [`RUN`] vectors.
    fn has_short_runs(self) -> bool {
        matches!(self, Terms::Runs(_, shift) if 1 << shift < RUN * LANES)
    }
}

/// A vector of sums, as their low and high halves.
#[derive(Clone, Copy)]
pub(super) struct Halves {
    low: V,
    high: V,
}

impl Halves {
    /// With one more product.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus_product(self, a: V, b: V) -> Self {
        Halves {
            low: _mm512_madd52lo_epu64(self.low, a, b),
            high: _mm512_madd52hi_epu64(self.high, a, b),
        }
    }
}

/// The halves of `COUNT` vectors of sums, from the given ones on.
///
/// # Safety
/// The lanes, and those of the `COUNT - 1` vectors after them, are within all rows, with their runs
/// counted out; a run has at least `COUNT` vectors.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
unsafe fn halves<const COUNT: usize>(
    terms: Terms<'_>,
    mut sums: [Halves; COUNT],
    lanes: Lanes,
) -> [Halves; COUNT] {
    // SAFETY: `at < COUNT`, so the lanes are within all rows: the caller's duty. Packed residues
    // begin at the first lane, the others are zeros in the first factor.
    unsafe {
        match terms {
            Terms::Products(products) => {
                for (a, b) in products {
                    for (at, sum) in sums.iter_mut().enumerate() {
                        let a = load_of_many(a.as_ptr(), lanes.after(at));
                        let b = load_of_many(b.as_ptr(), lanes.after(at));
                        *sum = sum.plus_product(a, b);
                    }
                }
            }
            Terms::Packed(products, unpacking) => {
                for (a, b) in products {
                    for (at, sum) in sums.iter_mut().enumerate() {
                        let a = load_of_many(a.as_ptr(), lanes.after(at));
                        let b = unpacking.load(*b, lanes.after(at).index());
                        *sum = sum.plus_product(a, b);
                    }
                }
            }
            Terms::Runs(products, shift) => {
                for (a, b) in products {
                    // All lanes lie within one run.
                    let by = splat(*b.as_ptr().add(lanes.index() >> shift));
                    for (at, sum) in sums.iter_mut().enumerate() {
                        let a = load_of_many(a.as_ptr(), lanes.after(at));
                        *sum = sum.plus_product(a, by);
                    }
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
    /// For sums that, divided by 2^52, are below `bound` times the modulus.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(modulus: Modulus, bound: usize, add: bool, to: &mut [u64]) -> Self {
        Sums {
            field: Field::new(modulus),
            modulus,
            to: to.as_mut_ptr(),
            add,
            steps: (bound + 1).next_power_of_two().ilog2(),
        }
    }

    /// The halves that sums begin with: the modulus is added, since the division may end below 0.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn none<const COUNT: usize>(&self) -> [Halves; COUNT] {
        [Halves {
            low: _mm512_setzero_si512(),
            high: self.field.value,
        }; COUNT]
    }

    /// The sums of `COUNT` vectors.
    ///
    /// # Safety
    /// As [`halves`]; and the lanes are within the row of sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
    unsafe fn form<const COUNT: usize>(&self, terms: Terms<'_>, lanes: Lanes) {
        // SAFETY: the caller's duty is that of both.
        unsafe {
            let sums = halves(terms, self.none::<COUNT>(), lanes);
            self.put(sums, lanes);
        }
    }

    /// Reduces vectors of sums, and stores them.
    ///
    /// # Safety
    /// The lanes, and those of the `COUNT - 1` vectors after them, are within the row of sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
    pub(super) unsafe fn put<const COUNT: usize>(&self, sums: [Halves; COUNT], lanes: Lanes) {
        let field = self.field;
        let mut sums = sums.map(|sum| divided(field, sum.low, sum.high));
        for step in (0..self.steps).rev() {
            let bound = splat(self.modulus.value() << step);
            sums = sums.map(|sum| below(sum, bound));
        }
        for (at, mut sum) in sums.into_iter().enumerate() {
            let lanes = lanes.after(at);
            // SAFETY: `at < COUNT`, so the lanes are within the row of sums: the caller's duty.
            unsafe {
                if self.add {
                    sum = add(field, sum, load(self.to, lanes));
                }
                store(self.to, lanes, sum);
            }
        }
    }
}

/// `to = sum / 2^52`, or that added to it, where the sum divided by 2^52 is below `bound` times
/// the modulus.
///
/// # Safety
/// All rows, with their runs counted out, are as long as `to`; runs have at least [`LANES`] values.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
unsafe fn sum(modulus: Modulus, terms: Terms<'_>, bound: usize, add: bool, to: &mut [u64]) {
    let length = to.len();
    let sums = Sums::new(modulus, bound, add, to);
    let mut index = 0;
    while index + RUN * LANES <= length && !terms.has_short_runs() {
        // SAFETY: `index + RUN * LANES <= length`, the condition of this loop, and all rows have that
        // length: the caller's duty.
        unsafe { sums.form::<RUN>(terms, Lanes::all(index)) };
        index += RUN * LANES;
    }
    while index < length {
        // SAFETY: `Lanes::left` ends at `length`, which all rows have: the caller's duty.
        unsafe { sums.form::<1>(terms, Lanes::left(length, index)) };
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
    let bound = products.pairs.len().div_ceil(4).max(1);
    // SAFETY: all rows have `to.len()` values, with their runs counted out: asserted by
    // `Products::check`; runs shorter than `LANES` have returned.
    unsafe { sum(modulus, terms, bound, add, to) }
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
    let bound = products.pairs.len().div_ceil(4).max(1);
    // SAFETY: all rows have `to.len()` values: asserted by `PackedProducts::check`.
    unsafe { sum(modulus, terms, bound, add, to) }
}

/// Packed residues to words.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn unpack(packed: Bytes<'_>, to: &mut [u64]) {
    packed.check(to.len());
    let unpacking = Unpacking::new(packed.width);
    for index in (0..to.len()).step_by(LANES) {
        let lanes = Lanes::left(to.len(), index);
        // SAFETY: `Lanes::left` ends at `to.len()`, and `packed` has as many residues: asserted by
        // `Bytes::check`.
        unsafe { store(to.as_mut_ptr(), lanes, unpacking.load(packed, index)) };
    }
}

/// Rows of which multiples are summed, and a last one.
#[derive(Clone, Copy)]
struct Digits<'a> {
    rows: &'a [&'a [u64]],
    last: &'a [u64],
}

/// The halves of sums of multiples, `COUNT` vectors of them, for several targets: what is loaded
/// serves all of them.
///
/// # Safety
/// The lanes, and those of the `COUNT - 1` vectors after them, are within all rows.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn multiples<const TARGETS: usize, const COUNT: usize>(
    digits: Digits<'_>,
    factors: [&[u64]; TARGETS],
    mut sums: [[Halves; COUNT]; TARGETS],
    lanes: Lanes,
) -> [[Halves; COUNT]; TARGETS] {
    let rows = digits.rows.iter().chain(core::iter::once(&digits.last));
    for (index, row) in rows.enumerate() {
        let by = factors.map(|factors| splat(factors[index]));
        for at in 0..COUNT {
            // SAFETY: `at < COUNT`, so the lanes are within the row: the caller's duty.
            let a = unsafe { load_of_many(row.as_ptr(), lanes.after(at)) };
            for (sums, by) in sums.iter_mut().zip(by) {
                sums[at] = sums[at].plus_product(a, by);
            }
        }
    }
    sums
}

#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
pub(super) fn convert(targets: &mut [Target<'_>], digits: &[&[u64]], overflow: &[u64]) {
    let (pairs, rest) = targets.as_chunks_mut::<2>();
    for pair in pairs {
        convert_to::<2, 4>(pair, digits, overflow);
    }
    let (rest, _) = rest.as_chunks_mut::<1>();
    for one in rest {
        convert_to::<1, 8>(one, digits, overflow);
    }
}

/// As [`convert`], all targets at once, of `COUNT` vectors at a time.
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
fn convert_to<const TARGETS: usize, const COUNT: usize>(
    targets: &mut [Target<'_>; TARGETS],
    digits: &[&[u64]],
    overflow: &[u64],
) {
    let length = overflow.len();
    assert!(digits.iter().all(|row| row.len() == length));
    for target in &*targets {
        assert_eq!(target.sums.len(), length);
        assert_eq!(target.cofactors.montgomery.len(), digits.len() + 1);
    }
    let cofactors = targets.each_ref().map(|target| target.cofactors);
    let factors = cofactors.map(|cofactors| &cofactors.montgomery[..]);
    let sums = targets.each_mut().map(|target| {
        let Cofactors { modulus, bound, .. } = *target.cofactors;
        Sums::new(modulus, bound, false, target.sums)
    });
    let digits = Digits {
        rows: digits,
        last: overflow,
    };
    let mut index = 0;
    while index + COUNT * LANES <= length {
        // SAFETY: the condition of this loop, and all rows have `length`: asserted above.
        unsafe { put_multiples::<TARGETS, COUNT>(digits, factors, &sums, Lanes::all(index)) };
        index += COUNT * LANES;
    }
    while index < length {
        let lanes = Lanes::left(length, index);
        // SAFETY: `Lanes::left` ends at `length`, which all rows have: asserted above.
        unsafe { put_multiples::<TARGETS, 1>(digits, factors, &sums, lanes) };
        index += LANES;
    }
}

/// Forms sums of multiples, `COUNT` vectors for each target, and stores them.
///
/// # Safety
/// As [`multiples`]; and the lanes are within all rows of sums.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
unsafe fn put_multiples<const TARGETS: usize, const COUNT: usize>(
    digits: Digits<'_>,
    factors: [&[u64]; TARGETS],
    targets: &[Sums; TARGETS],
    lanes: Lanes,
) {
    let none = targets.each_ref().map(|target| target.none::<COUNT>());
    // SAFETY: the caller's duty is that of both.
    unsafe {
        let sums = multiples(digits, factors, none, lanes);
        for (target, sums) in targets.iter().zip(sums) {
            target.put(sums, lanes);
        }
    }
}
