//! The passes of a transform over its row, for vectors of any width and of any numbers: those in
//! floating point, or integers (`avx512/integers.rs`).
//!
//! In floating point a product with a factor `w`, whose quotient by the modulus is known, needs no
//! comparison and no bounds but exactness. With `h` the rounded product and `c` the rounded
//! quotient, `x w - c p = (h - c p) + (x w - h)`, and both brackets are exact in fused operations
//! as long as all integers are below 2^53.
//!
//! # Range
//! In units of the modulus, which is below 2^50: for `|x| <= b <= 8` the quotient is wrong by no
//! more than `b / 32` for its factor's rounding and, for its own, 1/16, 1/8 or 1/4 where `b` is
//! below 2, 4 or 8; so the product is at most 1/2 plus these.
//! Forward, each level adds that: from 1, eight levels end below 7.07. (A ninth would pass 8, so
//! there the second step reduces first what it adds products to.) In a row, the first level multiplies all: it ends below
//! 1.95, and the seven others below 7.53.
//! Backward, the sums double: from at most 1.5, four coefficients pass two levels to at most 6
//! for the first of them, which is reduced, and at most 1.44 for the others.

use super::twiddles::Twiddles;
use crate::Modulus;

mod butterflies;
mod lines;

pub(super) use butterflies::butterflies;
pub(super) use lines::lines;

/// A transform with numbers `N`.
pub(super) trait Passes<N> {
    /// Coefficients to values.
    fn forward(self, modulus: Modulus, twiddles: &Twiddles<N>, row: &mut [u64]);

    /// Values to coefficients: values elsewhere, or those of the row. `last` are the factors of
    /// sums and differences of the last level, with their quotients.
    fn inverse(
        self,
        modulus: Modulus,
        twiddles: &Twiddles<N>,
        last: [[N; 2]; 2],
        rows: (Option<&[u64]>, &mut [u64]),
    );
}

