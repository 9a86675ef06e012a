//! RNS-CKKS with bootstrapping: approximate arithmetic on encrypted vectors of real or complex
//! numbers.
//!
//! The owner of data encrypts it; a server that cannot read it adds, multiplies and rotates vectors
//! of thousands of numbers at once; the owner decrypts the results. Each product uses up a *level*
//! of a ciphertext, and bootstrapping gives new levels, so that computations of any length are
//! possible. Results are approximate, as in floating point: the noise that makes the scheme secure
//! is in their last bits.
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
//! let params = Params::new(spec)?;    // refuses parameters with less than 128 bits of security
//! let secret = SecretKey::generate(&params)?;
//! let numbers = Encoder::new(&params).encode_real(&[0.5, -1.5, 2.0, 0.25], 2, params.scale())?;
//! let encrypted = secret.encrypt(&numbers)?;
//!
//! // The ciphertext and the evaluation keys are sent to the server.
//! let mut keys = EvaluationKeys::none(&params);
//! keys.add_relinearization(&secret, 2)?;
//! let squares = Evaluator::new(keys).multiply(&encrypted, &encrypted)?;
//!
//! let found = Decryptor::new(&secret).decrypt_real(&squares)?;
//! assert_eq!(found, [0.25, 2.25, 4.0, 0.0625]);
//! # Ok::<(), Error>(())
//! ```
//!
//! The examples continue, in this order: `encode_and_encrypt`, `levels_and_scales`,
//! `matrix_product`, `keys_and_files`, `bootstrapping`.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`ParamsSpec`], [`Params`] | the description of parameters; checked parameters with their tables |
//! | [`security`] | the limits of 128 bits of security; the probability that bootstrapping fails |
//! | [`Encoder`], [`Plaintext`], [`Complex64`] | from numbers in slots to polynomials and back |
//! | [`SecretKey`], [`PublicKey`], [`Decryptor`] | encryption and decryption |
//! | [`Galois`], [`KeyList`], [`EvaluationKeys`] | rotations and conjugation; which keys a server needs; those keys |
//! | [`Ciphertext`], [`Product`], [`Hoisted`] | encrypted numbers; products before relinearization; ciphertexts prepared for many rotations |
//! | [`Evaluator`] | sums, products, rescaling, rotations, series |
//! | [`linear`]: [`Diagonals`], [`BabyGiant`], [`LinearTransform`] | matrices by diagonals, in baby and giant steps; the factored Fourier transform |
//! | [`polynomial`]: [`Chebyshev`], [`PatersonStockmeyer`] | Chebyshev series in few levels and products; reduction modulo 1 |
//! | [`bootstrap`]: [`BootstrapSpec`], [`SlotKind`], [`BootstrapPlan`] | the description of a bootstrapping; its matrices, levels, keys and probability of failure |
//! | [`Bootstrapper`], [`EncapsulationKeys`], [`Preset`] | new levels for ciphertexts; the keys of the sparse secret; parameter sets that are tested |
//! | [`file`](mod@file): [`Stored`], [`KeyWriter`], [`KeyFile`], [`ServerKeys`], [`FreshCiphertext`], [`Description`] | files of parameters, keys and ciphertexts |
//! | [`Precision`] | precision statistics |
//! | [`Error`], [`Result`] | why an operation is refused |
//!
//! Operations run on the threads of the `rayon` pool that calls them. Results do not depend on the
//! number of threads, nor on the kernels that the processor has ([`nearfield_ring::Isa`]).
//!
//! # Security
//!
//! **Nobody outside the project has audited this code.** Do not rely on it for anything that must
//! stay secret.
//!
//! *Who is trusted with what.* The owner has the secret key. The server has parameters, ciphertexts
//! and evaluation keys ([`EvaluationKeys`], and [`EncapsulationKeys`] if it bootstraps), and is
//! expected to compute what it was asked to: nothing proves that it did, and anybody can change
//! ciphertexts without being noticed. It sees parameters, levels, scales, the number of slots and
//! its own operations, but no numbers. Results carry traces of how they were computed: whoever
//! decrypts them may learn about the server's own matrices and constants. A [`SecretKey`] cannot be
//! printed or copied, and the functions that write files for others cannot write it.
//!
//! *Parameters.* [`Params::new`] takes a dense ternary secret, errors of standard deviation 3.19,
//! and limits log2 of the product of all primes, special ones included. Within these limits there
//! are 128 bits of security against classical attacks (Bossuat et al., 2024/463, table 5.2):
//!
//! | degree | 2^13 | 2^14 | 2^15 | 2^16 | 2^17 |
//! |---|---|---|---|---|---|
//! | bits | 214 | 430 | 868 | 1747 | 3523 |
//!
//! The sparse secret of bootstrapping, of weight 32, encrypts only one key, modulo a product of
//! primes within [`security::max_modulus_bits_sparse`]. [`Params::insecure`] takes any parameters.
//! Everything made with them is marked, in files too, and is refused where secure parameters are
//! expected.
//!
//! *Failures.* A bootstrapping fails with a probability that [`BootstrapPlan::log2_failure`]
//! bounds. The numbers are then wrong, which is not detectable without decrypting them.
//!
//! ## Decrypted results and the secret key (IND-CPA-D)
//!
//! 1. *The danger.* Results carry noise that depends on the secret key. Ciphertexts are safe to
//!    show (IND-CPA). Decrypted values with all their bits are not: from a few of them, whoever has
//!    the ciphertexts can compute the secret key (Li and Micciancio, 2020/1533). The security
//!    notion that accounts for this is IND-CPA-D.
//! 2. *What this crate does.* [`Decryptor`] rounds, by default to 24 bits fewer than the default
//!    scale has. [`SecretKey::decrypt_with_noise`] does not: its values are for the owner alone.
//! 3. *What the owner must not do.* Do not publish decrypted values or give them to whoever made or
//!    processed the ciphertexts. Do not show unrounded values to anybody. Do not tell the server
//!    whether a decryption succeeded, or act on it visibly: with ciphertexts changed on purpose,
//!    such answers are worth as much as decryptions. Do not decrypt ciphertexts of unknown origin.
//! 4. *What is missing.* Rounding is a precaution without a proof. A proof needs noise added at
//!    decryption that is larger than that of the ciphertext by a computed margin (*noise
//!    flooding*). This crate does not add it yet.
//!
//! Decryption refuses a ciphertext whose second part is 0, since it hides nothing.
//!
//! ## Side channels
//!
//! *Time.* Drawing secrets and errors, generating keys, encrypting with them, and the product with
//! the secret in a decryption have no branches and no addresses that depend on secrets. We assume
//! that the processor's multiplications take the same time for all operands. Encoding and decoding
//! are not constant in time: they branch on the numbers of the message and divide them, and
//! decoding does so with the noise too. [`Decryptor`] decodes, so neither is it. Nobody else should
//! be able to measure how long these take.
//!
//! *Memory.* Secret keys, decrypted plaintexts and the randomness of encryptions are wiped when
//! they are dropped. Decoded numbers are not; nor is the system kept from writing memory to disk.
//!
//! # Sources
//!
//! RNS-CKKS: Cheon, Han, Kim, Kim, Song (2018/931). Hybrid key switching, cosines with double
//! angles: Han, Ki (2019/688). Double hoisting, exact scales: Bossuat, Mouchet, Troncoso-Pastoriza,
//! Hubaux (2020/1203). Sparse secret encapsulation: Bossuat, Troncoso-Pastoriza, Hubaux (2022/024).
//! Iterated bootstrapping: Bae et al. (2022/1167). Numbers like 2018/931 refer to the
//! [IACR ePrint archive](https://eprint.iacr.org). From each paper to its function and test:
//! `docs/paper-map.md`.

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

pub use bootstrap::{
    BootstrapPlan, BootstrapSpec, Bootstrapper, EncapsulationKeys, Preset, SlotKind,
};
pub use ciphertext::{Ciphertext, Plaintext, Product};
pub use encoder::Encoder;
pub use encrypt::Decryptor;
pub use error::{Error, Result};
pub use evaluator::{Evaluator, Hoisted, LinearTransform};
pub use file::{Description, FreshCiphertext, KeyFile, KeyWriter, ServerKeys, Stored};
pub use galois::Galois;
pub use key_list::KeyList;
pub use keys::{EvaluationKeys, PublicKey};
pub use linear::{BabyGiant, Diagonals};
pub use num_complex::Complex64;
pub use params::{Params, ParamsSpec};
pub use polynomial::{Chebyshev, PatersonStockmeyer};
pub use precision::Precision;
pub use secret_key::SecretKey;
