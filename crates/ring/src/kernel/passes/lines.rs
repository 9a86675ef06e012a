//! Two to four levels of a transform on lines of vectors in memory.

/// The functions. They need, where they are, what [`super::butterflies`] needs and makes, and
/// `load`, `store`, `from_residues`, `to_residues`.
macro_rules! lines {
    ($features:literal) => {
        /// Vectors `stride` numbers apart, of numbers or still of residues.
        #[derive(Clone, Copy)]
        struct Strided {
            start: *mut N,
            stride: usize,
        }

        impl Strided {
            /// Vectors of residues, to be read only.
            #[inline]
            #[target_feature(enable = $features)]
            fn of_residues(start: *const u64, stride: usize) -> Self {
                let start = start.cast::<N>().cast_mut();
                Strided { start, stride }
            }

            /// One vector.
            ///
            /// # Safety
            /// A vector is valid to read at `start + index * stride`.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn get<const RESIDUES: bool>(self, index: usize) -> V {
                // SAFETY: the caller's duty.
                unsafe {
                    let from = self.start.add(index * self.stride);
                    if RESIDUES {
                        from_residues(from.cast())
                    } else {
                        load(from)
                    }
                }
            }

            /// Four vectors: with indices from `first` on, at distances of `by`.
            ///
            /// # Safety
            /// Vectors with these indices are valid to read, as in [`Strided::get`].
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn four<const RESIDUES: bool>(self, first: usize, by: usize) -> [V; 4] {
                // SAFETY: the caller's duty, for `first + 3 * by` and the three before.
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
            /// Vectors with the indices of [`Strided::four`] are valid to write.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn put(self, first: usize, by: usize, x: [V; 4]) {
                // SAFETY: the caller's duty, for `first + 3 * by` and the three before.
                unsafe {
                    store(self.start.add(first * self.stride), x[0]);
                    store(self.start.add((first + by) * self.stride), x[1]);
                    store(self.start.add((first + 2 * by) * self.stride), x[2]);
                    store(self.start.add((first + 3 * by) * self.stride), x[3]);
                }
            }

            /// Twice four vectors: from `first` and from `second` on.
            ///
            /// # Safety
            /// As [`Strided::four`], for both.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn eight<const RESIDUES: bool>(
                self,
                first: usize,
                second: usize,
                by: usize,
            ) -> [[V; 4]; 2] {
                // SAFETY: the caller's duty, for both fours.
                unsafe {
                    [
                        self.four::<RESIDUES>(first, by),
                        self.four::<RESIDUES>(second, by),
                    ]
                }
            }

            /// # Safety
            /// As [`Strided::put`], for both.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn put_both(self, first: usize, second: usize, by: usize, [x, y]: [[V; 4]; 2]) {
                // SAFETY: the caller's duty, for both fours.
                unsafe {
                    self.put(first, by, x);
                    self.put(second, by, y);
                }
            }

            /// The residues of numbers whose magnitudes are up to the modulus.
            ///
            /// # Safety
            /// As [`Strided::put`].
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn put_residues(self, field: Field, first: usize, by: usize, x: [V; 4]) {
                let at = |index: usize| self.start.wrapping_add(index * self.stride).cast();
                // SAFETY: the caller's duty, for `first + 3 * by` and the three before.
                unsafe {
                    to_residues(field, at(first), x[0]);
                    to_residues(field, at(first + by), x[1]);
                    to_residues(field, at(first + 2 * by), x[2]);
                    to_residues(field, at(first + 3 * by), x[3]);
                }
            }
        }

        /// Four coefficients; at the very first level, the first two with their offset.
        #[inline]
        #[target_feature(enable = $features)]
        fn offset_first_two<const FIRST: bool>(field: Field, [a, b, c, d]: [V; 4]) -> [V; 4] {
            if FIRST {
                [offset(field, a), offset(field, b), c, d]
            } else {
                [a, b, c, d]
            }
        }

        /// `levels` levels down `2^levels` lines: from residues in the first step, from numbers in
        /// the others. Where `reduced`, a step of three levels first reduces what it adds to.
        ///
        /// # Safety
        /// `2 <= levels <= 4`; `2^levels` vectors are valid to read and write, as in
        /// [`Strided::get`], and `2^levels - 1` pairs to read.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_lines<const FIRST: bool>(
            field: Field,
            lines: Strided,
            levels: u32,
            reduced: bool,
            pairs: *const N,
        ) {
            // SAFETY: indices are below 16, 8 or 4, and pairs below 15, 7 or 3: both as many as the
            // caller has for these levels.
            unsafe {
                match levels {
                    4 => {
                        let first = [three(pairs, 0, 1); 2];
                        let two = |index: usize| {
                            let [x, y] = lines.eight::<FIRST>(index, index + 1, 4);
                            let x = [
                                offset_first_two::<FIRST>(field, x),
                                offset_first_two::<FIRST>(field, y),
                            ];
                            forward4(field, x, first)
                        };
                        let x = [two(0), two(2)];
                        let [x, y] = forward16_after!(field, x, pairs);
                        lines.put_both(0, 4, 1, x);
                        lines.put_both(8, 12, 1, y);
                    }
                    3 => {
                        let [mut x, y] = lines.eight::<FIRST>(0, 4, 1);
                        if reduced {
                            x = reduce4(field, x);
                        }
                        if FIRST {
                            x = x.map(|x| offset(field, x));
                        }
                        let y = products(field, y, [factor(pairs, 0); 4]);
                        let factors = [three(pairs, 1, 3), three(pairs, 2, 5)];
                        lines.put_both(0, 4, 1, forward4(field, plus_minus(field, x, y), factors));
                    }
                    _ => {
                        let x = offset_first_two::<FIRST>(field, lines.four::<FIRST>(0, 1));
                        let [x, _] = forward4(field, [x, x], [three(pairs, 0, 1); 2]);
                        lines.put(0, 1, x);
                    }
                }
            }
        }

        /// `levels` levels up `2^levels` lines; the very last step scales by its factors and ends in
        /// residues.
        ///
        /// # Safety
        /// As [`forward_lines`].
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse_lines<const LAST: bool>(
            field: Field,
            lines: Strided,
            levels: u32,
            pairs: *const N,
            last: [Factor; 2],
        ) {
            // SAFETY: indices are below 16, 8 or 4, and pairs below 15, 7 or 3: both as many as the
            // caller has for these levels.
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
                        let [sums, rest] = both(field, x, y);
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
    };
}

pub(in crate::kernel) use lines;
