//! Numbers as integers: a value times a scale, rounded, and its residues.

use crate::{Error, Result};
use nearfield_ring::Modulus;

/// Maximum of the bits of an encoded integer.
pub(crate) const MAX_BITS: u32 = 120;

/// A value times a scale, rounded.
///
/// # Errors
/// If that is not a number of magnitude below 2^120.
pub(crate) fn scaled_integer(value: f64, scale: f64) -> Result<i128> {
    let product = (value * scale).round();
    if product.abs() < f64::from(MAX_BITS).exp2() {
        #[allow(clippy::cast_possible_truncation, reason = "it was compared")]
        return Ok(product as i128);
    }
    Err(Error::Constant {
        constant: value,
        scale,
    })
}

/// The residue of an integer.
pub(crate) fn residue_of(modulus: Modulus, integer: i128) -> u64 {
    match i64::try_from(integer) {
        Ok(integer) => modulus.reduce_signed(integer),
        Err(_) => {
            let rest = integer.rem_euclid(i128::from(modulus.value()));
            u64::try_from(rest).unwrap_or(0)
        }
    }
}
