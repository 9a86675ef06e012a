//! Products, relinearization and rescaling.

use super::Evaluator;
use super::arithmetic::{add_integer, add_multiple};
use super::checks::{check_scales, check_slots};
use crate::fixed_point::scaled_integer;
use crate::keys::SwitchingKey;
use crate::primes::limbs_at;
use crate::{Ciphertext, Error, Plaintext, Product, Result};
use nearfield_ring::{Ntt, Poly, Row};
use rayon::prelude::*;

impl Evaluator {
    /// The product of ciphertexts, before relinearization: products of one scale may be added
    /// first.
    ///
    /// # Levels
    /// None. The lower of the two.
    ///
    /// # Errors
    /// If slots or parameters differ.
    pub fn tensor(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Product> {
        self.tensor_at(a, b, a.level().min(b.level()))
    }

    /// [`Evaluator::tensor`] at a level that both factors have at least.
    pub(super) fn tensor_at(
        &self,
        a: &Ciphertext,
        b: &Ciphertext,
        level: usize,
    ) -> Result<Product> {
        self.check_factors(a, b)?;
        let ring = self.params.ring();
        let limbs = limbs_at(level);
        let [mut d0, mut d1] = [ring.unfilled(limbs), ring.unfilled(limbs)];
        let rows = (d0.rows_mut(), d1.rows_mut());
        rows.into_par_iter()
            .enumerate()
            .for_each(|(index, (d0, d1))| {
                let modulus = ring.table(limbs, index).modulus();
                let factors = [a, b].map(|factor| factor.rows(index));
                modulus.cross_products(factors, modulus.multiplier(1), [d0, d1]);
            });
        Ok(Product {
            params: self.params.clone(),
            parts: [d0, d1, self.product_of_seconds([a, b], level)],
            scale: a.scale * b.scale,
            slots: a.slots,
        })
    }

    /// `a += b`, of products.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn add_product_assign(&self, a: &mut Product, b: &Product) -> Result<()> {
        self.check(&b.params, "the second product")?;
        check_slots(a.slots, b.slots)?;
        check_scales(a.scale, b.scale)?;
        let chain = a.level().min(b.level()) + 1;
        for (a, b) in a.parts.iter_mut().zip(&b.parts) {
            a.truncate(chain);
            self.params.ring().add_assign(a, b);
        }
        Ok(())
    }

    /// `a += b * constant`, with the constant at the scale that makes the scales equal.
    ///
    /// # Errors
    /// If slots or parameters differ, `b` is at a lower level, or the constant times its scale is
    /// not a number below 2^120.
    pub fn add_scaled_to_product(
        &self,
        a: &mut Product,
        b: &Ciphertext,
        constant: f64,
    ) -> Result<()> {
        self.check(&b.params, "the ciphertext")?;
        check_slots(a.slots, b.slots)?;
        if b.level() < a.level() {
            return Err(Error::Levels {
                operation: "adding to a product",
                needed: a.level(),
                left: b.level(),
            });
        }
        let constant = scaled_integer(constant, a.scale / b.scale)?;
        for (a, b) in a.parts.iter_mut().zip(&b.parts) {
            add_multiple(self.params.ring(), a, b, constant);
        }
        Ok(())
    }

    /// `a += constant` in every slot.
    ///
    /// # Errors
    /// If the constant times the scale is not a number below 2^120.
    pub fn add_constant_to_product(&self, a: &mut Product, constant: f64) -> Result<()> {
        let constant = scaled_integer(constant, a.scale)?;
        add_integer(self.params.ring(), &mut a.parts[0], constant);
        Ok(())
    }

    /// Relinearizes a product: it becomes a ciphertext.
    ///
    /// # Levels
    /// None.
    ///
    /// # Errors
    /// If there is no key for it.
    pub fn relinearize(&self, product: &Product) -> Result<Ciphertext> {
        let switch = self.key_switch(&product.parts[2], self.key_of(product)?);
        let ring = self.params.ring();
        let parts = switch.lowered(
            false,
            |_, _| (),
            |index, rows| {
                let modulus = ring.chain_table(index).modulus();
                for (row, part) in rows.iter_mut().zip(&product.parts) {
                    modulus.add_rows(row, &part.rows()[index]);
                }
            },
        );
        Ok(product.with_parts(parts, product.scale))
    }

