//! The arithmetic that evaluates a planned polynomial.

use std::convert::Infallible;

/// An arithmetic that evaluates series: on numbers in the clear or on ciphertexts.
pub(crate) trait Arithmetic {
    /// The value of a basis polynomial or of a node.
    type Value;

    /// What is required of the value of a node: for ciphertexts, its exact level and scale.
    type Target;

    /// Why a step is not possible.
    type Error;

    /// `2 a b - c`, or `2 a b - 1` without `c`, relinearized and rescaled.
    ///
    /// # Errors
    /// If the step is not possible.
    fn power(
        &mut self,
        a: &Self::Value,
        b: &Self::Value,
        c: Option<&Self::Value>,
    ) -> Result<Self::Value, Self::Error>;

    /// The target of a factor whose product with a basis polynomial is to meet `target`.
    fn factor_target(&self, power: &Self::Value, target: &Self::Target) -> Self::Target;

    /// The value of a combination, relinearized and rescaled, which meets the target.
    ///
    /// # Errors
    /// If the step is not possible.
    fn combine(
        &mut self,
        combination: &Combination<'_, Self::Value>,
        target: &Self::Target,
    ) -> Result<Self::Value, Self::Error>;
}

/// `sum of 2 T factor + sum of c T + constant`, for basis polynomials `T`.
#[derive(Debug)]
pub(crate) struct Combination<'a, V> {
    /// Each `T` with its factor.
    pub(crate) products: Vec<(&'a V, V)>,
    /// Each `c` with its `T`.
    pub(crate) linear: Vec<(f64, &'a V)>,
    pub(crate) constant: f64,
}

/// A number in the clear with the levels that a ciphertext in its place would have used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    /// The number.
    pub(super) value: f64,
    /// Levels below the input.
    pub(super) depth: u32,
}

/// Arithmetic on numbers in the clear, which counts the operations that ciphertexts would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clear {
    /// Products of two ciphertexts.
    pub(super) products: usize,
    /// Relinearizations.
    pub(super) relinearizations: usize,
}

impl Arithmetic for Clear {
    type Value = Counted;
    type Target = ();
    type Error = Infallible;

    fn power(
        &mut self,
        a: &Counted,
        b: &Counted,
        c: Option<&Counted>,
    ) -> Result<Counted, Infallible> {
        self.products += 1;
        self.relinearizations += 1;
        let subtracted = c.map_or(1.0, |c| c.value);
        let depth = a.depth.max(b.depth).max(c.map_or(0, |c| c.depth));
        Ok(Counted {
            value: 2.0 * a.value * b.value - subtracted,
            depth: depth + 1,
        })
    }

    fn factor_target(&self, _: &Counted, (): &()) {}

    fn combine(
        &mut self,
        combination: &Combination<'_, Counted>,
        (): &(),
    ) -> Result<Counted, Infallible> {
        let Combination {
            products, linear, ..
        } = combination;
        self.products += products.len();
        self.relinearizations += usize::from(!products.is_empty());
        let mut sum = Counted {
            value: combination.constant,
            depth: 0,
        };
        for (power, factor) in products {
            sum.value += 2.0 * power.value * factor.value;
            sum.depth = sum.depth.max(power.depth).max(factor.depth);
        }
        for (c, power) in linear {
            sum.value += c * power.value;
            sum.depth = sum.depth.max(power.depth);
        }
        sum.depth += 1;
        Ok(sum)
    }
}
