//! Keys that switch polynomials from one secret to another.

use super::seeded::{expand_uniform, gaussian_error};
use crate::Result;
use crate::gadget::Gadget;
use crate::randomness::fresh_seed;
use crate::wipe::{Secret, SecretRow};
use nearfield_ring::{Automorphism, PackedPoly, Ring};

/// A key that switches a polynomial times one secret to a ciphertext under another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SwitchingKey {
    /// The seed of the uniform parts.
    pub(crate) seed: [u8; 32],
    /// A pair for each digit. Packed, since a key is read from memory as a whole at every use.
    pub(crate) digits: Vec<[PackedPoly; 2]>,
}

/// The key of a rotation or of the conjugation: it switches the image of a polynomial under the
/// automorphism. Digits are mapped while they are multiplied, so that the key is read in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GaloisKey {
    pub(crate) automorphism: Automorphism,
    pub(crate) switching: SwitchingKey,
}

impl SwitchingKey {
    /// A key that switches from the first secret to the second, for polynomials modulo the first
    /// `chain` primes.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub(crate) fn generate(
        ring: &Ring,
        gadget: &Gadget,
        chain: usize,
        [from, to]: [&Secret; 2],
    ) -> Result<Self> {
        let seed = *fresh_seed()?;
        let limbs = gadget.raised(chain);
        let digits = (0..gadget.digits(chain)).map(|digit| {
            let uniform = expand_uniform(ring, limbs, seed, digit);
            let mut masked = gaussian_error(ring, limbs)?;
            let primes = gadget.primes(digit);
            ring.for_each_row(&mut masked, |table, index, row| {
                let mut product = SecretRow::new(ring);
                let secret = to.row(limbs, index);
                table
                    .modulus()
                    .inner_product(&[(&uniform.rows()[index], secret)], &mut product);
                table.modulus().sub_rows(row, &product);
                if primes.contains(&index) && index < limbs.chain {
                    let secret = from.row(limbs, index);
                    let special = gadget.special_product(index);
                    table.modulus().add_scaled_rows(row, secret, special);
                }
            });
            Ok([ring.montgomery(masked), uniform].map(|half| ring.pack(&half)))
        });
        Ok(SwitchingKey {
            seed,
            digits: digits.collect::<Result<Vec<_>>>()?,
        })
    }

    /// The highest level of the polynomials that it can switch.
    pub(crate) fn level(&self) -> usize {
        self.digits[0][0].limbs().chain - 1
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.digits.iter().flatten().map(PackedPoly::bytes).sum()
    }
}
