//! The kernels as methods of an instruction set: they check all sizes, so that kernels need not.

use super::contributions::ContributionPart;
use super::fast_fir::{FilterRows, PRODUCTS, SIX, TOGETHER, TileInputs};
use super::high_halves::{GROUP, HighHalfColumns, RowsByDepth};
use super::isa::{Isa, Kind};
use super::overflow::Overflow;
use super::portable;
use super::reciprocal::Reciprocal;
use super::tile::{BLOCK, ROWS, Tile};
use super::update::{Patch, UpdateRule};
use super::windows::Windows;

/// Calls a function of the instruction set's module.
macro_rules! call {
    ($isa:expr, $function:ident($($argument:expr),*)) => {
        match $isa.0 {
            Kind::Portable => portable::$function($($argument),*),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2(token) => token.$function($($argument),*),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512(token) => token.$function($($argument),*),
        }
    };
}

/// Products, and the order of their operands.
impl Isa {
    /// Forms all sums of a tile: `sums[row, column]`, `[rows][width]`, modulo 2^32.
    ///
    /// # Panics
    /// If a row is not within its buffer, or the columns or sums have another size.
    pub fn tile(self, tile: &Tile<'_>, sums: &mut [i32]) {
        tile.check(sums);
        call!(self, tile(tile, sums));
    }

    /// Forms products of values in registers and does nothing else, which no kernel can do
    /// faster: returns how many, and a sum that keeps the compiler from removing them. The portable
    /// kernels form none.
    pub fn products_alone(self, rounds: u32) -> (u64, i32) {
        call!(self, products_alone(rounds))
    }

    /// Adds the products of listed high halves of a row with all columns of a block, times 2^16, to
    /// the row's sums, modulo 2^32. The row starts at the index `start`; columns are
    /// `[depth / 2][sums][2]`.
    ///
    /// # Panics
    /// If a listed value is beyond the columns' depth, or there are not 16, 32, 48 or 64 sums.
    pub fn add_overflows(
        self,
        listed: &[Overflow],
        start: usize,
        columns: &[i16],
        sums: &mut [i32],
    ) {
        let width = sums.len();
        assert!(
            width.is_multiple_of(GROUP) && (GROUP..=BLOCK).contains(&width),
            "whole groups of sums"
        );
        let row = start..start + columns.len() / (2 * width) * 2;
        let within = |one: &Overflow| row.contains(&(one.index as usize));
        assert!(listed.iter().all(within), "a line of columns for each");
        call!(self, add_overflows(listed, start, columns, sums));
    }

    /// Adds the products of rows with the high halves of columns, times 2^16, to the sums of the
    /// rows, `[rows][width]`, modulo 2^32.
    ///
    /// # Panics
    /// If rows lack depths or sums, or there are none or more than [`ROWS`].
    pub(crate) fn add_high_halves(
        self,
        columns: HighHalfColumns<'_>,
        rows: RowsByDepth<'_>,
        sums: &mut [i32],
    ) {
        let width = columns.width;
        assert!(
            (1..=ROWS).contains(&rows.count) && width.is_multiple_of(GROUP),
            "some rows and whole groups of columns"
        );
        assert!(
            sums.len() >= rows.count.saturating_mul(width),
            "sums of all rows"
        );
        for group in 0..width / GROUP {
            let own = columns.high.of(columns.first + group);
            if own.list().is_empty() {
                continue;
            }
            assert!(
                rows.values.len() >= own.depth() * rows.height(),
                "values of all depths"
            );
            let sums = &mut sums[group * GROUP..];
            call!(self, add_high_halves(own, rows, sums, width));
        }
    }

    /// Copies 16 pairs of values of 16 rows, `stride` apart, to 16 lines of a block with `width`
    /// columns, from a column on: `lines[pair][column] = rows[column][pair]`.
    ///
    /// # Panics
    /// If the rows or lines are not within their buffers.
    pub fn lay_out_square(self, rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
        assert!(holds(rows, 16, stride, 32), "16 rows");
        assert!(holds(lines, 16, width.saturating_mul(2), 32), "16 lines");
        call!(self, lay_out_square(rows, stride, lines, width));
    }

