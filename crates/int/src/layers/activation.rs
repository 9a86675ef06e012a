//! The activations: piecewise linear functions of an int8, without any multiplication table.

use crate::kernel::{Isa, Reciprocal};
use crate::spec::Activation;
use crate::{Error, Result};
use alloc::format;

/// Slopes of the negative side for which NITRO-ReLU's mean is tabulated: `(alpha_inv, mean)`.
///
/// # Source
/// NITRO-D section 3.3: the mean of the four segments' means. The published table has 44 at 16,
/// where the formula gives 45; the table holds.
const NITRO_MEANS: [(i32, i8); 9] = [
    (3, 31),
    (4, 36),
    (5, 38),
    (7, 40),
    (8, 42),
    (10, 43),
    (15, 44),
    (16, 44),
    (20, 45),
];

impl Activation {
    /// Whether the slope is one of the table.
    ///
    /// # Errors
    /// Names the slopes there are.
    pub fn check(self) -> Result<()> {
        let (Activation::NitroRelu { alpha_inv } | Activation::PocketLeakyRelu { alpha_inv }) =
            self
        else {
            return Ok(());
        };
        if NITRO_MEANS.iter().any(|&(slope, _)| slope == alpha_inv) {
            return Ok(());
        }
        Err(Error::Setting {
            setting: "alpha_inv",
            problem: format!("{alpha_inv} is not one of 3, 4, 5, 7, 8, 10, 15, 16, 20"),
        })
    }

    /// The activation of `x`.
    pub fn apply(self, x: i8) -> i8 {
        let x = i32::from(x);
        let y = match self {
            Activation::NitroRelu { alpha_inv } => {
                leaky(x, alpha_inv) - i32::from(nitro_mean(alpha_inv))
            }
            Activation::PocketRelu => x.max(0),
            Activation::PocketLeakyRelu { alpha_inv } => leaky(x, alpha_inv),
            Activation::PocketTanh => pocket_tanh(x),
        };
        i8::try_from(y).unwrap_or(if y < 0 { i8::MIN } else { i8::MAX })
    }

    /// Inverse of the slope at `x` by which gradients are divided; 0 where none passes.
    ///
    /// # Deviates
    /// From the true derivative as published: the leaky functions pass nothing at 127, where
    /// the input was cut, but pass at -127; `pocket_relu` passes at 127 and not at 0.
    pub fn inverse_slope(self, x: i8) -> i32 {
        match self {
            Activation::NitroRelu { alpha_inv } | Activation::PocketLeakyRelu { alpha_inv } => {
                match x {
                    127 => 0,
                    0..127 => 1,
                    -127..0 => alpha_inv,
                    -128 => 0,
                }
            }
            Activation::PocketRelu => i32::from(x > 0),
            Activation::PocketTanh => match x {
                127 | -128 => 0,
                75..127 | -127..-74 => 8,
                32..75 | -74..-31 => 2,
                -31..32 => 1,
            },
        }
    }

    /// The activations of many values, up to the end of the shorter slice.
    pub fn apply_all(self, isa: Isa, inputs: &[i8], outputs: &mut [i16]) {
        match self {
            Activation::NitroRelu { alpha_inv } => {
                let mean = nitro_mean(alpha_inv).into();
                isa.leaky(inputs, inverse(alpha_inv), mean, outputs);
            }
            Activation::PocketLeakyRelu { alpha_inv } => {
                isa.leaky(inputs, inverse(alpha_inv), 0, outputs);
            }
            _ => {
                let pairs = outputs.iter_mut().zip(inputs);
                pairs.for_each(|(y, &x)| *y = self.apply(x).into());
            }
        }
    }

    /// Gradients at the inputs, in place of those at the outputs, rounded toward zero.
    pub(crate) fn backward_all(self, isa: Isa, gradients: &mut [i32], inputs: &[i8]) {
        match self {
            Activation::NitroRelu { alpha_inv } | Activation::PocketLeakyRelu { alpha_inv } => {
                let slope = Reciprocal::new(u64::from(alpha_inv.unsigned_abs()).max(1));
                isa.leaky_backward(gradients, inputs, slope);
            }
            _ => {
                let pairs = gradients.iter_mut().zip(inputs);
                pairs.for_each(|(gradient, &x)| *gradient = self.backward(*gradient, x));
            }
        }
    }

    /// The gradient at one input.
    pub fn backward(self, gradient: i32, x: i8) -> i32 {
        match self.inverse_slope(x) {
            0 => 0,
            slope => gradient / slope,
        }
    }
}

/// `ceil(2^16 / alpha_inv)`: multiplied and shifted, it divides all magnitudes up to 127 exactly.
fn inverse(alpha_inv: i32) -> u16 {
    let alpha = alpha_inv.unsigned_abs().max(2);
    u16::try_from((1_u32 << 16).div_ceil(alpha)).unwrap_or(u16::MAX)
}

fn leaky(x: i32, alpha_inv: i32) -> i32 {
    if x >= 0 {
        x
    } else {
        x.max(-127) / alpha_inv.max(1)
    }
}

