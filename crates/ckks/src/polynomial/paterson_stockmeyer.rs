//! Evaluation of Chebyshev series in the fewest possible levels, with few relinearizations.

use super::arithmetic::{Arithmetic, Clear, Combination, Counted};
use super::chebyshev::Chebyshev;
use std::collections::{BTreeMap, BTreeSet};

/// The plan of evaluating a Chebyshev series: the basis polynomials that are built, and the tree of
/// their products.
///
/// A series is split by the largest power of two `m` up to its degree, `p = 2 q T_m + r`, and so
/// are `q` and `r` until they are combinations of few small `T_k`. All terms of a node are added
/// *before* it is relinearized and rescaled, so that splitting `r` costs neither. On the leading
/// branch, where the constants of a combination would cost an additional level, splitting continues
/// down to `T_2`.
///
/// # Levels
/// The minimum for degree `d`, `ceil(log2(d + 1))`.
///
/// # Source
/// Paterson, Stockmeyer 1973; Han, Ki 2019/688; Bossuat, Mouchet, Troncoso-Pastoriza,
/// Hubaux 2020/1203, section 5.
#[derive(Clone, Debug, PartialEq)]
pub struct PatersonStockmeyer {
    powers: Vec<Power>,
    root: Node,
}

/// How `T_index` is built: `2 T_a T_b - T_(a - b)` of the halves `a` and `b` of its index.
///
/// The halves differ by 1 at most: what is subtracted is 1 or `T_1`, never a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Power {
    /// At least 2.
    pub(super) index: usize,
    /// The greater half, and the lesser or equal one.
    halves: (usize, usize),
}

/// `sum of 2 T_k factor_k + sum of c_k T_k + c_0`, relinearized (if there is a product) and
/// rescaled once.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    /// The products, by descending `T_k`. A leaf has none.
    products: Vec<Product>,
    /// The combination: `(k, c_k)`, ascending; no `c_k` is 0 and no `k` either.
    linear: Vec<(usize, f64)>,
    /// `c_0`.
    constant: f64,
    /// The fewest levels below `T_1` that the value takes.
    depth: u32,
}

/// Twice `T_power` times a node's value.
#[derive(Clone, Debug, PartialEq)]
struct Product {
    /// A power of two.
    power: usize,
    /// A node of less depth than the one that the product belongs to.
    factor: Node,
}

impl PatersonStockmeyer {
    /// Plans the evaluation with the fewest relinearizations, then the fewest products.
    ///
    /// # Panics
    /// If the polynomial is constant.
    pub fn new(polynomial: &Chebyshev) -> Self {
        let coefficients = polynomial.coefficients();
        let degree = coefficients.iter().rposition(|&c| c != 0.0).unwrap_or(0);
        assert!(degree > 0, "a constant polynomial needs no plan");
        let depth = ceil_log2(degree + 1);
        let plans = (1..=depth).map(|log| {
            let root = Node::new(&coefficients[..=degree], depth, 1 << log);
            PatersonStockmeyer {
                powers: powers(&root),
                root,
            }
        });
        let best = plans.min_by_key(|plan| (plan.relinearizations(), plan.products()));
        best.expect("the depth is not 0")
    }

    /// The basis polynomials to be built from `T_1`, by ascending index: halves come first.
    #[cfg(test)]
    pub(super) fn powers(&self) -> &[Power] {
        &self.powers
    }

    /// Levels that the evaluation takes, from `T_1` to the value.
    pub fn depth(&self) -> u32 {
        self.root.depth
    }

    /// Number of products of two ciphertexts.
    pub fn products(&self) -> usize {
        self.powers.len() + self.root.count(&|node| node.products.len())
    }

    /// Number of relinearizations, each of a sum of products.
    pub fn relinearizations(&self) -> usize {
        self.powers.len()
            + self
                .root
                .count(&|node| usize::from(!node.products.is_empty()))
    }

