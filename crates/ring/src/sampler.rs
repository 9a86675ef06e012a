//! Random polynomials: uniform ones, secrets and errors.
//!
//! Secrets (ternary and Gaussian values) are drawn without branches or addresses that depend on them.
//! Uniform residues are drawn by rejection: the rejected draws reveal nothing about the others.

use crate::Modulus;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use zeroize::Zeroizing;

/// A stream of random polynomials, expanded from a seed by ChaCha20: the same from the same seed.
///
/// It has no `Debug`, because its state determines secrets.
pub struct Sampler(ChaCha20Rng);

impl Sampler {
    /// The standard deviation of [`Sampler::gaussian`].
    pub const SIGMA: f64 = 3.19;

    /// The largest magnitude of [`Sampler::gaussian`]; larger ones have a probability below 2^-64.
    pub const MAX_MAGNITUDE: i8 = 29;

    /// The stream of a seed. The seed of secrets must come from the operating system.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self::from_seed_and_stream(seed, 0)
    }

    /// One of the 2^64 independent streams of a seed.
    pub fn from_seed_and_stream(seed: [u8; 32], stream: u64) -> Self {
        let mut random = ChaCha20Rng::from_seed(seed);
        random.set_stream(stream);
        Sampler(random)
    }

    /// Residues, uniformly.
    pub fn uniform(&mut self, modulus: Modulus, residues: &mut [u64]) {
        let mask = u64::MAX >> (u64::BITS - modulus.bits());
        for residue in residues {
            *residue = loop {
                let drawn = self.0.next_u64() & mask;
                if drawn < modulus.value() {
                    break drawn;
                }
            };
        }
    }

    /// -1, 0 and 1, uniformly: a dense ternary secret.
    pub fn ternary(&mut self, values: &mut [i8]) {
        for value in values {
            // The high half of a product is below 3; its bias is below 2^-62.
            let third = (u128::from(self.0.next_u64()) * 3) >> 64;
            *value = small(third) - 1;
        }
    }

    /// `weight` values of -1 or 1 at random indices, and zeros: a sparse ternary secret. Values are
    /// shuffled by sorting random keys, with a fixed sequence of comparisons.
    ///
    /// # Panics
    /// If there are fewer values than `weight`, or their number is not a power of two.
    pub fn sparse_ternary(&mut self, weight: usize, values: &mut [i8]) {
        assert!(weight <= values.len() && values.len().is_power_of_two());
        let mut keys = Zeroizing::new(vec![0_u64; values.len()]);
        for (index, key) in keys.iter_mut().enumerate() {
            let drawn = self.0.next_u64();
            // 0 and 2 stand for -1 and 1, 1 for 0.
            let code = if index < weight { drawn & 2 } else { 1 };
            *key = (drawn & !3) | code;
        }
        sort(&mut keys);
        for (value, key) in values.iter_mut().zip(keys.iter()) {
            *value = small(u128::from(key & 3)) - 1;
        }
    }

    /// Rounded Gaussian values of standard deviation [`Sampler::SIGMA`]: errors.
    pub fn gaussian(&mut self, values: &mut [i8]) {
        for value in values {
            let (drawn, sign) = (self.0.next_u64(), self.0.next_u32() & 1);
            let beyond = TAILS.iter().map(|&tail| u8::from(drawn < tail));
            let magnitude = small(beyond.sum::<u8>().into());
            let mask = small(sign.into()).wrapping_neg();
            *value = (magnitude ^ mask).wrapping_sub(mask);
        }
    }
}

/// `2^64` times the probability that a rounded Gaussian value of standard deviation 3.19 has a
/// magnitude above 0, 1, 2, …: `erfc((k + 1/2) / (3.19 * sqrt 2))`, rounded.
const TAILS: [u64; 29] = [
    16_149_200_429_544_985_393,
    11_772_679_779_505_859_905,
    7_991_437_860_637_476_333,
    5_027_905_247_847_420_992,
    2_920_956_886_867_757_216,
    1_562_124_631_487_225_452,
    767_166_790_354_148_184,
    345_288_822_481_639_267,
    142_197_209_978_179_247,
    53_510_790_245_901_387,
    18_380_676_112_215_961,
    5_757_857_665_137_952,
    1_643_668_858_137_317,
    427_315_585_380_194,
    101_119_196_987_467,
    21_770_729_968_273,
    4_262_841_932_570,
    758_871_184_755,
    122_787_635_651,
    18_053_038_697,
    2_411_349_037,
    292_550_223,
    32_232_773,
    3_224_679,
    292_893,
    24_150,
    1_807,
    123,
    8,
];

