//! The layers: what each computes forward and, where it learns, backward.

pub(crate) mod activation;
pub(crate) mod conv2d;
pub(crate) mod dropout;
pub(crate) mod images;
pub(crate) mod linear;
pub(crate) mod pool;
pub(crate) mod scaling;
