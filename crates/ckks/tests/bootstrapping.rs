//! Bootstrapping in rings too small to be secure.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Setting, bootstrapping, numbers, worst_bits};
use nearfield_ckks::bootstrap::{BootstrapPlan, BootstrapSpec, Bootstrapper, Preset, SlotKind};
use nearfield_ckks::{Encoder, Error, Params};
use num_complex::Complex64;

fn setting(spec: BootstrapSpec, log_degree: u32) -> (Setting, Bootstrapper) {
    let params = Params::insecure(Preset::LEVELS_8.insecure_params(log_degree)).unwrap();
    bootstrapping(&params, spec)
}

fn real(numbers: &[Complex64]) -> Vec<Complex64> {
    numbers.iter().map(|value| value.re.into()).collect()
}

/// Bits of the worst slot after each of `rounds` bootstrappings in a row.
fn chain(
    (setting, bootstrapper): &(Setting, Bootstrapper),
    x: &[Complex64],
    rounds: usize,
) -> Vec<f64> {
    let plan = bootstrapper.plan();
    let mut a = setting.encrypt(x, plan.input_level());
    let mut bits = Vec::new();
    for _ in 0..rounds {
        a = bootstrapper.bootstrap(&a).unwrap();
        assert_eq!(a.level(), plan.output_level());
        assert!((a.scale() / setting.params.scale() - 1.0).abs() < 1e-12);
        bits.push(worst_bits(&setting.decrypt(&a), x));
    }
    println!("bits of the worst slot: {bits:.1?}");
    bits
}

#[test]
fn real_slots_come_back_with_new_levels() {
    let made = setting(Preset::bootstrap(11, SlotKind::Real), 11);
    assert_eq!(made.1.plan().levels_between(), 8);
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
fn ciphertexts_with_few_slots_are_bootstrapped() {
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
    let (setting, bootstrapper) = setting(Preset::bootstrap(8, SlotKind::Real), 8);
    for round in 0..200 {
        let x = real(&numbers(128, round + 1));
        let a = setting.encrypt(&x, bootstrapper.plan().input_level());
        let a = bootstrapper.bootstrap(&a).unwrap();
        let bits = worst_bits(&setting.decrypt(&a), &x);
        assert!(bits > 19.0, "round {round}: {bits}");
    }
}

/// The same plan in one pass and iterated, with the same keys.
fn once_and_iterated(kind: SlotKind) -> (Setting, [Bootstrapper; 2]) {
    let spec = Preset::bootstrap(10, kind);
    let (setting, once) = bootstrapping(&with_room_for_more_bits(), spec.clone());
    let spec = BootstrapSpec {
        iteration_bits: Some(16),
        ..spec
    };
    let plan = BootstrapPlan::new(&setting.encoder, spec).unwrap();
    let keys = once.encapsulation_keys().clone();
    let iterated = Bootstrapper::new(plan, once.evaluator().clone(), keys).unwrap();
    (setting, [once, iterated])
}

#[test]
fn iterated_bootstrapping_has_many_more_bits() {
    let (setting, bootstrappers) = once_and_iterated(SlotKind::Real);
    let x = real(&numbers(512, 4));
    let a = setting.encrypt(&x, bootstrappers[0].plan().input_level());
    // Imaginary parts are noise of the first pass, which the second one does not correct.
    let [once, iterated] = bootstrappers.map(|bootstrapper| {
        let found = bootstrapper.bootstrap(&a).unwrap();
        worst_bits(&real(&setting.decrypt(&found)), &x)
    });
    println!("bits of the worst slot: {once:.1}, iterated {iterated:.1}");
    assert!(once < 27.0 && iterated > 35.0, "{once} {iterated}");
}

#[test]
fn iterated_bootstrapping_takes_pairs() {
    let (setting, bootstrappers) = once_and_iterated(SlotKind::Complex);
    let x = [5, 6].map(|seed| real(&numbers(512, seed)));
    let level = bootstrappers[0].plan().input_level();
    let [a, b] = [0, 1].map(|one: usize| setting.encrypt(&x[one], level));
    let [once, iterated] = bootstrappers.map(|bootstrapper| {
        let (a, b) = bootstrapper.bootstrap_pair(&a, &b).unwrap();
        let both = [a, b].map(|one| real(&setting.decrypt(&one)));
        worst_bits(&both[0], &x[0]).min(worst_bits(&both[1], &x[1]))
    });
    println!("bits of the worst slot: {once:.1}, iterated {iterated:.1}");
    assert!(once < 27.0 && iterated > 35.0, "{once} {iterated}");
}

#[test]
fn a_bootstrapping_of_real_slots_refuses_a_pair() {
    let (setting, bootstrapper) = setting(Preset::bootstrap(8, SlotKind::Real), 8);
    let a = setting.encrypt(&real(&numbers(128, 1)), 3);
    let error = bootstrapper.bootstrap_pair(&a, &a).unwrap_err();
    assert_eq!(error, Error::RealSlots);
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
    let (setting, bootstrapper) = setting(Preset::bootstrap(9, SlotKind::Real), 9);
    let a = setting.encrypt(&real(&numbers(256, 5)), bootstrapper.plan().input_level());
    let [one, three] = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| bootstrapper.bootstrap(&a).unwrap())
    });
    assert!(one == three);
}

