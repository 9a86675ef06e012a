//! Rows of residues: 52-bit products (IFMA) for moduli below 2^50.
//!
//! Sums of products are kept as sums of low and of high halves of 52 bits, each in a lane of 64,
//! and reduced once, by Montgomery's method with 2^52: with the low half `l` and the high half
//! `h`, and `m = l / p` modulo 2^52, `h + (l - m p) / 2^52` is the sum divided by 2^52, and that
//! division is exact: carries of `l` are in its upper bits, and the low 52 bits of `l` and `m p`
//! cancel.

use super::Seen;
use super::bytes::Unpacking;
use crate::kernel::list::{Bytes, PackedProducts, Products, methods, rows_by_hand};
use crate::kernel::montgomery::{Cofactors, Fraction, inverse_of_odd};
use crate::kernel::permutation::Permutation;
use crate::kernel::portable;
use crate::{Modulus, Multiplier};
use core::arch::x86_64::{
    __m512i, __mmask8, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi64, _mm512_and_si512,
    _mm512_loadu_epi64, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_storeu_epi64,
    _mm512_maskz_loadu_epi64, _mm512_min_epu64, _mm512_permutex2var_epi64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_slli_epi64, _mm512_sllv_epi64, _mm512_srli_epi64,
    _mm512_srlv_epi64, _mm512_storeu_epi64, _mm512_sub_epi64,
};

/// Eight residues.
type V = __m512i;

const LANES: usize = 8;

/// What reduction by a modulus needs, in all lanes.
#[derive(Clone, Copy)]
struct Field {
    value: V,
    /// `1 / value` modulo 2^52.
    inverse: V,
}

rows_by_hand!(methods);

/// A factor below a modulus, and `floor(factor * 2^52 / modulus)`.
#[derive(Clone, Copy)]
struct Factor {
    value: V,
    quotient: V,
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(value: u64) -> V {
    _mm512_set1_epi64(value.cast_signed())
}

impl Field {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(modulus: Modulus) -> Self {
        Field {
            value: splat(modulus.value()),
            inverse: splat(inverse_of_odd(modulus.value())),
        }
    }
}

impl Factor {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(by: Multiplier) -> Self {
        Factor {
            value: splat(by.value()),
            quotient: splat(by.quotient() >> 12),
        }
    }
}

/// Lanes that are left from an index on.
#[inline]
fn left(length: usize, index: usize) -> __mmask8 {
    if length - index >= LANES {
        0xff
    } else {
        (1 << (length - index)) - 1
    }
}

/// # Safety
/// The lanes of the mask are there.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(from: *const u64, index: usize, mask: __mmask8) -> V {
    // SAFETY: as promised.
    unsafe { _mm512_maskz_loadu_epi64(mask, from.add(index).cast()) }
}

/// Residues between one that is loaded and one that is asked for to be there when it is.
const AHEAD: usize = 128;

/// [`load`] from one of so many rows that the processor does not see by itself what comes next.
///
/// # Safety
/// The lanes of the mask are there.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load_of_many(from: *const u64, index: usize, mask: __mmask8) -> V {
    // A hint may name any address.
    _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(index + AHEAD).cast());
    // SAFETY: as promised.
    unsafe { load(from, index, mask) }
}

/// # Safety
/// The lanes of the mask are there.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store(to: *mut u64, index: usize, mask: __mmask8, x: V) {
    // SAFETY: as promised.
    unsafe { _mm512_mask_storeu_epi64(to.add(index).cast(), mask, x) }
}

/// A value below twice `bound`, reduced.
#[inline]
#[target_feature(enable = "avx512f")]
fn below(x: V, bound: V) -> V {
    // The difference is a large number if it is negative.
    _mm512_min_epu64(x, _mm512_sub_epi64(x, bound))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(field: Field, a: V, b: V) -> V {
    below(_mm512_add_epi64(a, b), field.value)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn sub(field: Field, a: V, b: V) -> V {
    let difference = _mm512_sub_epi64(a, b);
    _mm512_min_epu64(difference, _mm512_add_epi64(difference, field.value))
}

/// The product of any value below 2^52 and a factor.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn product(field: Field, x: V, factor: Factor) -> V {
    let zero = _mm512_setzero_si512();
    let quotient = _mm512_madd52hi_epu64(zero, x, factor.quotient);
    let low = _mm512_madd52lo_epu64(zero, x, factor.value);
    let rest = _mm512_sub_epi64(low, _mm512_madd52lo_epu64(zero, quotient, field.value));
    below(_mm512_and_si512(rest, splat((1 << 52) - 1)), field.value)
}

/// A sum of low and high halves, divided by 2^52: more than minus the modulus, less than the sum
/// of high halves and its carries.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn divided(field: Field, low: V, high: V) -> V {
    let zero = _mm512_setzero_si512();
    let times = _mm512_madd52lo_epu64(zero, low, field.inverse);
    let taken = _mm512_madd52hi_epu64(zero, times, field.value);
    let high = _mm512_add_epi64(high, _mm512_srli_epi64::<52>(low));
    _mm512_sub_epi64(high, taken)
}

