//! Sums, and products with constants.

use super::{Evaluator, check_scales, check_slots};
use crate::encoder::integer;
use crate::{Ciphertext, Plaintext, Result};
use nearfield_ring::Modulus;

impl Evaluator {
    /// `a + b`.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn add(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext> {
        let mut sum = a.clone();
        self.add_assign(&mut sum, b)?;
        Ok(sum)
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
        let mut difference = a.clone();
        self.sub_assign(&mut difference, b)?;
        Ok(difference)
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
        let mut negative = a.clone();
        for part in &mut negative.parts {
            self.params.ring().neg_assign(part);
        }
        negative
    }

    /// `a + b`, of encoded numbers.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn add_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext> {
        let mut sum = self.beside_plain(a, b)?;
        self.params.ring().add_assign(&mut sum.parts[0], &b.poly);
        Ok(sum)
    }

    /// `a - b`, of encoded numbers.
    ///
    /// # Errors
    /// If scales, slots or parameters differ.
    pub fn sub_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext> {
        let mut difference = self.beside_plain(a, b)?;
        let parts = &mut difference.parts;
        self.params.ring().sub_assign(&mut parts[0], &b.poly);
        Ok(difference)
    }

    /// A ciphertext at the level of a sum with encoded numbers.
    fn beside_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        self.check(&b.params, "the plaintext")?;
        check_slots(a.slots, b.slots)?;
        check_scales(a.scale, b.scale)?;
        let mut copy = a.clone();
        copy.drop_to(a.level().min(b.level()))?;
        Ok(copy)
    }

    /// `a += constant` in every slot.
    ///
    /// # Errors
    /// If the constant times the scale is no number below 2^120, or parameters differ.
    pub fn add_constant_assign(&self, a: &mut Ciphertext, constant: f64) -> Result<()> {
        self.check(&a.params, "the ciphertext")?;
        let constant = integer(constant, a.scale)?;
        self.params.ring().each(&mut a.parts[0], |table, _, row| {
            let modulus = table.modulus();
            modulus.add_constant_row(row, residue(modulus, constant));
        });
        Ok(())
    }

    /// `a * constant` in every slot, at the scale of `a` times `scale`; it is not rescaled.
    ///
    /// # Errors
    /// If the constant times its scale is no number below 2^120, or parameters differ.
    pub fn multiply_constant(
        &self,
        a: &Ciphertext,
        constant: f64,
        scale: f64,
    ) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        let mut product = a.clone();
        self.scale_integer(&mut product, integer(constant, scale)?);
        product.scale *= scale;
        Ok(product)
    }

    /// `a += b * constant`, where the constant takes the scale that makes the sum fit.
    ///
    /// # Errors
    /// If slots or parameters differ, or the constant times its scale is no number below 2^120.
    pub fn add_scaled_assign(
        &self,
        a: &mut Ciphertext,
        b: &Ciphertext,
        constant: f64,
    ) -> Result<()> {
        self.check(&b.params, "the ciphertext")?;
        check_slots(a.slots, b.slots)?;
        a.drop_to(a.level().min(b.level()))?;
        let constant = integer(constant, a.scale / b.scale)?;
        let ring = self.params.ring();
        for (a, b) in a.parts.iter_mut().zip(&b.parts) {
            ring.each(a, |table, index, row| {
                let modulus = table.modulus();
                let by = modulus.multiplier(residue(modulus, constant));
                modulus.add_scaled_rows(row, &b.rows()[index], by);
            });
        }
        Ok(())
    }

    fn scale_integer(&self, a: &mut Ciphertext, constant: i128) {
        for part in &mut a.parts {
            self.params.ring().each(part, |table, _, row| {
                let modulus = table.modulus();
                modulus.scale_row(row, modulus.multiplier(residue(modulus, constant)));
            });
        }
    }

    /// Brings the first operand of a sum to the level of the second.
    fn prepare(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<()> {
        self.check(&a.params, "the first operand")?;
        self.check(&b.params, "the second operand")?;
        check_slots(a.slots, b.slots)?;
        check_scales(a.scale, b.scale)?;
        a.drop_to(a.level().min(b.level()))
    }
}

/// The residue of an integer.
pub(crate) fn residue(modulus: Modulus, integer: i128) -> u64 {
    let rest = integer.rem_euclid(i128::from(modulus.value()));
    u64::try_from(rest).unwrap_or(0)
}
