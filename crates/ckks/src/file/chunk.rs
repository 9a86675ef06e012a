//! Chunks of a known length, each followed by a digest of itself and of everything before it.

use super::bits::{packed_len, unpack};
use super::description::Description;
use crate::file_kind::Kind;
use crate::{Error, Params, Result};
use nearfield_ring::{Limbs, Modulus, Ring, Row};
use rayon::prelude::*;
use std::io::{ErrorKind, Read, Write};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a digest.
pub(super) const DIGEST: usize = 32;

/// Writes chunks.
#[derive(Debug)]
pub struct ChunkWriter<W> {
    to: W,
    digest: [u8; DIGEST],
}

/// A source of chunks: a stream, or a file in memory.
pub trait Source {
    /// The next chunk, which has this length.
    fn chunk(&mut self, length: usize) -> Result<&[u8]>;

    /// Where the next chunk begins.
    fn at(&self) -> u64;

    /// Reads the rows of a polynomial, a chunk each. A row is allocated after its bytes were read.
    fn rows(&mut self, ring: &Ring, limbs: Limbs) -> Result<Vec<Row>> {
        let rows = ring.moduli(limbs).map(|modulus| {
            let at = self.at();
            let chunk = self.chunk(packed_len(modulus, ring.degree()))?;
            unpack_at(at, modulus, chunk, ring.row())
        });
        rows.collect()
    }

    /// An error about the chunk that was read last.
    fn malformed(&self, what: impl Into<String>) -> Error {
        Error::Malformed {
            what: what.into(),
            before: self.at(),
        }
    }
}

/// Reads chunks one after the other. Its buffer is wiped when it is dropped.
pub(super) struct Stream<R> {
    from: R,
    buffer: Zeroizing<Vec<u8>>,
    place: Place,
    verifies: bool,
}

/// Chunks of a file in memory.
pub(super) struct Mapped<'a> {
    bytes: &'a [u8],
    place: Place,
}

/// A place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Bytes before it.
    pub(super) at: u64,
    /// The digest before it.
    pub(super) digest: [u8; DIGEST],
}

impl<W: Write> ChunkWriter<W> {
    /// Begins a file.
    pub(super) fn begin(mut to: W, kind: Kind, params: &Params) -> Result<Self> {
        let head = Description::new(kind, params).to_bytes();
        let digest = *blake3::hash(&head).as_bytes();
        for bytes in [&head[..], &digest] {
            to.write_all(bytes).map_err(Error::io("write"))?;
        }
        Ok(ChunkWriter { to, digest })
    }

    pub(super) fn chunk(&mut self, bytes: &[u8]) -> Result<()> {
        self.digest = digest_after(&self.digest, bytes);
        for bytes in [bytes, &self.digest] {
            self.to.write_all(bytes).map_err(Error::io("write"))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W> {
        self.to.flush().map_err(Error::io("write"))?;
        Ok(self.to)
    }
}

impl<R: Read> Stream<R> {
    /// Reads the beginning of a file of a kind and of parameters.
    pub(super) fn begin(from: R, kind: Kind, params: &Params) -> Result<Self> {
        let (description, stream) = Self::open(from)?;
        description.expect(kind, params)?;
        Ok(stream)
    }

    /// Reads the beginning of a file.
    pub(super) fn open(from: R) -> Result<(Description, Self)> {
        Self::open_with(from, true)
    }

    /// Reads the beginning of a file. Digests are compared if `verifies`.
    pub(super) fn open_with(from: R, verifies: bool) -> Result<(Description, Self)> {
        let mut stream = Stream {
            from,
            buffer: Zeroizing::new(Vec::new()),
            place: Place {
                at: 0,
                digest: [0; DIGEST],
            },
            verifies,
        };
        let mut head = stream.exactly(Description::FIXED)?.to_vec();
        let rest = Description::length(&head)?;
        head.extend_from_slice(stream.exactly(rest)?);
        let digest = blake3::hash(&head);
        let found = digest_of(stream.exactly(DIGEST)?);
        if verifies && found != *digest.as_bytes() {
            return Err(Error::Digest {
                before: stream.at(),
            });
        }
        stream.place.digest = found;
        let description = Description::from_bytes(&head)?;
        Ok((description, stream))
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Checks that there is nothing left.
    pub(super) fn end(&mut self) -> Result<()> {
        let mut byte = [0];
        match self.from.read_exact(&mut byte) {
            Ok(()) => Err(Error::Trailing { at: self.at() }),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
            Err(error) => Err(Error::io("read")(error)),
        }
    }

    /// The next `length` bytes. A chunk is a row at most: at most 1 MiB.
    fn exactly(&mut self, length: usize) -> Result<&[u8]> {
        self.buffer.resize(length, 0);
        let read = self.from.read_exact(&mut self.buffer);
        read.map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Error::Truncated {
                after: self.place.at,
            },
            _ => Error::io("read")(error),
        })?;
        self.place.at += length as u64;
        Ok(&self.buffer)
    }
}

impl<R: Read> Source for Stream<R> {
    fn chunk(&mut self, length: usize) -> Result<&[u8]> {
        let verifies = self.verifies;
        let place = self.place;
        let sealed = self.exactly(length + DIGEST)?;
        let (chunk, digest) = sealed.split_at(length);
        let digest = digest_of(digest);
        if verifies && digest != digest_after(&place.digest, chunk) {
            return Err(Error::Digest { before: self.at() });
        }
        self.place.digest = digest;
        Ok(&self.buffer[..length])
    }