    /// Evaluates the series with an arithmetic, from the value of `T_1`.
    ///
    /// # Errors
    /// If one of the steps is not possible.
    pub(crate) fn evaluate<A: Arithmetic>(
        &self,
        arithmetic: &mut A,
        first: A::Value,
        target: &A::Target,
    ) -> Result<A::Value, A::Error> {
        let mut basis = BTreeMap::from([(1, first)]);
        for power in &self.powers {
            let (a, b) = power.halves;
            let difference = (a > b).then(|| &basis[&(a - b)]);
            let value = arithmetic.power(&basis[&a], &basis[&b], difference)?;
            basis.insert(power.index, value);
        }
        self.root.evaluate(arithmetic, &basis, target)
    }

    /// Evaluates in the clear; `t` is between -1 and 1.
    pub fn evaluate_clear(&self, t: f64) -> f64 {
        let first = Counted { value: t, depth: 0 };
        let Ok(result) = self.evaluate(&mut Clear::default(), first, &());
        result.value
    }
}

impl Node {
    /// Splits a series whose value may take `depth` levels. Combinations have a degree below
    /// `babies`, a power of two.
    fn new(coefficients: &[f64], depth: u32, babies: usize) -> Self {
        let mut node = Node {
            products: Vec::new(),
            linear: Vec::new(),
            constant: 0.0,
            depth: 0,
        };
        let mut rest = coefficients.to_vec();
        while let Some(degree) = rest.iter().rposition(|&c| c != 0.0) {
            rest.truncate(degree + 1);
            if degree < babies && (degree == 0 || ceil_log2(degree) < depth) {
                node.constant = rest[0];
                let terms = rest.iter().copied().enumerate().skip(1);
                node.linear.extend(terms.filter(|&(_, c)| c != 0.0));
                break;
            }
            let power = 1 << degree.ilog2();
            let quotient = divide(&mut rest, power);
            if quotient.len() == 1 {
                node.linear.push((power, 2.0 * quotient[0]));
            } else {
                let factor = Node::new(&quotient, depth - 1, babies);
                node.products.push(Product { power, factor });
            }
        }
        node.linear.sort_unstable_by_key(|&(k, _)| k);
        node.depth = node.earliest_depth();
        node
    }

    fn earliest_depth(&self) -> u32 {
        let linear = self.linear.iter().map(|&(k, _)| ceil_log2(k));
        let products = self.products.iter();
        let products = products.map(|p| p.factor.depth.max(ceil_log2(p.power)));
        linear.chain(products).max().map_or(0, |depth| depth + 1)
    }

    fn count(&self, of_node: &impl Fn(&Node) -> usize) -> usize {
        let below = self
            .products
            .iter()
            .map(|product| product.factor.count(of_node));
        of_node(self) + below.sum::<usize>()
    }

    fn collect_indices(&self, indices: &mut BTreeSet<usize>) {
        indices.extend(self.linear.iter().map(|&(k, _)| k));
        for product in &self.products {
            indices.insert(product.power);
            product.factor.collect_indices(indices);
        }
    }

    fn evaluate<A: Arithmetic>(
        &self,
        arithmetic: &mut A,
        basis: &BTreeMap<usize, A::Value>,
        target: &A::Target,
    ) -> Result<A::Value, A::Error> {
        let mut products = Vec::with_capacity(self.products.len());
        for product in &self.products {
            let power = &basis[&product.power];
            let factor_target = arithmetic.factor_target(power, target);
            let factor = product.factor.evaluate(arithmetic, basis, &factor_target)?;
            products.push((power, factor));
        }
        let combination = Combination {
            products,
            linear: self.linear.iter().map(|&(k, c)| (c, &basis[&k])).collect(),
            constant: self.constant,
        };
        arithmetic.combine(&combination, target)
    }
}

/// Divides a series of degree `power .. 2 power` by `2 T_power`. The remainder replaces the series,
/// the quotient is returned.
///
/// `2 T_power T_j = T_(power + j) + T_(power - j)`, so that a coefficient of the quotient is one of
/// the series, subtracted again where it is reflected to.
fn divide(series: &mut Vec<f64>, power: usize) -> Vec<f64> {
    let mut quotient = series.split_off(power);
    for (j, c) in quotient.iter().enumerate().skip(1) {
        series[power - j] -= c;
    }
    quotient[0] /= 2.0;
    quotient
}

