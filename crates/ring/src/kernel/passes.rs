//! The passes of a transform over its row, for vectors of any width and of any numbers: those in
//! floating point, or integers (`avx512/integers.rs`).
//!
//! In floating point a product with a factor `w`, whose quotient by the modulus is known, needs no
//! comparison and no bounds but exactness. With `h` the rounded product and `c` the rounded
//! quotient, `x w - c p = (h - c p) + (x w - h)`, and both brackets are exact in fused operations
//! while all integers are below 2^53.
//!
//! # Range
//! In units of the modulus, which is below 2^50: for `|x| <= b <= 8` the quotient is wrong by no
//! more than `b / 32` for its factor's rounding and, for its own, 1/16, 1/8 or 1/4 where `b` is
//! below 2, 4 or 8; so the product is at most 1/2 plus these.
//! Forward, each level adds that: from 1, eight levels end below 7.07. (A ninth would pass 8, so
//! there the second step reduces first what it adds products to.) In a row, the first level
//! multiplies all: it ends below 1.95, and the seven others below 7.53.
//! Backward, the sums double: from at most 1.5, four coefficients pass two levels to at most 6
//! for the first of them, which is reduced, and at most 1.44 for the others.

use super::twiddles::{ROW, Twiddles};

mod butterflies;
mod lines;

pub(super) use butterflies::butterflies;
pub(super) use lines::lines;

/// A transform with numbers `N`.
pub(super) trait Passes<N> {
    /// Numbers in a vector.
    const LANES: usize;

    /// Coefficients to values, in place.
    ///
    /// # Panics
    /// If the twiddles are not for a row of this length and vectors of [`Passes::LANES`].
    fn forward(self, twiddles: &Twiddles<N>, row: &mut [u64]);

    /// Values to coefficients: of `values`, or else of the row itself. `last` are the factors of
    /// sums and of differences at the last level, each with its quotient.
    ///
    /// # Panics
    /// If the twiddles are not for a row of this length and vectors of [`Passes::LANES`], or there
    /// are not as many values.
    fn inverse(
        self,
        twiddles: &Twiddles<N>,
        last: [[N; 2]; 2],
        values: Option<&[u64]>,
        row: &mut [u64],
    );
}

/// Rows of the matrix of numbers that one step, and all after it, work on by themselves.
///
/// The whole matrix is block 0 of step 0. A block of a step of `l` levels has `2^l` parts, which
/// are blocks of the next step; after the last step each part is one row.
#[derive(Clone, Copy)]
pub(super) struct Block<N> {
    /// Its first number.
    pub(super) start: *mut N,
    pub(super) rows: usize,
    pub(super) step: usize,
    /// Its index among the blocks of its step.
    pub(super) index: usize,
}

impl<N> Block<N> {
    /// One of its `2^levels` parts, where `levels` are those of its step.
    #[inline(always)]
    pub(super) fn part(self, levels: u32, part: usize) -> Self {
        let rows = self.rows >> levels;
        Block {
            start: self.start.wrapping_add(part * rows * ROW),
            rows,
            step: self.step + 1,
            index: (self.index << levels) + part,
        }
    }
}

