//! Files of secret keys: one chunk, of two bits for each coefficient (0, 1 and 2 for -1, 0 and 1),
//! the first in the lowest bits.

use super::chunk::{ChunkWriter, Source, Stream};
use super::saving::{self, Access};
use super::stored::open;
use crate::file_kind::Kind;
use crate::{Error, Params, Result, SecretKey};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// Coefficients in a byte.
const IN_A_BYTE: usize = 4;

impl SecretKey {
    /// Writes it to a new file, which its owner alone can read. An existing file is never replaced:
    /// what a lost secret key has encrypted is lost with it.
    ///
    /// # Errors
    /// If the file exists, or the system refuses.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let write = || {
            // Unbuffered: a buffer would not be wiped.
            let mut file = saving::temporary(path, Access::Owner)?;
            self.write(&mut file)?;
            saving::persist_new(file, path)
        };
        write().map_err(Error::in_file(path))
    }

    /// Reads it from a file.
    ///
    /// # Errors
    /// If others than its owner can read the file, it cannot be read, or it is not exactly one
    /// secret key of these parameters.
    pub fn load(path: impl AsRef<Path>, params: &Params) -> Result<Self> {
        let path = path.as_ref();
        let file = open(path)?;
        check_private(&file)
            .and_then(|()| Self::read(file, params))
            .map_err(Error::in_file(path))
    }

    /// Reads it, to the end of the reader. Buffers are wiped; a buffer of the reader is the
    /// caller's to wipe.
    ///
    /// # Errors
    /// If the reader fails, or does not give exactly one secret key of these parameters.
    pub fn read(from: impl Read, params: &Params) -> Result<Self> {
        let mut source = Stream::begin(from, Kind::SecretKey, params)?;
        let secret = Self::read_chunk(&mut source, params)?;
        source.end()?;
        Ok(secret)
    }

    pub(super) fn read_chunk(from: &mut impl Source, params: &Params) -> Result<Self> {
        let packed = from.chunk(params.degree() / IN_A_BYTE)?;
        let mut coefficients = Zeroizing::new(Vec::with_capacity(params.degree()));
        let mut wrong = 0;
        for byte in packed {
            for place in 0..IN_A_BYTE {
                let code = byte >> (2 * place) & 3;
                wrong |= code & (code >> 1);
                coefficients.push(code.cast_signed() - 1);
            }
        }
        if wrong != 0 {
            return Err(from.malformed("a coefficient of the secret key is not -1, 0 or 1"));
        }
        Ok(Self::from_coefficients(params, coefficients))
    }

    fn write(&self, to: impl Write) -> Result<()> {
        let mut chunks = ChunkWriter::begin(to, Kind::SecretKey, self.params())?;
        let groups = self.coefficients().chunks_exact(IN_A_BYTE);
        let mut packed = Zeroizing::new(Vec::with_capacity(groups.len()));
        for group in groups {
            let codes = group.iter().rev().map(|&value| (value + 1).cast_unsigned());
            packed.push(codes.fold(0, |byte, code| byte << 2 | code));
        }
        chunks.chunk(&packed)?;
        packed.zeroize();
        chunks.finish().map(drop)
    }
}

#[cfg(unix)]
fn check_private(file: &File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(Error::io("read"))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::Exposed { mode })
}

#[cfg(not(unix))]
fn check_private(_: &File) -> Result<()> {
    Ok(())
}
