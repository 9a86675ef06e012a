//! Files of public keys: the seed of the uniform half, and the rows of the other.

use super::chunk::{ChunkWriter, Source};
use super::sealed::Chunks;
use super::{Kind, Stored, read_poly, read_seed, write_poly};
use crate::keys::{SeededPair, expand_plain};
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
        to.chunk(&self.half.seed)?;
        write_poly(to, self.params(), &self.half.parts[0])
    }

    fn read_chunks(from: &mut impl Source, params: &Params) -> Result<Self> {
        let seed = read_seed(from)?;
        let limbs = Limbs::chain(params.ring().limbs().chain);
        let masked = read_poly(from, params, limbs)?;
        let uniform = expand_plain(params.ring(), limbs, seed);
        let parts = [masked, uniform];
        Ok(PublicKey::from_pair(params, SeededPair { seed, parts }))
    }
}
