//! The limits of 128 bits of security, and the probability that bootstrapping fails.

/// log2 of the ring degree, and the limit of log2 of the product of all primes, special ones
/// included, for a dense ternary secret and errors of standard deviation 3.19.
///
/// # Source
/// Bossuat et al., "Security guidelines for implementing homomorphic encryption" (2024/463),
/// table 5.2, classical attacks.
const DENSE: [(u32, u32); 5] = [(13, 214), (14, 430), (15, 868), (16, 1747), (17, 3523)];

/// The same limits for an ephemeral secret with 32 coefficients that are not 0.
///
/// # Source
/// Bossuat, Troncoso-Pastoriza, Hubaux, "Bootstrapping for approximate homomorphic encryption
/// with negligible failure-probability by using sparse-secret encapsulation" (2022/024).
const SPARSE_32: [(u32, u32); 2] = [(15, 162), (16, 345)];

/// The limit of log2 of the product of all primes at a degree, for a dense ternary secret. A degree
/// without a published limit has that of the next smaller one, or 0.
pub fn max_modulus_bits(log_degree: u32) -> u32 {
    look_up(&DENSE, log_degree)
}

/// The limit of log2 of the product of all primes at a degree, for a sparse ternary secret of
/// weight 32.
pub fn max_modulus_bits_sparse(log_degree: u32) -> u32 {
    look_up(&SPARSE_32, log_degree)
}

/// log2 of a bound on the probability that a bootstrapping fails: that in a coefficient the
/// multiple of the first prime is beyond `bound`, which is not detectable afterwards.
///
/// The multiple of a coefficient is a sum of `weight + 1` numbers, uniform between -1/2 and 1/2
/// (for a secret with `weight` coefficients that are not 0). For each of `2 slots` coefficients,
/// the volume of the corner where that sum is too large bounds the probability. For a run, add log2
/// of the number of its bootstrappings.
///
/// # Range
/// The bound is exact where `bound` is within 1 of its maximum, `(weight + 1) / 2`, and too large
/// elsewhere.
///
/// # Source
/// Bossuat, Troncoso-Pastoriza, Hubaux (2022/024), section 5; the volume of a simplex.
pub fn log2_failure(weight: u32, bound: f64, slots: usize) -> f64 {
    let terms = f64::from(weight + 1);
    // In the corner, the sum differs from its maximum or minimum by less than this.
    let corner = terms / 2.0 - bound;
    if corner <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let factorial: f64 = (1..=weight + 1).map(|k| f64::from(k).log2()).sum();
    #[allow(clippy::cast_precision_loss, reason = "a power of two")]
    let coefficients = (2 * slots) as f64;
    (1.0 + terms * corner.log2() - factorial + coefficients.log2()).min(0.0)
}

fn look_up(table: &[(u32, u32)], log_degree: u32) -> u32 {
    let fitting = table.iter().rev().find(|(degree, _)| *degree <= log_degree);
    fitting.map_or(0, |&(_, bits)| bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_of_a_failure_is_as_published() {
        // Published for K = 16: 2^-138 at 2^16 coefficients.
        assert!((log2_failure(32, 16.0, 1 << 16) - (-138.0)).abs() < 1.0);
        // Our polynomial interpolates at the integers up to 15: sums that round to those.
        let ours = log2_failure(32, 15.5, 1 << 15);
        assert!((-106.0..-105.0).contains(&ours), "{ours}");
        assert_eq!(log2_failure(32, 17.0, 1 << 15), f64::NEG_INFINITY);
        assert!((log2_failure(192, 28.0, 1 << 15)).abs() < 1e-9);
    }

    #[test]
    fn limits_are_those_of_the_tables() {
        assert_eq!(max_modulus_bits(12), 0);
        assert_eq!(max_modulus_bits(13), 214);
        assert_eq!(max_modulus_bits(16), 1747);
        assert_eq!(max_modulus_bits_sparse(14), 0);
        assert_eq!(max_modulus_bits_sparse(16), 345);
    }
}