/// `a = operation(a)`, for eight residues at a time.
macro_rules! each {
    ($a:ident, |$x:ident| $operation:expr) => {{
        let (length, a) = ($a.len(), $a.as_mut_ptr());
        for index in (0..length).step_by(LANES) {
            let mask = left(length, index);
            // SAFETY: the lanes of the mask are within the row.
            unsafe {
                let $x = load(a, index, mask);
                store(a, index, mask, $operation);
            }
        }
    }};
    ($a:ident, $b:ident, |$x:ident, $y:ident| $operation:expr) => {{
        let length = $a.len().min($b.len());
        let (a, b) = ($a.as_mut_ptr(), $b.as_ptr());
        for index in (0..length).step_by(LANES) {
            let mask = left(length, index);
            // SAFETY: the lanes of the mask are within both rows.
            unsafe {
                let ($x, $y) = (load(a, index, mask), load(b, index, mask));
                store(a, index, mask, $operation);
            }
        }
    }};
}

#[target_feature(enable = "avx512f")]
fn add_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    each!(a, b, |x, y| add(field, x, y));
}

#[target_feature(enable = "avx512f")]
fn sub_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    each!(a, b, |x, y| sub(field, x, y));
}

#[target_feature(enable = "avx512f")]
fn neg_row(modulus: Modulus, a: &mut [u64]) {
    let field = Field::new(modulus);
    each!(a, |x| sub(field, _mm512_setzero_si512(), x));
}

#[target_feature(enable = "avx512f")]
fn add_constant_row(modulus: Modulus, a: &mut [u64], by: u64) {
    let (field, by) = (Field::new(modulus), splat(by));
    each!(a, |x| add(field, x, by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn scale_row(modulus: Modulus, a: &mut [u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), Factor::new(by));
    each!(a, |x| product(field, x, by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn add_scaled_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), Factor::new(by));
    each!(a, b, |x, y| add(field, x, product(field, y, by)));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sub_scale_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier) {
    let (field, by) = (Field::new(modulus), Factor::new(by));
    each!(a, b, |x, y| product(field, sub(field, x, y), by));
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn mul_rows(modulus: Modulus, a: &mut [u64], b: &[u64]) {
    let field = Field::new(modulus);
    let factor = Factor::new(modulus.multiplier(modulus.montgomery_factor()));
    each!(a, b, |x, y| {
        let zero = _mm512_setzero_si512();
        let low = _mm512_madd52lo_epu64(zero, x, y);
        let high = _mm512_madd52hi_epu64(field.value, x, y);
        product(field, divided(field, low, high), factor)
    });
}

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
    /// Multiples of rows, and of a last one.
    Multiples(&'a [&'a [u64]], &'a [u64], &'a [u64]),
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
        Terms::Multiples(rows, last, factors) => {
            for (row, &factor) in rows.iter().chain(core::iter::once(&last)).zip(factors) {
                let by = splat(factor);
                for (at, (low, high)) in sums.iter_mut().enumerate() {
                    // SAFETY: as promised.
                    let a = unsafe { load_of_many(row.as_ptr(), index + at * LANES, mask) };
                    *low = _mm512_madd52lo_epu64(*low, a, by);
                    *high = _mm512_madd52hi_epu64(*high, a, by);
                }
            }
        }
    }
    sums
}

/// A row that sums are written to, or added to.
struct Sums {
    field: Field,
    modulus: Modulus,
    to: *mut u64,
    add: bool,
    /// Subtractions that reduce a sum.
    steps: u32,
}

