//! Files of ciphertexts.
//!
//! # Format
//! A chunk of 48 bytes: the number of primes, log2 of the slots, 1 if the second part comes from
//! a seed, five zeros, the scale as a double, and the seed or zeros. Then the rows of the first
//! part, and those of the second unless it comes from the seed.

use super::chunk::{ChunkWriter, Source};
use super::poly::{read_poly, write_poly};
use super::saving;
use super::stored::{Chunks, Stored};
use crate::file_kind::Kind;
use crate::keys::{encryption_of_zero, expand_uniform};
use crate::randomness::fresh_seed;
use crate::{Ciphertext, Error, Params, Plaintext, Result, SecretKey};
use nearfield_ring::Limbs;
use std::io::Write;
use std::path::Path;

/// A ciphertext whose second part comes from a seed, which halves its file. It is read as a
/// [`Ciphertext`].
#[derive(Clone, Debug, PartialEq)]
pub struct FreshCiphertext {
    ciphertext: Ciphertext,
    seed: [u8; 32],
}

/// The first chunk of a ciphertext.
struct Shape {
    limbs: Limbs,
    slots: usize,
    scale: f64,
    seed: Option<[u8; 32]>,
}

/// log2 of the scales that are written and read. Others are useless, and their products may
/// overflow.
const LOG_SCALES: std::ops::RangeInclusive<f64> = -64.0..=256.0;

impl FreshCiphertext {
    /// The ciphertext.
    pub fn ciphertext(&self) -> &Ciphertext {
        &self.ciphertext
    }

    /// The ciphertext without the seed.
    pub fn into_ciphertext(self) -> Ciphertext {
        self.ciphertext
    }
}

impl SecretKey {
    /// Encrypts encoded numbers, for a file of half the size.
    ///
    /// # Levels
    /// The level of the plaintext.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the plaintext is of other parameters.
    pub fn encrypt_fresh(&self, plaintext: &Plaintext) -> Result<FreshCiphertext> {
        let params = self.params();
        if params != plaintext.params() {
            return Err(Error::Mismatch {
                what: "the plaintext",
                other: "the secret key",
            });
        }
        let seed = *fresh_seed()?;
        let uniform = expand_uniform(params.ring(), plaintext.poly.limbs(), seed, 0);
        let mut parts = encryption_of_zero(params, self.values(), uniform)?;
        params.ring().add_assign(&mut parts[0], &plaintext.poly);
        let ciphertext = Ciphertext::of(plaintext, parts);
        Ok(FreshCiphertext { ciphertext, seed })
    }
}

impl Stored for Ciphertext {}

impl Chunks for Ciphertext {
    const KIND: Kind = Kind::Ciphertext;

    fn its_params(&self) -> &Params {
        &self.params
    }

    fn write_chunks<W: Write>(&self, to: &mut ChunkWriter<W>) -> Result<()> {
        self.check_hides()?;
        to.chunk(&Shape::of(self, None)?.to_bytes())?;
        self.parts
            .iter()
            .try_for_each(|part| write_poly(to, &self.params, part))
    }

    fn read_chunks(from: &mut impl Source, params: &Params) -> Result<Self> {
        let shape = Shape::read(from, params)?;
        let first = read_poly(from, params, shape.limbs)?;
        let second = match shape.seed {
            Some(seed) => expand_uniform(params.ring(), shape.limbs, seed, 0),
            None => read_poly(from, params, shape.limbs)?,
        };
        let ciphertext = Ciphertext {
            params: params.clone(),
            parts: [first, second],
            scale: shape.scale,
            slots: shape.slots,
        };
        ciphertext.check_hides()?;
        Ok(ciphertext)
    }
}

impl FreshCiphertext {
    /// Writes it.
    ///
    /// # Errors
    /// If the writer refuses.
    pub fn write(&self, to: impl Write) -> Result<()> {
        let params = &self.ciphertext.params;
        let mut chunks = ChunkWriter::begin(to, Kind::Ciphertext, params)?;
        chunks.chunk(&Shape::of(&self.ciphertext, Some(self.seed))?.to_bytes())?;
        write_poly(&mut chunks, params, &self.ciphertext.parts[0])?;
        chunks.finish().map(drop)
    }

    /// Writes it to a file, which gets its name once it is complete.
    ///
    /// # Errors
    /// If the system refuses; an existing file of this name is then unchanged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        saving::save(path.as_ref(), |saving| self.write(saving))
    }
}

impl Shape {
    fn of(ciphertext: &Ciphertext, seed: Option<[u8; 32]>) -> Result<Self> {
        Ok(Shape {
            limbs: ciphertext.parts[0].limbs(),
            slots: ciphertext.slots,
            scale: checked_scale(ciphertext.scale)?,
            seed,
        })
    }

    fn to_bytes(&self) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[0] = u8::try_from(self.limbs.chain).unwrap_or(u8::MAX);
        bytes[1] = u8::try_from(self.slots.trailing_zeros()).unwrap_or(u8::MAX);
        bytes[2] = u8::from(self.seed.is_some());
        bytes[8..16].copy_from_slice(&self.scale.to_le_bytes());
        bytes[16..].copy_from_slice(&self.seed.unwrap_or_default());
        bytes
    }

    fn read(from: &mut impl Source, params: &Params) -> Result<Self> {
        let chunk = from.chunk(48)?;
        let (&[chain, log_slots, seeded, ref zeros @ ..], rest) =
            chunk.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let (&scale, seed) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let seed: [u8; 32] = seed.try_into().unwrap_or_default();
        let misused = *zeros != [0; 5] || seeded > 1 || (seeded == 0 && seed != [0; 32]);
        if misused {
            return Err(from.malformed("an unused byte is not 0"));
        }
        let (primes, chain) = (params.max_level() + 1, usize::from(chain));
        if chain == 0 || chain > primes {
            return Err(from.malformed(format!(
                "a ciphertext of {chain} primes, where the parameters have {primes}"
            )));
        }
        let log_degree = params.spec().log_degree;
        if u32::from(log_slots) >= log_degree {
            let text = format!("2^{log_slots} slots at degree 2^{log_degree}");
            return Err(from.malformed(text));
        }
        Ok(Shape {
            limbs: Limbs::chain(chain),
            slots: 1 << log_slots,
            scale: checked_scale(f64::from_le_bytes(scale))?,
            seed: (seeded == 1).then_some(seed),
        })
    }
}

/// # Errors
/// If it is not the scale of a ciphertext.
fn checked_scale(scale: f64) -> Result<f64> {
    if scale > 0.0 && LOG_SCALES.contains(&scale.log2()) {
        return Ok(scale);
    }
    Err(Error::Scale(scale))
}
