//! Polynomials of slots: Chebyshev series, their evaluation in few levels, reduction modulo 1.

mod arithmetic;
mod chebyshev;
mod eval_mod;
mod paterson_stockmeyer;
mod twofold;

pub use arithmetic::{Arithmetic, Clear, Counted};
pub use chebyshev::Chebyshev;
pub use eval_mod::{EvalMod, EvalModSpec};
pub use paterson_stockmeyer::{Node, PatersonStockmeyer, Power, Product};
