//! Polynomials of slots in the Chebyshev basis.

mod chebyshev;
mod twofold;

pub use chebyshev::Chebyshev;
