//! Files of parameters, keys and ciphertexts.
//!
//! # Format
//! All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `89 4E 46 43 4B 4B 53 0A` |
//! | 2 | version of the format: 1 |
//! | 2 | kind: 1 parameters, 2 secret key, 3 public key, 4 evaluation keys, 5 ciphertext |
//! | 4 | bytes of the description |
//! | | the description: see [`Description`] |
//! | 32 | BLAKE3 digest of all of the above |
//!
//! Chunks follow. The length of each is computed from what was read before it: no length of a chunk
//! is read from a file. Each chunk is followed by its BLAKE3 digest, keyed with the digest before
//! it, so that it covers everything before it. Digests detect accidents. They are not signatures:
//! whoever changes a file can compute its digests again.
//!
//! Residues are packed into as many bits as their prime has, the first in the lowest bits. A row of
//! a polynomial is a chunk. Uniform polynomials (half of every key, and of a ciphertext from
//! [`SecretKey::encrypt_fresh`](crate::SecretKey::encrypt_fresh)) are stored as a seed of 32 bytes.
//!
//! Polynomials are given by their values, those of evaluation keys times 2^52 modulo each prime.
//!
//! The format is canonical: a file that is read and written again is the same.
//!
//! # Secrets
//! A secret key has a format but is not [`Stored`]: only [`SecretKey`](crate::SecretKey) itself
//! writes it, to a file that its owner alone can read. Reading it as anything else is refused, and
//! saving it with other things does not compile:
//!
//! ```compile_fail,E0277
//! # fn example(secret: nearfield_ckks::SecretKey) -> nearfield_ckks::Result<()> {
//! nearfield_ckks::Stored::save(&secret, "to-the-server")
//! # }
//! ```

mod bits;
mod chunk;
mod ciphertext;
mod description;
mod entry;
mod keys;
mod map;
mod mapped_keys;
mod params;
mod poly;
mod public_key;
mod saving;
mod secret_key;
mod stored;
#[doc(hidden)]
pub mod unchecked;

pub use crate::file_kind::Kind;
pub use ciphertext::FreshCiphertext;
pub use description::Description;
pub use keys::{KeyWriter, ServerKeys};
pub use mapped_keys::KeyFile;
pub use saving::Saving;
pub use stored::Stored;
