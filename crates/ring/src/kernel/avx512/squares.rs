//! The last four levels of a transform, on four blocks of 16 numbers at a time: a square of eight
//! vectors.

use core::arch::x86_64::{__m512d, _mm512_shuffle_f64x2, _mm512_unpackhi_pd, _mm512_unpacklo_pd};

type V = __m512d;

/// Rows of a square to columns.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn transpose(x: [V; 8]) -> [V; 8] {
    // Even, and odd, columns of two rows in each.
    let even = [
        _mm512_unpacklo_pd(x[0], x[1]),
        _mm512_unpacklo_pd(x[2], x[3]),
        _mm512_unpacklo_pd(x[4], x[5]),
        _mm512_unpacklo_pd(x[6], x[7]),
    ];
    let odd = [
        _mm512_unpackhi_pd(x[0], x[1]),
        _mm512_unpackhi_pd(x[2], x[3]),
        _mm512_unpackhi_pd(x[4], x[5]),
        _mm512_unpackhi_pd(x[6], x[7]),
    ];
    let [a, c, e, g] = transpose_pairs(even);
    let [b, d, f, h] = transpose_pairs(odd);
    [a, b, c, d, e, f, g, h]
}

/// Rows of a square of pairs to columns.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose_pairs([a, b, c, d]: [V; 4]) -> [V; 4] {
    let (even, odd) = (
        _mm512_shuffle_f64x2::<0x88>(a, b),
        _mm512_shuffle_f64x2::<0xdd>(a, b),
    );
    let (even_below, odd_below) = (
        _mm512_shuffle_f64x2::<0x88>(c, d),
        _mm512_shuffle_f64x2::<0xdd>(c, d),
    );
    [
        _mm512_shuffle_f64x2::<0x88>(even, even_below),
        _mm512_shuffle_f64x2::<0x88>(odd, odd_below),
        _mm512_shuffle_f64x2::<0xdd>(even, even_below),
        _mm512_shuffle_f64x2::<0xdd>(odd, odd_below),
    ]
}

/// The functions. They need, where they are, what [`crate::kernel::passes`] needs and makes,
/// `transpose`, and `REDUCED`.
macro_rules! squares {
    ($features:literal) => {
        /// A vector of factors and one of their quotients, after the four pairs of a square.
        ///
        /// # Safety
        /// `8 + 16 * (index + 1)` numbers are valid to read at `numbers`: those of a square have
        /// seven such factors.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn within(numbers: *const N, index: usize) -> Factor {
            // SAFETY: two vectors of 8 are within the caller's `8 + 16 * (index + 1)` numbers.
            unsafe {
                let numbers = numbers.add(8 + 16 * index);
                Factor {
                    value: load(numbers),
                    quotient: load(numbers.add(8)),
                }
            }
        }

        /// The factors within a square for its last two levels.
        ///
        /// # Safety
        /// The numbers of a square are valid to read at `numbers`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn last_two(numbers: *const N) -> [[Factor; 3]; 2] {
            // SAFETY: indices are below 7, the number of such factors of a square.
            unsafe {
                [
                    [within(numbers, 1), within(numbers, 3), within(numbers, 4)],
                    [within(numbers, 2), within(numbers, 5), within(numbers, 6)],
                ]
            }
        }

        /// The last four levels of four blocks, to residues.
        ///
        /// # Safety
        /// 64 numbers are valid to read and write at `values`, and those of a square to read at
        /// `numbers`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn forward_squares(field: Field, values: *mut N, numbers: *const N) {
            let lines = Strided {
                start: values,
                stride: 8,
            };
            // SAFETY: the eight lines of 8 are the caller's 64, and a square has four pairs and seven
            // vectors of factors.
            unsafe {
                let [mut x, y] = lines.eight::<false>(0, 1, 2);
                if REDUCED {
                    x = reduce4(field, x);
                }
                let by = [
                    factor(numbers, 0),
                    factor(numbers, 1),
                    factor(numbers, 2),
                    factor(numbers, 3),
                ];
                let [x, y] = plus_minus(field, x, products(field, y, by));
                let x = transpose([x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3]]);
                let [a, b, c, d, e, f, g, h] = x;
                let y = products(field, [e, f, g, h], [within(numbers, 0); 4]);
                let [x, y] = forward4(field, plus_minus(field, [a, b, c, d], y), last_two(numbers));
                let ([a, b, c, d], [e, f, g, h]) = (reduce4(field, x), reduce4(field, y));
                let [a, b, c, d, e, f, g, h] = transpose([a, b, c, d, e, f, g, h]);
                lines.put_residues(field, 0, 1, [a, b, c, d]);
                lines.put_residues(field, 4, 1, [e, f, g, h]);
            }
        }

        /// The first four levels of four blocks backward, from residues.
        ///
        /// # Safety
        /// 64 residues are valid to read at `residues`, 64 numbers to write at `values`, and those
        /// of a square to read at `numbers`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn inverse_squares(
            field: Field,
            residues: *const u64,
            values: *mut N,
            numbers: *const N,
        ) {
            let residues = Strided::of_residues(residues, 8);
            let lines = Strided {
                start: values,
                stride: 8,
            };
            // SAFETY: the eight lines of 8 are the caller's 64, and a square has four pairs and seven
            // vectors of factors.
            unsafe {
                let [[a, b, c, d], [e, f, g, h]] = residues.eight::<true>(0, 4, 1);
                let [a, b, c, d, e, f, g, h] = transpose([a, b, c, d, e, f, g, h]);
                let [x, y] = inverse4(field, [[a, b, c, d], [e, f, g, h]], last_two(numbers));
                let [[a, b, c, d], rest] = both(field, x, y);
                let [e, f, g, h] = products(field, rest, [within(numbers, 0); 4]);
                let [a, b, c, d, e, f, g, h] = transpose([a, b, c, d, e, f, g, h]);
                let [x, y] = both(field, [a, c, e, g], [b, d, f, h]);
                let by = [
                    factor(numbers, 0),
                    factor(numbers, 1),
                    factor(numbers, 2),
                    factor(numbers, 3),
                ];
                lines.put_both(0, 1, 2, [reduce4(field, x), products(field, y, by)]);
            }
        }
    };
}

pub(super) use squares;
