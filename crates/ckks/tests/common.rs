//! Shared by the tests: small insecure parameters, keys, random numbers, and precision in bits.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "not every test uses all")]

use nearfield_ckks::bootstrap::{BootstrapPlan, BootstrapSpec, Bootstrapper};
use nearfield_ckks::{
    Ciphertext, Encoder, EvaluationKeys, Evaluator, Galois, Params, ParamsSpec, Precision,
    SecretKey,
};
use num_complex::Complex64;

/// Parameters, keys and an evaluator.
pub(crate) struct Setting {
    pub(crate) params: Params,
    pub(crate) secret: SecretKey,
    pub(crate) encoder: Encoder,
    pub(crate) evaluator: Evaluator,
}

/// A chain of six primes in a small ring.
pub(crate) fn insecure_spec(log_degree: u32) -> ParamsSpec {
    ParamsSpec {
        log_degree,
        chain_bits: vec![50, 40, 40, 40, 40, 40],
        special_bits: vec![49, 49, 49],
        digits: 2,
        scale_bits: 40,
    }
}

impl Setting {
    /// With keys for products and some rotations at all levels.
    pub(crate) fn new(params: &Params, rotations: &[isize]) -> Setting {
        let secret = SecretKey::generate(params).unwrap();
        let mut keys = EvaluationKeys::none(params);
        let top = params.max_level();
        keys.add_relinearization(&secret, top).unwrap();
        keys.add_galois(&secret, Galois::Conjugation, top).unwrap();
        for &steps in rotations {
            keys.add_galois(&secret, Galois::Rotation(steps), top)
                .unwrap();
        }
        Setting {
            params: params.clone(),
            secret,
            encoder: Encoder::new(params),
            evaluator: Evaluator::new(keys),
        }
    }

    pub(crate) fn encrypt(&self, values: &[Complex64], level: usize) -> Ciphertext {
        let scale = self.params.scale();
        let plaintext = self.encoder.encode(values, level, scale).unwrap();
        self.secret.encrypt(&plaintext).unwrap()
    }

    pub(crate) fn decrypt(&self, ciphertext: &Ciphertext) -> Vec<Complex64> {
        let plaintext = self.secret.decrypt_with_noise(ciphertext).unwrap();
        self.encoder.decode(&plaintext).unwrap()
    }
}

/// A bootstrapper with all of its keys; the setting's evaluator shares them.
pub(crate) fn bootstrapping(params: &Params, spec: BootstrapSpec) -> (Setting, Bootstrapper) {
    let secret = SecretKey::generate(params).unwrap();
    let encoder = Encoder::new(params);
    let plan = BootstrapPlan::new(&encoder, spec).unwrap();
    let mut keys = EvaluationKeys::none(params);
    let encapsulation = plan.generate_keys(&secret, &mut keys).unwrap();
    let evaluator = Evaluator::new(keys);
    let bootstrapper = Bootstrapper::new(plan, evaluator.clone(), encapsulation).unwrap();
    let setting = Setting {
        params: params.clone(),
        secret,
        encoder,
        evaluator,
    };
    (setting, bootstrapper)
}

/// Complex numbers with parts between -1 and 1, the same from the same seed.
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<Complex64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| Complex64::new(next(), next())).collect()
}

/// Bits of the largest error of a part of a number.
pub(crate) fn worst_bits(found: &[Complex64], expected: &[Complex64]) -> f64 {
    Precision::of(found, expected).worst_bits
}
