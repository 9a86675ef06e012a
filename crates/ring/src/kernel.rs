//! The hot loops, behind safe functions over slices.
//!
//! There are three sets of kernels: `portable` is plain Rust and the oracle of the others, `avx2`
//! and `avx512` (IFMA) are chosen at run time where the processor has them ([`Isa`]). All give the
//! same bits.

#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "vector instructions, behind a proof that the processor has them"
)]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "vector instructions, behind a proof that the processor has them"
)]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod factor;
#[cfg(target_arch = "x86_64")]
mod float;
mod isa;
mod montgomery;
mod operands;
#[cfg(target_arch = "x86_64")]
mod passes;
mod permutation;
mod portable;
mod signatures;
#[cfg(test)]
mod tests;
mod transform;
#[cfg(target_arch = "x86_64")]
mod twiddles;

pub use isa::Isa;
pub(crate) use montgomery::{Cofactors, Fraction, montgomery_factor};
pub(crate) use operands::{
    Bytes, CrossProducts, MAX_PRODUCTS, MappedProducts, PADDING, PackedProducts, Products, Target,
};
pub(crate) use permutation::Permutation;
pub(crate) use transform::Transform;
