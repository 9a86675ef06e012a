//! The layers of a block, on packed slots.

pub(crate) mod linear;
pub(crate) mod sums;
