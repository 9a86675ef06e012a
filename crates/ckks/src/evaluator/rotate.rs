//! Rotations of slots, and their conjugation.

use super::Evaluator;
use super::key_switch::{self, RaisedDigits};
use crate::keys::GaloisKey;
use crate::{Ciphertext, Error, Galois, Result};
use nearfield_ring::Row;

/// A ciphertext prepared for many rotations: their common part is computed once.
///
/// # Source
/// Halevi and Shoup, "Faster homomorphic linear transformations in HElib" (2018/244).
pub struct Hoisted {
    pub(crate) ciphertext: Ciphertext,
    pub(crate) digits: RaisedDigits,
}

impl Evaluator {
    /// Rotates the slots to the left: slot `i` takes the number in slot `i + steps`, cyclically, so
    /// that the first slot takes the number in slot `steps`. Negative steps rotate to the right.
    ///
    /// # Levels
    /// None.
    ///
    /// # Errors
    /// If there is no key for it.
    pub fn rotate(&self, a: &Ciphertext, steps: isize) -> Result<Ciphertext> {
        self.apply(a, self.rotation(a, steps))
    }

    /// Replaces the number in every slot by its complex conjugate.
    ///
    /// # Levels
    /// None.
    ///
    /// # Errors
    /// If there is no key for it.
    pub fn conjugate(&self, a: &Ciphertext) -> Result<Ciphertext> {
        self.apply(a, Galois::Conjugation)
    }

    /// Prepares a ciphertext for many rotations.
    ///
    /// # Errors
    /// If the ciphertext is of other parameters.
    pub fn hoist(&self, a: &Ciphertext) -> Result<Hoisted> {
        self.check(&a.params, "the ciphertext")?;
        let (ring, gadget) = (self.params.ring(), self.params.gadget());
        Ok(Hoisted {
            ciphertext: a.clone(),
            digits: key_switch::hoist(ring, gadget, &a.parts[1]),
        })
    }

    /// [`Evaluator::rotate`] of a prepared ciphertext.
    ///
    /// # Errors
    /// If there is no key for it.
    pub fn rotate_hoisted(&self, a: &Hoisted, steps: isize) -> Result<Ciphertext> {
        let galois = self.rotation(&a.ciphertext, steps);
        if galois.is_identity() {
            return Ok(a.ciphertext.clone());
        }
        let key = self.keys.galois(galois, a.ciphertext.level())?;
        let poly = &a.ciphertext.parts[1];
        let ring = self.params.ring();
        let make = |row| {
            let modulus = ring.table(a.digits.limbs(), row).modulus();
            let products = a.digits.pairs(poly, &key.switching, row);
            let [mut first, mut second] = [ring.row(), ring.row()];
            let to = [&mut first[..], &mut second];
            key.automorphism
                .inner_products(modulus, &products, None, to);
            [first, second]
        };
        let finish = |index, rows: &mut [Row; 2]| self.add_first(&a.ciphertext, key, index, rows);
        let parts = a.digits.lowered(ring, self.params.gadget(), make, finish);
        Ok(a.ciphertext.like(parts, a.ciphertext.scale))
    }

    /// Sums over slots that are `stride` apart: slot `i` takes the sum of the slots
    /// `i + k * stride` for `k` in `0..count`, cyclically. `count` is a power of two.
    ///
    /// # Levels
    /// None. Rotations by `stride` times each power of two below `count`.
    ///
    /// # Errors
    /// If there is no key for one of the rotations, or `count` is not a power of two.
    pub fn inner_sum(&self, a: &Ciphertext, stride: isize, count: usize) -> Result<Ciphertext> {
        if !count.is_power_of_two() {
            return Err(Error::InnerSum { count });
        }
        let mut sum = a.clone();
        for log in 0..count.trailing_zeros() {
            let rotated = self.rotate(&sum, stride << log)?;
            self.add_assign(&mut sum, &rotated)?;
        }
        Ok(sum)
    }

