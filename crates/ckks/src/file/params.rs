//! Files of parameters: a description with nothing after it.

use super::chunk::{ChunkWriter, Stream};
use super::description::Description;
use super::saving;
use super::stored::open;
use crate::file_kind::Kind;
use crate::{Error, Params, Result};
use std::io::{Read, Write};
use std::path::Path;

impl Params {
    /// Writes them.
    ///
    /// # Errors
    /// If the writer refuses.
    pub fn write(&self, to: impl Write) -> Result<()> {
        ChunkWriter::begin(to, Kind::Params, self)?
            .finish()
            .map(drop)
    }

    /// Reads parameters, which must have 128 bits of security.
    ///
    /// Their tables take at most 0.6 GiB.
    ///
    /// # Errors
    /// If the reader fails, does not give exactly one file of parameters, or they are insecure.
    pub fn read(from: impl Read) -> Result<Self> {
        read_description(from)?.params()
    }

    /// Reads parameters, whose security may be unchecked: for tests.
    ///
    /// # Errors
    /// If the reader fails, or does not give exactly one file of parameters.
    pub fn read_insecure(from: impl Read) -> Result<Self> {
        read_description(from)?.insecure_params()
    }

    /// Writes them to a file, which gets its name once it is complete.
    ///
    /// # Errors
    /// If the system refuses; an existing file of this name is then unchanged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        saving::save(path.as_ref(), |saving| self.write(saving))
    }

    /// [`Params::read`] from a file.
    ///
    /// # Errors
    /// As [`Params::read`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read(open(path)?).map_err(Error::in_file(path))
    }
}

/// Reads a file of parameters to its end.
fn read_description(from: impl Read) -> Result<Description> {
    let (description, mut stream) = Stream::open(from)?;
    description.expect_kind(Kind::Params)?;
    stream.end()?;
    Ok(description)
}
