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
    Field, LANES, V, add, from_residues, fused, fused_minus, nearest, negated_fused, splat, sub,
    times, to_residues, whole,
};
use crate::Modulus;
use crate::kernel::montgomery::{Cofactors, inverse_of_odd};
use crate::kernel::operands::{PackedProducts, Products, Target};
use crate::kernel::portable;
use crate::kernel::twiddles::balanced;
use core::arch::x86_64::{
    _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm256_castsi128_si256, _mm256_permute4x64_epi64,
    _mm256_set1_epi64x, _mm256_set1_pd, _mm256_setzero_pd,
};
use core::ops::Range;

/// 2^104, from where on numbers are multiples of 2^52.
const START: f64 = (1_u128 << 104) as f64;

/// 2^-52.
const DOWN: f64 = f64::EPSILON;

/// Rows that are run through at once: sums of more products would not stay in their range, and
/// memory is read at half the speed where it is read in twice as many places.
const ROWS: usize = 16;

/// Products after which what is low becomes high.
const BETWEEN: usize = 3;

/// Columns that sums are formed of before more products are added to them.
const COLUMNS: usize = 2048;

/// Vectors of each row that sums are formed of before the next row's: two cache lines.
const RUN: usize = 4;

/// Residues of all rows between those that are loaded and those that are asked for to be there
/// when they are: a fifth of a first-level cache, where they must stay until then.
const AHEAD: usize = 768;

/// Terms of a sum, up to [`ROWS`].
#[derive(Clone, Copy)]
enum Terms<'a> {
    /// Products of rows.
    Products(&'a [(&'a [u64], &'a [u64])]),
    /// Products of rows with rows of runs, of which an index is shifted by so many bits.
    Runs(&'a [(&'a [u64], &'a [u64])], u32),
    /// Multiples of rows by numbers next to 0, and of one more.
    Multiples(&'a [&'a [u64]], &'a [u64], &'a [f64]),
}

impl Terms<'_> {
    /// Whether runs are so short that a few vectors do not lie within one.
    fn has_short_runs(self) -> bool {
        matches!(self, Terms::Runs(_, shift) if 1 << shift < RUN * LANES)
    }

    /// Residues of each row from one that is loaded to one that is asked for.
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

/// Residues of one of so many rows that the processor does not see by itself what comes next.
///
/// # Safety
/// A vector is there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load_of_many(from: *const u64, index: usize, ahead: usize) -> V {
    if index.is_multiple_of(2 * LANES) {
        // A hint may name any address.
        _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(index + ahead).cast());
    }
    // SAFETY: as promised.
    unsafe { from_residues(from.add(index)) }
}

/// The factors of a vector of a row of runs.
///
/// # Safety
/// The index lies within the row.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load_of_runs(from: *const u64, index: usize, shift: u32) -> V {
    let from = from.wrapping_add(index >> shift);
    // SAFETY: as promised; runs of two have two in a vector.
    unsafe {
        let residues = if shift == 1 {
            let two = _mm256_castsi128_si256(_mm_loadu_si128(from.cast()));
            _mm256_permute4x64_epi64::<0b0101_0000>(two)
        } else {
            _mm256_set1_epi64x((*from).cast_signed())
        };
        super::vector::numbers(residues)
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
/// The vectors are there, in all rows.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums<const COUNT: usize>(terms: Terms<'_>, index: usize) -> [Sum; COUNT] {
    let none = Sum {
        high: _mm256_set1_pd(terms.start()),
        low: _mm256_setzero_pd(),
    };
    let mut sums = [none; COUNT];
    let ahead = terms.ahead();
    // SAFETY: as promised.
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
    /// 2^-52 modulo the modulus, and its quotient.
    inverse: (V, V),
    to: *mut u64,
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn new(modulus: Modulus, to: &mut [u64]) -> Self {
        let [inverse, quotient] = balanced(modulus, inverse_of_factor(modulus));
        Sums {
            field: Field::new(modulus),
            inverse: (_mm256_set1_pd(inverse), _mm256_set1_pd(quotient)),
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
    /// The vectors are there, in all rows.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn form<const COUNT: usize>(&self, terms: Terms<'_>, keep: bool, index: usize) {
        let (field, (inverse, quotient)) = (self.field, self.inverse);
        let start = _mm256_set1_pd(terms.start());
        // SAFETY: as promised.
        let sums: [Sum; COUNT] = unsafe { sums(terms, index) };
        for (at, sum) in sums.into_iter().enumerate() {
            let to = self.to.wrapping_add(index + at * LANES);
            let mut whole = times(sub(sum.high, start), _mm256_set1_pd(DOWN));
            if keep {
                // SAFETY: as promised.
                whole = add(whole, unsafe { from_residues(to) });
            }
            let high = times(sum.low, inverse);
            let low = fused_minus(sum.low, inverse, high);
            let taken = nearest(fused(sum.low, quotient, times(whole, field.inverse)));
            let rest = add(negated_fused(taken, field.value, high), low);
            // SAFETY: as promised.
            unsafe { to_residues(field, to, add(rest, whole)) };
        }
    }

    /// Whole vectors of sums, of some columns.
    ///
    /// # Safety
    /// All rows have these columns.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn form_all(&self, terms: Terms<'_>, keep: bool, columns: Range<usize>) {
        let Range { mut start, end } = columns;
        while start + RUN * LANES <= end && !terms.has_short_runs() {
            // SAFETY: so many are left.
            unsafe { self.form::<RUN>(terms, keep, start) };
            start += RUN * LANES;
        }
        while start + LANES <= end {
            // SAFETY: a vector is left.
            unsafe { self.form::<1>(terms, keep, start) };
            start += LANES;
        }
    }
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn inner_product(modulus: Modulus, products: Products<'_>, add: bool, to: &mut [u64]) {
    products.check(to.len());
    let Products { pairs, run } = products;
    let most = if run == 1 { ROWS / 2 } else { ROWS };
    let each = pairs.len().div_ceil(pairs.len().div_ceil(most).max(1));
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
            // SAFETY: the lengths were seen to be what they must be.
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
pub(super) fn convert(targets: &mut [Target<'_>], digits: &[&[u64]], excess: &[u64]) {
    for (cofactors, to) in targets {
        convert_to(cofactors, digits, excess, to);
    }
}

#[target_feature(enable = "avx2,fma")]
fn convert_to(cofactors: &Cofactors, digits: &[&[u64]], excess: &[u64], to: &mut [u64]) {
    let as_long = |row: &[u64]| row.len() == to.len();
    assert!(digits.iter().all(|row| as_long(row)) && as_long(excess));
    assert_eq!(digits.len() + 1, cofactors.balanced.len());
    let sums = Sums::new(cofactors.modulus, to);
    let (mut digits_left, mut factors) = (digits, &cofactors.balanced[..]);
    let mut add = false;
    while !factors.is_empty() {
        let count = digits_left.len().min(ROWS - 1);
        // The excess comes with the last digits.
        let last = usize::from(count == digits_left.len());
        let terms = Terms::Multiples(&digits_left[..count], excess, &factors[..count + last]);
        // SAFETY: the lengths were seen to be the same.
        unsafe { sums.form_all(terms, add, 0..to.len()) };
        (digits_left, factors) = (&digits_left[count..], &factors[count + last..]);
        add = true;
    }
    portable::convert_from(whole(to.len()), cofactors, digits, excess, to);
}