impl Sums {
    /// The sums of `COUNT` vectors from an index on.
    ///
    /// # Safety
    /// The lanes of the mask are there, in all rows.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
    unsafe fn form<const COUNT: usize>(&self, terms: Terms<'_>, (index, mask): (usize, __mmask8)) {
        let field = self.field;
        // The modulus is added, since the division may end below 0.
        let none = [(_mm512_setzero_si512(), field.value); COUNT];
        // SAFETY: as promised.
        let sums = unsafe { halves(terms, none, (index, mask)) };
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
    let sums = Sums {
        field: Field::new(modulus),
        modulus,
        to: to.as_mut_ptr(),
        add,
        steps: (most + 1).next_power_of_two().ilog2(),
    };
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
fn inner_product(modulus: Modulus, products: Products<'_>, add: bool, to: &mut [u64]) {
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
fn inner_product_packed(modulus: Modulus, products: PackedProducts<'_>, add: bool, to: &mut [u64]) {
    products.check(to.len());
    let width = products.pairs.first().map_or(8, |(_, packed)| packed.width);
    let terms = Terms::Packed(products.pairs, Unpacking::new(width));
    let most = products.pairs.len().div_ceil(4).max(1);
    // SAFETY: the lengths were seen to be what they must be.
    unsafe { sum(modulus, terms, most, add, to) }
}

/// Packed residues to words.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn unpack(packed: Bytes<'_>, to: &mut [u64]) {
    packed.check(to.len());
    let unpacking = Unpacking::new(packed.width);
    for index in (0..to.len()).step_by(LANES) {
        let mask = left(to.len(), index);
        // SAFETY: the lanes of the mask are within the row; what is after it is padding.
        unsafe { store(to.as_mut_ptr(), index, mask, unpacking.load(packed, index)) };
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512ifma,avx512vbmi")]
fn convert(cofactors: &Cofactors, digits: &[&[u64]], excess: &[u64], to: &mut [u64]) {
    let as_long = |row: &[u64]| row.len() == to.len();
    assert!(digits.iter().all(|row| as_long(row)) && as_long(excess));
    assert_eq!(digits.len() + 1, cofactors.montgomery.len());
    let terms = Terms::Multiples(digits, excess, &cofactors.montgomery);
    // SAFETY: the lengths were seen to be the same.
    unsafe { sum(cofactors.modulus, terms, cofactors.most, false, to) }
}

/// As the portable one: products of 52 bits by 11 and 52.
#[target_feature(enable = "avx512f,avx512ifma")]
fn excess(fractions: &[Fraction], digits: &[&[u64]], excess: &mut [u64]) {
    assert!(digits.iter().all(|row| row.len() == excess.len()));
    assert_eq!(digits.len(), fractions.len());
    let (length, to) = (excess.len(), excess.as_mut_ptr());
    let zero = _mm512_setzero_si512();
    let within = splat((1 << Fraction::BITS) - 1);
    for index in (0..length).step_by(LANES) {
        let mask = left(length, index);
        let (mut sum, mut whole) = (splat(1 << (Fraction::BITS - 1)), zero);
        for (digits, fraction) in digits.iter().zip(fractions) {
            let (below, above) = (splat(fraction.reciprocal), splat(fraction.reciprocal >> 52));
            // SAFETY: the lanes of the mask are within the row.
            let digits = unsafe { load(digits.as_ptr(), index, mask) };
            let low = _mm512_madd52lo_epu64(zero, digits, below);
            let middle = _mm512_madd52lo_epu64(zero, digits, above);
            let middle = _mm512_madd52hi_epu64(middle, digits, below);
            let high = _mm512_slli_epi64::<52>(_mm512_madd52hi_epu64(zero, digits, above));
            let upper =
                _mm512_sllv_epi64(_mm512_add_epi64(middle, high), splat(52 - fraction.shift));
            let lower = _mm512_srlv_epi64(low, splat(fraction.shift));
            sum = _mm512_add_epi64(sum, _mm512_add_epi64(upper, lower));
            whole = _mm512_add_epi64(whole, _mm512_srli_epi64::<{ Fraction::BITS }>(sum));
            sum = _mm512_and_si512(sum, within);
        }
        // SAFETY: the lanes of the mask are within the row.
        unsafe { store(to, index, mask, whole) };
    }
}

/// `to[i] = operation(to[i], from[source of i])`, eight values at a time.
macro_rules! permuted {
    ($permutation:ident, $from:ident, $to:ident, |$old:ident, $new:ident| $operation:expr) => {{
        let (blocks, rest) = $to.as_chunks_mut::<16>();
        debug_assert!(rest.is_empty());
        for (to, (from, order)) in blocks.iter_mut().zip($permutation.sources($from)) {
            let to: *mut i64 = to.as_mut_ptr().cast();
            // SAFETY: 16 values are in each block, and 16 places in the order.
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
fn permute(permutation: &Permutation, from: &[u64], to: &mut [u64]) {
    permuted!(permutation, from, to, |_old, new| new);
}

#[target_feature(enable = "avx512f")]
fn add_permuted(permutation: &Permutation, modulus: Modulus, from: &[u64], to: &mut [u64]) {
    let field = Field::new(modulus);
    permuted!(permutation, from, to, |old, new| add(field, old(), new));
}
