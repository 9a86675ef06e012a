//! Noise compared with its formulas: variances for dense ternary secrets, in the slots of a whole
//! ring.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Setting, insecure_spec, numbers};
use nearfield_ckks::{Ciphertext, Params, PublicKey};
use num_complex::Complex64;

const LOG_DEGREE: u32 = 12;

/// The variance of an error's coefficients.
const ERROR: f64 = 3.19 * 3.19;

/// The variance of a ternary secret's coefficients.
const TERNARY: f64 = 2.0 / 3.0;

/// The variance of rounding.
const ROUNDING: f64 = 1.0 / 12.0;

/// Measured standard deviations may differ by this factor.
const FACTOR: f64 = 1.15;

fn setting() -> (Setting, Vec<Complex64>, f64) {
    let params = Params::insecure(insecure_spec(LOG_DEGREE)).unwrap();
    let degree = f64::from(1 << LOG_DEGREE);
    let setting = Setting::new(&params, &[1]);
    (setting, numbers(1 << (LOG_DEGREE - 1), 1), degree)
}

/// A slot is the sum of all coefficients times roots of unity, so that its real part has half
/// the degree times their variance.
fn check(setting: &Setting, found: &Ciphertext, expected: &[Complex64], variance: f64) {
    let degree = f64::from(1 << LOG_DEGREE);
    let predicted = (variance * degree / 2.0).sqrt() / found.scale();
    let slots = setting.decrypt(found);
    let squares = slots
        .iter()
        .zip(expected)
        .map(|(a, b)| (a.re - b.re).powi(2));
    let measured = (squares.sum::<f64>() / expected.len() as f64).sqrt();
    let ratio = measured / predicted;
    assert!(
        (1.0 / FACTOR..FACTOR).contains(&ratio),
        "2^{:.2}, predicted 2^{:.2}",
        measured.log2(),
        predicted.log2()
    );
}

/// The variance of the rounding of encoding.
const ENCODING: f64 = ROUNDING;

#[test]
fn fresh_noise_is_that_of_the_errors() {
    let (setting, x, _) = setting();
    check(&setting, &setting.encrypt(&x, 5), &x, ERROR + ENCODING);
}

#[test]
fn a_public_key_adds_the_noise_of_two_products() {
    let (setting, x, degree) = setting();
    let public = PublicKey::generate(&setting.secret).unwrap();
    let plaintext = setting.encoder.encode(&x, 5, setting.params.scale());
    let ciphertext = public.encrypt(&plaintext.unwrap()).unwrap();
    let variance = ERROR * (1.0 + 2.0 * degree * TERNARY);
    check(&setting, &ciphertext, &x, variance);
}

#[test]
fn a_rescaling_adds_the_rounding_of_both_parts() {
    let (setting, x, degree) = setting();
    let a = setting.encrypt(&x, 4);
    let scaled = setting
        .evaluator
        .multiply_constant(&a, 1.0, 2_f64.powi(40))
        .unwrap();
    let rescaled = setting.evaluator.rescale(&scaled).unwrap();
    let variance = ERROR + ENCODING + ROUNDING * (1.0 + degree * TERNARY);
    check(&setting, &rescaled, &x, variance);
}

#[test]
fn a_rotation_adds_rounding_and_the_noise_of_the_key_over_the_special_primes() {
    let (setting, x, degree) = setting();
    let a = setting.encrypt(&x, 5);
    let rotated = setting.evaluator.rotate(&a, 1).unwrap();
    let mut expected = x.clone();
    expected.rotate_left(1);
    // Digits of 130 bits at most are far below the special primes' 147.
    let keys = 2.0 * degree * ERROR * ROUNDING * 2_f64.powi(2 * (130 - 147));
    let variance = ERROR + ENCODING + ROUNDING * (1.0 + degree * TERNARY) + keys;
    check(&setting, &rotated, &expected, variance);
}

#[test]
fn small_special_primes_show_the_noise_of_the_key() {
    // The first digit has 50 + 40 bits, the special primes 96: just enough.
    let mut spec = insecure_spec(LOG_DEGREE);
    spec.chain_bits = vec![50, 40, 40, 40];
    spec.special_bits = vec![48, 48];
    let params = Params::insecure(spec).unwrap();
    let setting = Setting::new(&params, &[1]);
    let (x, degree) = (
        numbers(1 << (LOG_DEGREE - 1), 1),
        f64::from(1 << LOG_DEGREE),
    );
    let rotated = setting
        .evaluator
        .rotate(&setting.encrypt(&x, 3), 1)
        .unwrap();
    let mut expected = x.clone();
    expected.rotate_left(1);
    let digits = 2_f64.powi(2 * (90 - 96)) + 2_f64.powi(2 * (80 - 96));
    let keys = degree * ERROR * ROUNDING * digits;
    let variance = ERROR + ENCODING + ROUNDING * (1.0 + degree * TERNARY) + keys;
    check(&setting, &rotated, &expected, variance);
}
