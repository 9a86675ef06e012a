//! Residues as numbers in floating point.

use crate::Modulus;

/// An integer below 2^53, exactly.
#[allow(clippy::cast_precision_loss, reason = "below 2^53")]
pub(super) fn exact(value: u64) -> f64 {
    value as f64
}

/// A residue as the nearest number to 0 that is congruent to it, and its quotient by the modulus.
pub(super) fn balanced(modulus: Modulus, residue: u64) -> [f64; 2] {
    let magnitude = residue.min(modulus.value() - residue);
    let sign = if magnitude == residue { 1.0 } else { -1.0 };
    let factor = sign * exact(magnitude);
    [factor, factor / exact(modulus.value())]
}
