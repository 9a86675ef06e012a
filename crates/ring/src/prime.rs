//! Primes, and those that polynomials have transforms for.

use crate::degree::check_degree;
use crate::{Error, Modulus, Result};

/// Whether a number is prime, without error.
///
/// # Source
/// Miller-Rabin to the first twelve primes as bases, which decides below 3.3 * 10^24 (Sorenson
/// and Webster, 2015).
pub(crate) fn is_prime(value: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if value < 2 {
        return false;
    }
    if let Some(&base) = BASES.iter().find(|&&base| value.is_multiple_of(base)) {
        return value == base;
    }
    let twos = (value - 1).trailing_zeros();
    let odd = (value - 1) >> twos;
    BASES.iter().all(|&base| {
        let mut power = pow(base, odd, value);
        if power == 1 || power == value - 1 {
            return true;
        }
        (1..twos).any(|_| {
            power = mul(power, power, value);
            power == value - 1
        })
    })
}

fn mul(a: u64, b: u64, modulus: u64) -> u64 {
    let product = u128::from(a) * u128::from(b) % u128::from(modulus);
    u64::try_from(product).unwrap_or(0)
}

fn pow(base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let (mut power, mut square) = (1, base % modulus);
    while exponent > 0 {
        if exponent % 2 == 1 {
            power = mul(power, square, modulus);
        }
        square = mul(square, square, modulus);
        exponent /= 2;
    }
    power
}

/// The `count` primes nearest to `2^bits` that leave 1 when divided by `2 * degree`, nearest first.
///
/// They are taken alternately from below and above, so that products stay near powers of two.
///
/// # Errors
/// [`Error::Degree`] if `degree` is not a ring degree, and [`Error::TooFewPrimes`] if fewer than `count`
/// such primes differ from `2^bits` by up to a quarter of it.
pub fn ntt_primes(bits: u32, degree: usize, count: usize) -> Result<Vec<Modulus>> {
    check_degree(degree)?;
    let step = 2 * degree as u64;
    let mut primes = Vec::new();
    let center = 1_u64.checked_shl(bits).unwrap_or(0);
    let (mut below, mut above) = (center.wrapping_add(1), center.wrapping_add(1));
    let near = |value: u64| value.abs_diff(center) <= center / 4;
    while primes.len() < count {
        below = below.wrapping_sub(step);
        above = above.wrapping_add(step);
        if !near(below) && !near(above) {
            let found = primes.len();
            return Err(Error::TooFewPrimes {
                bits,
                degree,
                requested: count,
                found,
            });
        }
        let candidates = [below, above].into_iter();
        let found = candidates
            .filter(|&value| near(value) && is_prime(value))
            .filter_map(|value| Modulus::new(value).ok());
        primes.extend(found.take(count - primes.len()));
    }
    Ok(primes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_primes_agree_with_a_sieve() {
        let mut composite = vec![false; 10_000];
        for value in 2..10_000_u64 {
            let index = usize::try_from(value).unwrap();
            assert_eq!(is_prime(value), !composite[index], "{value}");
            for multiple in (index * index..10_000).step_by(index) {
                composite[multiple] = true;
            }
        }
    }

    #[test]
    fn strong_pseudoprimes_are_not_primes() {
        assert!(is_prime((1 << 61) - 1));
        assert!(is_prime(18_446_744_073_709_551_557));
        // Strong pseudoprimes to the bases 2 to 7, 2 to 23, and 2 to 37 but for some.
        for composite in [3_215_031_751, 3_825_123_056_546_413_051, u64::MAX] {
            assert!(!is_prime(composite), "{composite}");
        }
    }

    #[test]
    fn primes_for_transforms_are_near_their_size_and_distinct() {
        for (bits, degree) in [(50, 1 << 16), (40, 1 << 15), (59, 1 << 17), (30, 1 << 10)] {
            let primes = ntt_primes(bits, degree, 12).unwrap();
            for (index, prime) in primes.iter().enumerate() {
                let value = prime.value();
                assert!(is_prime(value) && (value - 1).is_multiple_of(2 * degree as u64));
                assert!(value.abs_diff(1 << bits) < 1 << (bits - 2));
                assert!(!primes[..index].contains(prime));
            }
            let distance =
                |prime: &Modulus| prime.value().abs_diff(1 << bits) / (2 * degree as u64);
            assert!(primes.is_sorted_by_key(distance));
        }
    }

    #[test]
    fn requesting_too_many_primes_is_an_error_with_the_number_found() {
        let error = ntt_primes(18, 1 << 14, 9).unwrap_err();
        let Error::TooFewPrimes {
            found, requested, ..
        } = error
        else {
            panic!("{error}");
        };
        assert!(found < 9 && requested == 9);
        assert!(ntt_primes(200, 1 << 14, 1).is_err());
        assert!(ntt_primes(50, 1000, 1).is_err());
    }
}
