//! Reading without checking digests, so that hostile bytes get past them: for tests and fuzzing.

use super::chunk::Stream;
use super::stored::{Chunks, Stored};
use crate::file_kind::Kind;
use crate::{Params, Result, SecretKey};

/// Reads anything that is [`Stored`].
///
/// # Errors
/// As [`Stored::read`], except for digests.
pub fn read<T: Stored>(bytes: &[u8], params: &Params) -> Result<T> {
    let mut source = begin(bytes, <T as Chunks>::KIND, params)?;
    let stored = T::read_chunks(&mut source, params)?;
    source.end()?;
    Ok(stored)
}

/// Reads a secret key.
///
/// # Errors
/// As [`SecretKey::read`], except for digests.
pub fn secret_key(bytes: &[u8], params: &Params) -> Result<SecretKey> {
    let mut source = begin(bytes, Kind::SecretKey, params)?;
    let secret = SecretKey::read_chunk(&mut source, params)?;
    source.end()?;
    Ok(secret)
}

/// Reads parameters, unless they are so large that they take long to build.
///
/// # Errors
/// As [`Params::read_insecure`], except for digests.
pub fn params(bytes: &[u8]) -> Result<Option<Params>> {
    let (description, mut source) = Stream::open_with(bytes, false)?;
    description.expect_kind(Kind::Params)?;
    source.end()?;
    let spec = description.spec();
    let primes = spec.chain_bits.len() + spec.special_bits.len();
    if spec.log_degree > 8 || primes > 16 {
        return Ok(None);
    }
    description.insecure_params().map(Some)
}

fn begin<'a>(bytes: &'a [u8], kind: Kind, params: &Params) -> Result<Stream<&'a [u8]>> {
    let (description, stream) = Stream::open_with(bytes, false)?;
    description.expect(kind, params)?;
    Ok(stream)
}
