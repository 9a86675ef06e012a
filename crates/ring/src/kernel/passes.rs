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
/// `V`, `LANES`, `SQUARES`, `Seen`, `Field { value, inverse }`, `load`, `store`, `splat`, `add`, `sub`, `product`,
/// `products`, `reduce`, `from_residues`, `to_residues`, `forward_square`, `inverse_square`.
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

        /// Two levels on four coefficients, twice.
        ///
        /// Four products at a time: a processor that has to find them in the stream of
        /// instructions finds fewer.
        #[inline]
        #[target_feature(enable = $features)]
        fn forward4(field: Field, [x, y]: [[V; 4]; 2], [f, g]: [[Factor; 3]; 2]) -> [[V; 4]; 2] {
            let by = [f[0], f[0], g[0], g[0]];
            let [c, d, p, q] = products(field, [x[2], x[3], y[2], y[3]], by);
            let x = [add(x[0], c), add(x[1], d), sub(x[0], c), sub(x[1], d)];
            let y = [add(y[0], p), add(y[1], q), sub(y[0], p), sub(y[1], q)];
            forward4_after(field, [x, y], [f, g])
        }

        /// The second of two levels.
        #[inline]
        #[target_feature(enable = $features)]
        fn forward4_after(
            field: Field,
            [x, y]: [[V; 4]; 2],
            [f, g]: [[Factor; 3]; 2],
        ) -> [[V; 4]; 2] {
            let by = [f[1], f[2], g[1], g[2]];
            let [b, d, p, q] = products(field, [x[1], x[3], y[1], y[3]], by);
            [
                [add(x[0], b), sub(x[0], b), add(x[2], d), sub(x[2], d)],
                [add(y[0], p), sub(y[0], p), add(y[2], q), sub(y[2], q)],
            ]
        }

        /// Two levels backward on four coefficients, twice.
        #[inline]
        #[target_feature(enable = $features)]
        fn inverse4(field: Field, x: [[V; 4]; 2], [f, g]: [[Factor; 3]; 2]) -> [[V; 4]; 2] {
            let [x, y] = inverse4_before(field, x, [f, g]);
            let rest = [
                sub(x[0], x[2]),
                sub(x[1], x[3]),
                sub(y[0], y[2]),
                sub(y[1], y[3]),
            ];
            let [a, b] = [
                reduce(field, add(x[0], x[2])),
                reduce(field, add(y[0], y[2])),
            ];
            let rest = products(field, rest, [f[0], f[0], g[0], g[0]]);
            [
                [a, add(x[1], x[3]), rest[0], rest[1]],
                [b, add(y[1], y[3]), rest[2], rest[3]],
            ]
        }

        /// The first of two levels backward.
        #[inline]
        #[target_feature(enable = $features)]
        fn inverse4_before(
            field: Field,
            [x, y]: [[V; 4]; 2],
            [f, g]: [[Factor; 3]; 2],
        ) -> [[V; 4]; 2] {
            let rest = [
                sub(x[0], x[1]),
                sub(x[2], x[3]),
                sub(y[0], y[1]),
                sub(y[2], y[3]),
            ];
            let rest = products(field, rest, [f[1], f[2], g[1], g[2]]);
            [
                [add(x[0], x[1]), rest[0], add(x[2], x[3]), rest[1]],
                [add(y[0], y[1]), rest[2], add(y[2], y[3]), rest[3]],
            ]
        }

        /// Both levels backward, of which the second multiplies sums and differences.
        #[inline]
        #[target_feature(enable = $features)]
        fn inverse4_scaled(
            field: Field,
            x: [[V; 4]; 2],
            factors: [Factor; 3],
            [sums, differences]: [Factor; 2],
        ) -> [[V; 4]; 2] {
            let scaled = |[a, b, c, d]: [V; 4]| {
                let x = [add(a, c), add(b, d), sub(a, c), sub(b, d)];
                products(field, x, [sums, sums, differences, differences])
            };
            let [x, y] = inverse4_before(field, x, [factors, factors]);
            [scaled(x), scaled(y)]
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

        // Two levels of 16 coefficients in vectors, by the 15 pairs of four levels: macros, since
        // compilers do not put functions of this size in line, and pass vectors through memory.

        /// The third and fourth level of four.
        macro_rules! forward16_after {
            ($field:ident, $x:expr, $pairs:ident) => {{
                let [[a, b], [c, d]] = $x;
                let (x, y) = ([a[0], b[0], c[0], d[0]], [a[1], b[1], c[1], d[1]]);
                let (z, w) = ([a[2], b[2], c[2], d[2]], [a[3], b[3], c[3], d[3]]);
                let first = [three($pairs, 3, 7), three($pairs, 4, 9)];
                let second = [three($pairs, 5, 11), three($pairs, 6, 13)];
                [
                    forward4($field, [x, y], first),
                    forward4($field, [z, w], second),
                ]
            }};
        }

        /// The first and second level backward of four.
        macro_rules! inverse16_before {
            ($field:ident, $x:expr, $pairs:ident) => {{
                let [x, y] = $x;
                let first = [three($pairs, 3, 7), three($pairs, 4, 9)];
                let second = [three($pairs, 5, 11), three($pairs, 6, 13)];
                let [a, b] = inverse4($field, x, first);
                let [c, d] = inverse4($field, y, second);
                [
                    [[a[0], b[0], c[0], d[0]], [a[1], b[1], c[1], d[1]]],
                    [[a[2], b[2], c[2], d[2]], [a[3], b[3], c[3], d[3]]],
                ]
            }};
        }

        /// Vectors at a distance from each other, that are numbers or still residues.
        #[derive(Clone, Copy)]
        struct Strided {
            start: *mut f64,
            stride: usize,
        }

        impl Strided {
            /// Residues that are only read.
            #[inline]
            #[target_feature(enable = $features)]
            fn of_residues(start: *const u64, stride: usize) -> Self {
                let start = start.cast::<f64>().cast_mut();
                Strided { start, stride }
            }

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

            /// Twice four vectors, from one and from another on.
            ///
            /// # Safety
            /// The vectors are there.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn eight<const RESIDUES: bool>(
                self,
                first: usize,
                second: usize,
                by: usize,
            ) -> [[V; 4]; 2] {
                // SAFETY: as promised.
                unsafe {
                    [
                        self.four::<RESIDUES>(first, by),
                        self.four::<RESIDUES>(second, by),
                    ]
                }
            }

            /// # Safety
            /// The vectors are there.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn put_both(self, first: usize, second: usize, by: usize, [x, y]: [[V; 4]; 2]) {
                // SAFETY: as promised.
                unsafe {
                    self.put(first, by, x);
                    self.put(second, by, y);
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

        /// `levels` levels down `2^levels` lines: from residues in the first step; from numbers
        /// in the others, where `reduced` ones of three levels are reduced before.
        ///
        /// # Safety
        /// The vectors are there, and `2^levels - 1` pairs.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_lines<const FIRST: bool>(
            field: Field,
            lines: Strided,
            (levels, reduced): (u32, bool),
            pairs: *const f64,
        ) {
            // SAFETY: as promised.
            unsafe {
                match levels {
                    4 => {
                        let first = [three(pairs, 0, 1); 2];
                        let x = [
                            forward4(field, lines.eight::<FIRST>(0, 1, 4), first),
                            forward4(field, lines.eight::<FIRST>(2, 3, 4), first),
                        ];
                        let [x, y] = forward16_after!(field, x, pairs);
                        lines.put_both(0, 4, 1, x);
                        lines.put_both(8, 12, 1, y);
                    }
                    3 => {
                        let [mut x, mut y] = lines.eight::<FIRST>(0, 4, 1);
                        if reduced {
                            (x, y) = (reduce4(field, x), reduce4(field, y));
                        }
                        let y = products(field, y, [factor(pairs, 0); 4]);
                        let factors = [three(pairs, 1, 3), three(pairs, 2, 5)];
                        lines.put_both(0, 4, 1, forward4(field, both(x, y), factors));
                    }
                    _ => {
                        let x = lines.four::<FIRST>(0, 1);
                        let [x, _] = forward4(field, [x, x], [three(pairs, 0, 1); 2]);
                        lines.put(0, 1, x);
                    }
                }
            }
        }

        /// Sums and differences.
        #[inline]
        #[target_feature(enable = $features)]
        fn both(x: [V; 4], y: [V; 4]) -> [[V; 4]; 2] {
            [
                [
                    add(x[0], y[0]),
                    add(x[1], y[1]),
                    add(x[2], y[2]),
                    add(x[3], y[3]),
                ],
                [
                    sub(x[0], y[0]),
                    sub(x[1], y[1]),
                    sub(x[2], y[2]),
                    sub(x[3], y[3]),
                ],
            ]
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
            lines: Strided,
            levels: u32,
            pairs: *const f64,
            last: [Factor; 2],
        ) {
            // SAFETY: as promised.
            unsafe {
                match levels {
                    4 => {
                        let x = [
                            lines.eight::<false>(0, 4, 1),
                            lines.eight::<false>(8, 12, 1),
                        ];
                        let [x, y] = inverse16_before!(field, x, pairs);
                        let first = three(pairs, 0, 1);
                        if LAST {
                            let [a, b] = inverse4_scaled(field, x, first, last);
                            lines.put_residues(field, 0, 4, a);
                            lines.put_residues(field, 1, 4, b);
                            let [c, d] = inverse4_scaled(field, y, first, last);
                            lines.put_residues(field, 2, 4, c);
                            lines.put_residues(field, 3, 4, d);
                        } else {
                            lines.put_both(0, 1, 4, inverse4(field, x, [first; 2]));
                            lines.put_both(2, 3, 4, inverse4(field, y, [first; 2]));
                        }
                    }
                    3 => {
                        let factors = [three(pairs, 1, 3), three(pairs, 2, 5)];
                        let [x, y] = inverse4(field, lines.eight::<false>(0, 4, 1), factors);
                        let [sums, rest] = both(x, y);
                        if LAST {
                            lines.put_residues(field, 0, 1, products(field, sums, [last[0]; 4]));
                            lines.put_residues(field, 4, 1, products(field, rest, [last[1]; 4]));
                        } else {
                            lines.put(0, 1, reduce4(field, sums));
                            lines.put(4, 1, products(field, rest, [factor(pairs, 0); 4]));
                        }
                    }
                    _ => {
                        let (x, first) = (lines.four::<false>(0, 1), three(pairs, 0, 1));
                        if LAST {
                            let [x, _] = inverse4_scaled(field, [x, x], first, last);
                            lines.put_residues(field, 0, 1, x);
                        } else {
                            let [x, _] = inverse4(field, [x, x], [first; 2]);
                            lines.put(0, 1, x);
                        }
                    }
                }
            }
        }

        /// Asks for the factors of a row, or for what is there instead, after the last one.
        #[inline]
        #[target_feature(enable = $features)]
        fn prefetch(factors: *const f64) {
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
            twiddles: &Twiddles,
            (start, rows): (*mut f64, usize),
            (step, block): (usize, usize),
        ) {
            let step_of = twiddles.steps[step];
            let (levels, distance) = (step_of.levels, (rows >> step_of.levels) * ROW);
            let reduced = step == 1 && twiddles.levels() == 9;
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
            (twiddles, last): (&Twiddles, [Factor; 2]),
            (from, start, rows): (*const u64, *mut f64, usize),
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
                    let second = [[plain, factor(pairs, 1), factor(pairs, 2)]; 2];
                    let lines = Strided {
                        start: row.add(lane),
                        stride: BLOCK,
                    };
                    let first = |x: [V; 4]| {
                        let [a, b, c, d] = products(field, x, [plain, plain, times, times]);
                        [add(a, c), add(b, d), sub(a, c), sub(b, d)]
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
        unsafe fn forward(modulus: Modulus, twiddles: &Twiddles, row: &mut [u64]) {
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
            twiddles: &Twiddles,
            last: [[f64; 2]; 2],
            (from, to, degree): (*const u64, *mut u64, usize),
        ) {
            let rows = (from, to.cast(), degree / ROW);
            // SAFETY: as promised.
            unsafe {
                let last = [factor(last[0].as_ptr(), 0), factor(last[1].as_ptr(), 0)];
                inverse_to::<true>(Field::new(modulus), (twiddles, last), rows, (0, 0));
            }
        }

        impl Seen {
            /// Coefficients to values.
            pub(in crate::kernel) fn forward(
                self,
                modulus: Modulus,
                twiddles: &Twiddles,
                row: &mut [u64],
            ) {
                twiddles.check(row.len(), LANES);
                // SAFETY: the processor was seen to have what the function needs, and the twiddles fit.
                unsafe { forward(modulus, twiddles, row) }
            }

            /// Values to coefficients: values elsewhere, or those of the row. `last` are the factors
            /// of the last level.
            pub(in crate::kernel) fn inverse(
                self,
                modulus: Modulus,
                twiddles: &Twiddles,
                last: [[f64; 2]; 2],
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