/// The functions of the passes, and [`Passes`] for `Token`. They need, where they are:
/// `N`, `V`, `LANES`, `SQUARES`, `COLUMNS`, `Token`, `Field`, `load`, `store`, `splat`, `add`,
/// `subtract`, `raise`, `difference`, `products`, `reduce`, `from_residues`, `to_residues`,
/// `forward_squares`, `inverse_squares`.
macro_rules! passes {
    ($features:literal) => {
        $crate::kernel::passes::butterflies!($features);
        $crate::kernel::passes::lines!($features);

        /// Asks for the factors of a row, or for what is there instead, after the last one.
        #[inline]
        #[target_feature(enable = $features)]
        fn prefetch(factors: *const N) {
            for place in (0..OF_ROW).step_by(8) {
                _mm_prefetch::<_MM_HINT_T0>(factors.wrapping_add(place).cast());
            }
        }

        /// The steps from one on down a block of rows, then along each row.
        ///
        /// # Safety
        /// The twiddles are of the transform that this block of so many rows, the `block`th of
        /// its step, is a part of.
        #[target_feature(enable = $features)]
        unsafe fn forward_from<const FIRST: bool>(
            field: Field,
            twiddles: &Twiddles<N>,
            (start, rows): (*mut N, usize),
            (step, block): (usize, usize),
        ) {
            let step_of = twiddles.steps[step];
            let (levels, distance) = (step_of.levels, (rows >> step_of.levels) * ROW);
            let reduced = step == 1 && twiddles.levels() > COLUMNS;
            // SAFETY: all lines and rows are there.
            unsafe {
                let pairs = twiddles.pairs(step, block);
                for place in (0..distance).step_by(LANES) {
                    let lines = Strided {
                        start: start.add(place),
                        stride: distance,
                    };
                    forward_lines::<FIRST>(field, lines, (levels, reduced), pairs);
                }
                for part in 0..1 << levels {
                    let (start, block) = (start.add(part * distance), (block << levels) + part);
                    if step + 1 < twiddles.steps.len() {
                        let rows = (start, distance / ROW);
                        forward_from::<false>(field, twiddles, rows, (step + 1, block));
                    } else {
                        prefetch(twiddles.row(block + 1));
                        forward_row(field, start, twiddles.row(block));
                        for square in (0..ROW / (LANES * LANES)).step_by(SQUARES) {
                            let values = start.add(square * LANES * LANES);
                            forward_squares(field, values, twiddles.square(square));
                        }
                    }
                }
            }
        }

        /// Along each row of a block of residues, then the steps up to one. The numbers go to
        /// another block, or to the same.
        ///
        /// # Safety
        /// As [`forward_from`], for both blocks.
        #[target_feature(enable = $features)]
        unsafe fn inverse_to<const LAST: bool>(
            field: Field,
            (twiddles, last): (&Twiddles<N>, [Factor; 2]),
            (from, start, rows): (*const u64, *mut N, usize),
            (step, block): (usize, usize),
        ) {
            let levels = twiddles.steps[step].levels;
            let distance = (rows >> levels) * ROW;
            // SAFETY: all lines and rows are there.
            unsafe {
                for part in 0..1 << levels {
                    let block = (block << levels) + part;
                    let (from, start) = (from.add(part * distance), start.add(part * distance));
                    if step + 1 < twiddles.steps.len() {
                        let rows = (from, start, distance / ROW);
                        inverse_to::<false>(field, (twiddles, last), rows, (step + 1, block));
                    } else {
                        for square in (0..ROW / (LANES * LANES)).step_by(SQUARES) {
                            let place = square * LANES * LANES;
                            let values = (from.add(place), start.add(place));
                            inverse_squares(field, values, twiddles.square(square));
                        }
                        prefetch(twiddles.row(block + 1));
                        inverse_row(field, start, twiddles.row(block));
                    }
                }
                let pairs = twiddles.pairs(step, block);
                for place in (0..distance).step_by(LANES) {
                    let lines = Strided {
                        start: start.add(place),
                        stride: distance,
                    };
                    inverse_lines::<LAST>(field, lines, levels, pairs, last);
                }
            }
        }

        /// The first four levels of a row.
        ///
        /// # Safety
        /// A row of [`ROW`] numbers and [`OF_ROW`] of its factors.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_row(field: Field, row: *mut N, factors: *const N) {
            for lane in (0..BLOCK).step_by(LANES) {
                // SAFETY: as promised.
                unsafe {
                    let by = |first: usize| {
                        let factors = factors.add(first + lane);
                        (load(factors), load(factors.add(BLOCK)))
                    };
                    let (plain, times) = (by(0), by(2 * BLOCK));
                    // As if the pair of the first level stood before those of the others.
                    let pairs = factors.add(4 * BLOCK).wrapping_sub(2);
                    let second = [[plain, factor(pairs, 1), factor(pairs, 2)]; 2];
                    let lines = Strided {
                        start: row.add(lane),
                        stride: BLOCK,
                    };
                    let first = |x: [V; 4]| {
                        let [a, b, c, d] = products(field, x, [plain, plain, times, times]);
                        let (a, b) = (raise(field, a), raise(field, b));
                        [
                            add(a, c),
                            add(b, d),
                            subtract(field, a, c),
                            subtract(field, b, d),
                        ]
                    };
                    let two = |index: usize| {
                        let [x, y] = lines.eight::<false>(index, index + 1, 4);
                        forward4_after(field, [first(x), first(y)], second)
                    };
                    let x = [two(0), two(2)];
                    let [x, y] = forward16_after!(field, x, pairs);
                    lines.put_both(0, 4, 1, x);
                    lines.put_both(8, 12, 1, y);
                }
            }
        }

        /// The last four levels of a row backward.
        ///
        /// # Safety
        /// A row of [`ROW`] numbers and [`OF_ROW`] of its factors.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse_row(field: Field, row: *mut N, factors: *const N) {
            for lane in (0..BLOCK).step_by(LANES) {
                // SAFETY: as promised.
                unsafe {
                    let by = |first: usize| {
                        let factors = factors.add(first + lane);
                        (load(factors), load(factors.add(BLOCK)))
                    };
                    let last = [by(0), by(2 * BLOCK)];
                    let pairs = factors.add(4 * BLOCK).wrapping_sub(2);
                    let lines = Strided {
                        start: row.add(lane),
                        stride: BLOCK,
                    };
                    let x = [
                        lines.eight::<false>(0, 4, 1),
                        lines.eight::<false>(8, 12, 1),
                    ];
                    let [x, y] = inverse16_before!(field, x, pairs);
                    let second = [last[0], factor(pairs, 1), factor(pairs, 2)];
                    lines.put_both(0, 1, 4, inverse4_scaled(field, x, second, last));
                    lines.put_both(2, 3, 4, inverse4_scaled(field, y, second, last));
                }
            }
        }

        /// Coefficients to values.
        ///
        /// # Safety
        /// The twiddles are of the row's degree, and of as many lanes.
        #[target_feature(enable = $features)]
        unsafe fn forward(modulus: Modulus, twiddles: &Twiddles<N>, row: &mut [u64]) {
            let rows = (row.as_mut_ptr().cast(), row.len() / ROW);
            // SAFETY: as promised.
            unsafe { forward_from::<true>(Field::new(modulus), twiddles, rows, (0, 0)) };
        }

        /// Values to coefficients; `last` are the factors of sums and differences of the last
        /// level, with their quotients.
        ///
        /// # Safety
        /// The twiddles are of the degree, and of as many lanes. There are as many residues, and as
        /// much room: elsewhere, or where they are.
        #[target_feature(enable = $features)]
        unsafe fn inverse(
            modulus: Modulus,
            twiddles: &Twiddles<N>,
            last: [[N; 2]; 2],
            (from, to, degree): (*const u64, *mut u64, usize),
        ) {
            let rows = (from, to.cast(), degree / ROW);
            // SAFETY: as promised.
            unsafe {
                let last = [factor(last[0].as_ptr(), 0), factor(last[1].as_ptr(), 0)];
                inverse_to::<true>(Field::new(modulus), (twiddles, last), rows, (0, 0));
            }
        }

        impl Passes<N> for Token {
            fn forward(self, modulus: Modulus, twiddles: &Twiddles<N>, row: &mut [u64]) {
                twiddles.check(row.len(), LANES);
                // SAFETY: the processor was seen to have what the function needs, and the twiddles fit.
                unsafe { forward(modulus, twiddles, row) }
            }

            fn inverse(
                self,
                modulus: Modulus,
                twiddles: &Twiddles<N>,
                last: [[N; 2]; 2],
                (elsewhere, row): (Option<&[u64]>, &mut [u64]),
            ) {
                twiddles.check(row.len(), LANES);
                let (degree, to) = (row.len(), row.as_mut_ptr());
                let from = elsewhere.map_or(to.cast_const(), |values| {
                    assert_eq!(values.len(), degree, "rows of the same length");
                    values.as_ptr()
                });
                // SAFETY: the processor was seen to have what the function needs, and the twiddles
                // and the values fit.
                unsafe { inverse(modulus, twiddles, last, (from, to, degree)) }
            }
        }
    };
}

pub(super) use passes;