#[test]
fn the_key_to_the_sparse_secret_exists_at_the_lowest_modulus_alone() {
    let (_, bootstrapper) = setting(Preset::bootstrap(8, SlotKind::Real), 8);
    let limbs = bootstrapper.encapsulation_keys().sparse_limbs();
    assert_eq!((limbs.chain, limbs.special), (1, 2));
}

#[test]
fn chains_that_are_too_short_are_refused() {
    let mut spec = Preset::LEVELS_8.insecure_params(8);
    spec.chain_bits.truncate(15);
    let params = Params::insecure(spec).unwrap();
    let encoder = Encoder::new(&params);
    let spec = Preset::bootstrap(8, SlotKind::Real);
    let error = BootstrapPlan::new(&encoder, spec).unwrap_err();
    let (needed, found) = (16, 14);
    assert_eq!(error, Error::ChainTooShort { needed, found });
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
        let error = BootstrapPlan::new(&encoder, spec).unwrap_err();
        assert!(matches!(error, Error::Bootstrap(_)), "{error}");
    }
}

#[test]
fn keys_and_ciphertexts_of_other_parameters_are_refused() {
    let (mine, bootstrapper) = setting(Preset::bootstrap(8, SlotKind::Real), 8);
    let params = Params::insecure(Preset::LEVELS_11.insecure_params(8)).unwrap();
    let spec = Preset::bootstrap(8, SlotKind::Real);
    let (_, of_other) = bootstrapping(&params, spec.clone());
    let evaluators = [&bootstrapper, &of_other].map(|b| b.evaluator().clone());
    let keys = [&bootstrapper, &of_other].map(|b| b.encapsulation_keys().clone());
    for (evaluator, keys) in
        [(0, 1), (1, 0)].map(|(e, k): (usize, usize)| (&evaluators[e], &keys[k]))
    {
        let plan = BootstrapPlan::new(&mine.encoder, spec.clone()).unwrap();
        let error = Bootstrapper::new(plan, evaluator.clone(), keys.clone()).unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    }
    let error = of_other.bootstrap(&mine.encrypt(&numbers(128, 1), 3));
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
}

#[test]
fn presets_are_secure_and_have_their_levels() {
    let all: Vec<_> = (0..40).filter_map(Preset::with_levels).collect();
    assert!(all.len() >= 15, "{}", all.len());
    assert!(Preset::MEASURED.iter().all(|preset| all.contains(preset)));
    for preset in [
        Preset::LEVELS_8,
        Preset::with_levels(9).unwrap(),
        all[all.len() - 1],
    ] {
        let params = Params::new(preset.params()).unwrap();
        assert_eq!(params.max_level(), 16 + preset.levels());
    }
}
