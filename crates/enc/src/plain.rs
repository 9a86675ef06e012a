//! Training on plain matrices: the reference in `f64`, and what its results are kept in.

mod dense;
mod matrices;
mod matrix;
pub mod naive;
mod weights_file;

pub use dense::{Dense, HeadScore};
pub use matrices::{BlockMatrices, Matrices, Parameter};
pub use matrix::Matrix;
