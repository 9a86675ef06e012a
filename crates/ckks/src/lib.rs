//! RNS-CKKS with bootstrapping: approximate arithmetic on encrypted vectors of real or complex
//! numbers.
//!
//! Somebody who owns data encrypts it; a server that cannot read it adds, multiplies and rotates
//! vectors of thousands of numbers at once; the owner decrypts the results. Each product uses up a
//! *level* of a ciphertext, and bootstrapping gives new ones, so that a computation may be as long
//! as it likes. Results are approximate, as in floating point: what the scheme adds for its
//! security stands in their last bits.
//!
//! ```
//! use nearfield_ckks::*;
//!
//! let spec = ParamsSpec {
//!     log_degree: 13,                 // 4096 slots
//!     chain_bits: vec![50, 40, 40],   // two levels
//!     special_bits: vec![50, 33],
//!     digits: 3,
//!     scale_bits: 40,
//! };
//! let params = Params::new(spec)?;    // refuses what has less than 128 bits of security
//! let secret = SecretKey::generate(&params)?;
//! let numbers = Encoder::new(&params).encode_real(&[0.5, -1.5, 2.0, 0.25], 2, params.scale())?;
//! let encrypted = secret.encrypt(&numbers)?;
//!
//! // What leaves the owner's house: the ciphertext and the evaluation keys.
//! let mut keys = EvaluationKeys::none(&params);
//! keys.add_relinearization(&secret, 2)?;
//! let squares = Evaluator::new(keys).multiply(&encrypted, &encrypted)?;
//!
//! let found = Decryptor::new(&secret).decrypt_real(&squares)?;
//! assert_eq!(found, [0.25, 2.25, 4.0, 0.0625]);
//! # Ok::<(), Error>(())
//! ```
//!
//! The examples go on from here, in this order: `encode_and_encrypt`, `levels_and_scales`,
//! `matrix_product`, `keys_and_files`, `bootstrapping`.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`ParamsSpec`], [`Params`] | what is asked for; what was checked, with all that is computed beforehand |
//! | [`security`] | how many bits the primes may have together |
//! | [`Encoder`], [`SpecialFft`] | numbers in slots to polynomials and back |
//! | [`SecretKey`], [`PublicKey`], [`Decryptor`] | encryption and decryption |
//! | [`KeyList`], [`EvaluationKeys`] | which keys a server needs; those keys |
//! | [`Evaluator`], [`Hoisted`], [`Product`] | sums, products, rescaling, rotations, series |
//! | [`linear`], [`LinearTransform`] | matrices by diagonals, in baby and giant steps; the factored Fourier transform |
//! | [`polynomial`] | Chebyshev series in few levels and products; reduction modulo 1 |
//! | [`bootstrap`] | new levels for ciphertexts; presets that are known to work |
//! | [`file`](mod@file) | files of parameters, keys and ciphertexts |
//!
//! Operations run on the threads of the `rayon` pool that they are called in, and their results do
//! not depend on how many there are, nor on the instruction set that is used
//! ([`nearfield_ring::Isa`]).
//!
//! # Security
//!
//! **Nobody has audited this code.** Do not rely on it for what must stay secret.
//!
//! *Who is trusted with what.* The owner has the secret key. The server has parameters, ciphertexts
//! and evaluation keys ([`EvaluationKeys`], and [`bootstrap::EncapsulationKeys`] if it
//! bootstraps), and is believed to compute what it was asked to: nothing here proves that it did,
//! and ciphertexts can be changed by anybody, unnoticed. It sees parameters, levels, scales, the
//! number of slots, and which operations it does, but no numbers. A result is not free of traces of
//! how it was computed: who decrypts it may learn about the server's own matrices and constants.
//! A [`SecretKey`] cannot be shown, copied or written by what writes files for others.
//!
//! *Parameters.* [`Params::new`] takes a dense ternary secret, errors of standard deviation 3.19,
//! and at most so many bits of all primes together, special ones included, which is 128 bits of
//! security against classical attacks (Bossuat et al., 2024/463, table 5.2):
//!
//! | degree | 2^13 | 2^14 | 2^15 | 2^16 | 2^17 |
//! |---|---|---|---|---|---|
//! | bits | 214 | 430 | 868 | 1747 | 3523 |
//!
//! The sparse secret of bootstrapping, of weight 32, encrypts nothing but one key, modulo so few
//! primes that [`security::max_modulus_bits_sparse`] allows it. [`Params::insecure`] takes anything; what is
//! made with it says so, in files too, and is refused where secure parameters are expected.
//!
//! *Failures.* A bootstrapping fails with a probability that
//! [`bootstrap::Bootstrapper::log2_failure`] bounds; the numbers are then wrong, and nothing but a
//! decryption tells.
//!
//! *Results carry noise, and noise tells the key.* Ciphertexts are safe to show (IND-CPA). Decrypted
//! values are not: who sees them with all their bits can compute the secret key from a few (Li
//! and Micciancio, 2020/1533; the notion that takes this into account is IND-CPA-D). Therefore:
//! - [`Decryptor`] rounds, to 24 bits less than the default scale has unless told otherwise. What
//!   [`SecretKey::decrypt_with_noise`] gives is for the owner's eyes.
//! - Rounding is a precaution and no proof. Before results are *published*, or given to whoever made
//!   the ciphertexts, noise has to be added that drowns the ciphertext's own; this crate does not do
//!   so yet.
//! - The server must not learn whether a decryption succeeded, or what was done about it: with
//!   ciphertexts changed on purpose, such answers are as good as decryptions.
//!
//! A ciphertext whose second part is 0 hides nothing, and is refused by decryption.
//!
//! *Time.* Drawing secrets and errors, generating keys, encrypting with them, and the product with
//! the secret in a decryption have neither branches nor addresses that depend on secrets; that
//! the processor's multiplications take the same time for all operands is taken for granted. Not
//! constant in time are encoding and decoding, which branch on numbers of the message, divide them
//! and, in decoding, those of the noise too; so neither is [`Decryptor`], which decodes. Nobody else
//! should be able to see how long that takes.
//!
//! *Memory.* Secret keys and what is drawn for encryptions are wiped when they are dropped.
//! Plaintexts and decrypted numbers are not; nor do we keep the system from writing memory to disk.
//!
//! # Sources
//!
//! RNS-CKKS: Cheon, Han, Kim, Kim, Song (2018/931). Hybrid key switching, cosines with double
//! angles: Han, Ki (2019/688). Double hoisting, scales kept exactly: Bossuat, Mouchet,
//! Troncoso-Pastoriza, Hubaux (2020/1203). Sparse secret encapsulation: Bossuat,
//! Troncoso-Pastoriza, Hubaux (2022/024). Iterated bootstrapping: Bae et al. (2022/1167). Numbers
//! like 2018/931 are of the [IACR ePrint archive](https://eprint.iacr.org). From each paper to its
//! function and test: `docs/paper-map.md`.

pub mod bootstrap;
mod ciphertext;
mod encoder;
mod encrypt;
mod error;
mod evaluator;
pub mod file;
mod file_kind;
mod fixed_point;
mod gadget;
mod galois;
mod key_list;
mod keys;
pub mod linear;
mod params;
pub mod polynomial;
mod precision;
mod primes;
mod randomness;
mod secret_key;
pub mod security;
mod special_fft;
mod wipe;

pub use ciphertext::{Ciphertext, Plaintext, Product};
pub use encoder::Encoder;
pub use encrypt::Decryptor;
pub use error::{Error, Result};
pub use evaluator::{Evaluator, Hoisted, LinearTransform};
pub use file::Stored;
pub use galois::Galois;
pub use key_list::KeyList;
pub use keys::{EvaluationKeys, PublicKey};
pub use num_complex::Complex64;
pub use params::{Params, ParamsSpec};
pub use precision::Precision;
pub use secret_key::SecretKey;