    fn at(&self) -> u64 {
        self.place.at
    }
}

impl<'a> Mapped<'a> {
    /// Chunks in memory; the first is at `place` in its file.
    pub(super) fn new(bytes: &'a [u8], place: Place) -> Self {
        Mapped { bytes, place }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The next chunk with its digest.
    fn sealed(&mut self, length: usize) -> Result<(Place, &'a [u8])> {
        let place = self.place;
        let taken = self.bytes.split_at_checked(length + DIGEST);
        let (sealed, rest) = taken.ok_or(Error::Truncated { after: place.at })?;
        self.bytes = rest;
        self.place.at += sealed.len() as u64;
        self.place.digest = digest_of(&sealed[length..]);
        Ok((place, sealed))
    }

    /// Skips chunks of `length` bytes together, which are verified when they are read.
    pub(super) fn skip(&mut self, length: u64) -> Result<()> {
        let truncated = Error::Truncated {
            after: self.place.at,
        };
        let length = usize::try_from(length).ok();
        let length = length.and_then(|length| length.checked_sub(DIGEST));
        self.sealed(length.ok_or(truncated)?).map(drop)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl Source for Mapped<'_> {
    fn chunk(&mut self, length: usize) -> Result<&[u8]> {
        let (place, sealed) = self.sealed(length)?;
        verified(place, sealed)
    }

    fn at(&self) -> u64 {
        self.place.at
    }

    /// On all threads: the digest of a chunk needs only that of the previous chunk, which is in the
    /// file.
    fn rows(&mut self, ring: &Ring, limbs: Limbs) -> Result<Vec<Row>> {
        let sealed = ring.moduli(limbs).map(|modulus| {
            let (place, sealed) = self.sealed(packed_len(modulus, ring.degree()))?;
            Ok((place, sealed, modulus))
        });
        let sealed = sealed.collect::<Result<Vec<_>>>()?;
        let rows = sealed.into_par_iter().map(|(place, sealed, modulus)| {
            unpack_at(place.at, modulus, verified(place, sealed)?, ring.row())
        });
        rows.collect()
    }
}

fn verified(place: Place, sealed: &[u8]) -> Result<&[u8]> {
    let (chunk, digest) = sealed.split_at(sealed.len() - DIGEST);
    if digest_of(digest) != digest_after(&place.digest, chunk) {
        let before = place.at + sealed.len() as u64;
        return Err(Error::Digest { before });
    }
    Ok(chunk)
}

fn unpack_at(at: u64, modulus: Modulus, chunk: &[u8], mut row: Row) -> Result<Row> {
    match unpack(modulus, chunk, &mut row) {
        Ok(()) => Ok(row),
        Err(place) => Err(Error::Residue {
            at,
            place,
            found: row[place],
            prime: modulus.value(),
        }),
    }
}

fn digest_after(before: &[u8; DIGEST], chunk: &[u8]) -> [u8; DIGEST] {
    let mut hasher = blake3::Hasher::new_keyed(before);
    hasher.update(chunk);
    let digest = *hasher.finalize().as_bytes();
    // It contains the last bytes of the chunk, which may be a secret key.
    hasher.zeroize();
    digest
}

fn digest_of(bytes: &[u8]) -> [u8; DIGEST] {
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(bytes);
    digest
}
