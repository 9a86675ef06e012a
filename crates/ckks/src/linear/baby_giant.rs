//! Baby and giant steps: few rotations that apply a matrix.

use super::Diagonals;
use num_complex::Complex64;
use std::collections::{BTreeMap, BTreeSet};

/// A plan to apply a matrix with few rotations: the index of every diagonal is the sum of a baby
/// and a giant step. The vector is rotated by each baby step, and the sum of each giant step by
/// that.
///
/// The result is the sum over the giant steps `g` of
/// `rotate_left(sum of rotate_left(diagonal g + b, -g) * rotate_left(x, b), g)`.
/// Baby steps rotate the same ciphertext and can be hoisted, giant steps cannot. More babies than
/// giants are therefore faster: 16 x 4 for the 63 diagonals of a radix-32 factor.
///
/// # Source
/// Halevi, Shoup 2018/244; Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux 2020/1203.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BabyGiant {
    slots: usize,
    babies: Vec<usize>,
    giants: Vec<GiantStep>,
}

/// A giant step and the diagonals that it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiantStep {
    /// The left rotation of the sum of the terms, in `0..slots`.
    pub rotation: usize,
    /// The terms of the sum, by ascending diagonal, counted from the giant step.
    pub terms: Vec<Term>,
}

/// A diagonal and the rotated vector that it multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Position in [`BabyGiant::babies`].
    pub baby: usize,
    /// Index of the diagonal. It is rotated *right* by the giant step before it is encoded, see
    /// [`BabyGiant::weights`].
    pub diagonal: usize,
}

impl BabyGiant {
    /// Splits the indices of a matrix's diagonals with at most `baby_count` baby steps.
    ///
    /// Indices from `slots / 2` up count as negative, and the steps are multiples of the indices'
    /// greatest common divisor: a progression symmetric about 0 with any stride is split as well
    /// as one from 0 with stride 1.
    ///
    /// # Panics
    /// If `slots` is not a power of two, `baby_count` is 0 or an index is not below `slots`.
    pub fn split(
        diagonals: impl IntoIterator<Item = usize>,
        slots: usize,
        baby_count: usize,
    ) -> Self {
        assert!(baby_count > 0, "at least one baby step, that by 0");
        let (stride, indices) = signed_multiples(diagonals, slots);
        let count = baby_count.min(slots).cast_signed();
        let rotation = |step: isize| {
            (step * stride)
                .rem_euclid(slots.cast_signed())
                .cast_unsigned()
        };
        let babies: BTreeSet<isize> = indices.iter().map(|i| i.rem_euclid(count)).collect();
        let babies: Vec<isize> = babies.into_iter().collect();
        let mut giants: BTreeMap<isize, Vec<Term>> = BTreeMap::new();
        for &index in &indices {
            let step = index.rem_euclid(count);
            let baby = babies.partition_point(|&other| other < step);
            let diagonal = rotation(index);
            let terms = giants.entry(index - step).or_default();
            terms.push(Term { baby, diagonal });
        }
        let giant = |(step, terms)| GiantStep {
            rotation: rotation(step),
            terms,
        };
        BabyGiant {
            slots,
            babies: babies.into_iter().map(rotation).collect(),
            giants: giants.into_iter().map(giant).collect(),
        }
    }

    /// Splits with the smallest power of two of babies that is at least `ratio` times the number of
    /// giants.
    ///
    /// # Panics
    /// As [`split`](Self::split).
    pub fn split_by_ratio(
        diagonals: impl IntoIterator<Item = usize>,
        slots: usize,
        ratio: usize,
    ) -> Self {
        let diagonals: Vec<usize> = diagonals.into_iter().collect();
        let mut baby_count = 1;
        loop {
            let split = Self::split(diagonals.iter().copied(), slots, baby_count);
            if baby_count >= slots || baby_count >= ratio * split.giants.len() {
                return split;
            }
            baby_count *= 2;
        }
    }

    /// The left rotations of the vector, each in `0..slots`, including 0 where it is used.
    pub fn babies(&self) -> &[usize] {
        &self.babies
    }

    /// Giant steps, including that by 0 where it is used.
    pub fn giants(&self) -> &[GiantStep] {
        &self.giants
    }

    /// The rotations that need a key: all steps but those by 0, each once, ascending.
    pub fn rotations(&self) -> BTreeSet<usize> {
        let giants = self.giants.iter().map(|giant| giant.rotation);
        let steps = self.babies.iter().copied().chain(giants);
        steps.filter(|&step| step != 0).collect()
    }

    /// Number of rotations of a ciphertext.
    pub fn rotation_count(&self) -> usize {
        let babies = self.babies.iter().filter(|&&step| step != 0);
        let giants = self.giants.iter().filter(|giant| giant.rotation != 0);
        babies.count() + giants.count()
    }

    /// The diagonal of a term, rotated right by the giant step that follows.
    ///
    /// # Panics
    /// If the matrix does not have the diagonal, or has another size.
    pub fn weights(&self, matrix: &Diagonals, giant: &GiantStep, term: Term) -> Vec<Complex64> {
        assert_eq!(matrix.slots(), self.slots, "the matrix that was split");
        let diagonal = matrix.diagonal(term.diagonal);
        let mut weights = diagonal.expect("the matrix that was split").to_vec();
        weights.rotate_right(giant.rotation);
        weights
    }

