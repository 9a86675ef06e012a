//! The passes on ranges instead of numbers: nothing that is multiplied or reduced may be negative
//! or reach 2^52, for the largest modulus of each kind of transform.

use crate::Modulus;
use crate::kernel::passes::Passes;
use crate::kernel::twiddles::{Number, Twiddles};

/// What all lanes of a vector lie between, in units of the modulus.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Range {
    least: f32,
    most: f32,
}

/// What rounding may take from a sum of some ten.
const SLACK: f32 = 1e-4;

impl Range {
    const RESIDUES: Range = Range {
        least: 0.0,
        most: 1.0,
    };

    fn with(self, other: Range) -> Range {
        Range {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }

    fn plus(self, other: Range) -> Range {
        Range {
            least: self.least + other.least,
            most: self.most + other.most + SLACK,
        }
    }

    fn minus(self, other: Range) -> Range {
        Range {
            least: self.least - other.most - SLACK,
            most: self.most - other.least + SLACK,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a small number")]
    fn raised(self, by: u64) -> Range {
        let by = by as f32;
        self.plus(Range {
            least: by,
            most: by,
        })
    }

    /// The range of products, and of reduced numbers, for moduli below `below`.
    #[allow(clippy::cast_precision_loss, reason = "rounding is within the slack")]
    fn multiplied(self, below: u64) -> Range {
        let room = (1_u64 << 52) as f32 / below as f32;
        assert!(self.least >= 0.0, "negative: {self:?}");
        assert!(self.most < room, "above {room}: {self:?}");
        Range {
            least: 0.0,
            most: 1.0 + self.most / room + SLACK,
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
    ($kind:ident, $test:ident, $subtract:expr, $raise:expr) => {
        mod $kind {
            use super::super::$kind::{BACKWARD, BELOW, COLUMNS, FORWARD, REDUCED};
            use super::Range;
            use crate::Modulus;
            use crate::kernel::avx512::squares::squares;
            use crate::kernel::passes::{Passes, passes};
            use crate::kernel::twiddles::{BLOCK, OF_ROW, ROW, Twiddles};
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

            fn raise(_: Field, x: V) -> V {
                let raise: fn(V) -> V = $raise;
                raise(x)
            }

            fn difference(_: Field, a: V, b: V) -> V {
                a.raised(BACKWARD).minus(b)
            }

            fn products(_: Field, x: [V; 4], _: [(V, V); 4]) -> [V; 4] {
                x.map(|x| x.multiplied(BELOW))
            }

            fn reduce(_: Field, x: V) -> V {
                x.multiplied(BELOW)
            }

            /// # Safety
            /// A number is there.
            unsafe fn splat(from: *const N) -> V {
                // SAFETY: as promised.
                unsafe { *from }
            }

            /// # Safety
            /// As many as lanes are there.
            unsafe fn load(from: *const N) -> V {
                // SAFETY: as promised.
                let all = unsafe { core::slice::from_raw_parts(from, LANES) };
                all.iter().copied().reduce(Range::with).unwrap_or_default()
            }

            /// # Safety
            /// As many as lanes are there.
            unsafe fn store(to: *mut N, x: V) {
                // SAFETY: as promised.
                unsafe { core::slice::from_raw_parts_mut(to, LANES) }.fill(x);
            }

            /// # Safety
            /// None is needed.
            unsafe fn from_residues(_: *const u64) -> V {
                Range::RESIDUES
            }

            /// # Safety
            /// As many as lanes are there.
            unsafe fn to_residues(_: Field, to: *mut u64, x: V) {
                assert!(x.least >= 0.0 && x.most < 2.0, "{x:?}");
                // SAFETY: as promised.
                unsafe { store(to.cast(), Range::RESIDUES) };
            }

            fn transpose(x: [V; 8]) -> [V; 8] {
                let all = x.into_iter().reduce(Range::with).unwrap_or_default();
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
    |x| x.raised(FORWARD)
);
ranges!(
    long,
    long_primes_stay_in_range,
    |a, product| a.raised(FORWARD).minus(product),
    |x| x
);

/// Forward and backward, for every degree.
fn assert_in_range<S: Passes<Range> + Copy>(passes: S, below: u64) {
    let modulus = Modulus::new(below - 1).unwrap();
    for degree in (10..=17).map(|log| 1 << log) {
        let twiddles = Twiddles::new(modulus, degree, 3, 8);
        let mut row = vec![0; degree];
        passes.forward(modulus, &twiddles, &mut row);
        let last = [[Range::default(); 2]; 2];
        passes.inverse(modulus, &twiddles, last, (None, &mut row));
    }
}
