//! Public keys: for encrypting, and for switching what is encrypted to the key that it was
//! encrypted under.

use crate::gadget::Gadget;
use crate::key_list::{EvaluationKey, KeyList, KeyRequest};
use crate::secret_key::{Secret, SecretKey, SecretRow, fresh_sampler, fresh_seed};
use crate::{Error, Params, Result};
use nearfield_ring::{
    Automorphism, Limbs, Montgomery, Ntt, NttTable, PackedPoly, Poly, Ring, Sampler,
};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A key with which anybody can encrypt.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicKey {
    params: Params,
    pub(crate) half: SeededPair,
}

/// A key that switches a polynomial times one secret to a ciphertext under another.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchingKey {
    /// Where the uniform halves come from.
    pub(crate) seed: [u8; 32],
    /// A pair for each digit, packed: a key is read from memory as a whole whenever it is used.
    pub(crate) digits: Vec<[PackedPoly; 2]>,
}

/// The key of a rotation or of the conjugation: it switches what the automorphism makes of a
/// polynomial. So digits are mapped as they meet it, and it is read from beginning to end.
#[derive(Clone, Debug, PartialEq)]
pub struct GaloisKey {
    pub(crate) automorphism: Automorphism,
    pub(crate) switching: SwitchingKey,
}

/// All that a server needs to compute on ciphertexts.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationKeys {
    pub(crate) params: Params,
    pub(crate) relinearization: Option<SwitchingKey>,
    pub(crate) galois: BTreeMap<usize, GaloisKey>,
}

/// The pair of an encryption of 0, of which one half is uniform and comes from a seed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeededPair {
    pub(crate) seed: [u8; 32],
    pub(crate) parts: [Poly<Ntt>; 2],
}

/// An automorphism that acts on slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Galois {
    /// Every slot takes what is so many slots after it, around.
    Rotation(isize),
    /// Every slot takes the complex conjugate of what is in it.
    Conjugation,
}

impl Galois {
    /// The exponent of the automorphism `X -> X^k` in a ring.
    ///
    /// # Source
    /// Slots are values at powers of 5 (Cheon et al. 2018/931).
    pub fn exponent(self, degree: usize) -> usize {
        let order = 2 * degree;
        match self {
            Galois::Conjugation => order - 1,
            Galois::Rotation(steps) => {
                let slots = degree / 2;
                let steps = steps.rem_euclid(slots.cast_signed()).unsigned_abs();
                power(5, steps, order)
            }
        }
    }
}

/// A power modulo a power of two: what wraps around a word is a multiple of it.
pub(crate) fn power(base: usize, exponent: usize, modulus: usize) -> usize {
    let exponent = u32::try_from(exponent).unwrap_or(u32::MAX);
    base.wrapping_pow(exponent) % modulus
}

impl std::fmt::Display for Galois {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Galois::Conjugation => write!(formatter, "conjugation"),
            Galois::Rotation(steps) => write!(formatter, "rotation by {steps}"),
        }
    }
}

impl PublicKey {
    /// The public key of a secret key.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn generate(secret: &SecretKey) -> Result<Self> {
        let params = secret.params().clone();
        let ring = params.ring();
        let limbs = Limbs::chain(ring.limbs().chain);
        let seed = *fresh_seed()?;
        let uniform = expand_plain(ring, limbs, seed);
        let zero = encryption_of_zero(&params, secret.values(), uniform)?;
        Ok(PublicKey {
            half: SeededPair { seed, parts: zero },
            params,
        })
    }

    pub(crate) fn from_pair(params: &Params, half: SeededPair) -> Self {
        PublicKey {
            params: params.clone(),
            half,
        }
    }

    /// The parameters that it is of.
    pub fn params(&self) -> &Params {
        &self.params
    }
}

/// `(e - a s, a)` for a uniform `a`.
pub(crate) fn encryption_of_zero(
    params: &Params,
    secret: &Secret,
    uniform: Poly<Ntt>,
) -> Result<[Poly<Ntt>; 2]> {
    let ring = params.ring();
    let limbs = uniform.limbs();
    let mut errors = Zeroizing::new(vec![0; ring.degree()]);
    fresh_sampler()?.gaussian(&mut errors);
    let mut masked = ring.forward(ring.small(&errors, limbs));
    ring.for_each_row(&mut masked, |table, index, row| {
        let mut product = SecretRow::new(ring);
        product.copy_from_slice(&uniform.rows()[index]);
        table
            .modulus()
            .mul_rows(&mut product, secret.row(limbs, index));
        table.modulus().sub_rows(row, &product);
    });
    Ok([masked, uniform])
}

/// Uniform values from a seed, in a stream of their own for each prime.
pub(crate) fn expand_plain(ring: &Ring, limbs: Limbs, seed: [u8; 32]) -> Poly<Ntt> {
    let mut poly = ring.unfilled(limbs);
    ring.for_each_row(&mut poly, |table, index, row| {
        let stream = stream(ring, limbs, 0, index);
        Sampler::from_seed_and_stream(seed, stream).uniform(table.modulus(), row);
    });
    poly
}

