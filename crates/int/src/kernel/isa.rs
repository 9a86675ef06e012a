//! The sets of kernels, and which of them runs.

use super::contributions::Contributions;
use super::fast_fir::{INPUTS, PRODUCTS, SIX, TOGETHER};
use super::high_halves::{GROUP, HighHalfColumns, RowsByDepth};
use super::overflow::Overflow;
use super::portable;
use super::reciprocal::Reciprocal;
use super::tile::{BLOCK, ROWS, Tile};
use super::update::{Patch, UpdateRule};
use super::windows::Window;
use alloc::vec::Vec;
use core::ops::Range;

#[cfg(all(feature = "std", target_arch = "x86_64"))]
use super::{avx2, avx512};

/// A set of kernels that this processor can run: values of it exist only where that was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2(avx2::Token),
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512(avx512::Token),
}

/// Calls a function of the set's module.
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

impl Isa {
    /// Plain Rust.
    pub const PORTABLE: Isa = Isa(Kind::Portable);

    /// All sets that this processor can run, slowest first.
    pub fn available() -> Vec<Isa> {
        #[allow(unused_mut, reason = "the only set of some targets")]
        let mut sets = Vec::from([Isa::PORTABLE]);
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        {
            sets.extend(avx2::Token::detect().map(|token| Isa(Kind::Avx2(token))));
            sets.extend(avx512::Token::detect().map(|token| Isa(Kind::Avx512(token))));
        }
        sets
    }

