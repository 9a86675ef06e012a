//! Sums of products of residues, reduced once.
//!
//! A sum is kept as two numbers in floating point, exactly: `high`, to which a product is added in
//! one fused operation that rounds to a multiple of 2^52, since `high` begins at [`START`] and
//! stays below twice that; and `low`, which gets what was rounded off, exact in a second fused
//! operation. In the end the sum divided by 2^52 is `high / 2^52 + low * 2^-52`, where the second
//! product is one modulo the prime.
//!
//! # Range
//! A product of residues is below 2^100, so 16 of them keep `high` in its range: from [`START`]
//! on where none is negative, from its middle where factors are numbers next to 0, with half the
//! magnitude. Each product leaves up to 2^51 to `low`, and `low` leaves as much when it is added
//! to `high` itself: with three products between, it is at most 2^53, up to where integers are
//! exact.

use super::bytes::unpack;
use super::vector::{
    Field, LANES, V, add, factor, from_residues, fused, fused_minus, nearest, negated_fused,
    numbers, splat, sub, times, to_residues, whole,
};
use crate::Modulus;
use crate::kernel::factor::Factor;
use crate::kernel::montgomery::inverse_of_odd;
use crate::kernel::operands::{PackedProducts, Products, Target};
use crate::kernel::portable;
use core::arch::x86_64::{
    _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm256_castsi128_si256, _mm256_permute4x64_epi64,
    _mm256_set1_epi64x, _mm256_set1_pd, _mm256_setzero_pd,
};
use core::ops::Range;

/// 2^104, from where on numbers are multiples of 2^52.
const START: f64 = (1_u128 << 104) as f64;

/// 2^-52.
const DOWN: f64 = f64::EPSILON;

/// Rows that are read at once: sums of more products would not stay in their range, and memory is
/// read at half the speed from twice as many streams.
const ROWS: usize = 16;

/// Products after which `low` is folded into `high`.
const BETWEEN: usize = 3;

/// Columns whose sums are formed before more products are added to them.
const COLUMNS: usize = 2048;

/// Vectors of a row that are multiplied before the next row's: two cache lines.
const RUN: usize = 4;

/// The prefetch distance, in residues of all rows together: a fifth of a first-level cache, where
/// they must stay until they are loaded.
const AHEAD: usize = 768;

/// Terms of a sum, up to [`ROWS`].
#[derive(Clone, Copy)]
enum Terms<'a> {
    /// Products of rows.
    Products(&'a [(&'a [u64], &'a [u64])]),
    /// Products of rows with rows of runs of `2^log2` values.
    Runs(&'a [(&'a [u64], &'a [u64])], u32),
    /// Multiples of rows, and of one more, by numbers nearest to 0.
    Multiples(&'a [&'a [u64]], &'a [u64], &'a [f64]),
}

impl Terms<'_> {
    /// Whether runs are shorter than [`RUN`] vectors.
    fn has_short_runs(self) -> bool {
        matches!(self, Terms::Runs(_, shift) if 1 << shift < RUN * LANES)
    }

    /// The prefetch distance in each row, in residues.
    fn ahead(self) -> usize {
        let rows = match self {
            Terms::Products(products) => 2 * products.len(),
            Terms::Runs(products, _) => products.len(),
            Terms::Multiples(rows, ..) => rows.len(),
        };
        (AHEAD / rows.max(1)).clamp(2 * RUN * LANES, 8 * RUN * LANES)
    }

    /// Where `high` begins.
    fn start(self) -> f64 {
        match self {
            Terms::Products(_) | Terms::Runs(..) => START,
            Terms::Multiples(..) => 1.5 * START,
        }
    }
}

/// Loads from a row and prefetches further on: there are too many rows for the processor to follow
/// by itself.
///
/// # Safety
/// `LANES` residues are valid to read from `index` on.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load_of_many(from: *const u64, index: usize, ahead: usize) -> V {
    if index.is_multiple_of(2 * LANES) {
        // A prefetch may name any address.
        _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(index + ahead).cast());
    }
    // SAFETY: `LANES` residues are there: the caller's duty.
    unsafe { from_residues(from.add(index)) }
}

/// The factors for the vector from `index` on, out of a row of runs of `2^shift` values.
///
/// # Safety
/// The runs of all [`LANES`] values are valid to read: `(index + LANES - 1) >> shift` is an index of
/// the row, and `index` a multiple of `LANES`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load_of_runs(from: *const u64, index: usize, shift: u32) -> V {
    let from = from.wrapping_add(index >> shift);
    // SAFETY: runs of two have two values in a vector, longer ones one: within the caller's row.
    unsafe {
        let residues = if shift == 1 {
            let two = _mm256_castsi128_si256(_mm_loadu_si128(from.cast()));
            _mm256_permute4x64_epi64::<0b0101_0000>(two)
        } else {
            _mm256_set1_epi64x((*from).cast_signed())
        };
        numbers(residues)
    }
}