fn nitro_mean(alpha_inv: i32) -> i8 {
    let found = NITRO_MEANS.iter().find(|&&(slope, _)| slope == alpha_inv);
    found.map_or(0, |&(_, mean)| mean)
}

fn pocket_tanh(x: i32) -> i32 {
    match x {
        127.. => 127,
        75..127 => x / 3 + 83,
        32..75 => x + 32,
        -31..32 => 2 * x,
        -74..-31 => x - 32,
        -127..-74 => x / 3 - 83,
        ..-127 => -127,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn nitro_relu_has_the_published_values() {
        let relu = Activation::default();
        for (x, y) in [
            (-127, -67),
            (-4, -37),
            (-3, -36),
            (0, -36),
            (1, -35),
            (126, 90),
            (127, 91),
        ] {
            assert_eq!(relu.apply(x), y, "at {x}");
        }
    }

    #[test]
    fn nitro_means_follow_their_formula_except_at_16() {
        for (alpha, mean) in NITRO_MEANS {
            let formula = (-127 / alpha - 127 / (2 * alpha) + 63 + 127) / 4;
            assert_eq!(
                formula,
                i32::from(mean) + i32::from(alpha == 16),
                "slope 1/{alpha}"
            );
        }
    }

    #[test]
    fn gradients_stop_only_at_positive_saturation() {
        let mut gradients = [-7; 5];
        Activation::default().backward_all(
            Isa::current(),
            &mut gradients,
            &[127, 126, 0, -1, -127],
        );
        assert_eq!(gradients, [0, -7, -7, -1, -1]);
    }

    #[test]
    fn many_values_are_treated_as_each_alone() {
        let all: Vec<i8> = (-128..=127).collect();
        let slopes = NITRO_MEANS.map(|(alpha_inv, _)| alpha_inv);
        let nitro = slopes.map(|alpha_inv| Activation::NitroRelu { alpha_inv });
        let leaky = slopes.map(|alpha_inv| Activation::PocketLeakyRelu { alpha_inv });
        let others = [Activation::PocketRelu, Activation::PocketTanh];
        for activation in nitro.into_iter().chain(leaky).chain(others) {
            let mut outputs = vec![0; 256];
            activation.apply_all(Isa::current(), &all, &mut outputs);
            let alone: Vec<i16> = all.iter().map(|&x| activation.apply(x).into()).collect();
            assert_eq!(outputs, alone, "{activation:?}");
            for gradient in [i32::MIN, -100_001, -1, 0, 7, 99_999, i32::MAX] {
                let mut gradients = vec![gradient; 256];
                activation.backward_all(Isa::current(), &mut gradients[1..], &all[1..]);
                let alone = all.iter().map(|&x| activation.backward(gradient, x));
                assert!(
                    gradients.iter().copied().skip(1).eq(alone.skip(1)),
                    "{activation:?}"
                );
            }
        }
    }

    #[test]
    fn no_activation_falls_so_that_the_largest_input_has_the_largest_output() {
        let nitro = NITRO_MEANS.map(|(alpha_inv, _)| Activation::NitroRelu { alpha_inv });
        let leaky = Activation::PocketLeakyRelu { alpha_inv: 4 };
        for activation in
            nitro
                .into_iter()
                .chain([leaky, Activation::PocketRelu, Activation::PocketTanh])
        {
            assert!((-128..127).all(|x| activation.apply(x) <= activation.apply(x + 1)));
        }
    }

    #[test]
    fn pocket_tanh_meets_its_joints() {
        let tanh = Activation::PocketTanh;
        for (x, y) in [
            (127, 127),
            (126, 125),
            (75, 108),
            (74, 106),
            (32, 64),
            (31, 62),
            (0, 0),
            (-31, -62),
            (-32, -64),
            (-74, -106),
            (-75, -108),
            (-127, -125),
        ] {
            assert_eq!(tanh.apply(x), y, "at {x}");
        }
        for (x, slope) in [
            (127, 0),
            (75, 8),
            (32, 2),
            (-31, 1),
            (-32, 2),
            (-75, 8),
            (-127, 8),
        ] {
            assert_eq!(tanh.inverse_slope(x), slope, "slope at {x}");
        }
    }

    #[test]
    fn pocket_relu_passes_gradients_above_zero_only() {
        let relu = Activation::PocketRelu;
        assert_eq!([-5, 0, 1, 127].map(|x| relu.apply(x)), [0, 0, 1, 127]);
        assert_eq!([-5, 0, 1, 127].map(|x| relu.backward(9, x)), [0, 0, 9, 9]);
    }

    #[test]
    fn slopes_outside_the_table_are_refused() {
        assert!(Activation::NitroRelu { alpha_inv: 4 }.check().is_ok());
        assert!(Activation::NitroRelu { alpha_inv: 6 }.check().is_err());
        assert!(
            Activation::PocketLeakyRelu { alpha_inv: 0 }
                .check()
                .is_err()
        );
    }
}
