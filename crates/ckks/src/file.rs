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
//! Chunks follow. The length of each follows from what was read before it: no length is ever
//! read from a file. After each chunk there is its BLAKE3 digest, keyed with the digest before
//! it, so that chunks stand for all that comes before them. Digests find accidents. They are no
//! signatures: who can change a file can make its digests anew.
//!
//! Residues are packed into as many bits as their prime has, the first in the lowest bits. A row
//! of a polynomial is a chunk. What is uniform (half of every key, and of a ciphertext that
//! [`SecretKey::encrypt_fresh`](crate::SecretKey::encrypt_fresh) made) is a seed of 32 bytes.
//!
//! Polynomials are given by their values, those of evaluation keys times 2^52 modulo each prime.
//!
//! Equal things are equal bytes: whatever is read and written again gives the same file.
//!
//! # Secrets
//! A secret key has a format but is not [`Stored`]: only [`SecretKey`](crate::SecretKey) itself
//! can write it, for its owner's eyes. Whatever else is read refuses it:
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
