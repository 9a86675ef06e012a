//! Polynomials of slots: Chebyshev series, their evaluation in few levels, reduction modulo 1.

mod arithmetic;
mod chebyshev;
mod eval_mod;
mod paterson_stockmeyer;
mod twofold;

pub(crate) use arithmetic::{Arithmetic, Combination};
pub use chebyshev::Chebyshev;
pub use eval_mod::{EvalMod, EvalModSpec};
pub use paterson_stockmeyer::PatersonStockmeyer;
