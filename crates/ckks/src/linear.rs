//! Linear maps of slots: matrices by diagonals, their cost in rotations.

mod baby_giant;
mod diagonals;

pub use baby_giant::{BabyGiant, GiantStep, Term};
pub use diagonals::Diagonals;