/// Sorts keys, whose number is a power of two: Batcher's bitonic network, without branches on keys.
fn sort(keys: &mut [u64]) {
    let count = keys.len();
    let mut size = 2;
    while size <= count {
        let mut distance = size / 2;
        while distance > 0 {
            for low in 0..count {
                let high = low ^ distance;
                if high > low {
                    let (a, b) = (keys[low], keys[high]);
                    let descending = u64::from(low & size != 0);
                    let swap = (u64::from(a > b) ^ descending).wrapping_neg();
                    let change = (a ^ b) & swap;
                    (keys[low], keys[high]) = (a ^ change, b ^ change);
                }
            }
            distance /= 2;
        }
        size *= 2;
    }
}

/// A value below 128.
#[allow(clippy::cast_possible_truncation, reason = "below 128")]
fn small(value: u128) -> i8 {
    value as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sampler(seed: u8) -> Sampler {
        Sampler::from_seed([seed; 32])
    }

    /// The chi-squared statistic of counts that should be equal.
    fn chi_squared(counts: &[u32]) -> f64 {
        let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
        let square = |&count: &u32| (f64::from(count) - expected).powi(2) / expected;
        counts.iter().map(square).sum()
    }

    proptest! {
        #[test]
        fn the_network_sorts(keys in (0..10_u32).prop_flat_map(|log| {
            proptest::collection::vec(any::<u64>(), 1 << log)
        })) {
            let (mut ours, mut expected) = (keys.clone(), keys);
            sort(&mut ours);
            expected.sort_unstable();
            prop_assert_eq!(ours, expected);
        }
    }

    #[test]
    fn equal_seeds_give_equal_polynomials_and_others_differ() {
        let draw = |seed| {
            let mut values = [0; 64];
            sampler(seed).gaussian(&mut values);
            values
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn uniform_residues_are_uniform_where_half_of_the_draws_are_rejected() {
        // 2^6 + 1: nearly half of all draws of seven bits.
        let modulus = Modulus::new(65).unwrap();
        let mut residues = vec![0; 65_000];
        sampler(3).uniform(modulus, &mut residues);
        let mut counts = [0; 65];
        for residue in residues {
            counts[usize::try_from(residue).unwrap()] += 1;
        }
        // 64 degrees of freedom: above 120 once in 30,000.
        assert!(chi_squared(&counts) < 120.0);
    }

    #[test]
    fn ternary_values_are_uniform() {
        let mut values = vec![0; 30_000];
        sampler(4).ternary(&mut values);
        let mut counts = [0; 3];
        for value in values {
            counts[usize::try_from(value + 1).unwrap()] += 1;
        }
        assert!(chi_squared(&counts) < 20.0, "{counts:?}");
    }

    #[test]
    fn sparse_secrets_have_their_weight_and_uniform_indices_and_signs() {
        let (mut indices, mut signs) = ([0; 64], [0; 2]);
        let mut sampler = sampler(5);
        for _ in 0..2_000 {
            let mut values = [7; 64];
            sampler.sparse_ternary(8, &mut values);
            let nonzero = values.iter().enumerate().filter(|value| *value.1 != 0);
            assert_eq!(nonzero.clone().count(), 8);
            for (index, &value) in nonzero {
                indices[index] += 1;
                signs[usize::from(value == 1)] += 1;
            }
        }
        assert!(chi_squared(&indices) < 120.0, "{indices:?}");
        assert!(chi_squared(&signs) < 15.0, "{signs:?}");
    }

    #[test]
    fn the_table_of_tails_has_the_variance_of_a_rounded_gaussian() {
        let probability = |magnitude: usize| TAILS[magnitude] as f64 / 2_f64.powi(64);
        // The sum of (2 k + 1) P(|x| > k) is that of squares.
        let variance: f64 = (0..29).map(|k| (2 * k + 1) as f64 * probability(k)).sum();
        let expected = Sampler::SIGMA.powi(2) + 1.0 / 12.0;
        assert!((variance - expected).abs() < 1e-9, "{variance}");
        assert_eq!(
            TAILS.len(),
            usize::try_from(Sampler::MAX_MAGNITUDE).unwrap()
        );
    }

    #[test]
    fn errors_have_the_distribution_of_the_table() {
        let mut values = vec![0; 200_000];
        sampler(6).gaussian(&mut values);
        let count = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
        let square = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / count;
        assert!(mean.abs() < 0.04, "{mean}");
        assert!((square - 10.26).abs() < 0.17, "{square}");
        let beyond = values.iter().filter(|v| v.unsigned_abs() > 9).count() as f64 / count;
        let expected = TAILS[9] as f64 / 2_f64.powi(64);
        assert!((beyond / expected - 1.0).abs() < 0.2, "{beyond} {expected}");
    }
}
