//! Reduction modulo 1 by polynomials: the heart of bootstrapping.

use super::chebyshev::Chebyshev;
use super::paterson_stockmeyer::PatersonStockmeyer;
use crate::special_fft::root_of_unity;
use crate::{Error, Result};
use std::f64::consts::{PI, TAU};

/// The description of an approximate reduction modulo 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalModSpec {
    /// `K`: the input is between `-K` and `K`, and its nearest integer at most `degree / 2`.
    pub bound: u32,
    /// Degree of the polynomial that interpolates the cosine, at the integers from `-degree / 2` to
    /// `degree / 2`.
    pub degree: u32,
    /// Number of times that the angle is doubled.
    pub double_angles: u32,
    /// Bits by which messages are smaller than the modulus: `log2(q0 / scale)`.
    pub message_ratio: u32,
    /// Whether a cubic arcsine corrects the sine, for two more levels.
    pub arcsine: bool,
}

impl Default for EvalModSpec {
    /// For an encapsulated secret of weight 32.
    fn default() -> Self {
        EvalModSpec {
            bound: 16,
            degree: 30,
            double_angles: 3,
            message_ratio: 7,
            arcsine: true,
        }
    }
}

impl EvalModSpec {
    fn check(&self) -> Result<()> {
        let EvalModSpec { bound, degree, .. } = *self;
        if degree == 0 || !degree.is_multiple_of(2) || degree / 2 > bound {
            return Err(Error::Bootstrap(format!(
                "a reduction by degree {degree} of numbers up to {bound}: take an even degree from \
                 2 to {}",
                2 * u64::from(bound)
            )));
        }
        if self.message_ratio < 3 {
            return Err(Error::Bootstrap(format!(
                "a first prime 2^{} times as large as messages: take 2^3 or more",
                self.message_ratio
            )));
        }
        Ok(())
    }
}

/// Reduction modulo 1 of numbers near integers: `x - round(x)`, approximately.
///
/// With `z_0` the polynomial's value at `x`, near `2 cos(2 pi (x - 1/4) / 2^r)`, the `r` steps
/// `z <- z^2 - 2` double the angle and end at `2 sin(2 pi x)`: for twice the cosine, doubling takes
/// no constant factor. The result is `gain z (1 + cubic z^2)`, where scales absorb both constants:
/// that of `z^2` absorbs `cubic`, that of the result absorbs `gain`.
///
/// # Levels
/// Those of the polynomial, one for each doubling, two for the arcsine.
///
/// # Range
/// `x` is within `2^-message_ratio` of an integer of at most `degree / 2`. Outside this range the
/// result is meaningless.
///
/// # Source
/// Han, Ki 2019/688 (interpolation near the integers, double angles); Lee, Lee, Lee,
/// Kim, No 2020/552 (arcsine).
///
/// # Deviates
/// The arcsine is not a Taylor polynomial but interpolates at Chebyshev nodes of the messages,
/// which is four bits more precise for the largest ones.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalMod {
    spec: EvalModSpec,
    cosine: Chebyshev,
    plan: PatersonStockmeyer,
    gain: f64,
    cubic: Option<f64>,
}

impl EvalMod {
    /// Computes the constants.
    ///
    /// # Errors
    /// If the degree is 0 or odd, or half of it exceeds the bound; if the sine of a message is not
    /// monotonic (`message_ratio < 3`).
    pub fn new(spec: EvalModSpec) -> Result<Self> {
        spec.check()?;
        let (reach, bound) = (spec.degree / 2, f64::from(spec.bound));
        let values: Vec<f64> = (0..=2 * reach)
            .map(|k| twice_cosine(k, reach, spec.double_angles))
            .collect();
        let points: Vec<f64> = (0..=2 * reach)
            .map(|k| f64::from(k) - f64::from(reach))
            .collect();
        let cosine = Chebyshev::through_points(&points, &values, (-bound, bound));
        let plan = PatersonStockmeyer::new(&cosine);
        let (gain, cubic) = arcsine(spec.message_ratio, spec.arcsine);
        Ok(EvalMod {
            spec,
            cosine,
            plan,
            gain,
            cubic,
        })
    }

    /// The description that it was made from.
    pub fn spec(&self) -> &EvalModSpec {
        &self.spec
    }

    /// The polynomial near `2 cos(2 pi (x - 1/4) / 2^r)`, in the Chebyshev basis of `x / K`.
    pub fn cosine(&self) -> &Chebyshev {
        &self.cosine
    }

