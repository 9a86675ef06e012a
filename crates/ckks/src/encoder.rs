//! From numbers in slots to polynomials and back.

use crate::fixed_point::{MAX_BITS, residue_of, scaled_integer};
use crate::primes::{limbs_at, log2_product};
use crate::special_fft::SpecialFft;
use crate::wipe::wipe;
use crate::{Error, Params, Plaintext, Result};
use nearfield_ring::{Limbs, Modulus, Ntt, Poly};
use num_complex::Complex64;
use std::sync::OnceLock;

/// Encodes vectors of numbers as polynomials and decodes polynomials.
///
/// # Shapes
/// A vector has one number for each slot, a power of two up to half the ring degree. Vectors with
/// fewer slots use only some of the coefficients (*sparse packing*).
///
/// # Source
/// Cheon, Kim, Kim, Song, "Homomorphic encryption for arithmetic of approximate numbers"
/// (2016/421), the canonical embedding.
#[derive(Debug)]
pub struct Encoder {
    params: Params,
    /// Index: log2 of the slots.
    transforms: Vec<OnceLock<SpecialFft>>,
}

impl Encoder {
    /// An encoder for these parameters.
    pub fn new(params: &Params) -> Self {
        let sizes = params.spec().log_degree;
        Encoder {
            params: params.clone(),
            transforms: (0..sizes).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The parameters of its plaintexts.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Encodes complex numbers, one for each slot, at a level and a scale.
    ///
    /// # Errors
    /// If their number is not a power of two or too large, a value does not fit, or the parameters
    /// do not have the level.
    pub fn encode(&self, values: &[Complex64], level: usize, scale: f64) -> Result<Plaintext> {
        let top = self.params.max_level();
        if level > top {
            return Err(Error::Level {
                what: "a plaintext",
                level,
                min: 0,
                max: top,
            });
        }
        Ok(Plaintext {
            params: self.params.clone(),
            poly: self.encode_poly(values, limbs_at(level), scale)?,
            scale,
            slots: values.len(),
        })
    }

    /// [`Encoder::encode`] for real numbers.
    ///
    /// # Errors
    /// If their number is not a power of two or too large, a value does not fit, or the parameters
    /// do not have the level.
    pub fn encode_real(&self, values: &[f64], level: usize, scale: f64) -> Result<Plaintext> {
        let values: Vec<Complex64> = values.iter().map(|&value| value.into()).collect();
        self.encode(&values, level, scale)
    }

    /// Decodes a polynomial.
    ///
    /// # Errors
    /// If it is of other parameters, or a coefficient reaches 2^120.
    pub fn decode(&self, plaintext: &Plaintext) -> Result<Vec<Complex64>> {
        if plaintext.params != self.params {
            return Err(Error::Mismatch {
                what: "the plaintext",
                other: "the encoder",
            });
        }
        let coefficients = self.coefficients(plaintext)?;
        let gap = self.params.max_slots() / plaintext.slots;
        let half = self.params.max_slots();
        let value = |index: usize| float(coefficients[index]) / plaintext.scale;
        let mut slots: Vec<Complex64> = (0..plaintext.slots)
            .map(|slot| Complex64::new(value(gap * slot), value(gap * slot + half)))
            .collect();
        self.transform(plaintext.slots)
            .slots_from_coefficients(&mut slots);
        Ok(slots)
    }

    /// [`Encoder::decode`] for real numbers: drops imaginary parts.
    ///
    /// # Errors
    /// If it is of other parameters, or a coefficient reaches 2^120.
    pub fn decode_real(&self, plaintext: &Plaintext) -> Result<Vec<f64>> {
        let slots = self.decode(plaintext)?;
        Ok(slots.iter().map(|slot| slot.re).collect())
    }

    /// Encodes complex numbers modulo some primes.
    pub(crate) fn encode_poly(
        &self,
        values: &[Complex64],
        limbs: Limbs,
        scale: f64,
    ) -> Result<Poly<Ntt>> {
        let (slots, max) = (values.len(), self.params.max_slots());
        if !slots.is_power_of_two() || slots > max {
            return Err(Error::SlotCount {
                found: slots,
                min: 1,
                max,
            });
        }
        let ring = self.params.ring();
        let room = (log2_product(ring.moduli(limbs)) - 1.0).min(f64::from(MAX_BITS) - 1.0);
        check_range(values, room.exp2() / scale)?;
        let integers = self.integers(values, scale)?;
        let gap = max / slots;
        let short = Short::of(&integers);
        let mut poly = ring.unfilled(limbs);
        ring.for_each_row(&mut poly, |table, _, row| {
            let modulus = table.modulus();
            let residues = &mut row[..integers.len()];
            match &short {
                Some(short) if short.max_abs < modulus.value() => {
                    for (residue, &integer) in residues.iter_mut().zip(&short.integers) {
                        *residue = modulus.residue_of_small(integer);
                    }
                }
                _ => {
                    for (residue, &integer) in residues.iter_mut().zip(&integers) {
                        *residue = residue_of(modulus, integer);
                    }
                }
            }
            spread(row, gap);
            table.forward(row);
        });
        Ok(poly)
    }

    /// The coefficients that encode numbers.
    fn integers(&self, values: &[Complex64], scale: f64) -> Result<Vec<i128>> {
        let slots = values.len();
        let mut halves = values.to_vec();
        self.transform(slots).coefficients_from_slots(&mut halves);
        let mut integers = vec![0; 2 * slots];
        for (slot, value) in halves.iter().enumerate() {
            integers[slot] = scaled_integer(value.re, scale)?;
            integers[slot + slots] = scaled_integer(value.im, scale)?;
        }
        Ok(integers)
    }

    /// The coefficients of a polynomial as integers.
    ///
    /// # Errors
    /// If one reaches 2^120, the limit of encoding.
    fn coefficients(&self, plaintext: &Plaintext) -> Result<Vec<i128>> {
        let moduli = self.sufficient_primes(plaintext.poly.limbs());
        let mut poly = plaintext.poly.clone();
        poly.truncate(moduli.len());
        let mut poly = self.params.ring().inverse(poly);
        let mut integers = vec![0_i128; self.params.ring().degree()];
        let mut weight = 1_i128;
        for (row, &modulus) in poly.rows().iter().zip(&moduli) {
            // Garner's algorithm: the next digit in the mixed radix of the primes. With digits
            // between plus and minus half a prime, every partial sum is the integer nearest to
            // zero.
            let inverse = modulus.multiplier(modulus.invert_by_fermat(residue_of(modulus, weight)));
            for (integer, &residue) in integers.iter_mut().zip(row.iter()) {
                let known = residue_of(modulus, *integer);
                let digit = modulus.mul_by(modulus.sub(residue, known), inverse);
                let digit = i128::from(modulus.balanced(digit));
                *integer = integer.saturating_add(weight.saturating_mul(digit));
            }
            weight = weight.saturating_mul(i128::from(modulus.value()));
        }
        wipe(&mut poly);
        let limit = 1_u128 << MAX_BITS;
        if integers
            .iter()
            .all(|integer| integer.unsigned_abs() < limit)
        {
            return Ok(integers);
        }
        Err(Error::Undecodable {
            scale: plaintext.scale,
        })
    }

    /// The first primes of a polynomial, up to as many as determine an integer below 2^120 and its
    /// sign.
    fn sufficient_primes(&self, limbs: Limbs) -> Vec<Modulus> {
        let mut below = 0.0;
        let needed = |&modulus: &Modulus| {
            let more = below < f64::from(MAX_BITS + 1);
            below += log2_product(std::iter::once(modulus));
            more
        };
        self.params
            .ring()
            .moduli(limbs)
            .take_while(needed)
            .collect()
    }

    fn transform(&self, slots: usize) -> &SpecialFft {
        self.transforms[slots.trailing_zeros() as usize].get_or_init(|| SpecialFft::new(slots))
    }
}

/// Moves the residues at the beginning of a row to every `gap`-th place, with zeros between.
fn spread(row: &mut [u64], gap: usize) {
    if gap == 1 {
        return;
    }
    for index in (1..row.len() / gap).rev() {
        row[index * gap] = row[index];
    }
    row.chunks_mut(gap).for_each(|run| run[1..].fill(0));
}

/// Integers of one word each.
struct Short {
    integers: Vec<i64>,
    max_abs: u64,
}

impl Short {
    /// `None` if an integer is longer.
    fn of(integers: &[i128]) -> Option<Self> {
        let short = integers.iter().map(|&integer| i64::try_from(integer));
        let integers = short.collect::<std::result::Result<Vec<_>, _>>().ok()?;
        let max_abs = integers.iter().map(|integer| integer.unsigned_abs()).max();
        Some(Short {
            max_abs: max_abs.unwrap_or(0),
            integers,
        })
    }
}

/// # Errors
/// If a value is not a number, or so large that coefficients may be too large: no coefficient
/// exceeds the largest magnitude of the values.
fn check_range(values: &[Complex64], limit: f64) -> Result<()> {
    let fits = |value: &Complex64| value.norm() < limit;
    match values.iter().position(|value| !fits(value)) {
        None => Ok(()),
        Some(slot) => {
            let Complex64 { re, im } = values[slot];
            let value = if re.abs() >= im.abs() { re } else { im };
            Err(Error::Value { slot, value, limit })
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "beyond 53 bits, decoded numbers are noise"
)]
fn float(integer: i128) -> f64 {
    integer as f64
}
