//! Sums, and products with constants.

use super::Evaluator;
use super::checks::{check_scales, check_slots};
use crate::fixed_point::{residue_of, scaled_integer};
use crate::primes::limbs_at;
use crate::{Ciphertext, Plaintext, Result};
use nearfield_ring::{Modulus, Ntt, Poly, Ring};

impl Evaluator {
    /// `a + b`.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn add(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext> {
        self.check_sum(a, b)?;
        let ring = self.params.ring();
        let parts = [0, 1].map(|part: usize| ring.sum(&a.parts[part], &b.parts[part]));
        Ok(a.like(parts, a.scale))
    }

    /// `a += b`.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn add_assign(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<()> {
        self.prepare(a, b)?;
        for (a, b) in a.parts.iter_mut().zip(&b.parts) {
            self.params.ring().add_assign(a, b);
        }
        Ok(())
    }

    /// `a - b`.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn sub(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext> {
        self.check_sum(a, b)?;
        let ring = self.params.ring();
        let parts = [0, 1].map(|part: usize| ring.difference(&a.parts[part], &b.parts[part]));
        Ok(a.like(parts, a.scale))
    }

    /// `a -= b`.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn sub_assign(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<()> {
        self.prepare(a, b)?;
        for (a, b) in a.parts.iter_mut().zip(&b.parts) {
            self.params.ring().sub_assign(a, b);
        }
        Ok(())
    }

    /// `-a`.
    #[must_use]
    pub fn negate(&self, a: &Ciphertext) -> Ciphertext {
        let ring = self.params.ring();
        let negative = |modulus: Modulus, _, row: &mut [u64]| modulus.neg_row(row);
        let parts = a.parts.each_ref();
        let parts = parts.map(|part| ring.modified_copy(part, limbs_at(a.level()), negative));
        a.like(parts, a.scale)
    }

    /// `a + b`, where `b` is encoded.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn add_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext> {
        self.with_plain(a, b, Ring::sum)
    }

    /// `a - b`, where `b` is encoded.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn sub_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext> {
        self.with_plain(a, b, Ring::difference)
    }

    /// A ciphertext whose first part is combined with encoded numbers.
    fn with_plain(
        &self,
        a: &Ciphertext,
        b: &Plaintext,
        operation: fn(&Ring, &Poly<Ntt>, &Poly<Ntt>) -> Poly<Ntt>,
    ) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        self.check(&b.params, "the plaintext")?;
        check_slots(a.slots, b.slots)?;
        check_scales(a.scale, b.scale)?;
        let ring = self.params.ring();
        let limbs = limbs_at(a.level().min(b.level()));
        let first = operation(ring, &a.parts[0], &b.poly);
        let second = ring.modified_copy(&a.parts[1], limbs, |_, _, _| ());
        Ok(a.like([first, second], a.scale))
    }

    /// `a += constant` in every slot.
    ///
    /// # Errors
    /// If the constant times the scale is not a number below 2^120, or parameters differ.
    pub fn add_constant_assign(&self, a: &mut Ciphertext, constant: f64) -> Result<()> {
        self.check(&a.params, "the ciphertext")?;
        let constant = scaled_integer(constant, a.scale)?;
        add_integer(self.params.ring(), &mut a.parts[0], constant);
        Ok(())
    }

    /// `a * constant` in every slot, at the scale of `a` times `scale`; it is not rescaled.
    ///
    /// # Errors
    /// If the constant times its scale is not a number below 2^120, or parameters differ.
    pub fn multiply_constant(
        &self,
        a: &Ciphertext,
        constant: f64,
        scale: f64,
    ) -> Result<Ciphertext> {
        self.scaled_at(a, a.level(), constant, scale)
    }

    /// [`Evaluator::multiply_constant`] at the ciphertext's level or a lower one.
    pub(super) fn scaled_at(
        &self,
        a: &Ciphertext,
        level: usize,
        constant: f64,
        scale: f64,
    ) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        let constant = scaled_integer(constant, scale)?;
        let scaled = |modulus: Modulus, _, row: &mut [u64]| {
            modulus.scale_row(row, modulus.multiplier(residue_of(modulus, constant)));
        };
        let ring = self.params.ring();
        let parts = a.parts.each_ref();
        let parts = parts.map(|part| ring.modified_copy(part, limbs_at(level), scaled));
        Ok(a.like(parts, a.scale * scale))
    }

    /// `a += b * constant`, with the constant at the scale that makes the scales equal.
    ///
    /// # Errors
    /// If slots or parameters differ, or the constant times its scale is not a number below 2^120.
    pub fn add_scaled_assign(
        &self,
        a: &mut Ciphertext,
        b: &Ciphertext,
        constant: f64,
    ) -> Result<()> {
        self.check(&b.params, "the ciphertext")?;
        check_slots(a.slots, b.slots)?;
        a.drop_to(a.level().min(b.level()))?;
        let constant = scaled_integer(constant, a.scale / b.scale)?;
        for (a, b) in a.parts.iter_mut().zip(&b.parts) {
            add_multiple(self.params.ring(), a, b, constant);
        }
        Ok(())
    }

    /// Drops the first operand of a sum to the level of the second.
    fn prepare(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<()> {
        self.check_sum(a, b)?;
        a.drop_to(a.level().min(b.level()))
    }

    fn check_sum(&self, a: &Ciphertext, b: &Ciphertext) -> Result<()> {
        self.check(&a.params, "the first operand")?;
        self.check(&b.params, "the second operand")?;
        check_slots(a.slots, b.slots)?;
        check_scales(a.scale, b.scale)
    }
}

/// Adds an integer to the number in every slot: to the constant coefficient, and so to all values.
pub(super) fn add_integer(ring: &Ring, poly: &mut Poly<Ntt>, integer: i128) {
    ring.for_each_row(poly, |table, _, row| {
        let modulus = table.modulus();
        modulus.add_constant_row(row, residue_of(modulus, integer));
    });
}

/// `a += b * integer`.
pub(super) fn add_multiple(ring: &Ring, a: &mut Poly<Ntt>, b: &Poly<Ntt>, integer: i128) {
    ring.for_each_row(a, |table, index, row| {
        let modulus = table.modulus();
        let by = modulus.multiplier(residue_of(modulus, integer));
        modulus.add_scaled_rows(row, &b.rows()[index], by);
    });
}
