//! Polynomials of slots: Chebyshev series and their evaluation in few levels.

mod arithmetic;
mod chebyshev;
mod paterson_stockmeyer;
mod twofold;

pub use arithmetic::{Arithmetic, Clear, Counted};
pub use chebyshev::Chebyshev;
pub use paterson_stockmeyer::{Node, PatersonStockmeyer, Power, Product};
