//! Operations on ciphertexts, compared with the same on plain numbers.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Setting, insecure_spec, numbers, worst_bits};
use nearfield_ckks::polynomial::{Chebyshev, PatersonStockmeyer};
use nearfield_ckks::{Error, Params, PublicKey};
use num_complex::Complex64;

fn setting() -> Setting {
    let params = Params::insecure(insecure_spec(11)).unwrap();
    Setting::new(&params, &[1, 2, 4, 5, -3])
}

#[test]
fn coefficients_below_a_prime_in_a_word_and_beyond_are_encoded() {
    let setting = setting();
    for slots in [1, 2, 64, 1024] {
        let values = numbers(slots, 2);
        let cases = [
            (5, 20, 12.0),
            (5, 45, 37.0),
            (1, 85, 45.0),
            (5, 85, 45.0),
            (5, 117, 45.0),
        ];
        for (level, log_scale, least) in cases {
            let scale = f64::from(log_scale).exp2();
            let plaintext = setting.encoder.encode(&values, level, scale).unwrap();
            let bits = worst_bits(&setting.encoder.decode(&plaintext).unwrap(), &values);
            assert!(bits > least, "{slots} slots, scale 2^{log_scale}: {bits}");
        }
    }
}

#[test]
fn products_without_rescaling_are_read_up_to_120_bits_and_refused_beyond() {
    let setting = setting();
    let evaluator = &setting.evaluator;
    let (x, y) = (numbers(1024, 2), numbers(1024, 3));
    let factor = setting.encoder.encode(&y, 5, 45_f64.exp2()).unwrap();
    let once = evaluator.multiply_plain(&setting.encrypt(&x, 5), &factor);
    let once = once.unwrap();
    let expected: Vec<_> = x.iter().zip(&y).map(|(x, y)| x * y).collect();
    assert!(worst_bits(&setting.decrypt(&once), &expected) > 26.0);
    let twice = evaluator.multiply_plain(&once, &factor).unwrap();
    let plaintext = setting.secret.decrypt_with_noise(&twice).unwrap();
    let error = setting.encoder.decode(&plaintext).unwrap_err();
    assert!(matches!(error, Error::Undecodable { .. }), "{error}");
    let rescaled = evaluator.rescale(&twice).unwrap();
    let expected: Vec<_> = expected.iter().zip(&y).map(|(xy, y)| xy * y).collect();
    assert!(worst_bits(&setting.decrypt(&rescaled), &expected) > 26.0);
}

#[test]
fn encryptions_decrypt_to_what_was_encoded() {
    let setting = setting();
    let public = PublicKey::generate(&setting.secret).unwrap();
    for slots in [1, 2, 64, 1024] {
        let values = numbers(slots, 1);
        let plaintext = setting
            .encoder
            .encode(&values, 5, setting.params.scale())
            .unwrap();
        let bits = worst_bits(&setting.encoder.decode(&plaintext).unwrap(), &values);
        assert!(bits > 32.0, "encoding: {bits}");
        let bits = worst_bits(&setting.decrypt(&setting.encrypt(&values, 5)), &values);
        assert!(bits > 29.0, "secret key: {bits}");
        let ciphertext = public.encrypt(&plaintext).unwrap();
        let bits = worst_bits(&setting.decrypt(&ciphertext), &values);
        assert!(bits > 24.0, "public key: {bits}");
    }
}

#[test]
fn sums_and_products_are_those_of_the_slots() {
    let setting = setting();
    let evaluator = &setting.evaluator;
    let (x, y) = (numbers(1024, 2), numbers(1024, 3));
    let zip = |f: fn(Complex64, Complex64) -> Complex64| -> Vec<Complex64> {
        x.iter().zip(&y).map(|(&x, &y)| f(x, y)).collect()
    };
    let (a, b) = (setting.encrypt(&x, 5), setting.encrypt(&y, 4));
    let bits = |found, expected: &[Complex64]| worst_bits(&setting.decrypt(found), expected);
    let sum = evaluator.add(&a, &b).unwrap();
    assert_eq!(sum.level(), 4);
    assert!(bits(&sum, &zip(|x, y| x + y)) > 28.0);
    let difference = evaluator.sub(&a, &b).unwrap();
    assert!(bits(&difference, &zip(|x, y| x - y)) > 28.0);
    let product = evaluator.multiply(&a, &b).unwrap();
    assert_eq!(product.level(), 3);
    let found = bits(&product, &zip(|x, y| x * y));
    assert!(found > 26.0, "{found}");
    let unscaled = evaluator
        .relinearize(&evaluator.tensor(&a, &b).unwrap())
        .unwrap();
    assert_eq!(unscaled.level(), 4);
    let rescaled = evaluator.rescale(&unscaled).unwrap();
    assert_eq!(rescaled.scale(), product.scale());
    assert!(bits(&rescaled, &zip(|x, y| x * y)) > 26.0);
}

