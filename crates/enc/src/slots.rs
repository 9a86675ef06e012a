//! The arithmetic a circuit is written in: vectors of slots.
//!
//! A circuit is written over [`Slots`] once, and read by three arithmetics:
//!
//! | reader | a vector is | for |
//! |---|---|---|
//! | [`Clear`] | `f64` numbers | the twin: the plaintext run of the same circuit |
//! | `Plan` | its level | levels, keys and operations, counted without data |
//! | [`Ckks`] | a ciphertext | the server |

mod ckks;
mod clear;
mod counts;
mod plan;
mod stage;

pub use ckks::{Ckks, Operations};
pub use clear::Clear;
pub use counts::Counts;
pub(crate) use plan::Plan;
pub use stage::{Part, Stage};

use crate::Result;

/// Arithmetic on vectors of slots.
///
/// # Levels
/// [`relinearize_rescale`](Slots::relinearize_rescale),
/// [`square_plus_itself`](Slots::square_plus_itself) and
/// [`linear_combination`](Slots::linear_combination) take one level each, everything else none.
/// Operands of different levels meet at the lower one.
pub trait Slots: Sync {
    /// A number for each slot.
    type Vector: Clone + Send + Sync;
    /// A sum of products of vectors, before relinearization and rescaling.
    type Product: Send + Sync;
    /// Plaintext numbers to multiply vectors by.
    type Mask: Send + Sync;

    /// Number of slots.
    fn count(&self) -> usize;

    /// Prepares a mask from a number for each slot.
    fn mask(&self, values: Vec<f64>) -> Self::Mask;

    /// Rotates left, cyclically: slot `i` takes the value of slot `i + steps`.
    ///
    /// # Errors
    /// If the key of this rotation is missing.
    fn rotate(&self, a: &Self::Vector, steps: isize) -> Result<Self::Vector>;

    /// [`Slots::rotate`] of one vector by each of `steps`.
    ///
    /// # Errors
    /// As [`Slots::rotate`].
    fn rotate_each(&self, a: &Self::Vector, steps: &[isize]) -> Result<Vec<Self::Vector>> {
        steps.iter().map(|&steps| self.rotate(a, steps)).collect()
    }

    /// A vector plus its rotations by each of `steps`.
    ///
    /// # Errors
    /// As [`Slots::rotate`].
    fn add_rotations(&self, a: &Self::Vector, steps: &[isize]) -> Result<Self::Vector> {
        let mut sum = a.clone();
        for &steps in steps {
            self.add(&mut sum, &self.rotate(a, steps)?)?;
        }
        Ok(sum)
    }

    /// Every slot takes the sum of `count` slots that are `stride` apart, itself the first;
    /// `count` is a power of two.
    ///
    /// Three rotations of the same vector at once quadruple the number of summands: on
    /// ciphertexts, further rotations of a vector cost a fraction of the first one, and every
    /// rotation takes a key.
    ///
    /// # Errors
    /// As [`Slots::rotate`].
    fn sum_strided(&self, a: &Self::Vector, stride: isize, count: usize) -> Result<Self::Vector> {
        let mut sum = a.clone();
        let logs = count.trailing_zeros();
        for log in (0..logs).step_by(LOG_RADIX as usize) {
            let radix = 1_isize << LOG_RADIX.min(logs - log);
            let steps: Vec<isize> = (1..radix).map(|k| (k * stride) << log).collect();
            sum = self.add_rotations(&sum, &steps)?;
        }
        Ok(sum)
    }

    /// `a += b`.
    ///
    /// # Errors
    /// If their sizes or scales differ.
    fn add(&self, a: &mut Self::Vector, b: &Self::Vector) -> Result<()>;

    /// `a -= b`. If their scales differ, `b` is adjusted and needs a level more than `a`.
    ///
    /// # Errors
    /// If their sizes differ, or `b` lacks that level.
    fn subtract(&self, a: &mut Self::Vector, b: &Self::Vector) -> Result<()>;

    /// The product of two vectors, slot by slot.
    ///
    /// # Errors
    /// If their sizes differ.
    fn product(&self, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Product>;

    /// `a += b`, of products.
    ///
    /// # Errors
    /// If their sizes or scales differ.
    fn add_product(&self, a: &mut Self::Product, b: &Self::Product) -> Result<()>;

    /// Turns a product into a vector.
    ///
    /// # Errors
    /// If the relinearization key is missing, or no level is left.
    fn relinearize_rescale(&self, product: &Self::Product) -> Result<Self::Vector>;

    /// `a^2 + a`.
    ///
    /// # Errors
    /// If the relinearization key is missing, or no level is left.
    fn square_plus_itself(&self, a: &Self::Vector) -> Result<Self::Vector>;

    /// `2 a + 1`.
    ///
    /// # Errors
    /// If the constant cannot be encoded.
    fn double_plus_one(&self, a: &Self::Vector) -> Result<Self::Vector>;

    /// The sum of vectors times masks, at the default scale.
    ///
    /// # Errors
    /// If `terms` is empty, or no level is left.
    fn linear_combination(&self, terms: &[(&Self::Vector, &Self::Mask)]) -> Result<Self::Vector>;

    /// Reduces a vector to at most `levels` levels.
    ///
    /// # Errors
    /// If the arithmetic cannot drop a level.
    fn drop_levels(&self, a: &mut Self::Vector, levels: usize) -> Result<()>;

    /// Number of levels a vector has left.
    fn levels(&self, a: &Self::Vector) -> usize;

    /// Reports a vector of a training step to readers that record them.
    fn observe(&self, _stage: Stage, _vector: &Self::Vector) {}

    /// The same numbers with all levels.
    ///
    /// # Errors
    /// If a bootstrapping key is missing.
    fn refresh(&self, a: &Self::Vector) -> Result<Self::Vector>;

    /// Refreshes two vectors together, in less than twice the time of one.
    ///
    /// # Errors
    /// As [`Slots::refresh`].
    fn refresh_pair(
        &self,
        a: &Self::Vector,
        b: &Self::Vector,
    ) -> Result<(Self::Vector, Self::Vector)>;
}

/// log2 of the number of summands that one round of [`Slots::sum_strided`] adds up.
const LOG_RADIX: u32 = 2;
