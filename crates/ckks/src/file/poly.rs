//! Polynomials in files: a chunk for each row.

use super::bits;
use super::chunk::{ChunkWriter, Source};
use crate::{Error, Params, Result};
use nearfield_ring::{Limbs, Modulus, PackedPoly, Poly, Representation};
use std::io::Write;

pub(super) fn read_seed(from: &mut impl Source) -> Result<[u8; 32]> {
    let mut seed = [0; 32];
    seed.copy_from_slice(from.chunk(32)?);
    Ok(seed)
}

/// Reads the rows of a polynomial.
pub(super) fn read_poly<R: Representation>(
    from: &mut impl Source,
    params: &Params,
    limbs: Limbs,
) -> Result<Poly<R>> {
    let rows = from.rows(params.ring(), limbs)?;
    Ok(Poly::from_rows(rows, limbs.chain))
}

/// # Errors
/// If the writer refuses, or the polynomial is not of these parameters.
pub(super) fn write_poly<R: Representation>(
    to: &mut ChunkWriter<impl Write>,
    params: &Params,
    poly: &Poly<R>,
) -> Result<()> {
    let moduli = params.ring().moduli(poly.limbs());
    let mut rows = moduli.zip(poly.rows());
    rows.try_for_each(|(modulus, row)| write_row(to, params, modulus, row))
}

/// [`write_poly`] of a packed polynomial.
pub(super) fn write_packed(
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
