//! Reading and writing whole files.

use super::chunk::{ChunkWriter, Source, Stream};
use super::description::Description;
use super::saving;
use crate::file_kind::Kind;
use crate::{Error, Params, Result};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

/// A thing that can be written to a file and read from one.
///
/// It is implemented for public keys, server keys and ciphertexts, and cannot be implemented for
/// other types. A secret key has methods of its own: see
/// [`SecretKey::save`](crate::SecretKey::save).
pub trait Stored: Sized + Chunks {
    /// Writes it.
    ///
    /// # Errors
    /// If the writer refuses, or the bytes could not be read again.
    fn write(&self, to: impl Write) -> Result<()> {
        let mut chunks = ChunkWriter::begin(to, Self::KIND, self.its_params())?;
        self.write_chunks(&mut chunks)?;
        chunks.finish().map(drop)
    }

    /// Reads it, to the end of the reader. `params` are the parameters that it must have; where
    /// they are not known, see [`Description::params`].
    ///
    /// # Errors
    /// If the reader fails, or does not give exactly one thing of this kind and of these
    /// parameters.
    fn read(from: impl Read, params: &Params) -> Result<Self> {
        let mut source = Stream::begin(from, Self::KIND, params)?;
        let stored = Self::read_chunks(&mut source, params)?;
        source.end()?;
        Ok(stored)
    }

    /// Writes it to a file, which gets its name once it is complete.
    ///
    /// # Errors
    /// As [`Stored::write`]; an existing file of this name is then unchanged.
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

/// The chunks of a file of a kind. It is public in a private module, so that nobody else can
/// implement [`Stored`].
pub trait Chunks: Sized {
    const KIND: Kind;

    fn its_params(&self) -> &Params;

    fn write_chunks<W: Write>(&self, to: &mut ChunkWriter<W>) -> Result<()>;

    fn read_chunks(from: &mut impl Source, params: &Params) -> Result<Self>;
}

impl Description {
    /// Reads the beginning of a file of any kind.
    ///
    /// # Errors
    /// If it cannot be read, or is not a file of this library.
    pub fn read(from: impl Read) -> Result<Self> {
        Ok(Stream::open(from)?.0)
    }

    /// [`Description::read`] from a file.
    ///
    /// # Errors
    /// If it cannot be read, or is not a file of this library.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read(BufReader::new(open(path)?)).map_err(Error::in_file(path))
    }
}

/// Opens a file to be read.
///
/// # Errors
/// If it does not exist, or the operating system refuses.
pub(super) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| Error::in_file(path)(Error::io("open")(error)))
}
