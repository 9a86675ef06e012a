//! Arithmetic in the rings of lattice cryptography, `Z_q[X] / (X^N + 1)` for a power of two `N`.
//!
//! ```
//! use nearfield_ring::{NttTable, prime};
//!
//! // A prime of 50 bits for which polynomials of 1024 coefficients have a transform.
//! let modulus = prime::ntt_primes(50, 1024, 1)?[0];
//! let table = NttTable::new(modulus, 1024)?;
//!
//! // X times X^1023 is X^1024 = -1.
//! let (mut a, mut b) = (vec![0; 1024], vec![0; 1024]);
//! (a[1], b[1023]) = (1, 1);
//! table.forward(&mut a);
//! table.forward(&mut b);
//! for (a, b) in a.iter_mut().zip(b) {
//!     *a = modulus.mul(*a, b);
//! }
//! table.inverse(&mut a);
//! assert_eq!(a[0], modulus.value() - 1);
//! # Ok::<(), nearfield_ring::Error>(())
//! ```
//!
//! Large integers are kept as their residues modulo several primes (RNS), polynomials as a row of
//! residues for each prime, by coefficients ([`Coeff`]) or by values ([`Ntt`], [`Montgomery`]).
//! This crate knows no keys and no ciphertexts: `nearfield-ckks` builds those on it.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`Modulus`], [`Multiplier`], [`prime`] | arithmetic modulo one prime; primes that have a transform |
//! | [`NttTable`] | the negacyclic number-theoretic transform |
//! | [`Ring`], [`Poly`], [`Row`], [`Limbs`] | polynomials modulo many primes, in memory that is reused |
//! | [`Coeff`], [`Ntt`], [`Montgomery`] | representations of polynomials, as types |
//! | [`PackedPoly`], [`PackedRow`] | residues in as few bytes as their prime needs, as factors of sums of products |
//! | [`Basis`], [`BaseConversion`] | exact conversion of residues from some primes to others |
//! | [`Automorphism`] | `X -> X^k`, in both representations |
//! | [`Sampler`] | uniform, ternary, sparse and Gaussian polynomials from a seed |
//! | [`Isa`] | the instruction set that the hot loops use: plain Rust, AVX2 or AVX-512, with the same bits |
//! | [`enum@Error`] | everything that can go wrong |
//!
//! # Security
//!
//! Nobody has audited this code. Secrets drawn by [`Sampler`], sums, products and transforms have no
//! branches and no addresses that depend on residues. Not constant in time are [`Modulus::reduce`] and
//! [`Modulus::reduce_signed`] (a division, a branch on the sign), [`Modulus::pow`] in its exponent,
//! uniform residues (drawn by rejection, which reveals nothing about the accepted ones), and the
//! construction of tables. Rows return to their ring's pool with their contents: wipe a row that held
//! a secret before it is dropped.
//!
//! # Sources
//!
//! Transforms: Longa and Naehrig (2016/504); Harvey, "Faster arithmetic for number-theoretic
//! transforms" (2014). Base conversion: Halevi, Polyakov, Shoup (2018/117).

mod automorphism;
mod basis;
mod degree;
mod error;
mod kernel;
mod limbs;
mod modulus;
mod ntt;
mod packed_poly;
mod packed_row;
mod poly;
mod pool;
pub mod prime;
mod ring;
mod row_arithmetic;
mod sampler;

pub use automorphism::Automorphism;
pub use basis::{BaseConversion, Basis};
pub use error::{Error, Result};
pub use kernel::Isa;
pub use limbs::Limbs;
pub use modulus::{Modulus, Multiplier};
pub use ntt::NttTable;
pub use packed_poly::PackedPoly;
pub use packed_row::PackedRow;
pub use poly::{Coeff, Montgomery, Ntt, Poly, Representation};
pub use pool::Row;
pub use ring::{Ring, Segment};
pub use sampler::Sampler;
