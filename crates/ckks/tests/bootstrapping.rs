//! Bootstrapping in rings too small to be safe.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Setting, numbers, worst_bits};
use nearfield_ckks::bootstrap::{BootstrapSpec, Bootstrapper, EncapsulationKeys, Preset, SlotKind};
use nearfield_ckks::{Encoder, EvaluationKeys, Evaluator, Params, SecretKey};
use num_complex::Complex64;

fn setting(spec: BootstrapSpec, log_degree: u32) -> (Setting, Bootstrapper, EncapsulationKeys) {
    let params = Params::insecure(Preset::Levels8.insecure_params(log_degree)).unwrap();
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

#[test]
fn real_slots_come_back_with_new_levels() {
    let spec = Preset::bootstrap(11, SlotKind::Real);
    let (setting, bootstrapper, keys) = setting(spec, 11);
    assert_eq!(bootstrapper.levels_between(), 8);
    let x = real(&numbers(1024, 1));
    let mut a = setting.encrypt(&x, bootstrapper.input_level());
    for round in 0..3 {
        a = bootstrapper
            .bootstrap(&setting.evaluator, &keys, &a)
            .unwrap();
        assert_eq!(a.level(), bootstrapper.output_level());
        assert!((a.scale() / setting.params.scale() - 1.0).abs() < 1e-12);
        let bits = worst_bits(&setting.decrypt(&a), &x);
        println!("round {round}: {bits:.1} bits in the worst slot");
        assert!(bits > 17.0, "{bits}");
    }
}
