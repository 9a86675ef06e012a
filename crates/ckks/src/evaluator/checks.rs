//! Checks of operands.

use crate::{Error, Result};

/// # Errors
/// If the scales differ by more than rounding explains.
pub(super) fn check_scales(a: f64, b: f64) -> Result<()> {
    if (a / b - 1.0).abs() < SAME_SCALE {
        return Ok(());
    }
    Err(Error::Scales(a, b))
}

/// Relative difference below which scales count as equal: 2^-40.
const SAME_SCALE: f64 = 9.1e-13;

/// # Errors
/// If two operands have different slots.
pub(super) fn check_slots(a: usize, b: usize) -> Result<()> {
    if a == b {
        return Ok(());
    }
    Err(Error::Slots { found: a, slots: b })
}
