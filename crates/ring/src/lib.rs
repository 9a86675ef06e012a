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

mod automorphism;
mod basis;
mod error;
pub mod kernel;
mod modulus;
mod ntt;
mod poly;
pub mod prime;
mod row;
mod rows;
mod sampler;

pub use automorphism::Automorphism;
pub use basis::{BaseConversion, Basis};
pub use error::{Error, Result};
pub use modulus::{Modulus, Multiplier};
pub use ntt::NttTable;
pub use poly::{Coeff, Limbs, Montgomery, Ntt, Poly, Representation, Ring};
pub use row::Row;
pub use sampler::Sampler;
