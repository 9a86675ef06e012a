//! The sets of kernels, and which of them runs.

use super::reciprocal::Reciprocal;
use super::{Tile, portable};
use alloc::vec::Vec;

#[cfg(all(feature = "std", target_arch = "x86_64"))]
use super::{avx2, avx512};

/// A set of kernels that this processor can run: values of it exist only where that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2(avx2::Seen),
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512(avx512::Seen),
}

/// Calls a function of the set's module.
macro_rules! call {
    ($set:expr, $function:ident($($argument:expr),*)) => {
        match $set.0 {
            Kind::Portable => portable::$function($($argument),*),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2(seen) => seen.$function($($argument),*),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512(seen) => seen.$function($($argument),*),
        }
    };
}

impl Set {
    /// Plain Rust.
    pub const PORTABLE: Set = Set(Kind::Portable);

    /// All sets that this processor can run, slowest first.
    pub fn available() -> Vec<Set> {
        #[allow(unused_mut, reason = "the only set of some targets")]
        let mut sets = Vec::from([Set::PORTABLE]);
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        {
            sets.extend(avx2::Seen::look().map(|seen| Set(Kind::Avx2(seen))));
            sets.extend(avx512::Seen::look().map(|seen| Set(Kind::Avx512(seen))));
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
    pub fn active() -> Set {
        static ACTIVE: std::sync::OnceLock<Set> = std::sync::OnceLock::new();
        *ACTIVE.get_or_init(|| {
            let sets = Set::available();
            let fastest = sets[sets.len() - 1];
            let Some(name) = std::env::var_os("NEARFIELD_KERNELS") else {
                return fastest;
            };
            let named = sets.iter().find(|set| name == set.name());
            *named.unwrap_or_else(|| {
                let names: Vec<_> = sets.iter().map(|set| set.name()).collect();
                panic!(
                    "NEARFIELD_KERNELS={} is not one of {names:?}",
                    name.display()
                )
            })
        })
    }

    /// The only set without `std`.
    #[cfg(not(feature = "std"))]
    pub fn active() -> Set {
        Set::PORTABLE
    }

    /// Forms all sums of a tile: `sums[row, lane]`, `[rows][width]`, modulo 2^32.
    pub(super) fn tile(self, tile: &Tile<'_>, sums: &mut [i32]) {
        assert!(tile.stride.is_multiple_of(2) && tile.rows.len().is_multiple_of(tile.stride));
        assert!(tile.width.is_multiple_of(16) && (16..=64).contains(&tile.width));
        assert_eq!(tile.block.len(), tile.stride * tile.width);
        assert_eq!(sums.len(), tile.rows.len() / tile.stride * tile.width);
        call!(self, tile(tile, sums));
    }

    /// `sums += scale * row`, modulo 2^32, as far as both go.
    pub fn add_scaled(self, sums: &mut [i32], scale: i32, row: &[i16]) {
        call!(self, add_scaled(sums, scale, row));
    }

    /// `sums += scale * row`, modulo 2^32, as far as both go.
    pub fn add_scaled_wide(self, sums: &mut [i32], scale: i32, row: &[i32]) {
        call!(self, add_scaled_wide(sums, scale, row));
    }

    /// The sum of products of two rows, as far as both go, exactly.
    pub fn exact_product(self, row: &[i32], lane: &[i16]) -> i64 {
        call!(self, exact_product(row, lane))
    }

    /// `sums += scale * row`, as far as both go, exactly.
    pub fn add_scaled_exactly(self, sums: &mut [i64], scale: i32, row: &[i16]) {
        call!(self, add_scaled_exactly(sums, scale, row));
    }

    /// Raises keys to those of `values` where these are larger: a key has its value in the high
    /// half and `base - rank` in the low half, which must not leave 16 bits.
    pub fn raise_keys(self, keys: &mut [i32], values: &[i16], ranks: &[i32], base: i32) {
        call!(self, raise_keys(keys, values, ranks, base));
    }

    /// Largest magnitude.
    pub fn largest(self, values: &[i32]) -> u32 {
        call!(self, largest(values))
    }

    /// The low 16 bits of each value, as far as both go.
    pub fn low_halves(self, values: &[i32], halves: &mut [i16]) {
        call!(self, low_halves(values, halves));
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

    /// `weights -= gradients / rate + weights / decay`, both rounded toward zero, modulo 2^32;
    /// returns how many left int32.
    ///
    /// # Panics
    /// If the sizes differ.
    pub fn update(
        self,
        weights: &mut [i32],
        gradients: &[i32],
        rate: Reciprocal,
        decay: Option<Reciprocal>,
    ) -> u64 {
        assert_eq!(weights.len(), gradients.len(), "one gradient a weight");
        call!(self, update(weights, gradients, rate, decay))
    }
}
