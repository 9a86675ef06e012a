//! Plaintexts, ciphertexts and their products.

use crate::primes::limbs_at;
use crate::wipe::wipe;
use crate::{Error, Params, Result};
use nearfield_ring::{Ntt, Poly};
use std::borrow::Cow;

/// Numbers in slots, encoded as a polynomial.
#[derive(Clone, Debug, PartialEq)]
pub struct Plaintext {
    pub(crate) params: Params,
    pub(crate) poly: Poly<Ntt>,
    pub(crate) scale: f64,
    pub(crate) slots: usize,
}

/// Encrypted numbers in slots: a pair of polynomials `(c0, c1)` with `c0 + c1 s` near the encoded
/// numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Ciphertext {
    pub(crate) params: Params,
    pub(crate) parts: [Poly<Ntt>; 2],
    pub(crate) scale: f64,
    pub(crate) slots: usize,
}

/// A product of ciphertexts or a sum of such products, before relinearization: `(d0, d1, d2)` with
/// `d0 + d1 s + d2 s^2` near the encoded numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    pub(crate) params: Params,
    pub(crate) parts: [Poly<Ntt>; 3],
    pub(crate) scale: f64,
    pub(crate) slots: usize,
}

/// A decrypted plaintext carries noise that reveals the secret key: it is wiped.
impl Drop for Plaintext {
    fn drop(&mut self) {
        wipe(&mut self.poly);
    }
}

macro_rules! accessors {
    ($type:ty, $first:ident => $poly:expr) => {
        impl $type {
            /// The parameters.
            pub fn params(&self) -> &Params {
                &self.params
            }

            /// The level: the number of rescalings that are left.
            pub fn level(&self) -> usize {
                let $first = self;
                $poly.limbs().chain - 1
            }

            /// The factor between the numbers and the integers that encode them.
            pub fn scale(&self) -> f64 {
                self.scale
            }

            /// The number of slots.
            pub fn slots(&self) -> usize {
                self.slots
            }
        }
    };
}

accessors!(Plaintext, plaintext => plaintext.poly);
accessors!(Ciphertext, ciphertext => ciphertext.parts[0]);
accessors!(Product, product => product.parts[0]);

impl Ciphertext {
    /// Multiplies the scale by `factor`, which divides the numbers by it at no cost.
    #[must_use]
    pub fn with_scale_times(mut self, factor: f64) -> Self {
        self.scale *= factor;
        self
    }

    /// Drops the primes above a level.
    ///
    /// # Errors
    /// If it is below that level.
    pub fn drop_to(&mut self, level: usize) -> Result<()> {
        self.check_has(level)?;
        self.parts
            .iter_mut()
            .for_each(|part| part.truncate(level + 1));
        Ok(())
    }

    /// The ciphertext at its level or a lower one, which makes a copy.
    ///
    /// # Errors
    /// If it is below that level.
    pub(crate) fn lowered_to(&self, level: usize) -> Result<Cow<'_, Ciphertext>> {
        if level == self.level() {
            return Ok(Cow::Borrowed(self));
        }
        self.check_has(level)?;
        let parts = self.parts.each_ref();
        let parts = parts.map(|part| {
            self.params
                .ring()
                .modified_copy(part, limbs_at(level), |_, _, _| ())
        });
        Ok(Cow::Owned(self.like(parts, self.scale)))
    }

    /// # Errors
    /// If it is below that level.
    pub(crate) fn check_has(&self, level: usize) -> Result<()> {
        if level <= self.level() {
            return Ok(());
        }
        Err(Error::Levels {
            operation: "dropping to a level",
            needed: level,
            left: self.level(),
        })
    }

    /// # Errors
    /// If its second part is 0, so that anybody can read it.
    pub(crate) fn check_hides(&self) -> Result<()> {
        let zero = |row: &nearfield_ring::Row| row.iter().all(|&residue| residue == 0);
        if self.parts[1].rows().iter().all(zero) {
            return Err(Error::Transparent);
        }
        Ok(())
    }
}

impl Ciphertext {
    /// An encryption of a plaintext.
    pub(crate) fn of(plaintext: &Plaintext, parts: [Poly<Ntt>; 2]) -> Ciphertext {
        Ciphertext {
            params: plaintext.params.clone(),
            parts,
            scale: plaintext.scale,
            slots: plaintext.slots,
        }
    }

    /// The same polynomials at another scale.
    pub(crate) fn with_scale(self, scale: f64) -> Ciphertext {
        Ciphertext { scale, ..self }
    }

    /// The rows of both parts modulo a prime of the chain.
    pub(crate) fn rows(&self, index: usize) -> [&[u64]; 2] {
        self.parts.each_ref().map(|part| &part.rows()[index][..])
    }

    /// A ciphertext with the same parameters and slots, but other parts and another scale.
    pub(crate) fn like(&self, parts: [Poly<Ntt>; 2], scale: f64) -> Ciphertext {
        Ciphertext {
            params: self.params.clone(),
            parts,
            scale,
            slots: self.slots,
        }
    }
}

impl Product {
    /// Divides the scale by `factor`, which multiplies the numbers by it at no cost.
    pub(crate) fn with_scale_over(self, factor: f64) -> Product {
        let scale = self.scale / factor;
        Product { scale, ..self }
    }
}
