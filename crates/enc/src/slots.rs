//! What a circuit is written in: vectors of slots, in whatever arithmetic.

use crate::Result;

mod ckks;
mod clear;
pub(crate) mod plan;

pub use ckks::{Ckks, Operations};
pub use clear::Clear;
pub use plan::{Counts, Plan};

/// A vector's place in a training step, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The state, after its refresh.
    Refreshed,
    /// In a block, counted from 0.
    Block(usize, Part),
    /// A gradient, summed over the batch.
    Gradient,
    /// The state, after its correction.
    Corrected,
}

/// A vector of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A matrix as it is used: the forward layer's.
    Matrix,
    /// The forward layer's sums.
    Sums,
    /// The activation of them, which the next block takes.
    Output,
    /// What the head's answers have too much.
    Error,
    /// The error of the sums.
    ErrorOfSums,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stage::Refreshed => write!(f, "refreshed state"),
            Stage::Block(block, part) => {
                let part = match part {
                    Part::Matrix => "matrix",
                    Part::Sums => "sums",
                    Part::Output => "output",
                    Part::Error => "error of the head",
                    Part::ErrorOfSums => "error of the sums",
                };
                write!(f, "block {}: {part}", block + 1)
            }
            Stage::Gradient => write!(f, "gradients"),
            Stage::Corrected => write!(f, "corrected state"),
        }
    }
}

/// Arithmetic on vectors of slots. A circuit is written over it once, and read by [`Clear`]
/// (floating point), [`Plan`] (no numbers: levels, rotations, costs) and [`Ckks`] (ciphertexts).
///
/// # Levels
/// A product and a weighing take one level each; all else takes none. Operands of different
/// levels meet at the lower one.
pub trait Slots: Sync {
    /// A vector of as many numbers as there are slots.
    type Vector: Clone + Send + Sync;
    /// A sum of products that was not brought back to a vector yet.
    type Product: Send + Sync;
    /// Numbers in the clear to multiply vectors with.
    type Mask: Send + Sync;

    /// Number of slots.
    fn count(&self) -> usize;

    /// Prepares numbers in the clear, one for each slot.
    fn mask(&self, values: Vec<f64>) -> Self::Mask;

    /// Every slot takes what is so many slots after it, around.
    ///
    /// # Errors
    /// If a key is missing.
    fn rotate(&self, a: &Self::Vector, steps: isize) -> Result<Self::Vector>;

    /// [`Slots::rotate`] of one vector by many steps.
    ///
    /// # Errors
    /// If a key is missing.
    fn rotate_each(&self, a: &Self::Vector, steps: &[isize]) -> Result<Vec<Self::Vector>> {
        steps.iter().map(|&steps| self.rotate(a, steps)).collect()
    }

    /// A vector plus its rotations by each of some steps.
    ///
    /// # Errors
    /// If a key is missing.
    fn add_rotations(&self, a: &Self::Vector, steps: &[isize]) -> Result<Self::Vector> {
        let mut sum = a.clone();
        for &steps in steps {
            self.add(&mut sum, &self.rotate(a, steps)?)?;
        }
        Ok(sum)
    }

    /// `a += b`.
    ///
    /// # Errors
    /// If they do not fit each other.
    fn add(&self, a: &mut Self::Vector, b: &Self::Vector) -> Result<()>;

    /// `a -= b`, where `b` may have another scale and then has a level more.
    ///
    /// # Errors
    /// If they do not fit each other.
    fn subtract(&self, a: &mut Self::Vector, b: &Self::Vector) -> Result<()>;

    /// The product of vectors, slot by slot.
    ///
    /// # Errors
    /// If they do not fit each other.
    fn product(&self, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Product>;

    /// `a += b`, of products.
    ///
    /// # Errors
    /// If they do not fit each other.
    fn add_product(&self, a: &mut Self::Product, b: &Self::Product) -> Result<()>;

    /// Brings a product back to a vector, for a level.
    ///
    /// # Errors
    /// If a key is missing or no level is left.
    fn finish(&self, product: &Self::Product) -> Result<Self::Vector>;

    /// `a^2 + a`, for a level.
    ///
    /// # Errors
    /// If a key is missing or no level is left.
    fn square_plus_itself(&self, a: &Self::Vector) -> Result<Self::Vector>;

    /// `2 a + 1`.
    ///
    /// # Errors
    /// If it does not fit.
    fn twice_plus_one(&self, a: &Self::Vector) -> Result<Self::Vector>;

    /// The sum of vectors times masks, at the default scale, for a level.
    ///
    /// # Errors
    /// If there is none, or no level is left.
    fn weigh(&self, terms: &[(&Self::Vector, &Self::Mask)]) -> Result<Self::Vector>;

    /// Leaves so many levels, or as many as there are if these are fewer.
    ///
    /// # Errors
    /// None at present.
    fn lower(&self, a: &mut Self::Vector, levels: usize) -> Result<()>;

    /// Levels that a vector has left.
    fn levels(&self, a: &Self::Vector) -> usize;

    /// Tells what a vector is in a step, to those that want to know.
    fn passed(&self, _: Stage, _: &Self::Vector) {}

    /// The same numbers with all levels.
    ///
    /// # Errors
    /// If a key is missing.
    fn refresh(&self, a: &Self::Vector) -> Result<Self::Vector>;

    /// Refreshes two vectors together, for less than twice the time.
    ///
    /// # Errors
    /// If a key is missing.
    fn refresh_pair(
        &self,
        a: &Self::Vector,
        b: &Self::Vector,
    ) -> Result<(Self::Vector, Self::Vector)>;
}

/// Rotations that are summed at once, as a logarithm. On ciphertexts, further rotations of the same
/// vector cost an eighth of the first; each takes a key.
const LOG_RADIX: u32 = 2;

/// Every slot takes the sum of `count` slots that are `stride` apart, itself first; `count` is a
/// power of two. Three rotations at once quadruple what is summed.
///
/// # Errors
/// If a key is missing.
pub(crate) fn sum_strided<S: Slots>(
    slots: &S,
    a: &S::Vector,
    stride: isize,
    count: usize,
) -> Result<S::Vector> {
    let mut sum = a.clone();
    let logs = count.trailing_zeros();
    for log in (0..logs).step_by(LOG_RADIX as usize) {
        let radix = 1_isize << LOG_RADIX.min(logs - log);
        let steps: Vec<isize> = (1..radix).map(|k| (k * stride) << log).collect();
        sum = slots.add_rotations(&sum, &steps)?;
    }
    Ok(sum)
}