    /// How [`cosine`](Self::cosine) is evaluated, from `T_1 = x / K`.
    pub fn plan(&self) -> &PatersonStockmeyer {
        &self.plan
    }

    /// Number of steps `z <- z^2 - 2`.
    pub fn double_angles(&self) -> u32 {
        self.spec.double_angles
    }

    /// The factor of `z`, or of `z (1 + cubic z^2)`.
    pub fn gain(&self) -> f64 {
        self.gain
    }

    /// The arcsine's constant.
    pub fn cubic(&self) -> Option<f64> {
        self.cubic
    }

    /// Levels from `T_1` to the result.
    pub fn depth(&self) -> u32 {
        let arcsine = if self.cubic.is_some() { 2 } else { 0 };
        self.plan.depth() + self.spec.double_angles + arcsine
    }

    /// The result in the clear, step by step as for ciphertexts.
    pub fn evaluate(&self, x: f64) -> f64 {
        self.evaluate_from(self.plan.evaluate_clear(x / f64::from(self.spec.bound)))
    }

    /// The steps after the polynomial.
    fn evaluate_from(&self, mut z: f64) -> f64 {
        for _ in 0..self.spec.double_angles {
            z = z * z - 2.0;
        }
        let corrected = self.cubic.map_or(1.0, |cubic| 1.0 + cubic * (z * z));
        corrected * (self.gain * z)
    }
}

/// `2 cos(2 pi (k - reach - 1/4) / 2^double_angles)`. The angle is an integer in units of one turn
/// divided by `order`.
fn twice_cosine(k: u32, reach: u32, double_angles: u32) -> f64 {
    let order = 4_usize << double_angles;
    let (k, reach) = (k as usize, reach as usize);
    let steps = order * (reach + 1) + 4 * k - 4 * reach - 1;
    2.0 * root_of_unity(steps % order, order).re
}

