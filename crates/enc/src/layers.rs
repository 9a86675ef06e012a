//! The layers of a block, on packed slots: formulas over [`Slots`](crate::slots::Slots).

mod context;
pub(crate) mod linear;
mod sums;

pub(crate) use context::Context;
