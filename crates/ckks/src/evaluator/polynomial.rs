//! Polynomials of ciphertexts.

use super::Evaluator;
use super::checks::check_scales;
use crate::polynomial::{Arithmetic, Combination, PatersonStockmeyer};
use crate::{Ciphertext, Error, Product, Result};

/// The level and the scale required of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Target {
    level: usize,
    scale: f64,
}

/// Evaluates series on ciphertexts, every node at the level and scale that its sum requires.
///
/// # Source
/// Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux (2020/1203), section 5.
struct Encrypted<'a>(&'a Evaluator);

impl Evaluator {
    /// The value of a Chebyshev series, from that of `T_1`: the encrypted numbers must be between
    /// -1 and 1.
    ///
    /// # Levels
    /// [`PatersonStockmeyer::depth`]; the result has the scale `scale`.
    ///
    /// # Errors
    /// If there are too few levels, or there is no relinearization key.
    pub fn evaluate_series(
        &self,
        plan: &PatersonStockmeyer,
        a: &Ciphertext,
        scale: f64,
    ) -> Result<Ciphertext> {
        let needed = plan.depth() as usize;
        let left = a.level();
        let level = left.checked_sub(needed).ok_or(Error::Levels {
            operation: "a polynomial",
            needed,
            left,
        })?;
        plan.evaluate(&mut Encrypted(self), a.clone(), &Target { level, scale })
    }
}

impl Encrypted<'_> {
    /// The level and scale of a node's sum before it is rescaled.
    fn before(&self, target: &Target) -> Target {
        let level = target.level + 1;
        Target {
            level,
            scale: target.scale * self.0.params.prime_value(level),
        }
    }

    /// `2 a b` at a level. Doubling is free: the product is read at half its scale. Scales of twice
    /// the prime therefore stay the same.
    fn doubled_product(&self, a: &Ciphertext, b: &Ciphertext, level: usize) -> Result<Product> {
        let product = self.0.tensor_at(a, b, level)?;
        Ok(product.with_scale_over(2.0))
    }
}

impl Arithmetic for Encrypted<'_> {
    type Value = Ciphertext;
    type Target = Target;
    type Error = Error;

    fn power(
        &mut self,
        a: &Ciphertext,
        b: &Ciphertext,
        c: Option<&Ciphertext>,
    ) -> Result<Ciphertext> {
        let level = a.level().min(b.level());
        let mut product = self.doubled_product(a, b, level)?;
        match c {
            None => self.0.add_constant_to_product(&mut product, -1.0)?,
            Some(c) => self.0.add_scaled_to_product(&mut product, c, -1.0)?,
        }
        self.0.relinearize_rescale(&product)
    }

    fn factor_target(&self, power: &Ciphertext, target: &Target) -> Target {
        let before = self.before(target);
        Target {
            level: before.level,
            scale: 2.0 * before.scale / power.scale(),
        }
    }

    fn combine(
        &mut self,
        combination: &Combination<'_, Ciphertext>,
        target: &Target,
    ) -> Result<Ciphertext> {
        let before = self.before(target);
        let mut sum: Option<Product> = None;
        for (power, factor) in &combination.products {
            let product = self.doubled_product(power, factor, before.level)?;
            match &mut sum {
                None => sum = Some(product),
                Some(sum) => self.0.add_product_assign(sum, &product)?,
            }
        }
        let Some(mut sum) = sum else {
            return self.combine_linear(combination, &before);
        };
        check_scales(sum.scale(), before.scale)?;
        for (c, power) in &combination.linear {
            self.0.add_scaled_to_product(&mut sum, power, *c)?;
        }
        self.0
            .add_constant_to_product(&mut sum, combination.constant)?;
        self.0.relinearize_rescale(&sum)
    }
}

impl Encrypted<'_> {
    /// A combination without products, which is `before` until it is rescaled.
    fn combine_linear(
        &self,
        combination: &Combination<'_, Ciphertext>,
        before: &Target,
    ) -> Result<Ciphertext> {
        let Some(((c, power), rest)) = combination.linear.split_first() else {
            return Err(Error::Empty {
                what: "a polynomial",
                terms: "terms of degree 1 or more",
            });
        };
        power.check_has(before.level)?;
        let factor = before.scale / power.scale();
        let mut sum = self.0.scaled_at(power, before.level, *c, factor)?;
        for (c, power) in rest {
            self.0.add_scaled_assign(&mut sum, power, *c)?;
        }
        self.0.add_constant_assign(&mut sum, combination.constant)?;
        self.0.rescale(&sum)
    }
}
