//! Files of public keys: the seed of the uniform half, and the rows of the other.

use super::chunk::{ChunkWriter, Source};
use super::poly::{read_poly, read_seed, write_poly};
use super::stored::{Chunks, Stored};
use crate::file_kind::Kind;
use crate::keys::{SeededPair, expand_uniform};
use crate::{Params, PublicKey, Result};
use nearfield_ring::Limbs;
use std::io::Write;

impl Stored for PublicKey {}

impl Chunks for PublicKey {
    const KIND: Kind = Kind::PublicKey;

    fn its_params(&self) -> &Params {
        self.params()
    }

    fn write_chunks<W: Write>(&self, to: &mut ChunkWriter<W>) -> Result<()> {
        to.chunk(&self.pair.seed)?;
        write_poly(to, self.params(), &self.pair.parts[0])
    }

    fn read_chunks(from: &mut impl Source, params: &Params) -> Result<Self> {
        let seed = read_seed(from)?;
        let limbs = Limbs::chain(params.ring().limbs().chain);
        let masked = read_poly(from, params, limbs)?;
        let uniform = expand_uniform(params.ring(), limbs, seed, 0);
        let parts = [masked, uniform];
        Ok(PublicKey::from_pair(params, SeededPair { seed, parts }))
    }
}
