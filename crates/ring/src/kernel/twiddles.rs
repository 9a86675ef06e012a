//! The powers of a root of unity, in the order in which the vector transforms use them.
//!
//! A row of `N` residues is a matrix of rows of [`ROW`]. The first levels of a transform pass
//! down its columns, the last eight along its rows. In a row, powers that differ from row to row
//! are 1 MB for 2^16 coefficients. But with the coefficient `i` of each 16 multiplied by `g^i`,
//! where `g` is that row's own root, the last four levels are the same for all rows. These
//! factors are part of the first level of the row, which multiplies half of the coefficients
//! anyway: so a row has 46 factors and not 255.

use super::float::balanced;
use crate::degree::bit_reversed;
use crate::{Modulus, Multiplier};

/// Coefficients of a row of the matrix.
pub(super) const ROW: usize = 256;

/// Coefficients that the last four levels are among.
pub(super) const BLOCK: usize = 16;

/// Numbers stored for a row: 16 factors, and the same times that of the first level, both followed
/// by their quotients; then the 14 of the next three levels in pairs; then zeros up to the next
/// cache line.
pub(super) const NUMBERS_PER_ROW: usize = 96;

/// The levels of each step that passes down the columns.
///
/// The lines of a step that are far apart share one set of a first-level cache, which has eight
/// ways on most processors: with 16 lines, some are evicted between their load and their store.
fn column_steps(degree: usize) -> &'static [u32] {
    match (degree / ROW).trailing_zeros() {
        2 => &[2],
        3 => &[3],
        4 => &[4],
        5 => &[3, 2],
        6 => &[3, 3],
        7 => &[4, 3],
        8 => &[3, 3, 2],
        _ => &[3, 3, 3],
    }
}

/// The numbers that a transform computes with.
pub(super) trait Number: Copy + Default {
    /// A factor, and its quotient by the modulus.
    fn pair(modulus: Modulus, factor: u64) -> [Self; 2];
}

/// The representative nearest to 0, and its quotient rounded to nearest.
impl Number for f64 {
    fn pair(modulus: Modulus, factor: u64) -> [Self; 2] {
        balanced(modulus, factor)
    }
}

/// A residue, and its quotient times 2^52, rounded down.
impl Number for u64 {
    fn pair(modulus: Modulus, factor: u64) -> [Self; 2] {
        let factor = modulus.multiplier(factor);
        [factor.value(), factor.quotient() >> 12]
    }
}

/// A cache line of numbers.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
struct Line<N>([N; 8]);

/// Numbers that begin at a cache line.
type Numbers<N> = Vec<Line<N>>;

/// A step down the columns: some levels at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) levels: u32,
    /// Pairs of factors that come before those of this step.
    before: usize,
}

/// The factors of a transform in one direction, with their quotients by the modulus.
#[derive(Clone, Debug)]
pub(super) struct Twiddles<N> {
    pub(super) modulus: Modulus,
    degree: usize,
    lanes: usize,
    /// The steps down the columns, in their order forward.
    pub(super) steps: Vec<Step>,
    /// Pairs of a factor and its quotient, step by step, block by block, level by level.
    columns: Numbers<N>,
    /// [`NUMBERS_PER_ROW`] numbers for each row.
    rows: Numbers<N>,
    /// For each square (as many vectors as a vector has lanes): pairs for the levels between
    /// vectors; then a vector of factors and one of quotients for each level within them.
    squares: Numbers<N>,
}

/// The powers of one root.
struct Powers {
    modulus: Modulus,
    /// Those below the degree; from there on they repeat with the other sign.
    powers: Vec<u64>,
}

impl Powers {
    fn new(modulus: Modulus, degree: usize, root: u64) -> Self {
        let by: Multiplier = modulus.multiplier(root);
        let next = |power: &u64| Some(modulus.mul_by(*power, by));
        let powers = std::iter::successors(Some(1), next);
        Powers {
            modulus,
            powers: powers.take(degree).collect(),
        }
    }

    fn degree(&self) -> usize {
        self.powers.len()
    }

    fn power(&self, exponent: usize) -> u64 {
        let power = self.powers[exponent % self.degree()];
        if (exponent / self.degree()).is_multiple_of(2) {
            power
        } else {
            self.modulus.neg(power)
        }
    }

    /// The exponent of a node of the tree of butterflies, whose root is node 1 and whose node `n`
    /// has the children `2n` and `2n + 1`.
    fn exponent(&self, node: usize) -> usize {
        bit_reversed(node, self.degree())
    }

    fn pair<N: Number>(&self, exponent: usize) -> [N; 2] {
        N::pair(self.modulus, self.power(exponent))
    }

    fn columns<N: Number>(&self) -> Vec<N> {
        let mut numbers = Vec::new();
        let mut blocks = 1;
        for &levels in column_steps(self.degree()) {
            for block in blocks..2 * blocks {
                for level in 0..levels {
                    let nodes = (block << level)..((block + 1) << level);
                    numbers.extend(nodes.flat_map(|node| self.pair::<N>(self.exponent(node))));
                }
            }
            blocks <<= levels;
        }
        numbers
    }

