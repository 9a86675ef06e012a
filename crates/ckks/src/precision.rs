//! Precision statistics.

use num_complex::Complex64;

/// Precision statistics of numbers, in bits after the binary point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Bits of the mean magnitude of an error.
    pub mean_bits: f64,
    /// Bits of the largest magnitude of an error.
    pub worst_bits: f64,
}

impl Precision {
    /// The precision of real numbers.
    ///
    /// # Panics
    /// If the two slices have different lengths, or are empty.
    pub fn of_real(found: &[f64], expected: &[f64]) -> Self {
        assert_eq!(found.len(), expected.len(), "a number for each");
        Self::of_errors(found.iter().zip(expected).map(|(a, b)| (a - b).abs()))
    }

    /// The precision of complex numbers. Real and imaginary parts of an error count as two errors.
    ///
    /// # Panics
    /// If the two slices have different lengths, or are empty.
    pub fn of(found: &[Complex64], expected: &[Complex64]) -> Self {
        assert_eq!(found.len(), expected.len(), "a number for each");
        let errors = found.iter().zip(expected).map(|(a, b)| a - b);
        Self::of_errors(errors.flat_map(|error| [error.re.abs(), error.im.abs()]))
    }

    fn of_errors(errors: impl Iterator<Item = f64>) -> Self {
        let (mut count, mut sum, mut worst) = (0.0, 0.0, 0.0_f64);
        for error in errors {
            count += 1.0;
            sum += error;
            // An error that is not a number is worse than all others.
            let worse = error > worst || error.is_nan();
            worst = if worse && !worst.is_nan() {
                error
            } else {
                worst
            };
        }
        assert!(count > 0.0, "at least one number");
        Precision {
            mean_bits: -f64::log2(sum / count),
            worst_bits: -worst.log2(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_mean_and_of_the_largest_error() {
        let found = Precision::of_real(&[1.0, 2.0, 3.25, 4.0], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!((found.mean_bits, found.worst_bits), (4.0, 2.0));
        let i = Complex64::I;
        let found = Precision::of(&[i * 0.5, i], &[i * 0.5, i * 0.5]);
        assert_eq!((found.mean_bits, found.worst_bits), (3.0, 1.0));
    }

    #[test]
    fn an_error_that_is_not_a_number_has_no_bits() {
        let found = Precision::of_real(&[f64::NAN, 1.0], &[0.0, 1.0]);
        assert!(found.worst_bits.is_nan() && found.mean_bits.is_nan());
    }
}
