//! Bootstrapping in rings too small to be safe.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Setting, numbers, worst_bits};
use nearfield_ckks::bootstrap::{BootstrapSpec, Bootstrapper, EncapsulationKeys, Preset, SlotKind};
use nearfield_ckks::{Encoder, Error, EvaluationKeys, Evaluator, Params, SecretKey};
use num_complex::Complex64;

fn setting(spec: BootstrapSpec, log_degree: u32) -> (Setting, Bootstrapper, EncapsulationKeys) {
    let params = Params::insecure(Preset::LEVELS_8.insecure_params(log_degree)).unwrap();
    with(&params, spec)
}

fn with(params: &Params, spec: BootstrapSpec) -> (Setting, Bootstrapper, EncapsulationKeys) {
    let params = params.clone();
    let secret = SecretKey::generate(&params).unwrap();
    let encoder = Encoder::new(&params);
    let bootstrapper = Bootstrapper::new(&encoder, spec).unwrap();
    let mut keys = EvaluationKeys::none(&params);
    let encapsulation = bootstrapper.generate_keys(&secret, &mut keys).unwrap();
    let setting = Setting {
        params,
        secret,
        encoder,
        evaluator: Evaluator::new(keys),
    };
    (setting, bootstrapper, encapsulation)
}

fn real(numbers: &[Complex64]) -> Vec<Complex64> {
    numbers.iter().map(|value| value.re.into()).collect()
}

/// Bits of the worst slot after so many bootstrappings in a row.
fn chain(
    (setting, bootstrapper, keys): &(Setting, Bootstrapper, EncapsulationKeys),
    x: &[Complex64],
    rounds: usize,
) -> Vec<f64> {
    let mut a = setting.encrypt(x, bootstrapper.input_level());
    let mut bits = Vec::new();
    for _ in 0..rounds {
        a = bootstrapper
            .bootstrap(&setting.evaluator, keys, &a)
            .unwrap();
        assert_eq!(a.level(), bootstrapper.output_level());
        assert!((a.scale() / setting.params.scale() - 1.0).abs() < 1e-12);
        bits.push(worst_bits(&setting.decrypt(&a), x));
    }
    println!("bits of the worst slot: {bits:.1?}");
    bits
}

#[test]
fn real_slots_come_back_with_new_levels() {
    let made = setting(Preset::bootstrap(11, SlotKind::Real), 11);
    assert_eq!(made.1.levels_between(), 8);
    let bits = chain(&made, &real(&numbers(1024, 1)), 3);
    assert!(bits.iter().all(|&bits| bits > 21.0), "{bits:?}");
}

#[test]
fn complex_slots_take_two_reductions() {
    let made = setting(Preset::bootstrap(10, SlotKind::Complex), 10);
    let bits = chain(&made, &numbers(512, 2), 2);
    assert!(bits.iter().all(|&bits| bits > 20.0), "{bits:?}");
}

#[test]
fn few_slots_are_brought_together_first() {
    for (slots, kind) in [
        (2, SlotKind::Real),
        (8, SlotKind::Complex),
        (64, SlotKind::Real),
    ] {
        let mut spec = Preset::bootstrap(10, kind);
        spec.slots = slots;
        let x = numbers(slots, 3);
        let x = if kind == SlotKind::Real { real(&x) } else { x };
        let bits = chain(&setting(spec, 10), &x, 2);
        assert!(bits.iter().all(|&bits| bits > 20.0), "{slots}: {bits:?}");
    }
}

#[test]
fn two_hundred_bootstrappings_succeed() {
    let (setting, bootstrapper, keys) = setting(Preset::bootstrap(8, SlotKind::Real), 8);
    for round in 0..200 {
        let x = real(&numbers(128, round + 1));
        let a = setting.encrypt(&x, bootstrapper.input_level());
        let a = bootstrapper
            .bootstrap(&setting.evaluator, &keys, &a)
            .unwrap();
        let bits = worst_bits(&setting.decrypt(&a), &x);
        assert!(bits > 19.0, "round {round}: {bits}");
    }
}

#[test]
fn iterated_bootstrapping_has_many_more_bits() {
    let params = with_room_for_more_bits();
    let (setting, bootstrapper, keys) = with(&params, Preset::bootstrap(10, SlotKind::Real));
    let x = real(&numbers(512, 4));
    let a = setting.encrypt(&x, bootstrapper.input_level());
    let once = bootstrapper.bootstrap(&setting.evaluator, &keys, &a);
    // What is imaginary is noise of the first one, which the second one does not look at.
    let once = worst_bits(&real(&setting.decrypt(&once.unwrap())), &x);
    let twice = bootstrapper.bootstrap_iterated(&setting.evaluator, &keys, &a, 16);
    let twice = worst_bits(&real(&setting.decrypt(&twice.unwrap())), &x);
    println!("bits of the worst slot: {once:.1}, iterated {twice:.1}");
    assert!(once < 27.0 && twice > 35.0, "{once} {twice}");
}

