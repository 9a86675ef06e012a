//! The powers of a root of unity, in the order in which the vector transforms use them.
//!
//! A row of `N` residues is a matrix of rows of [`ROW`]. The first levels of a transform pass
//! down its columns, the last eight along its rows. In a row, powers that differ from row to row
//! are 1 MB for 2^16 coefficients. But with the coefficient `i` of each 16 multiplied by `g^i`,
//! where `g` is that row's own root, the last four levels are the same for all rows. These
//! factors are part of the first level of the row, which multiplies half of the coefficients
//! anyway: so a row has 46 factors and not 255.

use crate::ntt::reversed;
use crate::{Modulus, Multiplier};

/// Coefficients of a row of the matrix.
pub(super) const ROW: usize = 256;

/// Coefficients that the last four levels are among.
pub(super) const BLOCK: usize = 16;

/// Numbers that a row has: 16 factors, and as many times that of the first level, both followed
/// by their quotients; then the 14 of the next three levels in pairs; and none to the next line.
pub(super) const OF_ROW: usize = 96;

/// Levels that the columns are passed in at a time.
///
/// The lines of a step that are far apart share one set of a first-level cache, which has eight
/// ways on most processors: with 16 lines, those stored were evicted since they were loaded.
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

/// What the vectors of a transform are of.
pub(super) trait Number: Copy + Default {
    /// A factor, and its quotient by the modulus.
    fn pair(modulus: Modulus, factor: u64) -> [Self; 2];
}

/// A number between half the modulus and its negative, and the nearest to its quotient.
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

/// Numbers from the beginning of a cache line on.
type Numbers<N> = Vec<Line<N>>;

/// Levels that the columns are passed in at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) levels: u32,
    /// Pairs of factors before those of this step.
    before: usize,
}

/// The factors of a transform in one direction, with their quotients by the modulus.
#[derive(Clone, Debug)]
pub(super) struct Twiddles<N> {
    degree: usize,
    lanes: usize,
    /// The steps that columns are passed in.
    pub(super) steps: Vec<Step>,
    /// Pairs of a factor and its quotient, step by step, block by block, level by level.
    columns: Numbers<N>,
    /// [`OF_ROW`] numbers for each row.
    rows: Numbers<N>,
    /// For each square of as many vectors as a vector has lanes: pairs for the levels between
    /// vectors; then a vector of factors and one of quotients for the levels within.
    squares: Numbers<N>,
}

/// A residue as the nearest number to 0, and its quotient by the modulus.
pub(super) fn balanced(modulus: Modulus, value: u64) -> [f64; 2] {
    let magnitude = value.min(modulus.value() - value);
    let sign = if magnitude == value { 1.0 } else { -1.0 };
    let factor = sign * exact(magnitude);
    [factor, factor / exact(modulus.value())]
}

/// An integer below 2^53.
#[allow(clippy::cast_precision_loss, reason = "below 2^53")]
pub(super) fn exact(value: u64) -> f64 {
    value as f64
}

/// The powers of one root.
struct Powers {
    modulus: Modulus,
    /// Up to the degree, from where on they repeat with the other sign.
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
        let (around, place) = (exponent / self.degree(), exponent % self.degree());
        let power = self.powers[place];
        if around.is_multiple_of(2) {
            power
        } else {
            self.modulus.neg(power)
        }
    }

    /// The exponent of a node of the tree of butterflies, whose root is 1 and whose nodes `n`
    /// have `2n` and `2n + 1` below them.
    fn exponent(&self, node: usize) -> usize {
        reversed(node, self.degree())
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
        let root = 2 * reversed(row, rows) + 1;
        let node = rows + row;
        let mut numbers = Vec::with_capacity(OF_ROW);
        for first in [0, self.exponent(node)] {
            let factors = (0..BLOCK).map(|place| self.pair(first + place * root));
            let factors: Vec<[N; 2]> = factors.collect();
            for part in 0..2 {
                numbers.extend(factors.iter().map(|factor| factor[part]));
            }
        }
        for level in 1..4 {
            let nodes = (node << level)..((node + 1) << level);
            numbers.extend(nodes.flat_map(|node| self.pair::<N>(self.exponent(node))));
        }
        numbers.resize(OF_ROW, N::default());
        numbers
    }

    /// The factor of a node in the last four levels of the first row, for which `half`
    /// coefficients are multiplied, without the factors of the row.
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
                for place in (0..lanes).step_by(2 * half) {
                    let node = |lane| first(half) + (start + lane * lanes + place) / (2 * half);
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
    /// For a transform with vectors of so many lanes.
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
            degree,
            lanes,
            steps: steps.collect(),
            columns: lines(&powers.columns()),
            rows: lines(&of_rows),
            squares: lines(&powers.squares(lanes)),
        }
    }

    /// Levels that the columns are passed in.
    pub(super) fn levels(&self) -> u32 {
        self.steps.iter().map(|step| step.levels).sum()
    }

    /// Pairs of a block of a step.
    pub(super) fn pairs(&self, step: usize, block: usize) -> *const N {
        let Step { levels, before } = self.steps[step];
        let pairs = before + block * ((1 << levels) - 1);
        self.columns.as_ptr().cast::<N>().wrapping_add(2 * pairs)
    }

    /// Numbers of a row.
    pub(super) fn row(&self, row: usize) -> *const N {
        let numbers = self.rows.as_ptr().cast::<N>();
        numbers.wrapping_add(row * OF_ROW)
    }

    /// Numbers of a square of a row.
    pub(super) fn square(&self, square: usize) -> *const N {
        let each = self.squares.len() * self.lanes * self.lanes / ROW;
        self.squares.as_ptr().wrapping_add(square * each).cast()
    }

    /// # Panics
    /// If these are not for such rows and vectors.
    pub(super) fn check(&self, degree: usize, lanes: usize) {
        assert_eq!((degree, lanes), (self.degree, self.lanes));
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        let lines = self.columns.len() + self.rows.len() + self.squares.len();
        lines * size_of::<Line<N>>()
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
