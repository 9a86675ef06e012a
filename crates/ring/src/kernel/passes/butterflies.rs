//! Two levels of a transform on what is in vectors.

/// The functions. They need, where they are: `N`, `V`, `Field`, `splat`, `add`, `subtract`,
/// `offset`, `difference`, `products`, `reduce`.
macro_rules! butterflies {
    ($features:literal) => {
        type Factor = $crate::kernel::factor::Factor<V>;

        /// The pair of an index, each number in all lanes.
        ///
        /// # Safety
        /// `2 * (index + 1)` numbers are valid to read at `pairs`, or at least the last two.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn factor(pairs: *const N, index: usize) -> Factor {
            let pair = pairs.wrapping_add(2 * index);
            // SAFETY: two numbers are there: the caller's duty.
            unsafe {
                Factor {
                    value: splat(pair),
                    quotient: splat(pair.add(1)),
                }
            }
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
            let x = [
                add(x[0], c),
                add(x[1], d),
                subtract(field, x[0], c),
                subtract(field, x[1], d),
            ];
            let y = [
                add(y[0], p),
                add(y[1], q),
                subtract(field, y[0], p),
                subtract(field, y[1], q),
            ];
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
                [
                    add(x[0], b),
                    subtract(field, x[0], b),
                    add(x[2], d),
                    subtract(field, x[2], d),
                ],
                [
                    add(y[0], p),
                    subtract(field, y[0], p),
                    add(y[2], q),
                    subtract(field, y[2], q),
                ],
            ]
        }

        /// Two levels backward on four coefficients, twice.
        #[inline]
        #[target_feature(enable = $features)]
        fn inverse4(field: Field, x: [[V; 4]; 2], [f, g]: [[Factor; 3]; 2]) -> [[V; 4]; 2] {
            let [x, y] = inverse4_before(field, x, [f, g]);
            let rest = [
                difference(field, x[0], x[2]),
                difference(field, x[1], x[3]),
                difference(field, y[0], y[2]),
                difference(field, y[1], y[3]),
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
                difference(field, x[0], x[1]),
                difference(field, x[2], x[3]),
                difference(field, y[0], y[1]),
                difference(field, y[2], y[3]),
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
                let x = [
                    add(a, c),
                    add(b, d),
                    difference(field, a, c),
                    difference(field, b, d),
                ];
                products(field, x, [sums, sums, differences, differences])
            };
            let [x, y] = inverse4_before(field, x, [factors, factors]);
            [scaled(x), scaled(y)]
        }

        /// The factor with index `first`, and the two from `second` on.
        ///
        /// # Safety
        /// `2 * (second + 2)` numbers are valid to read at `pairs`; those before `2 * first` need
        /// not be.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn three(pairs: *const N, first: usize, second: usize) -> [Factor; 3] {
            // SAFETY: `first < second`, so the last pair ends at `2 * (second + 2)`, to which the
            // caller has numbers.
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

        /// Sums and differences, backward.
        #[inline]
        #[target_feature(enable = $features)]
        fn both(field: Field, x: [V; 4], y: [V; 4]) -> [[V; 4]; 2] {
            [
                [
                    add(x[0], y[0]),
                    add(x[1], y[1]),
                    add(x[2], y[2]),
                    add(x[3], y[3]),
                ],
                [
                    difference(field, x[0], y[0]),
                    difference(field, x[1], y[1]),
                    difference(field, x[2], y[2]),
                    difference(field, x[3], y[3]),
                ],
            ]
        }

        /// Products added to what they belong to, and subtracted from it.
        #[inline]
        #[target_feature(enable = $features)]
        fn plus_minus(field: Field, x: [V; 4], products: [V; 4]) -> [[V; 4]; 2] {
            let [a, b, c, d] = products;
            [
                [add(x[0], a), add(x[1], b), add(x[2], c), add(x[3], d)],
                [
                    subtract(field, x[0], a),
                    subtract(field, x[1], b),
                    subtract(field, x[2], c),
                    subtract(field, x[3], d),
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
    };
}

pub(in crate::kernel) use butterflies;