    /// A ciphertext plus its rotations by each of `steps`. It is raised once and divided by the
    /// special primes once, which costs less than one rotation after the other.
    ///
    /// # Levels
    /// None.
    ///
    /// # Errors
    /// If there is no key for one of the rotations.
    ///
    /// # Source
    /// Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux (2020/1203), section 4: sums are formed before
    /// the division by the special primes.
    pub fn add_rotations(&self, a: &Ciphertext, steps: &[isize]) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        let all = steps.iter().map(|&steps| self.rotation(a, steps));
        let (same, moved): (Vec<Galois>, Vec<Galois>) = all.partition(|&one| one.is_identity());
        let keys = moved.iter().map(|&one| self.keys.galois(one, a.level()));
        let keys: Vec<&GaloisKey> = keys.collect::<Result<_>>()?;
        let mut sum = match keys.is_empty() {
            true => a.clone(),
            false => self.add_mapped(a, &keys),
        };
        for _ in same {
            self.add_assign(&mut sum, a)?;
        }
        Ok(sum)
    }

    /// Threads share the work by primes: the results of all keys modulo one prime are summed at
    /// once.
    fn add_mapped(&self, a: &Ciphertext, keys: &[&GaloisKey]) -> Ciphertext {
        let (ring, gadget) = (self.params.ring(), self.params.gadget());
        let digits = key_switch::hoist(ring, gadget, &a.parts[1]);
        let limbs = digits.limbs();
        let make = |row| {
            let modulus = ring.table(limbs, row).modulus();
            let [mut first, mut second] = [ring.row(), ring.row()];
            let plus = a.parts[0].rows().get(row);
            let plus = plus.map(|row_of_a| (&row_of_a[..], gadget.special_product(row)));
            for (index, key) in keys.iter().enumerate() {
                let products = digits.pairs(&a.parts[1], &key.switching, row);
                let (map, to) = (&key.automorphism, [&mut first[..], &mut second]);
                match index {
                    0 => map.inner_products(modulus, &products, plus, to),
                    _ => map.add_inner_products(modulus, &products, plus, to),
                }
            }
            [first, second]
        };
        let finish = |index, rows: &mut [Row; 2]| {
            let modulus = ring.chain_table(index).modulus();
            for (row, part) in rows.iter_mut().zip(&a.parts) {
                modulus.add_rows(row, &part.rows()[index]);
            }
        };
        let parts = digits.lowered(ring, gadget, make, finish);
        a.like(parts, a.scale)
    }

    /// For each rotation of the whole ring's slots in turn, adds to a ciphertext its rotation. Each
    /// of them doubles some coefficients and cancels the others; the scale is doubled too.
    pub(crate) fn project(&self, a: &Ciphertext, rotations: &[isize]) -> Result<Ciphertext> {
        let mut sum = a.clone();
        for &steps in rotations {
            let rotated = self.apply(&sum, Galois::Rotation(steps))?;
            self.add_assign(&mut sum, &rotated)?;
            sum.scale *= 2.0;
        }
        Ok(sum)
    }

    /// The rotation of a ciphertext's slots that there is a key for. Fewer slots than the ring has
    /// repeat themselves, so that different rotations of the ring act on them alike.
    fn rotation(&self, a: &Ciphertext, steps: isize) -> Galois {
        let reduced = Galois::Rotation(steps.rem_euclid(a.slots.cast_signed()));
        let given = Galois::Rotation(steps);
        if reduced.is_identity() || !self.keys.has(given) {
            return reduced;
        }
        given
    }

    fn apply(&self, a: &Ciphertext, galois: Galois) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        if galois.is_identity() {
            return Ok(a.clone());
        }
        let key = self.keys.galois(galois, a.level())?;
        let finish = |index, rows: &mut [Row; 2]| self.add_first(a, key, index, rows);
        let switch = self.mapped_key_switch(&a.parts[1], key);
        let parts = switch.lowered(false, |_, _| (), finish);
        Ok(a.like(parts, a.scale))
    }

    /// Adds a row of the first part's image to that of the switched second part.
    fn add_first(&self, a: &Ciphertext, key: &GaloisKey, index: usize, rows: &mut [Row; 2]) {
        let modulus = self.params.ring().chain_table(index).modulus();
        let first = &a.parts[0].rows()[index];
        key.automorphism
            .add_mapped_values(modulus, first, &mut rows[0]);
    }
}
