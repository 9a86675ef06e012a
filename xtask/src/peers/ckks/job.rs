//! Requests to a process, and its answers.

use nearfield_ckks::Precision;
use serde::{Deserialize, Serialize};

/// Slots to coefficients come first, at the lowest levels.
pub(super) const STC_FIRST: &str = "stc-first";

/// Slots to coefficients come last.
pub(super) const ORDINARY: &str = "ordinary";

/// What a process sets up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// log2 of the ring degree.
    pub(super) log_degree: u32,
    /// Whether the parameters may be too small to be safe.
    pub(super) insecure: bool,
    /// What it is set up for.
    pub(super) work: Work,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Work {
    /// Single operations.
    Operations {
        /// Bits of the first prime.
        first_bits: u32,
        /// Bits of the scale and of the other primes.
        scale_bits: u32,
        /// Number of these.
        levels: usize,
        /// Digits of a key switch.
        digits: usize,
    },
    /// Bootstrapping of all slots, which have real numbers.
    Bootstrap {
        /// [`STC_FIRST`] or [`ORDINARY`].
        variant: String,
        /// Levels from one bootstrapping to the next.
        levels: usize,
        /// Digits of a key switch, where no preset says.
        digits: usize,
    },
}

/// What a process says when it is ready.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Setup {
    /// Of the library.
    pub(super) version: String,
    /// Primes of the chain.
    pub(super) primes: usize,
    /// log2 of their product.
    pub(super) log_modulus: f64,
    /// Bits of the scale.
    pub(super) scale_bits: u32,
    /// Digits of a key switch.
    pub(super) digits: usize,
    /// Of one rotation's key, or 0 where they were not measured alone.
    pub(super) rotation_key_bytes: u64,
    /// Of the relinearization key, or 0.
    pub(super) relinearization_key_bytes: u64,
    /// Of all evaluation keys, or 0.
    pub(super) key_bytes: u64,
    /// Of what is encoded beforehand, or 0.
    pub(super) matrix_bytes: u64,
    /// Time of all this.
    pub(super) seconds: f64,
}

/// What a process says of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Timed {
    /// Of the operation alone.
    pub(super) milliseconds: f64,
    /// Bits of the mean error of a slot.
    pub(super) mean_bits: f64,
    /// Bits of the largest.
    pub(super) worst_bits: f64,
}

/// What a process says last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct End {
    /// Its peak memory.
    pub(super) peak_bytes: u64,
}

/// Operations in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Encode,
    Encrypt,
    Add,
    MultiplyPlain,
    Multiply,
    Rotate,
    Bootstrap,
}

impl Operation {
    /// All but bootstrapping.
    pub(super) const SINGLE: [Operation; 6] = [
        Operation::Encode,
        Operation::Encrypt,
        Operation::Add,
        Operation::MultiplyPlain,
        Operation::Multiply,
        Operation::Rotate,
    ];

    /// Its name in a request.
    pub(super) fn word(self) -> &'static str {
        match self {
            Operation::Encode => "encode",
            Operation::Encrypt => "encrypt",
            Operation::Add => "add",
            Operation::MultiplyPlain => "multiply-plain",
            Operation::Multiply => "multiply",
            Operation::Rotate => "rotate",
            Operation::Bootstrap => "bootstrap",
        }
    }

    /// What the page calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::MultiplyPlain => "ciphertext x plaintext",
            Operation::Multiply => "product, relinearized and rescaled",
            other => other.word(),
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        let all = Self::SINGLE.into_iter().chain([Operation::Bootstrap]);
        all.into_iter().find(|operation| operation.word() == word)
    }
}

impl Timed {
    /// Of a time and how near all slots came.
    pub(super) fn new(seconds: f64, precision: Precision) -> Self {
        // Neither no error at all nor what is no number can be written: as much as there can be,
        // and nothing.
        let bits = |bits: f64| {
            if bits.is_nan() {
                0.0
            } else {
                bits.min(MAX_BITS)
            }
        };
        Timed {
            milliseconds: 1e3 * seconds,
            mean_bits: bits(precision.mean_bits),
            worst_bits: bits(precision.worst_bits),
        }
    }
}

/// Bits of what shows no error.
const MAX_BITS: f64 = 60.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_mean_and_the_largest_error() {
        let of = |found: &[f64]| {
            let expected = vec![0.0; found.len()];
            Timed::new(0.5, Precision::of_real(found, &expected))
        };
        let timed = of(&[0.125, 0.0, 0.0, 0.125]);
        assert_eq!((timed.mean_bits, timed.worst_bits), (4.0, 3.0));
        assert_eq!(timed.milliseconds, 500.0);
        assert_eq!(of(&[0.0]).worst_bits, 60.0);
        assert_eq!(of(&[f64::NAN, 0.0]).worst_bits, 0.0);
    }

    #[test]
    fn words_are_parsed_as_they_are_said() {
        for operation in Operation::SINGLE {
            assert_eq!(Operation::parse(operation.word()), Some(operation));
        }
        assert_eq!(Operation::parse("add "), None);
    }

    #[test]
    fn jobs_are_written_as_the_script_reads_them() {
        let work = Work::Bootstrap {
            variant: STC_FIRST.into(),
            levels: 8,
            digits: 3,
        };
        let (log_degree, insecure) = (16, false);
        let job = Job {
            log_degree,
            insecure,
            work,
        };
        let text = serde_json::to_string(&job).unwrap();
        let expected = r#"{"log_degree":16,"insecure":false,"work":{"kind":"bootstrap","variant":"stc-first","levels":8,"digits":3}}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
    }
}
