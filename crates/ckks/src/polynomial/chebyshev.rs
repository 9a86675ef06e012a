//! Polynomials by their coefficients in the Chebyshev basis of an interval.

use super::twofold::Twofold;
use std::f64::consts::PI;

/// `sum of c_k T_k(t)`, where `t` runs from -1 to 1 as `x` runs through a range.
///
/// # Shapes
/// Degree plus one coefficients, ascending.
#[derive(Clone, Debug, PartialEq)]
pub struct Chebyshev {
    coefficients: Vec<f64>,
    range: (f64, f64),
}

impl Chebyshev {
    /// The polynomial with these coefficients.
    ///
    /// # Panics
    /// If there are none, or the range does not ascend.
    pub fn new(coefficients: Vec<f64>, range: (f64, f64)) -> Self {
        assert!(
            !coefficients.is_empty(),
            "a polynomial has at least one coefficient"
        );
        assert!(
            range.0 < range.1,
            "the range from {} to {}",
            range.0,
            range.1
        );
        Chebyshev {
            coefficients,
            range,
        }
    }

    /// The polynomial that equals a function at the Chebyshev nodes of the range: nearly the best
    /// approximation of its degree.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn interpolate(f: impl Fn(f64) -> f64, degree: usize, range: (f64, f64)) -> Self {
        let count = degree + 1;
        // cos(pi quarters / 2 count), the quarters reduced to one turn before they are rounded.
        let cosine =
            |quarters: usize| (PI * (quarters % (4 * count)) as f64 / (2 * count) as f64).cos();
        let (middle, radius) = (range.0.midpoint(range.1), (range.1 - range.0) / 2.0);
        let values: Vec<f64> = (0..count)
            .map(|j| f(middle + radius * cosine(2 * j + 1)))
            .collect();
        let coefficient = |k: usize| {
            let term = |(j, value): (usize, &f64)| value * cosine(k * (2 * j + 1));
            let sum: f64 = values.iter().enumerate().map(term).sum();
            sum * if k == 0 { 1.0 } else { 2.0 } / count as f64
        };
        Self::new((0..count).map(coefficient).collect(), range)
    }

    /// The polynomial of least degree with given values at given points. The points may be
    /// ill-conditioned: 106 bits are used, enough for sixty equispaced ones.
    ///
    /// # Panics
    /// If there are not as many values as points, two points are equal, or as [`new`](Self::new).
    pub fn through_points(points: &[f64], values: &[f64], range: (f64, f64)) -> Self {
        assert_eq!(points.len(), values.len(), "a value for every point");
        let (start, end) = (Twofold::from(range.0), Twofold::from(range.1));
        let place = |&x: &f64| {
            let x = Twofold::from(x);
            (x + x - start - end) / (end - start)
        };
        let nodes: Vec<Twofold> = points.iter().map(place).collect();
        let mut series: Vec<Twofold> = Vec::new();
        for (&node, difference) in nodes.iter().zip(divided_differences(&nodes, values)).rev() {
            series = times_linear(&series, node);
            series[0] = series[0] + difference;
        }
        // Multiplying the empty series by a first linear factor has left a zero on top.
        series.truncate(points.len());
        Self::new(series.into_iter().map(Twofold::rounded).collect(), range)
    }

    /// One less than the number of coefficients.
    pub fn degree(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// Coefficients, ascending.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The range of `x`.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// The `t` between -1 and 1 of a point of the range.
    pub fn place(&self, x: f64) -> f64 {
        ((x - self.range.0) - (self.range.1 - x)) / (self.range.1 - self.range.0)
    }

    /// The value at a point, by Clenshaw's recurrence.
    pub fn evaluate(&self, x: f64) -> f64 {
        let t = self.place(x);
        let (mut next, mut after) = (0.0, 0.0);
        for c in self.coefficients[1..].iter().rev() {
            (next, after) = (c + 2.0 * t * next - after, next);
        }
        self.coefficients[0] + t * next - after
    }
}