    /// Its name, as `NEARFIELD_KERNELS` gives it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2(_) => "avx2",
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512(_) => "avx512",
        }
    }

    /// Products that take about 80 microseconds on one core.
    pub fn products_worth_threads(self) -> usize {
        match self.0 {
            Kind::Portable => 1 << 20,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2(_) => 1 << 23,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512(_) => 1 << 24,
        }
    }

    /// The set that this program runs: the one that `NEARFIELD_KERNELS` names, else the fastest.
    ///
    /// # Panics
    /// If the variable names a set that this processor cannot run.
    #[cfg(feature = "std")]
    pub fn current() -> Isa {
        static ACTIVE: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *ACTIVE.get_or_init(|| {
            let sets = Isa::available();
            let fastest = sets[sets.len() - 1];
            let Some(name) = std::env::var_os("NEARFIELD_KERNELS") else {
                return fastest;
            };
            let named = sets.iter().find(|isa| name == isa.name());
            *named.unwrap_or_else(|| {
                let names: Vec<_> = sets.iter().map(|isa| isa.name()).collect();
                panic!(
                    "NEARFIELD_KERNELS={} is not one of {names:?}",
                    name.display()
                )
            })
        })
    }

    /// The only set without `std`.
    #[cfg(not(feature = "std"))]
    pub fn current() -> Isa {
        Isa::PORTABLE
    }

    /// Forms all sums of a tile: `sums[row, column]`, `[rows][width]`, modulo 2^32.
    pub fn tile(self, tile: &Tile<'_>, sums: &mut [i32]) {
        tile.check(sums);
        call!(self, tile(tile, sums));
    }

    /// Forms products of values in registers and does nothing else, which no kernel can do
    /// faster: returns how many, and a sum that keeps them from being left out. The portable set
    /// forms none.
    pub fn products_alone(self, rounds: u32) -> (u64, i32) {
        call!(self, products_alone(rounds))
    }

    /// Copies 16 pairs of values of 16 rows, `stride` apart, to 16 lines of a block with `width`
    /// columns, from a column on: `lines[pair][column] = rows[column][pair]`.
    ///
    /// # Panics
    /// If they are not there.
    pub fn lay_out_square(self, rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
        assert!(rows.len() >= 15 * stride + 32 && stride >= 32, "16 rows");
        assert!(
            lines.len() >= 15 * 2 * width + 32 && width >= 16,
            "16 lines"
        );
        call!(self, lay_out_square(rows, stride, lines, width));
    }

    /// Takes the low halves of `values`, `[rows][columns]`, into `low`, `[columns][rows]`, whose
    /// rows begin `stride` apart.
    ///
    /// # Panics
    /// If there are not whole rows, or no room.
    pub fn transpose_low_halves(
        self,
        values: &[i32],
        columns: usize,
        low: &mut [i16],
        stride: usize,
    ) {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "rows");
        let rows = values.len() / columns;
        assert!(stride >= rows.max(1), "room for a row");
        assert!(low.len() >= (columns - 1) * stride + rows, "room for all");
        call!(self, transpose_low_halves(values, columns, low, stride));
    }

    /// Transforms the 3x3 weights of 32 channels, which stand in 9 rows `stride` apart, to the
    /// factors of 36 products: their low halves, in rows `spacing` apart. Returns a bit for each
    /// channel, which is 1 if a factor's magnitude is beyond int16's.
    ///
    /// # Panics
    /// If they are not there.
    pub(crate) fn fast_fir_weights(
        self,
        weights: &[i16],
        stride: usize,
        low: &mut [i16],
        spacing: usize,
    ) -> u32 {
        assert!(weights.len() >= 8 * stride + TOGETHER, "9 rows");
        assert!(low.len() >= (PRODUCTS - 1) * spacing + TOGETHER && spacing >= TOGETHER);
        call!(self, fast_fir_weights(weights, stride, low, spacing))
    }

    /// Transforms the 5x5 inputs of 3x3 outputs to the factors of 36 products: of `depth`
    /// channels, which follow each of `starts` in `values`, to each of `places` in
    /// `transformed`. If there is but a `single` row or column of outputs, to the places of
    /// their products alone. The factors wrap for inputs beyond ±3,640.
    ///
    /// # Panics
    /// If they are not there, or `depth` is no multiple of 32.
    pub(crate) fn fast_fir_inputs(
        self,
        values: &[i16],
        starts: &[usize; INPUTS],
        single: [bool; 2],
        depth: usize,
        transformed: &mut [i16],
        places: &[usize; PRODUCTS],
    ) {
        assert!(depth.is_multiple_of(TOGETHER), "whole vectors");
        let last = |all: &[usize]| all.iter().fold(0, |last, &one| one.max(last));
        assert!(
            last(starts).saturating_add(depth) <= values.len()
                && last(places).saturating_add(depth) <= transformed.len(),
            "pixels within their buffers"
        );
        call!(
            self,
            fast_fir_inputs(values, starts, single, depth, transformed, places)
        );
    }

    /// Puts the six products of threes in a line together, `[threes][width]` each from its start
    /// on, to outputs `[threes][3][width]`.
    ///
    /// # Panics
    /// If they are not there, or `width` is no multiple of 16.
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

    /// Copies 32 values of each of 16 rows, `stride` apart, to 32 lines, `width` apart:
    /// `lines[depth][row] = rows[row][depth]`.
    ///
    /// # Panics
    /// If they are not there.
    pub(crate) fn lay_out_by_depth(
        self,
        rows: &[i16],
        stride: usize,
        lines: &mut [i16],
        width: usize,
    ) {
        assert!(rows.len() >= 15 * stride + 32 && stride >= 32, "16 rows");
        assert!(lines.len() >= 31 * width + 16 && width >= 16, "32 lines");
        call!(self, lay_out_by_depth(rows, stride, lines, width));
    }

    /// Adds the products of rows with the high halves of columns, times 2^16, to the sums of the
    /// rows, `[rows][width]`, modulo 2^32.
    ///
    /// # Panics
    /// If they are not there, or there are more than [`ROWS`] rows.
    pub(crate) fn add_high_halves(
        self,
        columns: HighHalfColumns<'_>,
        rows: RowsByDepth<'_>,
        sums: &mut [i32],
    ) {
        let width = columns.width;
        assert!((1..=ROWS).contains(&rows.count) && width.is_multiple_of(GROUP));
        for group in 0..width / GROUP {
            let few = columns.high.of(columns.first + group);
            if few.list().is_empty() {
                continue;
            }
            let sums = &mut sums[group * GROUP..];
            assert!(rows.values.len() >= few.depth() * rows.height());
            assert!(sums.len() + width >= rows.count * width + GROUP);
            call!(self, add_high_halves(few, rows, sums, width));
        }
    }

    /// Adds the products of some values of a row with all columns of a block, times 2^16, to the
    /// row's sums, modulo 2^32: of what the listed values, whose depths count from `start`, have
    /// above their low halves. Columns are `[depth / 2][sums][2]`.
    ///
    /// # Panics
    /// If they are not there.
    pub fn add_overflows(self, few: &[Overflow], start: usize, columns: &[i16], sums: &mut [i32]) {
        let width = sums.len();
        assert!(width.is_multiple_of(GROUP) && (GROUP..=BLOCK).contains(&width));
        let depth = columns.len() / (2 * width) * 2;
        let places = start..start + depth;
        let within = |overflow: &Overflow| places.contains(&(overflow.index as usize));
        assert!(few.iter().all(within), "a line of columns for each");
        call!(self, add_overflows(few, start, columns, sums));
    }

    /// `sums += values`, modulo 2^32, as far as both go.
    pub(crate) fn add(self, sums: &mut [i32], values: &[i32]) {
        call!(self, add(sums, values));
    }

    /// `sums -= values`, modulo 2^32, as far as both go.
    pub(crate) fn subtract(self, sums: &mut [i32], values: &[i32]) {
        call!(self, subtract(sums, values));
    }

    /// Asks for values that will be wanted soon to be brought near.
    pub fn prefetch(self, values: &[i16]) {
        call!(self, prefetch(values));
    }

    /// As [`Isa::prefetch`], no nearer than the second-level cache.
    pub fn prefetch_far(self, values: &[i16]) {
        call!(self, prefetch_far(values));
    }

    /// Adds rows of `values`, each as often as its contribution says, to `sums`, modulo 2^32;
    /// `offset` is added to where every row starts.
    ///
    /// # Panics
    /// If a row is not within `values`.
    pub fn add_contributions(
        self,
        sums: &mut [i32],
        (values, offset): (&[i16], usize),
        (contributions, part): (&Contributions, Range<usize>),
    ) {
        let (list, last_start) = contributions.part(part);
        let values = &values[offset..];
        assert!(
            last_start + sums.len() <= values.len(),
            "rows within their buffer"
        );
        call!(self, add_contributions(sums, values, list));
    }

    /// Adds windows of a plane, each as often as its contribution says, to the sums of their
    /// pixels, modulo 2^32, or to nothing if these are `fresh`; `offset` is added to where every
    /// window starts.
    ///
    /// # Panics
    /// If a window is not within `values`, or has not all sums.
    pub fn add_windows(
        self,
        sums: &mut [i32],
        (values, offset): (&[i16], usize),
        window: Window,
        (contributions, part): (&Contributions, Range<usize>),
        fresh: bool,
    ) {
        let (list, last_start) = contributions.part(part);
        let values = &values[offset..];
        assert!(
            window.side > 0 && last_start + window.reach() <= values.len(),
            "windows within their plane"
        );
        assert!(window.sums() <= sums.len(), "sums of all pixels");
        call!(self, add_windows(sums, values, window, list, fresh));
    }

    /// `sums += scale * row`, modulo 2^32, as far as both go.
    pub fn add_scaled(self, sums: &mut [i32], scale: i32, row: &[i16]) {
        call!(self, add_scaled(sums, scale, row));
    }

    /// The leaky ReLU of `inputs` less `mean`, as far as both go; `inverse` is `ceil(2^16 /
    /// slope)`.
    pub fn leaky(self, inputs: &[i8], inverse: u16, mean: i16, outputs: &mut [i16]) {
        call!(self, leaky(inputs, inverse, mean, outputs));
    }

    /// The gradient of the leaky ReLU at its inputs, in place of that at its outputs, as far as
    /// both go: divided by the inverse `slope` below 0, nothing at 127.
    pub fn leaky_backward(self, gradients: &mut [i32], inputs: &[i8], slope: Reciprocal) {
        call!(self, leaky_backward(gradients, inputs, slope));
    }

    /// Takes over each of `values` that is larger than `best`, with its `index`, as far as all go.
    pub fn max_with_index(self, best: &mut [i16], indices: &mut [u16], values: &[i16], index: u16) {
        call!(self, max_with_index(best, indices, values, index));
    }

    /// Takes over each of `values` that is larger than `best`, as far as both go.
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

    /// `scaled = sums / divisor`, rounded toward zero and cut at ±`limit` (up to 127); returns
    /// how many were cut.
    ///
    /// # Panics
    /// If the sizes differ.
    pub fn scale(self, sums: &[i32], divisor: Reciprocal, limit: i32, scaled: &mut [i8]) -> u64 {
        assert_eq!(sums.len(), scaled.len(), "one result a sum");
        call!(self, scale(sums, divisor, limit, scaled))
    }

    /// `weights -= gradients / rate + weights / decay`, both rounded toward zero, row by row of
    /// a patch, until one of the next 16 weights of a row would leave ±32,767: returns how many
    /// were corrected, and their largest magnitude.
    ///
    /// # Panics
    /// If they are not there.
    pub fn update(
        self,
        weights: &mut [i16],
        gradients: &[i32],
        patch: Patch,
        correction: UpdateRule,
    ) -> (usize, u32) {
        patch.check(weights.len(), gradients.len());
        call!(self, update(weights, gradients, patch, correction))
    }
}
