//! The layers: what each computes forward and, where it learns, backward.

pub mod activation;
pub mod conv2d;
pub mod dropout;
pub mod images;
pub mod linear;
pub mod pool;
pub mod scaling;
