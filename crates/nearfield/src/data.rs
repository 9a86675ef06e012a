//! The data of a run: what its run file says of them, and how they are read.

mod classes;
mod keys;
mod label;
mod load;
mod section;

pub use classes::{ClassName, ClassSpec};
pub use label::{Label, Missing};
pub use load::{Loaded, load};
pub use section::{DataSection, Source};
