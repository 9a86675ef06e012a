//! How many bits the primes may have together for 128 bits of security.

/// log2 of the ring degree, and the most bits of all primes together, special ones included, for
/// a dense ternary secret and errors of standard deviation 3.19.
///
/// # Source
/// Bossuat et al., "Security guidelines for implementing homomorphic encryption" (2024/463),
/// table 5.2, classical attacks.
const DENSE: [(u32, u32); 5] = [(13, 214), (14, 430), (15, 868), (16, 1747), (17, 3523)];

/// The same for an ephemeral secret of 32 values that are not 0.
///
/// # Source
/// Bossuat, Troncoso-Pastoriza, Hubaux, "Bootstrapping for approximate homomorphic encryption
/// with negligible failure-probability by using sparse-secret encapsulation" (2022/024).
const SPARSE_32: [(u32, u32); 2] = [(15, 162), (16, 345)];

/// Most bits of all primes together at a degree, for a dense ternary secret. Degrees for which
/// there is no published value get that of the next smaller one, or 0.
pub fn most_bits(log_degree: u32) -> u32 {
    look_up(&DENSE, log_degree)
}

/// Most bits of all primes together at a degree, for a sparse ternary secret of weight 32.
pub fn most_bits_of_sparse_secret(log_degree: u32) -> u32 {
    look_up(&SPARSE_32, log_degree)
}

fn look_up(table: &[(u32, u32)], log_degree: u32) -> u32 {
    let fitting = table.iter().rev().find(|(degree, _)| *degree <= log_degree);
    fitting.map_or(0, |&(_, bits)| bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_tables() {
        assert_eq!(most_bits(12), 0);
        assert_eq!(most_bits(13), 214);
        assert_eq!(most_bits(16), 1747);
        assert_eq!(most_bits_of_sparse_secret(14), 0);
        assert_eq!(most_bits_of_sparse_secret(16), 345);
    }
}