/// The stream of a digit's row: the same whatever other primes there are.
fn stream(ring: &Ring, limbs: Limbs, digit: usize, row: usize) -> u64 {
    let prime = if row < limbs.chain {
        row
    } else {
        row - limbs.chain + ring.limbs().chain
    };
    (digit as u64) << 32 | prime as u64
}

impl SwitchingKey {
    /// A key that switches from one secret to another, for polynomials modulo the first
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
            let uniform = Self::expand(ring, limbs, seed, digit);
            let mut errors = Zeroizing::new(vec![0; ring.degree()]);
            fresh_sampler()?.gaussian(&mut errors);
            let mut masked = ring.forward(ring.small(&errors, limbs));
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

    /// The uniform half of a digit.
    pub(crate) fn expand(
        ring: &Ring,
        limbs: Limbs,
        seed: [u8; 32],
        digit: usize,
    ) -> Poly<Montgomery> {
        let mut poly = ring.unfilled(limbs);
        ring.for_each_row(&mut poly, |table: &NttTable, index, row| {
            let stream = stream(ring, limbs, digit, index);
            Sampler::from_seed_and_stream(seed, stream).uniform(table.modulus(), row);
        });
        poly
    }

    /// The highest level of what it can switch.
    pub fn level(&self) -> usize {
        self.digits[0][0].limbs().chain - 1
    }

    /// Bytes that it takes in memory.
    pub fn bytes(&self) -> usize {
        self.digits.iter().flatten().map(PackedPoly::bytes).sum()
    }
}

impl EvaluationKeys {
    /// No keys, to which others are added.
    pub fn none(params: &Params) -> Self {
        EvaluationKeys {
            params: params.clone(),
            relinearization: None,
            galois: BTreeMap::new(),
        }
    }

    /// Adds the key for products of ciphertexts up to a level, unless there is one already that
    /// reaches so far.
    ///
    /// # Errors
    /// If the operating system gives no randomness, the level is too high, or the secret key is
    /// of other parameters.
    pub fn add_relinearization(&mut self, secret: &SecretKey, level: usize) -> Result<()> {
        let mut list = KeyList::none(&self.params);
        list.add_relinearization(level);
        self.add(secret, &list)
    }

    /// Adds the key for a rotation or the conjugation up to a level, unless there is one already
    /// that reaches so far.
    ///
    /// # Errors
    /// If the operating system gives no randomness, the level is too high, or the secret key is
    /// of other parameters.
    pub fn add_galois(&mut self, secret: &SecretKey, galois: Galois, level: usize) -> Result<()> {
        let mut list = KeyList::none(&self.params);
        list.add_galois(galois, level);
        self.add(secret, &list)
    }

    /// Adds all keys of a list, but for those that there are already and that reach so far.
    ///
    /// # Errors
    /// If the operating system gives no randomness, a level is too high, or the secret key is of
    /// other parameters.
    pub fn add(&mut self, secret: &SecretKey, list: &KeyList) -> Result<()> {
        for request in list.requests() {
            if !self.holds(request) {
                self.insert(request.generate(&self.params, secret)?);
            }
        }
        Ok(())
    }

    /// Adds a key that was read. It takes the place of one that serves the same.
    pub(crate) fn insert(&mut self, key: EvaluationKey) {
        match key {
            EvaluationKey::Relinearization(key) => self.relinearization = Some(key),
            EvaluationKey::Galois(key) => {
                self.galois.insert(key.automorphism.exponent(), key);
            }
        }
    }

    fn holds(&self, request: KeyRequest) -> bool {
        let (key, level) = match request {
            KeyRequest::Relinearization { level } => (self.relinearization.as_ref(), level),
            KeyRequest::Galois { exponent, level } => {
                let key = self.galois.get(&exponent);
                (key.map(|key| &key.switching), level)
            }
        };
        key.is_some_and(|key| key.level() >= level)
    }

    /// The parameters that they are of.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Bytes that they take in memory.
    pub fn bytes(&self) -> usize {
        let galois = self.galois.values().map(|key| &key.switching);
        let keys = galois.chain(&self.relinearization);
        keys.map(SwitchingKey::bytes).sum()
    }

    pub(crate) fn relinearization(&self, level: usize) -> Result<&SwitchingKey> {
        let missing = || Error::MissingKey("relinearization".to_owned());
        let key = self.relinearization.as_ref().ok_or_else(missing)?;
        check_level(key, level, || "relinearization".to_owned())?;
        Ok(key)
    }

    /// Whether there is a key for a rotation or the conjugation.
    pub fn has(&self, galois: Galois) -> bool {
        let exponent = galois.exponent(self.params.degree());
        self.galois.contains_key(&exponent)
    }

    pub(crate) fn galois(&self, galois: Galois, level: usize) -> Result<&GaloisKey> {
        let exponent = galois.exponent(self.params.degree());
        let missing = || Error::MissingKey(galois.to_string());
        let key = self.galois.get(&exponent).ok_or_else(missing)?;
        check_level(&key.switching, level, || galois.to_string())?;
        Ok(key)
    }
}

fn check_level(key: &SwitchingKey, level: usize, name: impl Fn() -> String) -> Result<()> {
    if key.level() < level {
        return Err(Error::KeyLevel {
            operation: name(),
            key: key.level(),
            level,
        });
    }
    Ok(())
}