#[test]
fn plain_operands_and_constants_act_on_every_slot() {
    let setting = setting();
    let evaluator = &setting.evaluator;
    let (x, y) = (numbers(512, 4), numbers(512, 5));
    let a = setting.encrypt(&x, 3);
    let b = setting
        .encoder
        .encode(&y, 3, setting.params.scale())
        .unwrap();
    let expected: Vec<_> = x.iter().zip(&y).map(|(x, y)| x * y).collect();
    let product = evaluator
        .rescale(&evaluator.multiply_plain(&a, &b).unwrap())
        .unwrap();
    assert!(worst_bits(&setting.decrypt(&product), &expected) > 26.0);
    let expected: Vec<_> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
    let sum = evaluator.add_plain(&a, &b).unwrap();
    assert!(worst_bits(&setting.decrypt(&sum), &expected) > 28.0);
    let back = evaluator.sub_plain(&sum, &b).unwrap();
    assert_eq!(back, a);
    let mut affine = evaluator
        .multiply_constant(&a, -1.75, (1_u64 << 40) as f64)
        .unwrap();
    evaluator.add_constant_assign(&mut affine, 0.5).unwrap();
    let expected: Vec<_> = x.iter().map(|x| x * -1.75 + 0.5).collect();
    let affine = evaluator.rescale(&affine).unwrap();
    assert!(worst_bits(&setting.decrypt(&affine), &expected) > 26.0);
    let mut scaled = a.clone();
    evaluator.add_scaled_assign(&mut scaled, &a, -3.0).unwrap();
    let expected: Vec<_> = x.iter().map(|x| x * -2.0).collect();
    assert!(worst_bits(&setting.decrypt(&scaled), &expected) > 27.0);
}

#[test]
fn rotations_move_slots_and_conjugation_conjugates() {
    let setting = setting();
    let evaluator = &setting.evaluator;
    for slots in [8, 1024] {
        let x = numbers(slots, 6);
        for level in [0, 1, 3, 5] {
            let a = setting.encrypt(&x, level);
            let hoisted = evaluator.hoist(&a).unwrap();
            for steps in [0_isize, 1, 5, -3] {
                let mut expected = x.clone();
                expected.rotate_left(steps.rem_euclid(slots.cast_signed()).unsigned_abs());
                for rotated in [
                    evaluator.rotate(&a, steps).unwrap(),
                    evaluator.rotate_hoisted(&hoisted, steps).unwrap(),
                ] {
                    let bits = worst_bits(&setting.decrypt(&rotated), &expected);
                    assert!(bits > 26.0, "{bits} at level {level}");
                }
            }
            let expected: Vec<_> = x.iter().map(Complex64::conj).collect();
            let conjugate = evaluator.conjugate(&a).unwrap();
            assert!(worst_bits(&setting.decrypt(&conjugate), &expected) > 26.0);
        }
    }
}