    /// The matrix times a vector, by these steps.
    ///
    /// # Panics
    /// If the matrix does not have these diagonals, or the vector not one entry for each slot.
    pub fn apply(&self, matrix: &Diagonals, vector: &[Complex64]) -> Vec<Complex64> {
        assert_eq!(vector.len(), self.slots, "one entry for each slot");
        let rotated: Vec<_> = self
            .babies
            .iter()
            .map(|&step| rotate_left(vector, step))
            .collect();
        let mut result = vec![Complex64::ZERO; self.slots];
        for giant in &self.giants {
            let mut sum = vec![Complex64::ZERO; self.slots];
            for &term in &giant.terms {
                let weights = self.weights(matrix, giant, term);
                add(
                    &mut sum,
                    weights.iter().zip(&rotated[term.baby]).map(|(w, x)| w * x),
                );
            }
            add(&mut result, rotate_left(&sum, giant.rotation).into_iter());
        }
        result
    }
}

/// The indices' greatest common divisor, and the indices in multiples of it, ascending from
/// `-slots / 2`.
fn signed_multiples(
    diagonals: impl IntoIterator<Item = usize>,
    slots: usize,
) -> (isize, BTreeSet<isize>) {
    assert!(
        slots.is_power_of_two(),
        "{slots} slots: take a power of two"
    );
    let indices: BTreeSet<usize> = diagonals.into_iter().collect();
    let stride = indices
        .iter()
        .fold(slots, |a, &b| greatest_common_divisor(a, b))
        .cast_signed();
    let signed = |&index: &usize| {
        assert!(index < slots, "diagonal {index} of {slots}");
        let wraps = 2 * index >= slots && index > 0;
        let index = index.cast_signed() - if wraps { slots.cast_signed() } else { 0 };
        index / stride
    };
    (stride, indices.iter().map(signed).collect())
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

fn rotate_left(vector: &[Complex64], step: usize) -> Vec<Complex64> {
    let mut rotated = vector.to_vec();
    rotated.rotate_left(step);
    rotated
}

fn add(sum: &mut [Complex64], terms: impl Iterator<Item = Complex64>) {
    for (sum, term) in sum.iter_mut().zip(terms) {
        *sum += term;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(seed: usize, j: usize) -> Complex64 {
        Complex64::new((seed * 31 + j) as f64, 1.0 + (seed + 7 * j) as f64).inv()
    }

    fn matrix(slots: usize, indices: &BTreeSet<usize>) -> Diagonals {
        let diagonal = |&d: &usize| (d, (0..slots).map(|j| entry(d, j)).collect());
        Diagonals::new(slots, indices.iter().map(diagonal).collect())
    }

    /// `-reach ..= reach` times a stride.
    fn progression(reach: usize, stride: usize, slots: usize) -> Vec<usize> {
        (0..2 * reach + 1)
            .map(|k| (slots + k * stride - reach * stride) % slots)
            .collect()
    }

    proptest! {
        #[test]
        fn steps_give_the_product_of_the_diagonals(
            log_slots in 0..7_u32,
            indices in prop::collection::vec(0..64_usize, 1..20),
            baby_count in 1..20_usize,
        ) {
            let slots = 1 << log_slots;
            let indices: BTreeSet<usize> = indices.iter().map(|i| i % slots).collect();
            let matrix = matrix(slots, &indices);
            let vector: Vec<_> = (0..slots).map(|j| entry(99, j)).collect();
            let split = BabyGiant::split(matrix.indices(), slots, baby_count);
            prop_assert!(split.babies().len() <= baby_count);
            let result = split.apply(&matrix, &vector);
            for (a, b) in result.iter().zip(matrix.apply(&vector)) {
                prop_assert!((a - b).norm() < 1e-12);
            }
        }
    }

    #[test]
    fn a_radix_32_factor_takes_sixteen_babies_and_four_giants() {
        let slots = 1 << 15;
        for stride in [1, 32] {
            let indices = progression(31, stride, slots);
            let split = BabyGiant::split_by_ratio(indices, slots, 4);
            assert_eq!((split.babies().len(), split.giants().len()), (16, 4));
            assert_eq!(split.rotation_count(), 18);
            assert_eq!(split.rotations().len(), 18);
            assert!(
                split
                    .babies()
                    .iter()
                    .eq(&Vec::from_iter((0..16).map(|b| b * stride)))
            );
            let terms = split.giants().iter().map(|giant| giant.terms.len());
            assert_eq!(terms.sum::<usize>(), 63);
        }
    }

    #[test]
    fn a_progression_that_closes_on_itself_takes_two_giants() {
        let slots = 1 << 15;
        let split = BabyGiant::split_by_ratio((0..32).map(|k| k << 10), slots, 4);
        assert_eq!((split.babies().len(), split.giants().len()), (16, 2));
        assert_eq!(split.rotation_count(), 16);
    }

    #[test]
    fn factors_of_one_stride_share_their_rotations() {
        let slots = 1 << 10;
        let wide = BabyGiant::split(progression(31, 4, slots), slots, 16);
        let narrow = BabyGiant::split(progression(15, 4, slots), slots, 16);
        assert!(narrow.rotations().is_subset(&wide.rotations()));
    }
}
