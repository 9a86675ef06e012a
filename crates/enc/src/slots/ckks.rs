//! Slots in ciphertexts: the server's arithmetic. It holds evaluation keys and no secret key.

use crate::slots::Slots;
use crate::{Error, Result};
use nearfield_ckks::bootstrap::Bootstrapper;
use nearfield_ckks::{Ciphertext, Encoder, Evaluator, Plaintext, Product};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Vectors of encrypted numbers.
///
/// Nothing here takes a secret key: a program that hands one over does not compile.
///
/// ```compile_fail,E0308
/// # use nearfield_ckks::{bootstrap::Bootstrapper, SecretKey};
/// # fn example(bootstrapper: Bootstrapper, secret: SecretKey) {
/// nearfield_enc::Ckks::new(bootstrapper, secret);
/// # }
/// ```
pub struct Ckks {
    encoder: Encoder,
    bootstrapper: Bootstrapper,
    rotations: AtomicUsize,
    relinearizations: AtomicUsize,
    refreshes: AtomicUsize,
}

/// Numbers of operations on ciphertexts, without those inside bootstrappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operations {
    /// Rotations.
    pub rotations: usize,
    /// Relinearized products.
    pub relinearizations: usize,
    /// Bootstrappings, of single vectors or of pairs.
    pub refreshes: usize,
}

/// Plaintext numbers, encoded once for every level and scale they are used at.
pub struct Mask {
    values: Vec<f64>,
    encoded: Mutex<Vec<Arc<Plaintext>>>,
}

impl Ckks {
    /// Arithmetic with the keys that the owner of the data gave to the server.
    pub fn new(bootstrapper: Bootstrapper, encoder: Encoder) -> Self {
        Ckks {
            encoder,
            bootstrapper,
            rotations: AtomicUsize::new(0),
            relinearizations: AtomicUsize::new(0),
            refreshes: AtomicUsize::new(0),
        }
    }

    /// The operations done so far.
    pub fn operations(&self) -> Operations {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        Operations {
            rotations: count(&self.rotations),
            relinearizations: count(&self.relinearizations),
            refreshes: count(&self.refreshes),
        }
    }

    /// Refreshes ciphertexts.
    pub fn bootstrapper(&self) -> &Bootstrapper {
        &self.bootstrapper
    }

    /// Computes on ciphertexts.
    pub fn evaluator(&self) -> &Evaluator {
        self.bootstrapper.evaluator()
    }

    fn encode(&self, mask: &Mask, level: usize, scale: f64) -> Result<Arc<Plaintext>> {
        let mut encoded = mask.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = encoded.iter();
        let same = |plain: &&Arc<Plaintext>| plain.level() == level && plain.scale() == scale;
        if let Some(found) = all.find(same) {
            return Ok(found.clone());
        }
        let plain = self.encoder.encode_real(&mask.values, level, scale)?;
        let plain = Arc::new(plain);
        encoded.push(plain.clone());
        Ok(plain)
    }

    fn scale(&self) -> f64 {
        self.evaluator().params().scale()
    }

    /// Levels below those of the training: the bootstrapping's own.
    fn base(&self) -> usize {
        self.bootstrapper.plan().input_level()
    }
}

impl Slots for Ckks {
    type Vector = Ciphertext;
    type Product = Product;
    type Mask = Mask;

    fn count(&self) -> usize {
        self.bootstrapper.plan().spec().slots
    }

    fn mask(&self, values: Vec<f64>) -> Mask {
        Mask {
            values,
            encoded: Mutex::default(),
        }
    }

    fn rotate(&self, a: &Ciphertext, steps: isize) -> Result<Ciphertext> {
        let rotated = self.evaluator().rotate(a, steps)?;
        let moves = steps.rem_euclid(self.count().cast_signed()) != 0;
        self.rotations
            .fetch_add(usize::from(moves), Ordering::Relaxed);
        Ok(rotated)
    }