/// The functions of the passes, and [`Passes`] for `Token`. They need, where they are:
/// `N`, `V`, `LANES`, `SQUARES`, `COLUMNS`, `Token`, `Field`, `load`, `store`, `splat`, `add`,
/// `subtract`, `offset`, `difference`, `products`, `reduce`, `from_residues`, `to_residues`,
/// `forward_squares`, `inverse_squares`.
macro_rules! passes {
    ($features:literal) => {
        $crate::kernel::passes::butterflies!($features);
        $crate::kernel::passes::lines!($features);

        use $crate::kernel::passes::Block;

        /// Prefetches the factors of a row, or whatever follows those of the last row.
        #[inline]
        #[target_feature(enable = $features)]
        fn prefetch(factors: *const N) {
            for line in (0..NUMBERS_PER_ROW).step_by(8) {
                _mm_prefetch::<_MM_HINT_T0>(factors.wrapping_add(line).cast());
            }
        }

        /// The steps from the block's on down its columns, then along each of its rows.
        ///
        /// # Safety
        /// The block is one of a transform with these twiddles: its `rows * ROW` numbers are valid
        /// to read and write, `rows` is `degree / ROW` divided by two for each level of the steps
        /// before, and its index is below the number of blocks of its step.
        #[target_feature(enable = $features)]
        unsafe fn forward_from<const FIRST: bool>(
            field: Field,
            twiddles: &Twiddles<N>,
            block: Block<N>,
        ) {
            let levels = twiddles.steps[block.step].levels;
            let distance = (block.rows >> levels) * ROW;
            let reduced = block.step == 1 && twiddles.levels() > COLUMNS;
            // SAFETY: `distance << levels == rows * ROW`, so line `l < 2^levels` at `offset` has
            // `l * distance + offset + LANES <= rows * ROW`, and a part is `distance` numbers
            // within the block. The block has its pairs, and each part is a block of the next step
            // or a row of the matrix, because the caller's block is one of this transform.
            unsafe {
                let pairs = twiddles.pairs(block.step, block.index);
                for offset in (0..distance).step_by(LANES) {
                    let lines = Strided {
                        start: block.start.add(offset),
                        stride: distance,
                    };
                    forward_lines::<FIRST>(field, lines, levels, reduced, pairs);
                }
                for part in 0..1 << levels {
                    let part = block.part(levels, part);
                    if part.step < twiddles.steps.len() {
                        forward_from::<false>(field, twiddles, part);
                    } else {
                        prefetch(twiddles.row(part.index + 1));
                        forward_row(field, part.start, twiddles.row(part.index));
                        for square in (0..ROW / (LANES * LANES)).step_by(SQUARES) {
                            let numbers = part.start.add(square * LANES * LANES);
                            forward_squares(field, numbers, twiddles.square(square));
                        }
                    }
                }
            }
        }

        /// Along each row of a block, from residues at `from`, then the steps up to the block's.
        /// The numbers go to the block, which may be where the residues are.
        ///
        /// # Safety
        /// The block is as in [`forward_from`], and as many residues are valid to read at `from`.
        #[target_feature(enable = $features)]
        unsafe fn inverse_to<const LAST: bool>(
            field: Field,
            twiddles: &Twiddles<N>,
            last: [Factor; 2],
            from: *const u64,
            block: Block<N>,
        ) {
            let levels = twiddles.steps[block.step].levels;
            let distance = (block.rows >> levels) * ROW;
            // SAFETY: as in `forward_from`: lines and parts are within the block's `rows * ROW`
            // numbers, and within as many residues, because `distance << levels == rows * ROW`;
            // the caller's block is one of this transform, so it and its parts have their factors.
            unsafe {
                for part in 0..1 << levels {
                    let from = from.add(part * distance);
                    let part = block.part(levels, part);
                    if part.step < twiddles.steps.len() {
                        inverse_to::<false>(field, twiddles, last, from, part);
                    } else {
                        for square in (0..ROW / (LANES * LANES)).step_by(SQUARES) {
                            let offset = square * LANES * LANES;
                            let (from, to) = (from.add(offset), part.start.add(offset));
                            inverse_squares(field, from, to, twiddles.square(square));
                        }
                        prefetch(twiddles.row(part.index + 1));
                        inverse_row(field, part.start, twiddles.row(part.index));
                    }
                }
                let pairs = twiddles.pairs(block.step, block.index);
                for offset in (0..distance).step_by(LANES) {
                    let lines = Strided {
                        start: block.start.add(offset),
                        stride: distance,
                    };
                    inverse_lines::<LAST>(field, lines, levels, pairs, last);
                }
            }
        }

        /// The vector of a row's factors from one on, and that of their quotients.
        ///
        /// # Safety
        /// `BLOCK + LANES` numbers are valid to read at `factors`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn row_factor(factors: *const N) -> Factor {
            // SAFETY: a vector at 0 and one at `BLOCK` are within the caller's `BLOCK + LANES`.
            unsafe {
                Factor {
                    value: load(factors),
                    quotient: load(factors.add(BLOCK)),
                }
            }
        }

        /// The first four levels of a row.
        ///
        /// # Safety
        /// [`ROW`] numbers are valid to read and write at `row`, and [`NUMBERS_PER_ROW`] to read
        /// at `factors`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_row(field: Field, row: *mut N, factors: *const N) {
            for lane in (0..BLOCK).step_by(LANES) {
                // SAFETY: `lane + LANES <= BLOCK`, so the lines `lane + BLOCK * index` for
                // `index < 16` are within the caller's `ROW == 16 * BLOCK` numbers, the factors
                // within `4 * BLOCK`, and the 14 pairs after them within `NUMBERS_PER_ROW`.
                unsafe {
                    let plain = row_factor(factors.add(lane));
                    let scaled = row_factor(factors.add(2 * BLOCK + lane));
                    // As if the pair of the first level stood before those of the others.
                    let pairs = factors.add(4 * BLOCK).wrapping_sub(2);
                    let second = [[plain, factor(pairs, 1), factor(pairs, 2)]; 2];
                    let lines = Strided {
                        start: row.add(lane),
                        stride: BLOCK,
                    };
                    let first = |x: [V; 4]| {
                        let [a, b, c, d] = products(field, x, [plain, plain, scaled, scaled]);
                        let (a, b) = (offset(field, a), offset(field, b));
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
        /// As [`forward_row`].
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse_row(field: Field, row: *mut N, factors: *const N) {
            for lane in (0..BLOCK).step_by(LANES) {
                // SAFETY: as in `forward_row`: the same lines, factors and pairs.
                unsafe {
                    let plain = row_factor(factors.add(lane));
                    let scaled = row_factor(factors.add(2 * BLOCK + lane));
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
                    let second = [plain, factor(pairs, 1), factor(pairs, 2)];
                    let last = [plain, scaled];
                    lines.put_both(0, 1, 4, inverse4_scaled(field, x, second, last));
                    lines.put_both(2, 3, 4, inverse4_scaled(field, y, second, last));
                }
            }
        }

        /// Coefficients to values.
        ///
        /// # Safety
        /// The twiddles are for a row of this length and vectors of `LANES`.
        #[target_feature(enable = $features)]
        unsafe fn forward(twiddles: &Twiddles<N>, row: &mut [u64]) {
            let whole = Block {
                start: row.as_mut_ptr().cast(),
                rows: row.len() / ROW,
                step: 0,
                index: 0,
            };
            // SAFETY: the whole row is the one block of step 0, of `degree / ROW` rows, since the
            // caller's twiddles are for its length; a number is as large as a residue.
            unsafe { forward_from::<true>(Field::new(twiddles.modulus), twiddles, whole) };
        }

        /// Values at `from` to coefficients at `to`, which may be the same.
        ///
        /// # Safety
        /// The twiddles are for vectors of `LANES`; as many residues as their degree are valid to
        /// read at `from`, and to read and write at `to`.
        #[target_feature(enable = $features)]
        unsafe fn inverse(
            twiddles: &Twiddles<N>,
            last: [[N; 2]; 2],
            from: *const u64,
            to: *mut u64,
        ) {
            let whole = Block {
                start: to.cast(),
                rows: twiddles.degree() / ROW,
                step: 0,
                index: 0,
            };
            // SAFETY: the whole row is the one block of step 0, and the caller has as many
            // residues at `from`; each of `last` is one pair, so its index is 0.
            unsafe {
                let last = [factor(last[0].as_ptr(), 0), factor(last[1].as_ptr(), 0)];
                inverse_to::<true>(Field::new(twiddles.modulus), twiddles, last, from, whole);
            }
        }

        impl Passes<N> for Token {
            const LANES: usize = LANES;

            fn forward(self, twiddles: &Twiddles<N>, row: &mut [u64]) {
                twiddles.check(row.len(), LANES);
                // SAFETY: a token proves that the processor has these features; `check` has seen
                // that the twiddles are for this length and these vectors.
                unsafe { forward(twiddles, row) }
            }

            fn inverse(
                self,
                twiddles: &Twiddles<N>,
                last: [[N; 2]; 2],
                values: Option<&[u64]>,
                row: &mut [u64],
            ) {
                twiddles.check(row.len(), LANES);
                let (degree, to) = (row.len(), row.as_mut_ptr());
                let from = values.map_or(to.cast_const(), |values| {
                    assert_eq!(values.len(), degree, "rows of the same length");
                    values.as_ptr()
                });
                // SAFETY: a token proves that the processor has these features; `check` has seen
                // that the twiddles are for this length and these vectors, and the assertion that
                // there are as many values.
                unsafe { inverse(twiddles, last, from, to) }
            }
        }
    };
}

pub(super) use passes;
