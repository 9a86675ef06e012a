//! The signatures of the kernels that every set has, each written once.

/// Passes the kernels that every vector set writes by hand to a macro.
macro_rules! handwritten {
    ($into:ident) => {
        $into! {
            fn tile(operands: &Tile<'_>, sums: &mut [i32]);
            fn add_contributions(sums: &mut [i32], values: &[i16], list: &[Contribution]);
            fn add_windows(sums: &mut [i32], windows: Windows<'_>, fresh: bool);
            fn fast_fir_inputs(
                inputs: TileInputs<'_>, transformed: &mut [i16], starts: &[usize; PRODUCTS]
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
                group: HighHalfGroup<'_>, rows: RowsByDepth<'_>, sums: &mut [i32], width: usize
            );
            fn add_overflows(listed: &[Overflow], start: usize, columns: &[i16], sums: &mut [i32]);
            fn update(
                weights: &mut [i16], gradients: &[i32], patch: Patch, rule: UpdateRule
            ) -> (usize, u32);
        }
    };
}

/// Passes the kernels that compilers vectorize well to a macro.
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
                weights: FilterRows<'_>, low: &mut [i16], spacing: usize
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
                // SAFETY: the processor has the instructions of the function, because a `Token` is
                // made by `Token::detect` alone; the bounds that an unsafe function names are
                // asserted by the method of `Isa` in `dispatch`, its only caller.
                unsafe { $name($($argument),*) }
            })*
        }
    };
}

pub(super) use {autovectorized, handwritten, methods};
