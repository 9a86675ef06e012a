//! The hot loops, behind safe functions over slices: the methods of [`Isa`], which check all sizes.
//!
//! All sums are modulo 2^32, as the reference's int32 sums are. There are three sets of kernels:
//! `portable` is plain Rust and the oracle of the others, `avx2` and `avx512` (VNNI) are chosen at
//! run time where the processor has them. All give the same bits;
//! `NEARFIELD_KERNELS=portable|avx2|avx512` forces one.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[allow(
    unsafe_code,
    reason = "vector instructions, behind a proof that the processor has them"
)]
mod avx2;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[allow(
    unsafe_code,
    reason = "vector instructions, behind a proof that the processor has them"
)]
mod avx512;
mod contributions;
mod dispatch;
pub(crate) mod fast_fir;
pub(crate) mod high_halves;
mod isa;
mod overflow;
mod portable;
mod reciprocal;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod signatures;
mod tile;
mod update;
mod windows;

pub use contributions::{ContributionPart, Contributions};
pub use isa::Isa;
pub use overflow::Overflow;
pub use reciprocal::{NarrowReciprocal, Reciprocal};
pub use tile::{BLOCK, ROWS, SUMS, Span, Tile, TileBuffer};
pub use update::{Patch, UpdateRule};
pub use windows::{PLANE, Window, Windows};

#[cfg(test)]
mod tests;
