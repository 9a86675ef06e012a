//! Linear maps of slots: matrices by diagonals, their cost in rotations, the factored DFT.

mod baby_giant;
mod dft;
mod diagonals;

pub use baby_giant::{BabyGiant, GiantStep, Term};
pub use dft::{coeffs_to_slots, join_parts, separate_parts, slots_to_coeffs};
pub use diagonals::Diagonals;
