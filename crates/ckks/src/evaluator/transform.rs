//! Matrices times encrypted vectors.

use super::Evaluator;
use super::checks::check_slots;
use super::key_switch::{self, RaisedDigits};
use crate::keys::GaloisKey;
use crate::linear::{BabyGiant, Diagonals};
use crate::{
    Ciphertext, Encoder, Error, EvaluationKeys, Galois, KeyList, Params, Result, SecretKey,
};
use nearfield_ring::{Limbs, Ntt, Poly, Row};
use num_complex::Complex64;
use rayon::prelude::*;
use std::ops::Range;

/// A matrix, encoded to be multiplied by vectors at one level.
///
/// # Source
/// Halevi and Shoup (2018/244) for baby and giant steps; Bossuat, Mouchet, Troncoso-Pastoriza,
/// Hubaux, "Efficient bootstrapping for approximate homomorphic encryption with non-sparse keys"
/// (2020/1203), section 4, for double hoisting: sums over baby steps are formed before the
/// division by the special primes.
#[derive(Clone, Debug)]
pub struct LinearTransform {
    params: Params,
    plan: BabyGiant,
    /// For each giant step, the encoded diagonals of its terms.
    weights: Vec<Vec<Weights>>,
    /// Length of the runs of equal values in a row of a diagonal.
    run: usize,
    scale: f64,
    level: usize,
    slots: usize,
}

/// An encoded diagonal: for each prime, a row of `degree / run` values in Montgomery form.
type Weights = Vec<Box<[u64]>>;

/// A baby step with its key.
enum Baby<'a> {
    /// By 0: the vector itself, times the product of the special primes.
    Itself,
    Rotation(&'a GaloisKey),
}

impl LinearTransform {
    /// Encodes a matrix for vectors at a level. The product's scale is that of the vector times
    /// `scaling`.
    ///
    /// # Levels
    /// Applying it takes one.
    ///
    /// # Errors
    /// If the level is 0 or too high, or the slots do not fit.
    ///
    /// # Panics
    /// If the plan belongs to another matrix.
    pub fn new(
        encoder: &Encoder,
        matrix: &Diagonals,
        plan: BabyGiant,
        level: usize,
        scaling: f64,
    ) -> Result<Self> {
        let params = encoder.params();
        if level == 0 || level > params.max_level() {
            return Err(Error::Level {
                what: "a linear transform",
                level,
                min: 1,
                max: params.max_level(),
            });
        }
        let scale = params.prime_value(level) * scaling;
        let limbs = params.gadget().raised(level + 1);
        let periods = matrix.iter().map(|(_, diagonal)| period(diagonal));
        let period = periods.max().unwrap_or(1);
        let giants = plan.giants().iter().map(|giant| {
            let terms = giant.terms.iter().map(|&term| {
                let diagonal = plan.weights(matrix, giant, term);
                encode(encoder, &diagonal[..period], limbs, scale)
            });
            terms.collect::<Result<Vec<_>>>()
        });
        Ok(LinearTransform {
            weights: giants.collect::<Result<Vec<_>>>()?,
            params: params.clone(),
            plan,
            run: params.max_slots() / period,
            scale,
            level,
            slots: matrix.slots(),
        })
    }

    /// The level of the vectors that it is encoded for.
    pub fn level(&self) -> usize {
        self.level
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        let rows = self.weights.iter().flatten().flatten();
        rows.map(|row| size_of_val(&row[..])).sum()
    }

    /// Generates the keys of its rotations and adds them to others.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the secret key is of other parameters.
    pub fn add_keys(&self, keys: &mut EvaluationKeys, secret: &SecretKey) -> Result<()> {
        let mut list = KeyList::none(keys.params());
        self.list_keys(&mut list);
        keys.add(secret, &list)
    }

    /// Adds the keys of its rotations to a list.
    pub fn list_keys(&self, list: &mut KeyList) {
        for steps in self.plan.rotations() {
            list.add_galois(rotation(steps), self.level);
        }
    }
}

/// Encodes a diagonal that repeats `period`. It is a polynomial in a power of `X`, whose values
/// come in runs of equal ones; one of each run is kept.
fn encode(encoder: &Encoder, period: &[Complex64], limbs: Limbs, scale: f64) -> Result<Weights> {
    let run = encoder.params().max_slots() / period.len();
    let poly = encoder.encode_poly(period, limbs, scale)?;
    let values = encoder.params().ring().montgomery(poly);
    let rows = values.rows().iter();
    Ok(rows
        .map(|row| row.iter().step_by(run).copied().collect())
        .collect())
}