/// A vector of sums.
#[derive(Clone, Copy)]
struct Sum {
    high: V,
    low: V,
}

impl Sum {
    /// With one more product.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn with(self, a: V, b: V) -> Self {
        let high = fused(a, b, self.high);
        let rest = fused(a, b, sub(self.high, high));
        Sum {
            high,
            low: add(self.low, rest),
        }
    }

    /// With no more than 2^51 in `low`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn folded(self) -> Self {
        let high = add(self.high, self.low);
        let low = add(self.low, sub(self.high, high));
        Sum { high, low }
    }
}

/// `COUNT` vectors of sums from an index on, folded.
///
/// # Safety
/// `index + COUNT * LANES` is at most the length of every row, with its runs counted out.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums<const COUNT: usize>(terms: Terms<'_>, index: usize) -> [Sum; COUNT] {
    let none = Sum {
        high: _mm256_set1_pd(terms.start()),
        low: _mm256_setzero_pd(),
    };
    let mut sums = [none; COUNT];
    let ahead = terms.ahead();
    // SAFETY: `at < COUNT`, so `index + (at + 1) * LANES` is at most the length of every row: the
    // caller's duty.
    unsafe {
        match terms {
            Terms::Products(products) => {
                for products in products.chunks(BETWEEN) {
                    for (a, b) in products {
                        for (at, sum) in sums.iter_mut().enumerate() {
                            let index = index + at * LANES;
                            let a = load_of_many(a.as_ptr(), index, ahead);
                            *sum = sum.with(a, load_of_many(b.as_ptr(), index, ahead));
                        }
                    }
                    sums = sums.map(|sum| sum.folded());
                }
            }
            Terms::Runs(products, shift) => {
                for products in products.chunks(BETWEEN) {
                    for (a, b) in products {
                        let by = load_of_runs(b.as_ptr(), index, shift);
                        for (at, sum) in sums.iter_mut().enumerate() {
                            let a = load_of_many(a.as_ptr(), index + at * LANES, ahead);
                            *sum = sum.with(a, by);
                        }
                    }
                    sums = sums.map(|sum| sum.folded());
                }
            }
            Terms::Multiples(rows, last, factors) => {
                let (of_rows, of_last) = factors.split_at(rows.len());
                for (rows, factors) in rows.chunks(BETWEEN).zip(of_rows.chunks(BETWEEN)) {
                    for (row, factor) in rows.iter().zip(factors) {
                        let by = splat(factor);
                        for (at, sum) in sums.iter_mut().enumerate() {
                            let a = load_of_many(row.as_ptr(), index + at * LANES, ahead);
                            *sum = sum.with(a, by);
                        }
                    }
                    sums = sums.map(|sum| sum.folded());
                }
                for factor in of_last {
                    let by = splat(factor);
                    for (at, sum) in sums.iter_mut().enumerate() {
                        let a = load_of_many(last.as_ptr(), index + at * LANES, ahead);
                        *sum = sum.with(a, by).folded();
                    }
                }
            }
        }
    }
    sums
}

/// 2^-52 modulo a modulus `p`: with `i = 1 / p` modulo 2^52, `p i = 1 + 2^52 k`, and it is `-k`.
fn inverse_of_factor(modulus: Modulus) -> u64 {
    let inverse = inverse_of_odd(modulus.value()) & ((1 << 52) - 1);
    let times = (u128::from(modulus.value()) * u128::from(inverse)) >> 52;
    modulus.neg(u64::try_from(times).unwrap_or(0))
}

/// A row that sums are written to, or added to.
struct Sums {
    field: Field,
    /// 2^-52 modulo the modulus.
    inverse: Factor<V>,
    to: *mut u64,
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn new(modulus: Modulus, to: &mut [u64]) -> Self {
        Sums {
            field: Field::new(modulus),
            inverse: factor(modulus, inverse_of_factor(modulus)),
            to: to.as_mut_ptr(),
        }
    }

