//! The passes on ranges instead of numbers: nothing that is multiplied or reduced may be negative
//! or reach 2^52, for the largest modulus of each kind of transform.

use crate::Modulus;
use crate::kernel::passes::Passes;
use crate::kernel::twiddles::{Number, Twiddles};

/// A range that has the values of all lanes of a vector, in units of the modulus.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Range {
    min: f32,
    max: f32,
}

/// More than the rounding error of a sum of about ten terms.
const SLACK: f32 = 1e-4;

impl Range {
    const RESIDUES: Range = Range { min: 0.0, max: 1.0 };

    /// The smallest range that has both.
    fn union(self, other: Range) -> Range {
        Range {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    fn plus(self, other: Range) -> Range {
        Range {
            min: self.min + other.min,
            max: self.max + other.max + SLACK,
        }
    }

    fn minus(self, other: Range) -> Range {
        Range {
            min: self.min - other.max - SLACK,
            max: self.max - other.min + SLACK,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a small number")]
    fn plus_moduli(self, by: u64) -> Range {
        let by = by as f32;
        self.plus(Range { min: by, max: by })
    }

    /// The range of products, and of reduced numbers, for moduli below `below`.
    #[allow(clippy::cast_precision_loss, reason = "rounding is within the slack")]
    fn multiplied(self, below: u64) -> Range {
        let limit = (1_u64 << 52) as f32 / below as f32;
        assert!(self.min >= 0.0, "negative: {self:?}");
        assert!(self.max < limit, "above {limit}: {self:?}");
        Range {
            min: 0.0,
            max: 1.0 + self.max / limit + SLACK,
        }
    }
}

/// Factors do not count.
impl Number for Range {
    fn pair(_: Modulus, _: u64) -> [Self; 2] {
        [Range::default(); 2]
    }
}

/// The passes of a kind of transform, and a test that runs them.
macro_rules! ranges {
    ($kind:ident, $test:ident, $subtract:expr, $offset:expr) => {
        mod $kind {
            use super::super::$kind::{BACKWARD_OFFSET, BELOW, COLUMNS, FORWARD_OFFSET, REDUCED};
            use super::Range;
            use crate::Modulus;
            use crate::kernel::avx512::squares::squares;
            use crate::kernel::passes::{Passes, passes};
            use crate::kernel::twiddles::{BLOCK, NUMBERS_PER_ROW, ROW, Twiddles};
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

            type N = Range;
            /// One range for all lanes.
            type V = Range;
            const LANES: usize = 8;
            const SQUARES: usize = 1;

            #[derive(Clone, Copy)]
            pub(super) struct Token;

            #[derive(Clone, Copy)]
            struct Field;

            impl Field {
                fn new(_: Modulus) -> Self {
                    Field
                }
            }

            fn add(a: V, b: V) -> V {
                a.plus(b)
            }

            fn subtract(_: Field, a: V, product: V) -> V {
                let subtract: fn(V, V) -> V = $subtract;
                subtract(a, product)
            }

            fn offset(_: Field, x: V) -> V {
                let plus_offset: fn(V) -> V = $offset;
                plus_offset(x)
            }

            fn difference(_: Field, a: V, b: V) -> V {
                a.plus_moduli(BACKWARD_OFFSET).minus(b)
            }

            fn products(_: Field, x: [V; 4], _: [Factor; 4]) -> [V; 4] {
                x.map(|x| x.multiplied(BELOW))
            }

            fn reduce(_: Field, x: V) -> V {
                x.multiplied(BELOW)
            }

            /// # Safety
            /// `from` is valid to read one range.
            unsafe fn splat(from: *const N) -> V {
                // SAFETY: one is there: the caller's duty.
                unsafe { *from }
            }

            /// # Safety
            /// `from` is valid to read `LANES` ranges.
            unsafe fn load(from: *const N) -> V {
                // SAFETY: `LANES` of them are there: the caller's duty.
                let all = unsafe { core::slice::from_raw_parts(from, LANES) };
                all.iter().copied().reduce(Range::union).unwrap_or_default()
            }

            /// # Safety
            /// `to` is valid to write `LANES` ranges.
            unsafe fn store(to: *mut N, x: V) {
                // SAFETY: `LANES` of them are there: the caller's duty.
                unsafe { core::slice::from_raw_parts_mut(to, LANES) }.fill(x);
            }

            /// # Safety
            /// Nothing is read: any pointer will do.
            unsafe fn from_residues(_: *const u64) -> V {
                Range::RESIDUES
            }

            /// # Safety
            /// `to` is valid to write `LANES` residues.
            unsafe fn to_residues(_: Field, to: *mut u64, x: V) {
                assert!(x.min >= 0.0 && x.max < 2.0, "{x:?}");
                // SAFETY: `LANES` of them are there: the caller's duty.
                unsafe { store(to.cast(), Range::RESIDUES) };
            }

            fn transpose(x: [V; 8]) -> [V; 8] {
                let all = x.into_iter().reduce(Range::union).unwrap_or_default();
                [all; 8]
            }

            passes!("sse2");
            squares!("sse2");
        }

        #[test]
        fn $test() {
            assert_in_range($kind::Token, super::$kind::BELOW);
        }
    };
}

ranges!(
    short,
    short_primes_stay_in_range,
    |a, product| a.minus(product),
    |x| x.plus_moduli(FORWARD_OFFSET)
);
ranges!(
    long,
    long_primes_stay_in_range,
    |a, product| a.plus_moduli(FORWARD_OFFSET).minus(product),
    |x| x
);

/// Forward and backward, for every degree.
fn assert_in_range<S: Passes<Range> + Copy>(passes: S, below: u64) {
    let modulus = Modulus::new(below - 1).unwrap();
    for degree in (10..=17).map(|log| 1 << log) {
        let twiddles = Twiddles::new(modulus, degree, 3, 8);
        let mut row = vec![0; degree];
        passes.forward(&twiddles, &mut row);
        let last = [[Range::default(); 2]; 2];
        passes.inverse(&twiddles, last, None, &mut row);
    }
}