    /// Copies 32 values of each of 16 rows, `stride` apart, to 32 lines, `width` apart:
    /// `lines[depth][row] = rows[row][depth]`.
    ///
    /// # Panics
    /// If the rows or lines are not within their buffers.
    pub(crate) fn lay_out_by_depth(
        self,
        rows: &[i16],
        stride: usize,
        lines: &mut [i16],
        width: usize,
    ) {
        assert!(holds(rows, 16, stride, 32), "16 rows");
        assert!(holds(lines, 32, width, 16), "32 lines");
        call!(self, lay_out_by_depth(rows, stride, lines, width));
    }

    /// Writes the low halves of `values`, `[rows][columns]`, to `low`, `[columns][rows]`, whose
    /// rows begin `stride` apart.
    ///
    /// # Panics
    /// If there are not whole rows, or `low` is too short.
    pub fn transpose_low_halves(
        self,
        values: &[i32],
        columns: usize,
        low: &mut [i16],
        stride: usize,
    ) {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "rows");
        let rows = values.len() / columns;
        let last = (columns - 1).saturating_mul(stride);
        assert!(
            stride >= rows && last.saturating_add(rows) <= low.len(),
            "all columns as rows"
        );
        call!(self, transpose_low_halves(values, columns, low, stride));
    }

    /// Prefetches values.
    pub fn prefetch(self, values: &[i16]) {
        call!(self, prefetch(values));
    }

    /// Prefetches values into the second-level cache.
    pub fn prefetch_far(self, values: &[i16]) {
        call!(self, prefetch_far(values));
    }
}

/// 3x3 convolutions by fewer products.
impl Isa {
    /// Transforms the 3x3 weights of 32 channels to the factors of 36 products: their low halves,
    /// in rows `spacing` apart. Returns a bit for each channel, which is 1 if a factor's magnitude is
    /// beyond int16's.
    ///
    /// # Panics
    /// If the weights, or the rows of factors, are not within their buffers.
    pub(crate) fn fast_fir_weights(
        self,
        weights: FilterRows<'_>,
        low: &mut [i16],
        spacing: usize,
    ) -> u32 {
        assert!(
            holds(weights.values, 9, weights.stride, TOGETHER),
            "9 rows of weights"
        );
        assert!(
            holds(low, PRODUCTS, spacing, TOGETHER),
            "36 rows of factors"
        );
        call!(self, fast_fir_weights(weights, low, spacing))
    }

    /// Transforms the inputs of 3x3 outputs to the factors of 36 products, which go to `starts` in
    /// `transformed`; of a single row or column of outputs, only the factors of its own products.
    /// The factors wrap for inputs beyond ±3,640.
    ///
    /// # Panics
    /// If inputs or factors are not within their buffers, or the depth is no multiple of 32.
    pub(crate) fn fast_fir_inputs(
        self,
        inputs: TileInputs<'_>,
        transformed: &mut [i16],
        starts: &[usize; PRODUCTS],
    ) {
        let depth = inputs.depth;
        assert!(depth.is_multiple_of(TOGETHER), "whole vectors");
        let end = |starts: &[usize]| {
            let last = starts.iter().fold(0, |last, &start| start.max(last));
            last.saturating_add(depth)
        };
        assert!(
            end(inputs.starts) <= inputs.values.len() && end(starts) <= transformed.len(),
            "pixels within their buffers"
        );
        call!(self, fast_fir_inputs(inputs, transformed, starts));
    }

    /// Combines the six products of threes in a line, `[threes][width]` each from its start on, into
    /// outputs `[threes][3][width]`.
    ///
    /// # Panics
    /// If products are missing, or `width` is no multiple of 16.
    pub(crate) fn fast_fir_line(
        self,
        products: &[i32],
        starts: &[usize; SIX],
        width: usize,
        line: &mut [i32],
    ) {
        assert!(width.is_multiple_of(16) && width > 0, "whole vectors");
        assert!(line.len().is_multiple_of(3 * width), "threes");
        call!(self, fast_fir_line(products, starts, width, line));
    }

    /// `sums += values`, modulo 2^32, up to the shorter length.
    pub(crate) fn add(self, sums: &mut [i32], values: &[i32]) {
        call!(self, add(sums, values));
    }

