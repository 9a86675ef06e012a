//! Files of parameters: a description, and nothing after it.

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
    /// Tables are computed for them, of at most 0.6 GiB.
    ///
    /// # Errors
    /// If the reader fails, gives anything but a whole file of parameters, or they are insecure.
    pub fn read(from: impl Read) -> Result<Self> {
        whole(from)?.params()
    }

    /// Reads parameters, which may be ones whose security nobody checked: for tests.
    ///
    /// # Errors
    /// If the reader fails, or gives anything but a whole file of parameters.
    pub fn read_insecure(from: impl Read) -> Result<Self> {
        whole(from)?.insecure_params()
    }

    /// Writes them to a file that has this name once it is whole.
    ///
    /// # Errors
    /// If the system refuses; then a file that had this name before is as it was.
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

fn whole(from: impl Read) -> Result<Description> {
    let (description, mut stream) = Stream::open(from)?;
    description.expect_kind(Kind::Params)?;
    stream.end()?;
    Ok(description)
}
