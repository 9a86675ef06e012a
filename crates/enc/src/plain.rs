//! Training on plain matrices: the reference in `f64`.

pub(crate) mod dense;
pub(crate) mod matrices;
pub(crate) mod matrix;
pub mod naive;
pub mod weights_file;

pub use dense::{Dense, HeadScore};
pub use matrices::{BlockMatrices, Matrices, Parameter};
pub use matrix::Matrix;