    fn rotate_each(&self, a: &Ciphertext, steps: &[isize]) -> Result<Vec<Ciphertext>> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let hoisted = self.evaluator().hoist(a)?;
        self.rotations.fetch_add(steps.len(), Ordering::Relaxed);
        let rotated = steps
            .iter()
            .map(|&steps| Ok(self.evaluator().rotate_hoisted(&hoisted, steps)?));
        rotated.collect()
    }

    fn add_rotations(&self, a: &Ciphertext, steps: &[isize]) -> Result<Ciphertext> {
        self.rotations.fetch_add(steps.len(), Ordering::Relaxed);
        Ok(self.evaluator().add_rotations(a, steps)?)
    }

    fn add(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<()> {
        Ok(self.evaluator().add_assign(a, b)?)
    }

    fn subtract(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<()> {
        let level = a.level().min(b.level());
        a.drop_to(level)?;
        let b = self.evaluator().adjust(b, level, a.scale())?;
        Ok(self.evaluator().sub_assign(a, &b)?)
    }

    fn product(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Product> {
        Ok(self.evaluator().tensor(a, b)?)
    }

    fn add_product(&self, a: &mut Product, b: &Product) -> Result<()> {
        Ok(self.evaluator().add_product_assign(a, b)?)
    }

    fn relinearize_rescale(&self, product: &Product) -> Result<Ciphertext> {
        if product.level() <= self.base() {
            return Err(Error::Levels {
                operation: "a product",
            });
        }
        self.relinearizations.fetch_add(1, Ordering::Relaxed);
        Ok(self.evaluator().relinearize_rescale(product)?)
    }

    fn square_plus_itself(&self, a: &Ciphertext) -> Result<Ciphertext> {
        let mut square = self.evaluator().tensor(a, a)?;
        self.evaluator()
            .add_scaled_to_product(&mut square, a, 1.0)?;
        self.relinearize_rescale(&square)
    }

    fn double_plus_one(&self, a: &Ciphertext) -> Result<Ciphertext> {
        let mut twice = a.clone().with_scale_times(0.5);
        self.evaluator().add_constant_assign(&mut twice, 1.0)?;
        Ok(twice)
    }

    fn linear_combination(&self, terms: &[(&Ciphertext, &Mask)]) -> Result<Ciphertext> {
        let level = terms.iter().map(|(a, _)| a.level()).min();
        let level = level.ok_or(Error::NoTerms)?;
        if level <= self.base() {
            return Err(Error::Levels {
                operation: "a product with a mask",
            });
        }
        let scale = self.scale() * prime(self.evaluator(), level);
        let mut sum: Option<Ciphertext> = None;
        for (a, mask) in terms {
            let mask = self.encode(mask, level, scale / a.scale())?;
            let product = self.evaluator().multiply_plain(a, &mask)?;
            match &mut sum {
                None => sum = Some(product),
                Some(sum) => self.evaluator().add_assign(sum, &product)?,
            }
        }
        let sum = sum.ok_or(Error::NoTerms)?;
        Ok(self.evaluator().rescale(&sum)?)
    }

    fn drop_levels(&self, a: &mut Ciphertext, levels: usize) -> Result<()> {
        let level = a.level().min(self.base().saturating_add(levels));
        Ok(a.drop_to(level)?)
    }

    fn levels(&self, a: &Ciphertext) -> usize {
        a.level().saturating_sub(self.base())
    }

    fn refresh(&self, a: &Ciphertext) -> Result<Ciphertext> {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
        Ok(self.bootstrapper.bootstrap(a)?)
    }

    fn refresh_pair(&self, a: &Ciphertext, b: &Ciphertext) -> Result<(Ciphertext, Ciphertext)> {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
        Ok(self.bootstrapper.bootstrap_pair(a, b)?)
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "primes have at most 50 bits: nothing is lost"
)]
fn prime(evaluator: &Evaluator, level: usize) -> f64 {
    evaluator.params().prime(level).value() as f64
}