#[test]
fn iterated_bootstrapping_takes_pairs() {
    let params = with_room_for_more_bits();
    let (setting, bootstrapper, keys) = with(&params, Preset::bootstrap(10, SlotKind::Complex));
    let x = [5, 6].map(|seed| real(&numbers(512, seed)));
    let [a, b] = [0, 1].map(|one: usize| setting.encrypt(&x[one], bootstrapper.input_level()));
    let evaluator = &setting.evaluator;
    let once = bootstrapper.bootstrap_pair(evaluator, &keys, &a, &b);
    let twice = bootstrapper.bootstrap_pair_iterated(evaluator, &keys, (&a, &b), 16);
    let bits = |(a, b)| {
        let both = [a, b].map(|one| real(&setting.decrypt(&one)));
        worst_bits(&both[0], &x[0]).min(worst_bits(&both[1], &x[1]))
    };
    let (once, twice) = (bits(once.unwrap()), bits(twice.unwrap()));
    println!("bits of the worst slot: {once:.1}, iterated {twice:.1}");
    assert!(once < 27.0 && twice > 35.0, "{once} {twice}");
}

/// A scale with room for more bits than one bootstrapping has.
fn with_room_for_more_bits() -> Params {
    let mut spec = Preset::LEVELS_8.insecure_params(10);
    let top = spec.chain_bits.len() - 3;
    spec.chain_bits[..top].fill(50);
    spec.scale_bits = 50;
    spec.special_bits = vec![49; 14];
    Params::insecure(spec).unwrap()
}

#[test]
fn any_number_of_threads_gives_the_same_ciphertext() {
    let (setting, bootstrapper, keys) = setting(Preset::bootstrap(9, SlotKind::Real), 9);
    let a = setting.encrypt(&real(&numbers(256, 5)), bootstrapper.input_level());
    let [one, three] = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            bootstrapper
                .bootstrap(&setting.evaluator, &keys, &a)
                .unwrap()
        })
    });
    assert!(one == three);
}

#[test]
fn the_key_to_the_sparse_secret_exists_at_the_lowest_modulus_alone() {
    let (_, _, keys) = setting(Preset::bootstrap(8, SlotKind::Real), 8);
    let limbs = keys.sparse_limbs();
    assert_eq!((limbs.chain, limbs.special), (1, 2));
}

#[test]
fn chains_that_are_too_short_are_refused() {
    let mut spec = Preset::LEVELS_8.insecure_params(8);
    spec.chain_bits.truncate(15);
    let params = Params::insecure(spec).unwrap();
    let encoder = Encoder::new(&params);
    let spec = Preset::bootstrap(8, SlotKind::Real);
    let error = Bootstrapper::new(&encoder, spec).unwrap_err();
    assert!(matches!(error, Error::Levels { needed: 16, .. }), "{error}");
}

#[test]
fn reductions_that_contradict_themselves_are_refused() {
    let params = Params::insecure(Preset::LEVELS_8.insecure_params(8)).unwrap();
    let encoder = Encoder::new(&params);
    for change in [
        |spec: &mut BootstrapSpec| spec.eval_mod.degree = 31,
        |spec: &mut BootstrapSpec| spec.eval_mod.degree = 0,
        |spec: &mut BootstrapSpec| spec.eval_mod.bound = 14,
        |spec: &mut BootstrapSpec| spec.eval_mod.message_ratio = 2,
        |spec: &mut BootstrapSpec| spec.slots_to_coeffs_levels = 0,
    ] {
        let mut spec = Preset::bootstrap(8, SlotKind::Real);
        change(&mut spec);
        let error = Bootstrapper::new(&encoder, spec).unwrap_err();
        assert!(matches!(error, Error::Params(_)), "{error}");
    }
}

#[test]
fn what_is_of_other_parameters_is_refused() {
    let (mine, bootstrapper, keys) = setting(Preset::bootstrap(8, SlotKind::Real), 8);
    let other = Params::insecure(Preset::LEVELS_11.insecure_params(8)).unwrap();
    let (other, of_other, other_keys) = with(&other, Preset::bootstrap(8, SlotKind::Real));
    let a = mine.encrypt(&numbers(128, 1), 3);
    for result in [
        bootstrapper.bootstrap(&mine.evaluator, &other_keys, &a),
        bootstrapper.bootstrap(&other.evaluator, &keys, &a),
        of_other.bootstrap(&other.evaluator, &other_keys, &a),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    }
}

#[test]
fn presets_are_secure_and_leave_the_levels_that_they_say() {
    let all: Vec<_> = (0..40).filter_map(Preset::with_levels).collect();
    assert!(all.len() >= 15, "{}", all.len());
    assert!(Preset::MEASURED.iter().all(|preset| all.contains(preset)));
    for preset in [
        Preset::LEVELS_8,
        Preset::with_levels(9).unwrap(),
        all[all.len() - 1],
    ] {
        let params = Params::new(preset.params()).unwrap();
        assert_eq!(params.top_level(), 16 + preset.levels());
    }
}
