//! The automorphisms that act on slots.

use std::fmt;

/// An automorphism that acts on slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Galois {
    /// A rotation to the left: slot `i` takes the number in slot `i + steps`, cyclically. Negative
    /// steps rotate to the right.
    Rotation(isize),
    /// Every slot takes the complex conjugate of the number in it.
    Conjugation,
}

impl Galois {
    /// The exponent `k` of the automorphism `X -> X^k` in a ring.
    ///
    /// # Source
    /// Slots are values at powers of 5 (Cheon et al. 2018/931).
    pub(crate) fn exponent(self, degree: usize) -> usize {
        let order = 2 * degree;
        match self {
            Galois::Conjugation => order - 1,
            Galois::Rotation(steps) => {
                let slots = degree / 2;
                let steps = steps.rem_euclid(slots.cast_signed()).unsigned_abs();
                power_of_5(steps, order)
            }
        }
    }

    /// Whether it leaves all slots as they are.
    pub(crate) fn is_identity(self) -> bool {
        self == Galois::Rotation(0)
    }
}

impl fmt::Display for Galois {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Galois::Conjugation => write!(formatter, "conjugation"),
            Galois::Rotation(steps) => write!(formatter, "rotation by {steps}"),
        }
    }
}

/// A power of 5 modulo a power of two. The word may overflow: its size is a multiple of the
/// modulus.
fn power_of_5(exponent: usize, modulus: usize) -> usize {
    let exponent = u32::try_from(exponent).unwrap_or(u32::MAX);
    5_usize.wrapping_pow(exponent) % modulus
}