/// `gain` and `cubic` such that `gain z (1 + cubic z^2)` is near `asin(z / 2) / 2 pi`.
///
/// The two are equal at the zeros of the Chebyshev polynomial of degree 5 (3 without a cubic term)
/// on the interval of the values of `z` that belong to messages.
fn arcsine(message_ratio: u32, cubic: bool) -> (f64, Option<f64>) {
    let reach = 2.0 * (TAU * 0.5_f64.powi(message_ratio.cast_signed())).sin();
    let slope = |node: f64| {
        let z = reach * node.cos();
        (z * z, (z / 2.0).asin() / (TAU * z))
    };
    if !cubic {
        return (slope(PI / 6.0).1, None);
    }
    let ((far, far_slope), (near, near_slope)) = (slope(PI / 10.0), slope(3.0 * PI / 10.0));
    let rise = (far_slope - near_slope) / (far - near);
    let gain = near_slope - rise * near;
    (gain, Some(rise / gain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polynomial::arithmetic::{Arithmetic, Clear, Combination, Counted};
    use std::convert::Infallible;
    use std::result::Result;

    /// The greatest error for messages up to `2^-message_bits` and integers up to `reach`, in bits
    /// below the greatest message.
    fn bits(eval_mod: &EvalMod, message_bits: i32, reach: i32) -> f64 {
        let greatest = 0.5_f64.powi(message_bits);
        let mut worst = 0.0_f64;
        for integer in -reach..=reach {
            for step in -64..=64 {
                let message = greatest * f64::from(step) / 64.0;
                let error = eval_mod.evaluate(f64::from(integer) + message) - message;
                worst = worst.max(error.abs());
            }
        }
        (greatest / worst).log2()
    }

    fn with(message_ratio: u32, arcsine: bool) -> EvalMod {
        EvalMod::new(EvalModSpec {
            message_ratio,
            arcsine,
            ..EvalModSpec::default()
        })
        .unwrap()
    }

    /// Numbers in the clear, with an error in the basis polynomial that is built after
    /// `built_before` others.
    struct Disturbed {
        clear: Clear,
        built_before: usize,
        error: f64,
    }

    impl Arithmetic for Disturbed {
        type Value = Counted;
        type Target = ();
        type Error = Infallible;

        fn power(
            &mut self,
            a: &Counted,
            b: &Counted,
            c: Option<&Counted>,
        ) -> Result<Counted, Infallible> {
            let disturbed = self.clear.products == self.built_before;
            let mut power = self.clear.power(a, b, c)?;
            power.value += if disturbed { self.error } else { 0.0 };
            Ok(power)
        }

        fn factor_target(&self, _: &Counted, (): &()) {}

        fn combine(
            &mut self,
            combination: &Combination<'_, Counted>,
            (): &(),
        ) -> Result<Counted, Infallible> {
            self.clear.combine(combination, &())
        }
    }

    /// By how much an error in a basis polynomial disturbs the result, at worst.
    fn sensitivity(eval_mod: &EvalMod, built_before: usize) -> f64 {
        let error = 1e-9;
        let disturbance = |integer: i32| {
            let t = f64::from(integer) / f64::from(eval_mod.spec.bound);
            let mut disturbed = Disturbed {
                clear: Clear::default(),
                built_before,
                error,
            };
            let first = Counted { value: t, depth: 0 };
            let Ok(z) = eval_mod.plan.evaluate(&mut disturbed, first, &());
            (eval_mod.evaluate_from(z.value) / error).abs()
        };
        (-10..=10).map(disturbance).fold(0.0, f64::max)
    }

    #[test]
    fn noise_of_the_first_square_matters_most() {
        let eval_mod = EvalMod::new(EvalModSpec::default()).unwrap();
        let indices: Vec<usize> = eval_mod.plan().powers().iter().map(|p| p.index).collect();
        assert_eq!(indices, [2, 3, 4, 8, 16]);
        let sensitivities: Vec<f64> = (0..5).map(|k| sensitivity(&eval_mod, k).round()).collect();
        // An error in the input itself counts 16 times.
        assert_eq!(sensitivities, [253.0, 4.0, 63.0, 16.0, 0.0]);
    }

    #[test]
    fn a_cubic_arcsine_leaves_25_bits_of_messages_of_its_ratio() {
        let eval_mod = EvalMod::new(EvalModSpec::default()).unwrap();
        // The arcsine has no term of degree 5: that limits the precision.
        assert!(bits(&eval_mod, 7, 10) > 25.1);
        assert!(bits(&with(8, true), 8, 10) > 29.1);
        assert!(bits(&with(9, true), 9, 10) > 32.7);
        assert!(bits(&with(10, true), 10, 10) > 34.5);
    }

    #[test]
    fn without_arcsine_the_ratio_decides() {
        assert!(bits(&with(7, false), 7, 10) > 13.2);
        assert!(bits(&with(10, false), 10, 10) > 19.2);
    }

    #[test]
    fn the_outermost_integers_lose_bits_but_hold() {
        let eval_mod = EvalMod::new(EvalModSpec::default()).unwrap();
        assert!(bits(&eval_mod, 7, 12) > 24.8);
        assert!(bits(&eval_mod, 7, 15) > 16.5);
    }

    #[test]
    fn levels_are_five_and_three_and_two() {
        assert_eq!(with(7, true).plan().depth(), 5);
        assert_eq!(with(7, true).depth(), 10);
        assert_eq!(with(10, false).depth(), 8);
    }

    #[test]
    fn the_polynomial_is_twice_a_cosine() {
        let eval_mod = EvalMod::new(EvalModSpec::default()).unwrap();
        for k in -1500..=1500 {
            let x = f64::from(k) / 100.0;
            let cosine = 2.0 * (TAU * (x - 0.25) / 8.0).cos();
            assert!((eval_mod.cosine().evaluate(x) - cosine).abs() < 1e-4);
        }
        let plan = eval_mod.plan().evaluate_clear(0.3);
        assert!((plan - eval_mod.cosine().evaluate(0.3 * 16.0)).abs() < 1e-14);
    }

    #[test]
    fn constants_are_near_those_of_taylor() {
        let eval_mod = with(12, true);
        assert!((eval_mod.gain() * 2.0 * TAU - 1.0).abs() < 1e-10);
        assert!((eval_mod.cubic().unwrap() * 24.0 - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_heavier_secret_takes_a_wider_range() {
        let spec = EvalModSpec {
            bound: 28,
            degree: 54,
            ..EvalModSpec::default()
        };
        let eval_mod = EvalMod::new(spec).unwrap();
        assert_eq!(eval_mod.depth(), 11);
        assert!(bits(&eval_mod, 7, 20) > 25.0);
    }

    #[test]
    fn an_odd_degree_is_refused() {
        let error = EvalMod::new(EvalModSpec {
            degree: 31,
            ..EvalModSpec::default()
        });
        let error = error.unwrap_err().to_string();
        assert!(error.contains("take an even degree"), "{error}");
    }
}
