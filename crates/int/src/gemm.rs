//! Exact products of mixed widths, between the layers and the kernels.
//!
//! Kernels multiply int16 values. What values have beyond int16 is listed and added one by one
//! where that is little ([`High::Sparse`]), and goes in as high halves by a second pass where it is
//! much ([`High::Dense`]). All sums are modulo 2^32, as the reference's int32 sums are; those that
//! wrapped are counted by their exact values.

mod bounds;
mod columns;
mod halves;
mod operands;
mod panel;
mod planes;
mod products;
mod row_buffer;
mod rows;
mod sparse;
mod weights;

pub(crate) use bounds::{magnitudes_suffice, max_squares, may_overflow};
pub(crate) use columns::ColumnPanel;
pub use halves::{Halves, High};
pub(crate) use halves::{joined, overflows_between, split};
pub use operands::{Columns, Rows, Sums};
pub use panel::Panel;
pub(crate) use planes::in_line;
pub use planes::to_planes;
pub use products::{exact_products, products};
pub(crate) use row_buffer::{GradientValue, RowBuffer};
pub(crate) use rows::{Bounds, Product, RowTile};
pub use weights::{RowsMut, UpdateStats, Weights};