    /// Relinearizes and rescales a product in one division, at the cost of the relinearization
    /// alone.
    ///
    /// # Levels
    /// One.
    ///
    /// # Errors
    /// If there is no key for it, or no level left.
    pub fn relinearize_rescale(&self, product: &Product) -> Result<Ciphertext> {
        check_rescale(product.level())?;
        let switch = self.key_switch(&product.parts[2], self.key_of(product)?);
        let ring = self.params.ring();
        let chain = product.level() + 1;
        let add = |index, rows: &mut [Row; 2]| {
            if index < chain {
                let modulus = ring.chain_table(index).modulus();
                let special = self.params.gadget().special_product(index);
                for (row, part) in rows.iter_mut().zip(&product.parts) {
                    modulus.add_scaled_rows(row, &part.rows()[index], special);
                }
            }
        };
        let parts = switch.lowered(true, add, |_, _| ());
        let prime = self.params.prime_value(product.level());
        Ok(product.with_parts(parts, product.scale / prime))
    }

    /// The product of ciphertexts, relinearized and rescaled. It costs less than one operation
    /// after the other: the two parts that need no key are computed where they are added, and not
    /// stored.
    ///
    /// # Levels
    /// One.
    ///
    /// # Errors
    /// If there is no relinearization key, no level left, or slots or parameters differ.
    pub fn multiply(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext> {
        self.check_factors(a, b)?;
        let level = a.level().min(b.level());
        check_rescale(level)?;
        let key = self.keys.relinearization(level)?;
        let seconds = self.product_of_seconds([a, b], level);
        let add = |index, [first, second]: &mut [Row; 2]| {
            if index <= level {
                let modulus = self.params.ring().chain_table(index).modulus();
                let special = self.params.gadget().special_product(index);
                let factors = [a, b].map(|factor| factor.rows(index));
                modulus.add_cross_products(factors, special, [first, second]);
            }
        };
        let parts = self.key_switch(&seconds, key).lowered(true, add, |_, _| ());
        let scale = a.scale * b.scale / self.params.prime_value(level);
        Ok(a.like(parts, scale))
    }

    /// The product of the second parts.
    fn product_of_seconds(&self, [a, b]: [&Ciphertext; 2], level: usize) -> Poly<Ntt> {
        let [a, b] = [a, b].map(|factor| &factor.parts[1]);
        self.params.ring().product_modulo(a, b, limbs_at(level))
    }

    /// The product with encoded numbers; it is not rescaled.
    ///
    /// # Levels
    /// None. The lower of the two.
    ///
    /// # Errors
    /// If slots or parameters differ.
    pub fn multiply_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        self.check(&b.params, "the plaintext")?;
        check_slots(a.slots, b.slots)?;
        let parts = a.parts.each_ref();
        let parts = parts.map(|part| self.params.ring().product(part, &b.poly));
        Ok(a.like(parts, a.scale * b.scale))
    }

    /// A ciphertext of the same numbers at another level and scale.
    ///
    /// # Levels
    /// It takes level `level + 1`, or `level` if the ciphertext has the scale already.
    ///
    /// # Errors
    /// If it has too few levels, parameters differ, or the factor between the scales is too large.
    pub fn adjust(&self, a: &Ciphertext, level: usize, scale: f64) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        if check_scales(a.scale, scale).is_ok() {
            return Ok(a.lowered_to(level)?.into_owned());
        }
        a.check_has(level + 1)?;
        let by = scale * self.params.prime_value(level + 1) / a.scale;
        let scaled = self.scaled_at(a, level + 1, 1.0, by)?;
        Ok(self.rescale(&scaled)?.with_scale(scale))
    }

    /// Divides by the last prime of the chain: the numbers stay the same, the scale is divided.
    ///
    /// # Levels
    /// One.
    ///
    /// # Errors
    /// If there is no level left.
    pub fn rescale(&self, a: &Ciphertext) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        check_rescale(a.level())?;
        let (ring, gadget) = (self.params.ring(), self.params.gadget());
        let parts = gadget.rescale(ring, &a.parts);
        let scale = a.scale / self.params.prime_value(a.level());
        Ok(a.like(parts, scale))
    }

    fn check_factors(&self, a: &Ciphertext, b: &Ciphertext) -> Result<()> {
        self.check(&a.params, "the first factor")?;
        self.check(&b.params, "the second factor")?;
        check_slots(a.slots, b.slots)
    }

    fn key_of(&self, product: &Product) -> Result<&SwitchingKey> {
        self.check(&product.params, "the product")?;
        self.keys.relinearization(product.level())
    }
}

impl Product {
    fn with_parts(&self, parts: [Poly<Ntt>; 2], scale: f64) -> Ciphertext {
        Ciphertext {
            params: self.params.clone(),
            parts,
            scale,
            slots: self.slots,
        }
    }
}

fn check_rescale(level: usize) -> Result<()> {
    if level > 0 {
        return Ok(());
    }
    Err(Error::Levels {
        operation: "rescaling",
        needed: 1,
        left: 0,
    })
}