    fn row<N: Number>(&self, rows: usize, row: usize) -> Vec<N> {
        let root = 2 * bit_reversed(row, rows) + 1;
        let node = rows + row;
        let mut numbers = Vec::with_capacity(NUMBERS_PER_ROW);
        for first in [0, self.exponent(node)] {
            let factors = (0..BLOCK).map(|index| self.pair(first + index * root));
            let factors: Vec<[N; 2]> = factors.collect();
            for part in 0..2 {
                numbers.extend(factors.iter().map(|factor| factor[part]));
            }
        }
        for level in 1..4 {
            let nodes = (node << level)..((node + 1) << level);
            numbers.extend(nodes.flat_map(|node| self.pair::<N>(self.exponent(node))));
        }
        numbers.resize(NUMBERS_PER_ROW, N::default());
        numbers
    }

    /// The factor of a node in the last four levels of the first row, which multiplies `half`
    /// coefficients, without the row's own factors.
    fn of_block<N: Number>(&self, node: usize, half: usize) -> [N; 2] {
        self.pair(self.exponent(node) + 2 * self.degree() - half)
    }

    fn squares<N: Number>(&self, lanes: usize) -> Vec<N> {
        let mut numbers = Vec::new();
        // The nodes of a level that has `half` coefficients on each side are numbered from here.
        let first = |half: usize| self.degree() / (2 * half);
        for start in (0..ROW).step_by(lanes * lanes) {
            for block in (start..start + lanes * lanes).step_by(BLOCK) {
                let mut half = BLOCK / 2;
                while half >= lanes {
                    let nodes = first(half) + block / (2 * half)..;
                    let nodes = nodes.take(BLOCK / (2 * half));
                    numbers.extend(nodes.flat_map(|node| self.of_block::<N>(node, half)));
                    half /= 2;
                }
            }
            numbers.resize(numbers.len().next_multiple_of(8), N::default());
            let mut half = lanes / 2;
            while half > 0 {
                for pair in (0..lanes).step_by(2 * half) {
                    let node = |lane| first(half) + (start + lane * lanes + pair) / (2 * half);
                    let factors = (0..lanes).map(|lane| self.of_block(node(lane), half));
                    let factors: Vec<[N; 2]> = factors.collect();
                    for part in 0..2 {
                        numbers.extend(factors.iter().map(|factor| factor[part]));
                    }
                }
                half /= 2;
            }
        }
        numbers
    }
}

impl<N: Number> Twiddles<N> {
    /// For a transform with vectors of `lanes` numbers.
    pub(super) fn new(modulus: Modulus, degree: usize, root: u64, lanes: usize) -> Self {
        let powers = Powers::new(modulus, degree, root);
        let rows = degree / ROW;
        let of_rows: Vec<N> = (0..rows).flat_map(|row| powers.row(rows, row)).collect();
        let mut before = 0;
        let mut blocks = 1;
        let steps = column_steps(degree).iter().map(|&levels| {
            let step = Step { levels, before };
            before += blocks * ((1 << levels) - 1);
            blocks <<= levels;
            step
        });
        Twiddles {
            modulus,
            degree,
            lanes,
            steps: steps.collect(),
            columns: lines(&powers.columns()),
            rows: lines(&of_rows),
            squares: lines(&powers.squares(lanes)),
        }
    }

    /// Levels of all steps down the columns.
    pub(super) fn levels(&self) -> u32 {
        self.steps.iter().map(|step| step.levels).sum()
    }

    /// Number of values.
    pub(super) fn degree(&self) -> usize {
        self.degree
    }

    /// The pairs of a block of a step: `2^levels - 1` of them, if the step has this block.
    pub(super) fn pairs(&self, step: usize, block: usize) -> *const N {
        let Step { levels, before } = self.steps[step];
        let pairs = before + block * ((1 << levels) - 1);
        self.columns.as_ptr().cast::<N>().wrapping_add(2 * pairs)
    }

    /// The numbers of a row, [`NUMBERS_PER_ROW`] of them, if `row < degree / ROW`.
    pub(super) fn row(&self, row: usize) -> *const N {
        let numbers = self.rows.as_ptr().cast::<N>();
        numbers.wrapping_add(row * NUMBERS_PER_ROW)
    }

    /// The numbers of a square, if `square < ROW / lanes^2`. They are the same for all rows.
    pub(super) fn square(&self, square: usize) -> *const N {
        let each = self.squares.len() * self.lanes * self.lanes / ROW;
        self.squares.as_ptr().wrapping_add(square * each).cast()
    }

    /// # Panics
    /// If these are not for rows of this degree and vectors of `lanes`.
    pub(super) fn check(&self, degree: usize, lanes: usize) {
        assert_eq!((degree, lanes), (self.degree, self.lanes));
    }
}

fn lines<N: Number>(numbers: &[N]) -> Numbers<N> {
    let line = |numbers: &[N]| {
        let mut line = Line::default();
        line.0[..numbers.len()].copy_from_slice(numbers);
        line
    };
    numbers.chunks(8).map(line).collect()
}
