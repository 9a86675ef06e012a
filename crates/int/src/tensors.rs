//! Weights by name, as model files and other programs hold them.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// Weights by name, each with its shape.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<i32>)>;

/// A tensor whose values are made on demand, so that those of one tensor at a time are in memory.
pub struct LazyTensor<'a> {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    values: Box<dyn Fn() -> Vec<i32> + 'a>,
}

impl<'a> LazyTensor<'a> {
    /// A tensor of the values that `values` gives, the same at every call.
    pub fn new(name: String, shape: Vec<usize>, values: impl Fn() -> Vec<i32> + 'a) -> Self {
        LazyTensor {
            name,
            shape,
            values: Box::new(values),
        }
    }

    /// Its values.
    pub fn values(&self) -> Vec<i32> {
        (self.values)()
    }
}