    /// `sums -= values`, modulo 2^32, up to the shorter length.
    pub(crate) fn subtract(self, sums: &mut [i32], values: &[i32]) {
        call!(self, subtract(sums, values));
    }
}

/// Sparse gradients.
impl Isa {
    /// Adds rows of `values`, each times the factor of its contribution, to `sums`, modulo 2^32.
    ///
    /// # Panics
    /// If a row is not within `values`.
    pub fn add_contributions(self, sums: &mut [i32], values: &[i16], part: ContributionPart<'_>) {
        assert!(
            part.last_start() + sums.len() <= values.len(),
            "rows within their buffer"
        );
        call!(self, add_contributions(sums, values, part.list()));
    }

    /// Adds windows of a plane, each times the factor of its contribution, to the sums of their
    /// pixels, modulo 2^32, or to nothing if these are `fresh`.
    ///
    /// # Panics
    /// If a window is not within its plane, or sums are missing.
    pub fn add_windows(self, sums: &mut [i32], windows: Windows<'_>, fresh: bool) {
        windows.check(sums);
        call!(self, add_windows(sums, windows, fresh));
    }
}

/// Value by value.
impl Isa {
    /// `sums += scale * row`, modulo 2^32, up to the shorter length.
    pub fn add_scaled(self, sums: &mut [i32], scale: i32, row: &[i16]) {
        call!(self, add_scaled(sums, scale, row));
    }

    /// The leaky ReLU of `inputs` less `mean`, up to the shorter length; `inverse` is
    /// `ceil(2^16 / slope)`.
    pub fn leaky(self, inputs: &[i8], inverse: u16, mean: i16, outputs: &mut [i16]) {
        call!(self, leaky(inputs, inverse, mean, outputs));
    }

    /// The gradient of the leaky ReLU at its inputs, in place of that at its outputs, up to the
    /// shorter length: divided by the inverse `slope` below 0, nothing at 127.
    pub fn leaky_backward(self, gradients: &mut [i32], inputs: &[i8], slope: Reciprocal) {
        call!(self, leaky_backward(gradients, inputs, slope));
    }

    /// Replaces each of `best` by a larger one of `values`, and its index by `index`, up to the
    /// shortest length.
    pub fn max_with_index(self, best: &mut [i16], indices: &mut [u16], values: &[i16], index: u16) {
        call!(self, max_with_index(best, indices, values, index));
    }

    /// Replaces each of `best` by a larger one of `values`, up to the shorter length.
    pub fn max_i8(self, best: &mut [i8], values: &[i8]) {
        call!(self, max_i8(best, values));
    }

    /// Largest magnitude.
    pub fn max_abs(self, values: &[i32]) -> u32 {
        call!(self, max_abs(values))
    }

    /// Largest magnitude.
    pub fn max_abs_i16(self, values: &[i16]) -> u16 {
        call!(self, max_abs_i16(values))
    }

    /// The sum of squares.
    pub fn squares(self, values: &[i16]) -> u64 {
        call!(self, squares(values))
    }

    /// `scaled = sums / divisor`, rounded toward zero and clipped to ±`limit` (up to 127); returns
    /// how many were clipped.
    ///
    /// # Panics
    /// If the sizes differ.
    pub fn scale(self, sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
        assert_eq!(sums.len(), scaled.len(), "one result a sum");
        call!(self, scale(sums, divisor, limit, scaled))
    }

    /// `weights -= gradients / rate + weights / decay`, both rounded toward zero, row by row of
    /// a patch, until one of the next 16 weights of a row would leave ±32,767: returns how many
    /// were updated, and their largest magnitude.
    ///
    /// # Panics
    /// If weights or gradients of the patch are missing.
    pub fn update(
        self,
        weights: &mut [i16],
        gradients: &[i32],
        patch: Patch,
        rule: UpdateRule,
    ) -> (usize, u32) {
        patch.check(weights.len(), gradients.len());
        call!(self, update(weights, gradients, patch, rule))
    }
}

/// Whether a buffer holds `count` rows of `length` values, `stride` apart, none over another.
fn holds<T>(buffer: &[T], count: usize, stride: usize, length: usize) -> bool {
    // In 128 bits, so that no product wraps.
    let [stride, last, length] = [stride, count - 1, length].map(|value| value as u128);
    stride >= length && last * stride + length <= buffer.len() as u128
}