/// The smallest power of two after which a vector repeats itself.
fn period(vector: &[Complex64]) -> usize {
    let mut period = vector.len();
    while period > 1 && vector[..period / 2] == vector[period / 2..period] {
        period /= 2;
    }
    period
}

impl Evaluator {
    /// The product of a matrix and an encrypted vector, rescaled.
    ///
    /// # Levels
    /// One.
    ///
    /// # Errors
    /// If the vector is below the matrix's level, has other slots, or a key is missing.
    pub fn transform(&self, a: &Ciphertext, matrix: &LinearTransform) -> Result<Ciphertext> {
        self.check(&a.params, "the ciphertext")?;
        self.check(&matrix.params, "the matrix")?;
        check_slots(a.slots, matrix.slots)?;
        let vector = a.lowered_to(matrix.level)?;
        let work = Application {
            evaluator: self,
            matrix,
            limbs: self.params.gadget().raised(matrix.level + 1),
            babies: self.babies(matrix)?,
        };
        let sums = work.sums_over_babies(&vector);
        let total = work.sum_over_giants(sums)?;
        let [first, second] = total.map(Poly::into_rows);
        let rows = first.into_iter().zip(second).collect();
        let chain = matrix.level + 1;
        let division = self
            .params
            .gadget()
            .division(self.params.ring(), chain, true);
        let parts = division.of_rows(rows, |_, (first, second)| [first, second], |_, _| ());
        let scale = vector.scale * matrix.scale / self.params.prime_value(matrix.level);
        Ok(vector.like(parts, scale))
    }

    fn babies(&self, matrix: &LinearTransform) -> Result<Vec<Baby<'_>>> {
        let steps = matrix.plan.babies().iter();
        steps
            .map(|&steps| match steps {
                0 => Ok(Baby::Itself),
                _ => Ok(Baby::Rotation(
                    self.keys.galois(rotation(steps), matrix.level)?,
                )),
            })
            .collect()
    }
}

/// Columns of a row.
#[derive(Clone, Copy)]
struct Part<'a> {
    row: usize,
    columns: &'a Range<usize>,
}

/// One application of a matrix.
struct Application<'a> {
    evaluator: &'a Evaluator,
    matrix: &'a LinearTransform,
    limbs: Limbs,
    babies: Vec<Baby<'a>>,
}

