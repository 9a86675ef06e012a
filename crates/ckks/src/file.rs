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
mod public_key;
mod saving;
mod secret_key;
#[doc(hidden)]
pub mod unchecked;

pub use crate::file_kind::Kind;
pub use ciphertext::FreshCiphertext;
pub use description::Description;
pub use keys::{KeyWriter, ServerKeys};
pub use mapped_keys::KeyFile;
pub use saving::Saving;

use crate::{Error, Params, Result};
use chunk::{ChunkWriter, Source, Stream};
use nearfield_ring::{Limbs, Modulus, PackedPoly, Poly, Representation};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

/// What can be written to a file, and read from one.
pub trait Stored: Sized + sealed::Chunks {
    /// Writes it.
    ///
    /// # Errors
    /// If the writer refuses, or what would be written could not be read again.
    fn write(&self, to: impl Write) -> Result<()> {
        let mut chunks = ChunkWriter::begin(to, Self::KIND, self.its_params())?;
        self.write_chunks(&mut chunks)?;
        chunks.finish().map(drop)
    }

    /// Reads it, to the reader's end. The parameters are those that it must be of; see
    /// [`Description::params`] where they are not known beforehand.
    ///
    /// # Errors
    /// If the reader fails, or gives anything but a whole thing of this kind and of these
    /// parameters.
    fn read(from: impl Read, params: &Params) -> Result<Self> {
        let mut source = Stream::begin(from, Self::KIND, params)?;
        let stored = Self::read_chunks(&mut source, params)?;
        source.end()?;
        Ok(stored)
    }

    /// Writes it to a file that has this name once it is whole.
    ///
    /// # Errors
    /// As [`Stored::write`]; then a file that had this name before is as it was.
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        saving::save(path.as_ref(), |saving| self.write(saving))
    }

    /// Reads it from a file.
    ///
    /// # Errors
    /// As [`Stored::read`].
    fn load(path: impl AsRef<Path>, params: &Params) -> Result<Self> {
        let path = path.as_ref();
        Self::read(BufReader::new(open(path)?), params).map_err(Error::in_file(path))
    }
}

mod sealed {
    use super::{ChunkWriter, Kind, Source};
    use crate::{Params, Result};
    use std::io::Write;

    pub trait Chunks: Sized {
        const KIND: Kind;

        fn its_params(&self) -> &Params;

        fn write_chunks<W: Write>(&self, to: &mut ChunkWriter<W>) -> Result<()>;

        fn read_chunks(from: &mut impl Source, params: &Params) -> Result<Self>;
    }
}

/// # Errors
/// If there is no such file.
fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| Error::in_file(path)(Error::io("open")(error)))
}

fn read_seed(from: &mut impl Source) -> Result<[u8; 32]> {
    let mut seed = [0; 32];
    seed.copy_from_slice(from.chunk(32)?);
    Ok(seed)
}

/// Reads the rows of a polynomial.
fn read_poly<R: Representation>(
    from: &mut impl Source,
    params: &Params,
    limbs: Limbs,
) -> Result<Poly<R>> {
    let rows = from.rows(params.ring(), limbs)?;
    Ok(Poly::from_rows(rows, limbs.chain))
}

/// # Errors
/// If the writer refuses, or the polynomial is not of these parameters.
fn write_poly<R: Representation>(
    to: &mut ChunkWriter<impl Write>,
    params: &Params,
    poly: &Poly<R>,
) -> Result<()> {
    let moduli = params.ring().moduli(poly.limbs());
    let mut rows = moduli.zip(poly.rows());
    rows.try_for_each(|(modulus, row)| write_row(to, params, modulus, row))
}

/// [`write_poly`] of a polynomial that is packed otherwise.
fn write_packed(
    to: &mut ChunkWriter<impl Write>,
    params: &Params,
    poly: &PackedPoly,
) -> Result<()> {
    let mut row = Vec::new();
    for (modulus, packed) in params.ring().moduli(poly.limbs()).zip(poly.rows()) {
        row.resize(packed.len(), 0);
        packed.unpack(&mut row);
        write_row(to, params, modulus, &row)?;
    }
    Ok(())
}

fn write_row(
    to: &mut ChunkWriter<impl Write>,
    params: &Params,
    modulus: Modulus,
    row: &[u64],
) -> Result<()> {
    let packed = bits::pack(modulus, row).ok();
    let packed = packed.filter(|_| row.len() == params.degree());
    to.chunk(&packed.ok_or(Error::Mismatch {
        what: "a polynomial",
        other: "its file",
    })?)
}