/// The basis polynomials of a tree, and those that they are built from.
fn powers(root: &Node) -> Vec<Power> {
    let mut indices = BTreeSet::new();
    root.collect_indices(&mut indices);
    let mut powers = Vec::new();
    while let Some(index) = indices.pop_last().filter(|&index| index > 1) {
        let halves = (index.div_ceil(2), index / 2);
        indices.extend([halves.0, halves.1]);
        powers.push(Power { index, halves });
    }
    powers.reverse();
    powers
}

fn ceil_log2(n: usize) -> u32 {
    n.next_power_of_two().ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dense(degree: usize) -> Chebyshev {
        let coefficient = |k: usize| (1.0 + k as f64 * 0.7).sin();
        Chebyshev::new((0..=degree).map(coefficient).collect(), (-1.0, 1.0))
    }

    fn costs(degree: usize) -> (usize, usize) {
        let plan = PatersonStockmeyer::new(&dense(degree));
        (plan.products(), plan.relinearizations())
    }

    proptest! {
        #[test]
        fn a_plan_gives_the_polynomials_value(
            coefficients in prop::collection::vec(prop_oneof![Just(0.0), -1.0..1.0], 1..64),
            t in -1.0..1.0,
        ) {
            let mut coefficients = coefficients;
            coefficients.push(0.5);
            let polynomial = Chebyshev::new(coefficients, (-1.0, 1.0));
            let value = PatersonStockmeyer::new(&polynomial).evaluate_clear(t);
            prop_assert!((value - polynomial.evaluate(t)).abs() < 1e-11);
        }
    }

    #[test]
    fn every_degree_up_to_63_takes_the_least_levels() {
        for degree in 1..=63 {
            let polynomial = dense(degree);
            let plan = PatersonStockmeyer::new(&polynomial);
            let least = (0..).find(|&levels| degree < 1 << levels).unwrap();
            assert_eq!(plan.depth(), least, "degree {degree}");
            for t in [-1.0, -0.99, -0.3, 0.0, 0.123, 0.7, 1.0] {
                let mut clear = Clear::default();
                let Ok(result) = plan.evaluate(&mut clear, Counted { value: t, depth: 0 }, &());
                assert!((result.value - polynomial.evaluate(t)).abs() < 1e-12);
                assert_eq!(result.depth, least, "degree {degree}");
                assert_eq!(clear.products, plan.products());
                assert_eq!(clear.relinearizations, plan.relinearizations());
            }
        }
    }

    #[test]
    fn degree_30_takes_nine_relinearizations() {
        assert_eq!(costs(30), (12, 9));
        let plan = PatersonStockmeyer::new(&dense(30));
        let indices: Vec<usize> = plan.powers().iter().map(|power| power.index).collect();
        assert_eq!(indices, [2, 3, 4, 8, 16]);
    }

    #[test]
    fn the_depth_of_a_factor_is_less_than_that_of_its_node() {
        fn check(node: &Node) {
            for product in &node.products {
                assert!(product.power.is_power_of_two());
                assert!(product.factor.depth < node.depth);
                assert!(!product.factor.linear.is_empty() || !product.factor.products.is_empty());
                check(&product.factor);
            }
        }
        for degree in 1..=63 {
            check(&PatersonStockmeyer::new(&dense(degree)).root);
        }
    }

    #[test]
    fn an_even_polynomial_builds_no_odd_power() {
        let mut coefficients = vec![0.0; 15];
        coefficients.iter_mut().step_by(2).for_each(|c| *c = 1.0);
        let plan = PatersonStockmeyer::new(&Chebyshev::new(coefficients, (-1.0, 1.0)));
        assert!(plan.powers().iter().all(|power| power.index % 2 == 0));
    }

    #[test]
    #[should_panic(expected = "needs no plan")]
    fn a_constant_is_refused() {
        PatersonStockmeyer::new(&Chebyshev::new(vec![1.0, 0.0], (-1.0, 1.0)));
    }
}