impl Application<'_> {
    fn params(&self) -> &Params {
        &self.evaluator.params
    }

    /// For each giant step, the sum of its diagonals times the vector rotated by baby steps.
    /// Threads share the work by primes: all rotations modulo one prime are computed and used at
    /// once.
    fn sums_over_babies(&self, vector: &Ciphertext) -> Vec<[Poly<Ntt>; 2]> {
        let (ring, gadget) = (self.params().ring(), self.params().gadget());
        let digits = key_switch::hoist(ring, gadget, &vector.parts[1]);
        let giants = self.matrix.plan.giants();
        let mut sums: Vec<[Poly<Ntt>; 2]> = giants
            .iter()
            .map(|_| [(); 2].map(|()| ring.unfilled(self.limbs)))
            .collect();
        let mut rows: Vec<Vec<&mut Row>> = (0..self.limbs.count()).map(|_| Vec::new()).collect();
        for poly in sums.iter_mut().flatten() {
            for (rows, row) in rows.iter_mut().zip(poly.rows_mut()) {
                rows.push(row);
            }
        }
        rows.par_iter_mut().enumerate().for_each(|(row, sums)| {
            let rotated = self.rotated(vector, &digits, row);
            for columns in columns(ring.degree(), self.matrix.run) {
                for (giant, sums) in sums.chunks_exact_mut(2).enumerate() {
                    let part = Part {
                        row,
                        columns: &columns,
                    };
                    self.sum(giant, &rotated, part, sums);
                }
            }
        });
        sums
    }

    /// The rows of all rotations by baby steps, times the product of the special primes. Those of
    /// the vector itself are 0 modulo a special prime, and left out.
    fn rotated(
        &self,
        vector: &Ciphertext,
        digits: &RaisedDigits,
        row: usize,
    ) -> Vec<Option<[Row; 2]>> {
        let (ring, gadget) = (self.params().ring(), self.params().gadget());
        let in_chain = row < self.limbs.chain;
        let modulus = ring.table(self.limbs, row).modulus();
        let babies = self.babies.iter().map(|baby| match baby {
            Baby::Itself => in_chain.then(|| {
                [0, 1].map(|part: usize| {
                    let mut scaled = vector.parts[part].rows()[row].clone();
                    modulus.scale_row(&mut scaled, gadget.special_product(row));
                    scaled
                })
            }),
            Baby::Rotation(key) => {
                let plus = vector.parts[0].rows().get(row);
                let plus = plus.map(|first| (&first[..], gadget.special_product(row)));
                let products = digits.pairs(&vector.parts[1], &key.switching, row);
                let [mut first, mut second] = [ring.row(), ring.row()];
                let to = [&mut first[..], &mut second];
                key.automorphism
                    .inner_products(modulus, &products, plus, to);
                Some([first, second])
            }
        });
        babies.collect()
    }

    /// A part of the sum of one giant step.
    fn sum(
        &self,
        giant: usize,
        rotated: &[Option<[Row; 2]>],
        part: Part<'_>,
        sums: &mut [&mut Row],
    ) {
        let Part { row, columns } = part;
        let modulus = self.params().ring().table(self.limbs, row).modulus();
        let terms = &self.matrix.plan.giants()[giant].terms;
        let weights = &self.matrix.weights[giant];
        let run = self.matrix.run;
        for (half, sum) in sums.iter_mut().enumerate() {
            let products = terms.iter().zip(weights).filter_map(|(term, weights)| {
                let rotated = rotated[term.baby].as_ref()?;
                let weights = &weights[row][columns.start / run..columns.end / run];
                Some((&rotated[half][columns.clone()], weights))
            });
            let products: Vec<(&[u64], &[u64])> = products.collect();
            modulus.inner_product_of_runs(run, &products, &mut sum[columns.clone()]);
        }
    }

    /// Rotates each sum by its giant step, and adds all.
    fn sum_over_giants(&self, sums: Vec<[Poly<Ntt>; 2]>) -> Result<[Poly<Ntt>; 2]> {
        let ring = self.params().ring();
        let giants = self.matrix.plan.giants().iter().zip(sums);
        let (unmoved, moved): (Vec<_>, Vec<_>) = giants.partition(|(step, _)| step.rotation == 0);
        let unmoved = unmoved.into_iter().map(|(_, sum)| sum);
        let total = unmoved.reduce(|mut total, sum| {
            for (total, sum) in total.iter_mut().zip(&sum) {
                ring.add_assign(total, sum);
            }
            total
        });
        let mut total = match total {
            Some(total) => total,
            None if moved.is_empty() => {
                return Err(Error::Empty {
                    what: "a matrix",
                    terms: "diagonals",
                });
            }
            None => [(); 2].map(|()| ring.zero(self.limbs)),
        };
        for (step, sum) in moved {
            let keys = &self.evaluator.keys;
            let key = keys.galois(rotation(step.rotation), self.matrix.level)?;
            self.add_rotated(&mut total, sum, key);
        }
        Ok(total)
    }

    /// Adds the rotation of a pair that is still multiplied by the special primes.
    fn add_rotated(&self, totals: &mut [Poly<Ntt>; 2], pair: [Poly<Ntt>; 2], key: &GaloisKey) {
        let ([total, total_second], [first, second]) = (totals, pair);
        let (ring, gadget) = (self.params().ring(), self.params().gadget());
        let second = gadget.division(ring, self.limbs.chain, false).of(second);
        let totals = total.rows_mut().par_iter_mut().zip(total_second.rows_mut());
        let add = |row: usize, switched: [Row; 2], totals: (&mut Row, &mut Row)| {
            let modulus = ring.table(self.limbs, row).modulus();
            key.automorphism
                .add_mapped_values(modulus, &first.rows()[row], totals.0);
            modulus.add_rows(totals.0, &switched[0]);
            modulus.add_rows(totals.1, &switched[1]);
        };
        let switch = self.evaluator.mapped_key_switch(&second, key);
        switch.each(totals, add);
    }
}

/// The parts of a row. They are so small that those of all rotations fit in the second-level cache,
/// where they stay for all giant steps.
fn columns(degree: usize, run: usize) -> impl Iterator<Item = Range<usize>> {
    let width = COLUMNS.max(run).min(degree);
    (0..degree / width).map(move |part| part * width..(part + 1) * width)
}

/// Residues of a row that are summed for all giant steps before the next ones.
const COLUMNS: usize = 2048;

fn rotation(steps: usize) -> Galois {
    Galois::Rotation(steps.cast_signed())
}
