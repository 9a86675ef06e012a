//! The passes of a transform over its row, for vectors of any width.
//!
//! Residues are numbers in floating point here: a product with a factor `w`, whose quotient by
//! the modulus is known, needs no comparison and no bounds but exactness. With `h` the rounded
//! product and `c` the rounded quotient, `x w - c p = (h - c p) + (x w - h)`, and both brackets
//! are exact in fused operations as long as all integers are below 2^53.
//!
//! # Range
//! In units of the modulus, which is below 2^50: for `|x| <= b <= 8` the quotient is wrong by no
//! more than `b / 32` for its factor's rounding and, for its own, 1/16, 1/8 or 1/4 where `b` is
//! below 2, 4 or 8; so the product is at most 1/2 plus these.
//! Forward, each level adds that: from 1, eight levels end below 7.07. (A ninth would pass 8, so
//! there the second step reduces first.) In a row, the first level multiplies all: it ends below
//! 1.95, and the seven others below 7.53.
//! Backward, the sums double: from at most 1.5, four coefficients pass two levels to at most 6
//! for the first of them, which is reduced, and at most 1.44 for the others.

/// The functions of the passes. They need, where they are:
/// `V`, `LANES`, `Field { value, inverse }`, `load`, `store`, `splat`, `add`, `sub`, `product`,
/// `reduce`, `from_residues`, `to_residues`, `forward_square`, `inverse_square`.
macro_rules! passes {
    ($features:literal) => {
        /// A factor and its quotient, in all lanes.
        type Factor = (V, V);

        /// # Safety
        /// A pair is there.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn factor(pairs: *const f64, index: usize) -> Factor {
            // SAFETY: as promised.
            unsafe { (splat(pairs.add(2 * index)), splat(pairs.add(2 * index + 1))) }
        }

        /// Two levels on four coefficients.
        #[inline]
        #[target_feature(enable = $features)]
        fn forward4(field: Field, [a, b, c, d]: [V; 4], factors: [Factor; 3]) -> [V; 4] {
            let (c, d) = (product(field, c, factors[0]), product(field, d, factors[0]));
            forward4_after(field, [add(a, c), add(b, d), sub(a, c), sub(b, d)], factors)
        }

        /// The second of two levels.
        #[inline]
        #[target_feature(enable = $features)]
        fn forward4_after(field: Field, [a, b, c, d]: [V; 4], factors: [Factor; 3]) -> [V; 4] {
            let (b, d) = (product(field, b, factors[1]), product(field, d, factors[2]));
            [add(a, b), sub(a, b), add(c, d), sub(c, d)]
        }

        /// Two levels backward on four coefficients.
        #[inline]
        #[target_feature(enable = $features)]
        fn inverse4(field: Field, x: [V; 4], factors: [Factor; 3]) -> [V; 4] {
            let [a, b, c, d] = inverse4_before(field, x, factors);
            [
                reduce(field, add(a, c)),
                add(b, d),
                product(field, sub(a, c), factors[0]),
                product(field, sub(b, d), factors[0]),
            ]
        }

        /// The first of two levels backward.
        #[inline]
        #[target_feature(enable = $features)]
        fn inverse4_before(field: Field, [a, b, c, d]: [V; 4], factors: [Factor; 3]) -> [V; 4] {
            [
                add(a, b),
                product(field, sub(a, b), factors[1]),
                add(c, d),
                product(field, sub(c, d), factors[2]),
            ]
        }

        /// Both levels backward, of which the second multiplies sums and differences.
        #[inline]
        #[target_feature(enable = $features)]
        fn inverse4_scaled(
            field: Field,
            x: [V; 4],
            factors: [Factor; 3],
            [sums, differences]: [Factor; 2],
        ) -> [V; 4] {
            let [a, b, c, d] = inverse4_before(field, x, factors);
            [
                product(field, add(a, c), sums),
                product(field, add(b, d), sums),
                product(field, sub(a, c), differences),
                product(field, sub(b, d), differences),
            ]
        }

        /// Three factors of the first, second and third place given.
        ///
        /// # Safety
        /// The pairs are there.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn three(pairs: *const f64, first: usize, second: usize) -> [Factor; 3] {
            // SAFETY: as promised.
            unsafe {
                [
                    factor(pairs, first),
                    factor(pairs, second),
                    factor(pairs, second + 1),
                ]
            }
        }

        /// The third and fourth level of 16 coefficients; `pairs` are those of four levels.
        ///
        /// # Safety
        /// 15 pairs.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward16_after(field: Field, x: [[V; 4]; 4], pairs: *const f64) -> [[V; 4]; 4] {
            let [a, b, c, d] = x;
            // SAFETY: as promised.
            unsafe {
                [
                    forward4(field, [a[0], b[0], c[0], d[0]], three(pairs, 3, 7)),
                    forward4(field, [a[1], b[1], c[1], d[1]], three(pairs, 4, 9)),
                    forward4(field, [a[2], b[2], c[2], d[2]], three(pairs, 5, 11)),
                    forward4(field, [a[3], b[3], c[3], d[3]], three(pairs, 6, 13)),
                ]
            }
        }

        /// The first two levels of 16 coefficients backward; `pairs` are those of four levels.
        ///
        /// # Safety
        /// 15 pairs.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse16_before(field: Field, x: [[V; 4]; 4], pairs: *const f64) -> [[V; 4]; 4] {
            // SAFETY: as promised.
            let [a, b, c, d] = unsafe {
                [
                    inverse4(field, x[0], three(pairs, 3, 7)),
                    inverse4(field, x[1], three(pairs, 4, 9)),
                    inverse4(field, x[2], three(pairs, 5, 11)),
                    inverse4(field, x[3], three(pairs, 6, 13)),
                ]
            };
            [
                [a[0], b[0], c[0], d[0]],
                [a[1], b[1], c[1], d[1]],
                [a[2], b[2], c[2], d[2]],
                [a[3], b[3], c[3], d[3]],
            ]
        }

        /// Vectors at a distance from each other, that are numbers or still residues.
        #[derive(Clone, Copy)]
        struct Strided {
            start: *mut f64,
            stride: usize,
        }

        impl Strided {
            /// # Safety
            /// The vector is there.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn get<const RESIDUES: bool>(self, index: usize) -> V {
                // SAFETY: as promised.
                unsafe {
                    let from = self.start.add(index * self.stride);
                    if RESIDUES {
                        from_residues(from.cast())
                    } else {
                        load(from)
                    }
                }
            }

            /// Four vectors from one on, at a distance of so many.
            ///
            /// # Safety
            /// The vectors are there.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn four<const RESIDUES: bool>(self, first: usize, by: usize) -> [V; 4] {
                // SAFETY: as promised.
                unsafe {
                    [
                        self.get::<RESIDUES>(first),
                        self.get::<RESIDUES>(first + by),
                        self.get::<RESIDUES>(first + 2 * by),
                        self.get::<RESIDUES>(first + 3 * by),
                    ]
                }
            }

            /// # Safety
            /// The vectors are there.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn put(self, first: usize, by: usize, x: [V; 4]) {
                // SAFETY: as promised.
                unsafe {
                    store(self.start.add(first * self.stride), x[0]);
                    store(self.start.add((first + by) * self.stride), x[1]);
                    store(self.start.add((first + 2 * by) * self.stride), x[2]);
                    store(self.start.add((first + 3 * by) * self.stride), x[3]);
                }
            }

            /// Residues of numbers of magnitudes up to the modulus.
            ///
            /// # Safety
            /// The vectors are there.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn put_residues(self, field: Field, first: usize, by: usize, x: [V; 4]) {
                let at = |index: usize| self.start.wrapping_add(index * self.stride).cast();
                // SAFETY: as promised.
                unsafe {
                    to_residues(field, at(first), x[0]);
                    to_residues(field, at(first + by), x[1]);
                    to_residues(field, at(first + 2 * by), x[2]);
                    to_residues(field, at(first + 3 * by), x[3]);
                }
            }
        }

        /// `levels` levels down `2^levels` lines: from residues in the first step; from numbers,
        /// reduced before, in the third.
        ///
        /// # Safety
        /// The vectors are there, and `2^levels - 1` pairs.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_lines<const FIRST: bool>(
            field: Field,
            (from, to): (Strided, Strided),
            (levels, reduced): (u32, bool),
            pairs: *const f64,
        ) {
            // SAFETY: as promised.
            unsafe {
                match levels {
                    4 => {
                        let first = three(pairs, 0, 1);
                        let x = [
                            forward4(field, from.four::<FIRST>(0, 4), first),
                            forward4(field, from.four::<FIRST>(1, 4), first),
                            forward4(field, from.four::<FIRST>(2, 4), first),
                            forward4(field, from.four::<FIRST>(3, 4), first),
                        ];
                        let [a, b, c, d] = forward16_after(field, x, pairs);
                        to.put(0, 1, a);
                        to.put(4, 1, b);
                        to.put(8, 1, c);
                        to.put(12, 1, d);
                    }
                    3 => {
                        let (mut x, mut y) = (from.four::<FIRST>(0, 1), from.four::<FIRST>(4, 1));
                        if reduced {
                            (x, y) = (reduce4(field, x), reduce4(field, y));
                        }
                        let root = factor(pairs, 0);
                        let y = [
                            product(field, y[0], root),
                            product(field, y[1], root),
                            product(field, y[2], root),
                            product(field, y[3], root),
                        ];
                        let sums = [
                            add(x[0], y[0]),
                            add(x[1], y[1]),
                            add(x[2], y[2]),
                            add(x[3], y[3]),
                        ];
                        let rest = [
                            sub(x[0], y[0]),
                            sub(x[1], y[1]),
                            sub(x[2], y[2]),
                            sub(x[3], y[3]),
                        ];
                        to.put(0, 1, forward4(field, sums, three(pairs, 1, 3)));
                        to.put(4, 1, forward4(field, rest, three(pairs, 2, 5)));
                    }
                    _ => {
                        let x = from.four::<FIRST>(0, 1);
                        to.put(0, 1, forward4(field, x, three(pairs, 0, 1)));
                    }
                }
            }
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn reduce4(field: Field, [a, b, c, d]: [V; 4]) -> [V; 4] {
            [
                reduce(field, a),
                reduce(field, b),
                reduce(field, c),
                reduce(field, d),
            ]
        }

        /// `levels` levels up `2^levels` lines; the last step of all scales by its factors and
        /// ends in residues.
        ///
        /// # Safety
        /// The vectors are there, and `2^levels - 1` pairs.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse_lines<const LAST: bool>(
            field: Field,
            (from, to): (Strided, Strided),
            levels: u32,
            pairs: *const f64,
            last: [Factor; 2],
        ) {
            // SAFETY: as promised.
            unsafe {
                match levels {
                    4 => {
                        let x = [
                            from.four::<false>(0, 1),
                            from.four::<false>(4, 1),
                            from.four::<false>(8, 1),
                            from.four::<false>(12, 1),
                        ];
                        let [a, b, c, d] = inverse16_before(field, x, pairs);
                        let first = three(pairs, 0, 1);
                        if LAST {
                            to.put_residues(field, 0, 4, inverse4_scaled(field, a, first, last));
                            to.put_residues(field, 1, 4, inverse4_scaled(field, b, first, last));
                            to.put_residues(field, 2, 4, inverse4_scaled(field, c, first, last));
                            to.put_residues(field, 3, 4, inverse4_scaled(field, d, first, last));
                        } else {
                            to.put(0, 4, inverse4(field, a, first));
                            to.put(1, 4, inverse4(field, b, first));
                            to.put(2, 4, inverse4(field, c, first));
                            to.put(3, 4, inverse4(field, d, first));
                        }
                    }
                    3 => {
                        let x = inverse4(field, from.four::<false>(0, 1), three(pairs, 1, 3));
                        let y = inverse4(field, from.four::<false>(4, 1), three(pairs, 2, 5));
                        let sums = [
                            add(x[0], y[0]),
                            add(x[1], y[1]),
                            add(x[2], y[2]),
                            add(x[3], y[3]),
                        ];
                        let rest = [
                            sub(x[0], y[0]),
                            sub(x[1], y[1]),
                            sub(x[2], y[2]),
                            sub(x[3], y[3]),
                        ];
                        if LAST {
                            to.put_residues(field, 0, 1, product4(field, sums, last[0]));
                            to.put_residues(field, 4, 1, product4(field, rest, last[1]));
                        } else {
                            to.put(0, 1, reduce4(field, sums));
                            to.put(4, 1, product4(field, rest, factor(pairs, 0)));
                        }
                    }
                    _ => {
                        let (x, first) = (from.four::<false>(0, 1), three(pairs, 0, 1));
                        if LAST {
                            to.put_residues(field, 0, 1, inverse4_scaled(field, x, first, last));
                        } else {
                            to.put(0, 1, inverse4(field, x, first));
                        }
                    }
                }
            }
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn product4(field: Field, [a, b, c, d]: [V; 4], by: Factor) -> [V; 4] {
            [
                product(field, a, by),
                product(field, b, by),
                product(field, c, by),
                product(field, d, by),
            ]
        }

        /// A cache line's columns of all rows, from the beginning of a line on.
        #[repr(C, align(64))]
        struct Columns([f64; 8 * COLUMN]);

        /// Rows of the longest column.
        const COLUMN: usize = 512;

        /// One step down, or up, a vector's columns: `blocks` blocks of `rows / blocks` lines.
        /// `$lines` is the call for each set of lines.
        ///
        /// # Safety
        /// The columns have so many rows.
        macro_rules! step {
            ($ends:expr, $rows:expr, $blocks:expr, $levels:expr, $pairs:expr, $lines:expr) => {{
                let (from, to): (Strided, Strided) = $ends;
                let length = $rows / $blocks;
                let distance = length >> $levels;
                for block in 0..$blocks {
                    let pairs = $pairs.add(2 * ((1 << $levels) - 1) * block);
                    for line in block * length..block * length + distance {
                        let strided = |ends: Strided| Strided {
                            start: ends.start.add(line * ends.stride),
                            stride: distance * ends.stride,
                        };
                        $lines((strided(from), strided(to)), pairs);
                    }
                }
            }};
        }

        /// The first levels: residues to numbers.
        ///
        /// # Safety
        /// A row of the degree of the twiddles.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_columns(field: Field, row: &mut [u64], pairs: *const f64) {
            let rows = row.len() / ROW;
            let steps = column_steps(row.len());
            let mut columns = Columns([0.0; 8 * COLUMN]);
            for column in (0..ROW).step_by(8) {
                for lane in (0..8).step_by(LANES) {
                    // SAFETY: all rows are there, in memory and among the columns.
                    unsafe {
                        let memory = Strided {
                            start: row.as_mut_ptr().add(column + lane).cast(),
                            stride: ROW,
                        };
                        let near = Strided {
                            start: columns.0.as_mut_ptr().add(lane),
                            stride: 8,
                        };
                        let to = if steps.len() == 1 { memory } else { near };
                        step!((memory, to), rows, 1, steps[0], pairs, |ends, pairs| {
                            forward_lines::<true>(field, ends, (steps[0], false), pairs);
                        });
                        let (mut blocks, mut pairs) = (1 << steps[0], pairs);
                        pairs = pairs.add(2 * (blocks - 1));
                        for (index, &levels) in steps.iter().enumerate().skip(1) {
                            let to = if index + 1 == steps.len() {
                                memory
                            } else {
                                near
                            };
                            let reduced = steps.len() == 3 && index == 1;
                            step!((near, to), rows, blocks, levels, pairs, |ends, pairs| {
                                forward_lines::<false>(field, ends, (levels, reduced), pairs);
                            });
                            pairs = pairs.add(2 * blocks * ((1 << levels) - 1));
                            blocks <<= levels;
                        }
                    }
                }
            }
        }

        /// The last levels backward: numbers to residues, times the factors `last`.
        ///
        /// # Safety
        /// A row of the degree of the twiddles, whose pairs end at `pairs`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse_columns(
            field: Field,
            row: &mut [u64],
            pairs: *const f64,
            last: [Factor; 2],
        ) {
            let rows = row.len() / ROW;
            let steps = column_steps(row.len());
            let mut columns = Columns([0.0; 8 * COLUMN]);
            for column in (0..ROW).step_by(8) {
                for lane in (0..8).step_by(LANES) {
                    // SAFETY: all rows are there, in memory and among the columns.
                    unsafe {
                        let memory = Strided {
                            start: row.as_mut_ptr().add(column + lane).cast(),
                            stride: ROW,
                        };
                        let near = Strided {
                            start: columns.0.as_mut_ptr().add(lane),
                            stride: 8,
                        };
                        let (mut from, mut blocks, mut pairs) = (memory, rows, pairs);
                        for &levels in steps[1..].iter().rev() {
                            blocks >>= levels;
                            pairs = pairs.sub(2 * blocks * ((1 << levels) - 1));
                            step!((from, near), rows, blocks, levels, pairs, |ends, pairs| {
                                inverse_lines::<false>(field, ends, levels, pairs, last);
                            });
                            from = near;
                        }
                        let levels = steps[0];
                        let pairs = pairs.sub(2 * ((1 << levels) - 1));
                        step!((from, memory), rows, 1, levels, pairs, |ends, pairs| {
                            inverse_lines::<true>(field, ends, levels, pairs, last);
                        });
                    }
                }
            }
        }

        /// The first four levels of a row.
        ///
        /// # Safety
        /// A row of [`ROW`] numbers and [`OF_ROW`] of its factors.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_row(field: Field, row: *mut f64, factors: *const f64) {
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
                    let second = [plain, factor(pairs, 1), factor(pairs, 2)];
                    let lines = Strided {
                        start: row.add(lane),
                        stride: BLOCK,
                    };
                    let first = |index: usize| {
                        let [a, b, c, d] = lines.four::<false>(index, 4);
                        let (a, b) = (product(field, a, plain), product(field, b, plain));
                        let (c, d) = (product(field, c, times), product(field, d, times));
                        forward4_after(field, [add(a, c), add(b, d), sub(a, c), sub(b, d)], second)
                    };
                    let x = [first(0), first(1), first(2), first(3)];
                    let [a, b, c, d] = forward16_after(field, x, pairs);
                    lines.put(0, 1, a);
                    lines.put(4, 1, b);
                    lines.put(8, 1, c);
                    lines.put(12, 1, d);
                }
            }
        }

        /// The last four levels of a row backward.
        ///
        /// # Safety
        /// A row of [`ROW`] numbers and [`OF_ROW`] of its factors.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse_row(field: Field, row: *mut f64, factors: *const f64) {
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
                        lines.four::<false>(0, 1),
                        lines.four::<false>(4, 1),
                        lines.four::<false>(8, 1),
                        lines.four::<false>(12, 1),
                    ];
                    let [a, b, c, d] = inverse16_before(field, x, pairs);
                    let second = [last[0], factor(pairs, 1), factor(pairs, 2)];
                    lines.put(0, 4, inverse4_scaled(field, a, second, last));
                    lines.put(1, 4, inverse4_scaled(field, b, second, last));
                    lines.put(2, 4, inverse4_scaled(field, c, second, last));
                    lines.put(3, 4, inverse4_scaled(field, d, second, last));
                }
            }
        }

        /// Coefficients to values.
        ///
        /// # Safety
        /// The twiddles are of the row's degree, and of as many lanes.
        #[target_feature(enable = $features)]
        unsafe fn forward(modulus: Modulus, twiddles: &Twiddles, row: &mut [u64]) {
            let field = Field::new(modulus);
            let square = twiddles.squares.len() * 8 * LANES * LANES / ROW;
            // SAFETY: as promised.
            unsafe {
                forward_columns(field, row, twiddles.columns.as_ptr().cast());
                let factors: *const f64 = twiddles.rows.as_ptr().cast();
                for (index, row) in row.chunks_exact_mut(ROW).enumerate() {
                    let row: *mut f64 = row.as_mut_ptr().cast();
                    forward_row(field, row, factors.add(index * OF_ROW));
                    let squares: *const f64 = twiddles.squares.as_ptr().cast();
                    for place in 0..ROW / (LANES * LANES) {
                        let values = row.add(place * LANES * LANES);
                        forward_square(field, values, squares.add(place * square));
                    }
                }
            }
        }

        /// Values to coefficients; `last` are the factors of sums and differences of the last
        /// level, with their quotients.
        ///
        /// # Safety
        /// The twiddles are of the row's degree, and of as many lanes.
        #[target_feature(enable = $features)]
        unsafe fn inverse(
            modulus: Modulus,
            twiddles: &Twiddles,
            last: [[f64; 2]; 2],
            row: &mut [u64],
        ) {
            let field = Field::new(modulus);
            let square = twiddles.squares.len() * 8 * LANES * LANES / ROW;
            // SAFETY: as promised.
            unsafe {
                let factors: *const f64 = twiddles.rows.as_ptr().cast();
                for (index, row) in row.chunks_exact_mut(ROW).enumerate() {
                    let row: *mut f64 = row.as_mut_ptr().cast();
                    let squares: *const f64 = twiddles.squares.as_ptr().cast();
                    for place in 0..ROW / (LANES * LANES) {
                        let values = row.add(place * LANES * LANES);
                        inverse_square(field, values, squares.add(place * square));
                    }
                    inverse_row(field, row, factors.add(index * OF_ROW));
                }
                let pairs =
                    column_steps(row.len())
                        .iter()
                        .fold((0, 1_usize), |(sum, blocks), levels| {
                            (sum + 2 * blocks * ((1 << levels) - 1), blocks << levels)
                        });
                let pairs = twiddles.columns.as_ptr().cast::<f64>().add(pairs.0);
                let last = last.each_ref().map(|pair| factor(pair.as_ptr(), 0));
                inverse_columns(field, row, pairs, last);
            }
        }
    };
}

pub(super) use passes;
