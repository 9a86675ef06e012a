//! Encryption and decryption.

use crate::keys::{PublicKey, encryption_of_zero};
use crate::randomness::fresh_sampler;
use crate::wipe::SecretRow;
use crate::{Ciphertext, Encoder, Error, Plaintext, Result, SecretKey};
use nearfield_ring::{Limbs, Sampler, Segment};
use num_complex::Complex64;
use rayon::prelude::*;
use zeroize::Zeroizing;

impl PublicKey {
    /// Encrypts encoded numbers.
    ///
    /// # Levels
    /// The level of the plaintext.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the plaintext is of other parameters.
    pub fn encrypt(&self, plaintext: &Plaintext) -> Result<Ciphertext> {
        let params = self.params();
        if *params != plaintext.params {
            return Err(Error::Mismatch {
                what: "the plaintext",
                other: "the public key",
            });
        }
        let ring = params.ring();
        let limbs = plaintext.poly.limbs();
        let mut sampler = fresh_sampler()?;
        let small = || Zeroizing::new(vec![0; ring.degree()]);
        let (mut mask, mut errors) = (small(), [small(), small()]);
        sampler.ternary(&mut mask);
        errors.iter_mut().for_each(|error| sampler.gaussian(error));
        let mut parts = [(); 2].map(|()| ring.unfilled(limbs));
        let [first, second] = parts.each_mut().map(|part| part.rows_mut().par_iter_mut());
        let rows = first.zip(second).enumerate();
        rows.for_each(|(index, (first, second))| {
            let table = ring.table(limbs, index);
            let modulus = table.modulus();
            let (mut masked, mut product) = (SecretRow::new(ring), SecretRow::new(ring));
            modulus.residues_of_small(&mask, &mut masked);
            table.forward(&mut masked);
            let rows = [&mut *first, second].into_iter().zip(&errors);
            for ((row, error), half) in rows.zip(&self.pair.parts) {
                modulus.residues_of_small(error, row);
                table.forward(row);
                product.copy_from_slice(&half.rows()[index]);
                modulus.mul_rows(&mut product, &masked);
                modulus.add_rows(row, &product);
            }
            modulus.add_rows(first, &plaintext.poly.rows()[index]);
        });
        Ok(Ciphertext::of(plaintext, parts))
    }
}

impl SecretKey {
    /// Encrypts encoded numbers, with less noise than the public key.
    ///
    /// # Levels
    /// The level of the plaintext.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the plaintext is of other parameters.
    pub fn encrypt(&self, plaintext: &Plaintext) -> Result<Ciphertext> {
        self.check(plaintext.params(), "the plaintext")?;
        let ring = self.params().ring();
        let mut uniform = ring.unfilled(plaintext.poly.limbs());
        let mut sampler: Sampler = fresh_sampler()?;
        let moduli = ring.moduli(uniform.limbs());
        for (row, modulus) in uniform.rows_mut().iter_mut().zip(moduli) {
            sampler.uniform(modulus, row);
        }
        let mut parts = encryption_of_zero(self.params(), self.values(), uniform)?;
        ring.add_assign(&mut parts[0], &plaintext.poly);
        Ok(Ciphertext::of(plaintext, parts))
    }

    /// Decrypts to a polynomial that carries the noise of the ciphertext.
    ///
    /// The noise reveals the secret key (Li and Micciancio, "On the security of homomorphic
    /// encryption on approximate numbers", 2020/1533): show this plaintext to nobody. Results for
    /// others come from [`Decryptor`].
    ///
    /// # Errors
    /// If the ciphertext is of other parameters, or hides nothing.
    pub fn decrypt_with_noise(&self, ciphertext: &Ciphertext) -> Result<Plaintext> {
        self.check(ciphertext.params(), "the ciphertext")?;
        ciphertext.check_hides()?;
        let ring = self.params().ring();
        let limbs: Limbs = ciphertext.parts[0].limbs();
        let [first, second] = &ciphertext.parts;
        let poly = ring.modified_copy(second, limbs, |modulus, segment, row| {
            let Segment {
                row: index,
                columns,
            } = segment;
            modulus.mul_rows(row, &self.values().row(limbs, index)[columns.clone()]);
            modulus.add_rows(row, &first.rows()[index][columns]);
        });
        Ok(Plaintext {
            params: self.params().clone(),
            poly,
            scale: ciphertext.scale,
            slots: ciphertext.slots,
        })
    }

    fn check(&self, params: &crate::Params, what: &'static str) -> Result<()> {
        if params == self.params() {
            return Ok(());
        }
        let other = "the secret key";
        Err(Error::Mismatch { what, other })
    }
}

/// Decrypts numbers and rounds them, which hides most of the noise in their last bits.
///
/// The noise is hidden as far as it is well below the last remaining bit. Rounding does not prove
/// security against somebody who sees decrypted values of ciphertexts of their choice (IND-CPA-D):
/// before results are published, add noise that drowns that of the ciphertext.
pub struct Decryptor<'a> {
    secret: &'a SecretKey,
    encoder: Encoder,
    precision: i32,
}

/// Bits of the default scale that rounding drops.
const HIDDEN_BITS: i32 = 24;

impl<'a> Decryptor<'a> {
    /// Decrypts with a secret key, rounding to 24 bits less than the default scale has.
    pub fn new(secret: &'a SecretKey) -> Self {
        let scale_bits = secret.params().spec().scale_bits.cast_signed();
        Decryptor {
            secret,
            encoder: Encoder::new(secret.params()),
            precision: scale_bits - HIDDEN_BITS,
        }
    }

    /// Rounds to `bits` bits after the binary point.
    #[must_use]
    pub fn with_precision(mut self, bits: i32) -> Self {
        self.precision = bits;
        self
    }

    /// The bits after the binary point that rounding keeps.
    pub fn precision(&self) -> i32 {
        self.precision
    }

    /// Decrypts complex numbers.
    ///
    /// # Errors
    /// If the ciphertext is of other parameters, hides nothing, or has coefficients that reach
    /// 2^120.
    pub fn decrypt(&self, ciphertext: &Ciphertext) -> Result<Vec<Complex64>> {
        let plaintext = self.secret.decrypt_with_noise(ciphertext)?;
        let unit = f64::from(self.precision).exp2();
        // Adding 0 removes the sign of a zero, which would be that of the noise.
        let round = |value: f64| (value * unit).round() / unit + 0.0;
        let slots = self.encoder.decode(&plaintext)?.into_iter();
        Ok(slots
            .map(|slot| Complex64::new(round(slot.re), round(slot.im)))
            .collect())
    }

    /// Decrypts real numbers.
    ///
    /// # Errors
    /// If the ciphertext is of other parameters, hides nothing, or has coefficients that reach
    /// 2^120.
    pub fn decrypt_real(&self, ciphertext: &Ciphertext) -> Result<Vec<f64>> {
        let slots = self.decrypt(ciphertext)?;
        Ok(slots.iter().map(|slot| slot.re).collect())
    }
}