/// Newton's coefficients of the polynomial through points.
fn divided_differences(nodes: &[Twofold], values: &[f64]) -> Vec<Twofold> {
    let mut differences: Vec<Twofold> = values.iter().copied().map(Twofold::from).collect();
    for order in 1..nodes.len() {
        for i in (order..nodes.len()).rev() {
            let distance = nodes[i] - nodes[i - order];
            assert!(distance != Twofold::ZERO, "two of the points agree");
            differences[i] = (differences[i] - differences[i - 1]) / distance;
        }
    }
    differences
}

/// A series times `t - node`, by `2 t T_k = T_(k + 1) + T_(k - 1)`. One coefficient longer.
fn times_linear(series: &[Twofold], node: Twofold) -> Vec<Twofold> {
    let mut product = vec![Twofold::ZERO; series.len() + 1];
    for (k, &c) in series.iter().enumerate() {
        product[k] = product[k] - c * node;
        product[k + 1] = product[k + 1] + c.half();
        let reflected = k.abs_diff(1);
        product[reflected] = product[reflected] + c.half();
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashu_ratio::RBig;
    use proptest::prelude::*;

    /// The interpolating polynomial's value by Lagrange's formula, without error.
    fn lagrange(points: &[f64], values: &[f64], x: f64) -> f64 {
        let exact = |x: f64| RBig::try_from(x).unwrap();
        let mut sum = RBig::ZERO;
        for (i, &value) in values.iter().enumerate() {
            let mut term = exact(value);
            for (j, &other) in points.iter().enumerate() {
                if i != j {
                    term = term * (exact(x) - exact(other)) / (exact(points[i]) - exact(other));
                }
            }
            sum += term;
        }
        sum.to_f64().value()
    }

    proptest! {
        #[test]
        fn clenshaw_sums_the_series(
            coefficients in prop::collection::vec(-1.0..1.0, 1..40),
            t in -1.0..1.0_f64,
        ) {
            let term = |(k, c): (usize, &f64)| c * (k as f64 * t.acos()).cos();
            let sum: f64 = coefficients.iter().enumerate().map(term).sum();
            let polynomial = Chebyshev::new(coefficients, (3.0, 7.0));
            prop_assert!((polynomial.evaluate(5.0 + 2.0 * t) - sum).abs() < 1e-11);
        }

        #[test]
        fn interpolation_finds_a_polynomial_again(
            coefficients in prop::collection::vec(-1.0..1.0, 1..40),
        ) {
            let polynomial = Chebyshev::new(coefficients, (-4.0, 1.0));
            let f = |x| polynomial.evaluate(x);
            let found = Chebyshev::interpolate(f, polynomial.degree(), polynomial.range());
            for (a, b) in found.coefficients().iter().zip(polynomial.coefficients()) {
                prop_assert!((a - b).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn equispaced_points_lose_no_digits() {
        let points: Vec<f64> = (-15..=15).map(f64::from).collect();
        let values: Vec<f64> = points.iter().map(|x| (0.8 * x + 0.3).cos()).collect();
        let polynomial = Chebyshev::through_points(&points, &values, (-16.0, 16.0));
        assert_eq!(polynomial.degree(), 30);
        for (&x, value) in points.iter().zip(&values) {
            assert!((polynomial.evaluate(x) - value).abs() < 5e-15);
        }
        // Even where errors in the points are magnified by 2^31.
        for x in [-16.0, -15.5, 0.01, 9.99, 15.5, 16.0] {
            let exact = lagrange(&points, &values, x);
            assert!((polynomial.evaluate(x) - exact).abs() < 5e-15);
        }
    }

    #[test]
    fn a_smooth_function_is_interpolated_to_the_last_digits() {
        let polynomial = Chebyshev::interpolate(f64::exp, 20, (-2.0, 1.0));
        for k in 0..=300 {
            let x = -2.0 + 0.01 * f64::from(k);
            assert!((polynomial.evaluate(x) - x.exp()).abs() < 1e-14);
        }
    }

    #[test]
    #[should_panic(expected = "two of the points agree")]
    fn a_point_given_twice_is_refused() {
        Chebyshev::through_points(&[1.0, 2.0, 1.0], &[0.0; 3], (0.0, 3.0));
    }
}
