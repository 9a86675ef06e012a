//! Matrices times encrypted vectors, compared with the same in the clear.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Setting, insecure_spec, numbers, worst_bits};
use nearfield_ckks::linear::{BabyGiant, Diagonals, coeffs_to_slots, slots_to_coeffs};
use nearfield_ckks::{Encoder, EvaluationKeys, Evaluator, LinearTransform, Params, SecretKey};

fn check(params: &Params, matrix: &Diagonals, babies: usize, level: usize, least_bits: f64) {
    let encoder = Encoder::new(params);
    let secret = SecretKey::generate(params).unwrap();
    let plan = BabyGiant::split(matrix.indices(), matrix.slots(), babies);
    let transform = LinearTransform::new(&encoder, matrix, plan, level, 1.0).unwrap();
    let mut keys = EvaluationKeys::none(params);
    transform.add_keys(&mut keys, &secret).unwrap();
    let setting = Setting {
        params: params.clone(),
        secret,
        encoder,
        evaluator: Evaluator::new(keys),
    };
    let x = numbers(matrix.slots(), 1);
    let product = setting
        .evaluator
        .transform(&setting.encrypt(&x, params.max_level()), &transform)
        .unwrap();
    assert_eq!(product.level(), level - 1);
    assert_eq!(product.scale(), params.scale());
    let bits = worst_bits(&setting.decrypt(&product), &matrix.apply(&x));
    assert!(bits > least_bits, "{bits} bits at level {level}");
}

#[test]
fn any_matrix_is_applied_at_any_level() {
    let params = Params::insecure(insecure_spec(10)).unwrap();
    let slots = 512;
    let diagonals = [0_usize, 1, 3, 17, 100, 511, 510];
    let diagonals = diagonals.map(|d| (d, numbers(slots, d as u64 + 9)));
    let matrix = Diagonals::new(slots, diagonals.into());
    let many = (0..130).map(|d| (d, numbers(slots, d as u64)));
    check(
        &params,
        &Diagonals::new(slots, many.collect()),
        128,
        2,
        21.0,
    );
    for (babies, level) in [(1, 1), (4, 2), (16, 4), (512, 5)] {
        check(&params, &matrix, babies, level, 24.0);
    }
}

#[test]
fn sparse_vectors_are_multiplied_by_small_matrices() {
    let params = Params::insecure(insecure_spec(10)).unwrap();
    let rows: Vec<_> = (0..16).map(|row| numbers(16, row + 3)).collect();
    check(&params, &Diagonals::from_dense(&rows), 8, 3, 23.0);
}

#[test]
fn factors_of_the_transform_between_slots_and_coefficients_are_applied() {
    let params = Params::insecure(insecure_spec(10)).unwrap();
    for factors in [
        slots_to_coeffs(9, &[3, 3, 3], 1.0),
        coeffs_to_slots(9, &[3, 3, 3], 1.0),
    ] {
        for matrix in &factors {
            check(&params, matrix, 4, 5, 24.0);
        }
    }
}