    /// The sums of `COUNT` vectors from an index on.
    ///
    /// # Range
    /// With up to 2^51 in `low`, its quotient by the modulus is wrong by no more than 1/16 for
    /// that of the inverse and 1/8 for its own rounding, and the other part is below 2^52, and
    /// below 8 times the modulus. So the rest is below 3/4 of the modulus, and all before it is of
    /// integers below 2^53.
    ///
    /// # Safety
    /// `index + COUNT * LANES` is at most the length of every row, with its runs counted out, and
    /// of the row of sums.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn form<const COUNT: usize>(&self, terms: Terms<'_>, keep: bool, index: usize) {
        let (field, inverse) = (self.field, self.inverse);
        let start = _mm256_set1_pd(terms.start());
        // SAFETY: the caller's duty is that of `sums`.
        let sums: [Sum; COUNT] = unsafe { sums(terms, index) };
        for (at, sum) in sums.into_iter().enumerate() {
            let to = self.to.wrapping_add(index + at * LANES);
            let mut whole = times(sub(sum.high, start), _mm256_set1_pd(DOWN));
            if keep {
                // SAFETY: `index + (at + 1) * LANES` is at most the length of the row of sums: the
                // caller's duty.
                whole = add(whole, unsafe { from_residues(to) });
            }
            let high = times(sum.low, inverse.value);
            let low = fused_minus(sum.low, inverse.value, high);
            let in_moduli = fused(sum.low, inverse.quotient, times(whole, field.inverse));
            let rest = add(negated_fused(nearest(in_moduli), field.value, high), low);
            // SAFETY: as for `whole` above.
            unsafe { to_residues(field, to, add(rest, whole)) };
        }
    }

    /// The sums of the whole vectors of some columns.
    ///
    /// # Safety
    /// `columns.end` is at most the length of every row, with its runs counted out, and of the row
    /// of sums.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn form_all(&self, terms: Terms<'_>, keep: bool, columns: Range<usize>) {
        let Range { mut start, end } = columns;
        while start + RUN * LANES <= end && !terms.has_short_runs() {
            // SAFETY: `start + RUN * LANES <= end`: the condition of this loop.
            unsafe { self.form::<RUN>(terms, keep, start) };
            start += RUN * LANES;
        }
        while start + LANES <= end {
            // SAFETY: `start + LANES <= end`: the condition of this loop.
            unsafe { self.form::<1>(terms, keep, start) };
            start += LANES;
        }
    }
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn inner_product(modulus: Modulus, products: Products<'_>, add: bool, to: &mut [u64]) {
    products.check(to.len());
    let Products { pairs, run } = products;
    let max_pairs = if run == 1 { ROWS / 2 } else { ROWS };
    let each = pairs.len().div_ceil(pairs.len().div_ceil(max_pairs).max(1));
    let (first, rest) = pairs.split_at(each);
    let sums = Sums::new(modulus, to);
    for start in (0..to.len()).step_by(COLUMNS) {
        let columns = start..to.len().min(start + COLUMNS);
        let rest = rest.chunks(each.max(1)).map(|pairs| (pairs, true));
        for (pairs, add) in core::iter::once((first, add)).chain(rest) {
            let terms = match run {
                1 => Terms::Products(pairs),
                run => Terms::Runs(pairs, run.trailing_zeros()),
            };
            // SAFETY: `columns.end <= to.len()`, which is the length of every row, with its runs
            // counted out: asserted by `Products::check`.
            unsafe { sums.form_all(terms, add, columns.clone()) };
        }
    }
    portable::inner_product_from(whole(to.len()), modulus, products, add, to);
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn inner_product_packed(
    modulus: Modulus,
    products: PackedProducts<'_>,
    add: bool,
    to: &mut [u64],
) {
    products.in_parts(
        add,
        to,
        |packed, to| unpack(packed, to),
        |products, add, to| inner_product(modulus, products, add, to),
    );
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn convert(targets: &mut [Target<'_>], digits: &[&[u64]], overflow: &[u64]) {
    for target in targets {
        convert_to(target, digits, overflow);
    }
}

#[target_feature(enable = "avx2,fma")]
fn convert_to(target: &mut Target<'_>, digits: &[&[u64]], overflow: &[u64]) {
    let Target { cofactors, sums } = target;
    let length = sums.len();
    assert!(digits.iter().all(|row| row.len() == length) && overflow.len() == length);
    assert_eq!(digits.len() + 1, cofactors.balanced.len());
    let form = Sums::new(cofactors.modulus, sums);
    let (mut digits_left, mut factors) = (digits, &cofactors.balanced[..]);
    let mut add = false;
    while !factors.is_empty() {
        let count = digits_left.len().min(ROWS - 1);
        // The overflow comes with the last digits.
        let last = usize::from(count == digits_left.len());
        let terms = Terms::Multiples(&digits_left[..count], overflow, &factors[..count + last]);
        // SAFETY: `length` is that of every row: asserted above.
        unsafe { form.form_all(terms, add, 0..length) };
        (digits_left, factors) = (&digits_left[count..], &factors[count + last..]);
        add = true;
    }
    portable::convert_from(whole(length), target, digits, overflow);
}
