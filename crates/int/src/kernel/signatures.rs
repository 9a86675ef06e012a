//! The kernels that a set has, each said once.

/// Hands the kernels that every vector set writes by hand to a macro.
macro_rules! handwritten {
    ($into:ident) => {
        $into! {
            fn tile(operands: &Tile<'_>, sums: &mut [i32]);
            fn add_contributions(sums: &mut [i32], values: &[i16], list: &[Contribution]);
            fn add_windows(
                sums: &mut [i32], values: &[i16], window: Window, list: &[Contribution],
                fresh: bool
            );
            fn fast_fir_inputs(
                values: &[i16], starts: &[usize; INPUTS], single: [bool; 2], depth: usize,
                transformed: &mut [i16], places: &[usize; PRODUCTS]
            );
            fn scale(sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64;
            fn lay_out_square(
                rows: &[i16], stride: usize, lines: &mut [i16], width: usize
            );
            fn transpose_low_halves(
                values: &[i32], columns: usize, low: &mut [i16], stride: usize
            );
            fn prefetch(values: &[i16]);
            fn prefetch_far(values: &[i16]);
            fn products_alone(rounds: u32) -> (u64, i32);
            fn lay_out_by_depth(rows: &[i16], stride: usize, lines: &mut [i16], width: usize);
            fn add_high_halves(
                few: HighHalfGroup<'_>, rows: RowsByDepth<'_>, sums: &mut [i32], width: usize
            );
            fn add_overflows(few: &[Overflow], start: usize, lanes: &[i16], sums: &mut [i32]);
            fn update(
                weights: &mut [i16], gradients: &[i32], patch: Patch, correction: UpdateRule
            ) -> (usize, u32);
        }
    };
}

/// Hands the kernels that compilers vectorise well to a macro.
macro_rules! autovectorized {
    ($into:ident) => {
        $into! {
            fn add_scaled(sums: &mut [i32], scale: i32, row: &[i16]);
            fn leaky(inputs: &[i8], inverse: u16, mean: i16, outputs: &mut [i16]);
            fn leaky_backward(gradients: &mut [i32], inputs: &[i8], slope: Reciprocal);
            fn max_with_index(best: &mut [i16], indices: &mut [u16], values: &[i16], index: u16);
            fn max_i8(best: &mut [i8], values: &[i8]);
            fn max_abs(values: &[i32]) -> u32;
            fn max_abs_i16(values: &[i16]) -> u16;
            fn squares(values: &[i16]) -> u64;
            fn fast_fir_weights(
                weights: &[i16], stride: usize, low: &mut [i16], spacing: usize
            ) -> u32;
            fn fast_fir_line(
                products: &[i32], starts: &[usize; SIX], width: usize,
                line: &mut [i32]
            );
            fn add(sums: &mut [i32], values: &[i32]);
            fn subtract(sums: &mut [i32], values: &[i32]);
        }
    };
}

/// Methods of `Token` that call the functions of the same names.
macro_rules! methods {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        impl Token {
            $(pub(super) fn $name(self, $($argument: $type),*) $(-> $result)? {
                // SAFETY: the processor was seen to have what the function needs; `Isa` has
                // checked all sizes.
                unsafe { $name($($argument),*) }
            })*
        }
    };
}

pub(super) use {autovectorized, handwritten, methods};