#[test]
fn a_rotation_by_1_moves_the_second_slot_to_the_first() {
    let setting = setting();
    let x: Vec<Complex64> = (0..8).map(|slot| f64::from(slot).into()).collect();
    let a = setting.encrypt(&x, 1);
    let hoisted = setting.evaluator.hoist(&a).unwrap();
    let in_slots = |rotated| -> Vec<f64> {
        let slots = setting.decrypt(&rotated);
        slots.iter().map(|slot| slot.re.round()).collect()
    };
    for rotated in [
        setting.evaluator.rotate(&a, 1).unwrap(),
        setting.evaluator.rotate_hoisted(&hoisted, 1).unwrap(),
    ] {
        assert_eq!(in_slots(rotated), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.0]);
    }
    let right = setting.evaluator.rotate(&a, -3).unwrap();
    assert_eq!(in_slots(right), [5.0, 6.0, 7.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn series_of_every_degree_are_evaluated_to_a_given_scale() {
    let setting = setting();
    let x: Vec<Complex64> = numbers(1024, 9).iter().map(|x| x.re.into()).collect();
    let a = setting.encrypt(&x, 5);
    for degree in [1, 2, 3, 6, 7, 12, 15, 31] {
        let f = |x: f64| (3.0 * x).sin() / 2.0 + x * x;
        let series = Chebyshev::interpolate(f, degree, (-1.0, 1.0));
        let plan = PatersonStockmeyer::new(&series);
        let scale = setting.params.scale() * 1.5;
        let found = setting.evaluator.evaluate_series(&plan, &a, scale).unwrap();
        assert_eq!(found.level(), 5 - plan.depth() as usize);
        assert!((found.scale() / scale - 1.0).abs() < 1e-12);
        let expected: Vec<_> = x.iter().map(|x| series.evaluate(x.re).into()).collect();
        let bits = worst_bits(&setting.decrypt(&found), &expected);
        assert!(bits > 21.0, "degree {degree}: {bits}");
    }
    let series = Chebyshev::interpolate(f64::exp, 40, (-1.0, 1.0));
    let plan = PatersonStockmeyer::new(&series);
    let error = setting
        .evaluator
        .evaluate_series(&plan, &a, 1e12)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Levels {
                needed: 6,
                left: 5,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn inner_sums_add_runs_of_slots() {
    let setting = setting();
    let x = numbers(1024, 7);
    let a = setting.encrypt(&x, 2);
    let sum = setting.evaluator.inner_sum(&a, 1, 8).unwrap();
    let expected: Vec<_> = (0..1024)
        .map(|slot| (0..8).map(|k| x[(slot + k) % 1024]).sum())
        .collect();
    assert!(worst_bits(&setting.decrypt(&sum), &expected) > 24.0);
    assert!(setting.evaluator.inner_sum(&a, 1, 3).is_err());
}

#[test]
fn rotations_are_added_at_once() {
    let setting = setting();
    let x = numbers(1024, 7);
    let a = setting.encrypt(&x, 2);
    for steps in [&[][..], &[0, 0], &[4], &[1, 2, 4], &[-3, 0, 5]] {
        let sum = setting.evaluator.add_rotations(&a, steps).unwrap();
        let rotated = |slot: usize, steps: isize| {
            x[(slot.cast_signed() + steps).rem_euclid(1024).unsigned_abs()]
        };
        let expected: Vec<_> = (0..1024)
            .map(|slot| x[slot] + steps.iter().map(|&k| rotated(slot, k)).sum::<Complex64>())
            .collect();
        let bits = worst_bits(&setting.decrypt(&sum), &expected);
        assert!(bits > 24.0, "{steps:?}: {bits}");
    }
    assert!(setting.evaluator.add_rotations(&a, &[1, 300]).is_err());
}

#[test]
fn numbers_that_cannot_be_encoded_are_refused_with_their_slot() {
    let setting = setting();
    let scale = setting.params.scale();
    for (value, level) in [(f64::NAN, 5), (f64::INFINITY, 5), (1e25, 5), (600.0, 0)] {
        let values = [0.5, value, 0.25, 1.0];
        let error = setting.encoder.encode_real(&values, level, scale);
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Value { slot: 1, .. }), "{error}");
    }
    // The first prime has 50 bits, the scale 40.
    let fits = [500.0; 4];
    let plaintext = setting.encoder.encode_real(&fits, 0, scale).unwrap();
    let found = setting.encoder.decode_real(&plaintext).unwrap();
    assert!(found.iter().all(|found| (found - 500.0).abs() < 1e-6));
    let other = Params::insecure(insecure_spec(10)).unwrap();
    let other = nearfield_ckks::Encoder::new(&other).decode(&plaintext);
    assert!(matches!(other, Err(Error::Mismatch { .. })));
    let mut a = setting.encrypt(&numbers(4, 1), 1);
    let error = setting.evaluator.add_constant_assign(&mut a, f64::NAN);
    assert!(matches!(error, Err(Error::Constant { .. })));
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let setting = setting();
    let evaluator = &setting.evaluator;
    let a = setting.encrypt(&numbers(1024, 8), 1);
    let product = evaluator.multiply(&a, &a).unwrap();
    let error = evaluator.multiply(&product, &product).unwrap_err();
    assert!(matches!(error, Error::Levels { left: 0, .. }), "{error}");
    let missing = evaluator.rotate(&a, 7).unwrap_err();
    assert!(missing.to_string().contains("rotation by 7"), "{missing}");
    let half = a.clone().with_scale_times(0.5);
    let error = evaluator.add(&a, &half).unwrap_err();
    assert!(matches!(error, Error::Scales(..)), "{error}");
    let few = setting.encrypt(&numbers(4, 8), 1);
    assert!(matches!(evaluator.add(&a, &few), Err(Error::Slots { .. })));
    let other = Params::insecure(insecure_spec(10)).unwrap();
    let other = Setting::new(&other, &[]);
    let error = other.evaluator.conjugate(&a).unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    assert!(other.secret.decrypt_with_noise(&a).is_err());
}
