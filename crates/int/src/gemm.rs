//! Exact products of mixed widths, between the layers and the kernels.
//!
//! Kernels multiply int16 values. What values have beyond int16 is listed and added one by one
//! where that is little ([`High::Sparse`]), and goes in as high halves by a second pass where it is
//! much ([`High::Dense`]). All sums are modulo 2^32, as the reference's int32 sums are.

mod operands;
mod panel;
mod planes;
mod products;
mod sparse;
mod weights;

pub use operands::{Columns, Halves, High, Rows, Sums};
pub(crate) use operands::{joined, split};
pub use panel::Panel;
pub(crate) use panel::fill_from_rows;
pub(crate) use planes::in_line;
pub use planes::to_planes;
pub use products::{exact_products, products};
pub use sparse::SparseColumns;
pub(crate) use sparse::overflows_between;
pub use weights::{RowsMut, UpdateStats, Weights};
