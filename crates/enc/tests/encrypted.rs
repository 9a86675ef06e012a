//! The circuit on ciphertexts, in rings too small to be secure, compared with its twin.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Samples, random_matrices};
use nearfield_ckks::bootstrap::{BootstrapPlan, Bootstrapper, Preset};
use nearfield_ckks::{Ciphertext, Encoder, EvaluationKeys, Evaluator, KeyList, Params, SecretKey};
use nearfield_enc::{
    Circuit, Ckks, Clear, Counts, Layout, NetworkSpec, Operations, Ranges, Rates, StepPlan,
};
use std::convert::Infallible;

const RATES: Rates = Rates {
    rate: 5e-4,
    decay: 0.01,
    momentum: 0.9,
};

const RANGES: Ranges = Ranges {
    weights: 1.0,
    velocities: 256.0,
};

struct Owner {
    secret: SecretKey,
    encoder: Encoder,
    base: usize,
}

impl Owner {
    fn encrypt(&self, values: &[f64], levels: usize) -> Ciphertext {
        let scale = self.secret.params().scale();
        let level = self.base + levels;
        let plain = self.encoder.encode_real(values, level, scale).unwrap();
        self.secret.encrypt(&plain).unwrap()
    }

    fn decrypt(&self, ciphertext: &Ciphertext) -> Vec<f64> {
        let plain = self.secret.decrypt_with_noise(ciphertext).unwrap();
        self.encoder.decode_real(&plain).unwrap()
    }

    /// The largest difference between decrypted vectors and expected ones.
    fn distance(&self, found: &[Ciphertext], expected: &[Vec<f64>]) -> f64 {
        let found = found.iter().flat_map(|vector| self.decrypt(vector));
        let differences = found
            .zip(expected.iter().flatten())
            .map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f64::max)
    }
}

fn set_up(plan: &StepPlan, log_degree: u32) -> (Owner, Ckks) {
    let preset = Preset::with_levels(plan.levels).unwrap();
    let params = Params::insecure(preset.insecure_params(log_degree)).unwrap();
    let secret = SecretKey::generate(&params).unwrap();
    let encoder = Encoder::new(&params);
    let spec = Preset::bootstrap(log_degree, plan.slot_kind());
    let bootstrapping = BootstrapPlan::new(&encoder, spec).unwrap();
    assert_eq!(bootstrapping.levels_between(), plan.levels);
    let mut list = KeyList::none(&params);
    bootstrapping.list_keys(&mut list);
    let base = bootstrapping.input_level();
    plan.list_keys(base, &mut list);
    let mut keys = EvaluationKeys::none(&params);
    keys.add(&secret, &list).unwrap();
    let encapsulation = bootstrapping.generate_encapsulation_keys(&secret);
    let owner = Owner {
        secret,
        encoder: Encoder::new(&params),
        base,
    };
    let (evaluator, encapsulation) = (Evaluator::new(keys), encapsulation.unwrap());
    let bootstrapper = Bootstrapper::new(bootstrapping, evaluator, encapsulation).unwrap();
    (owner, Ckks::new(bootstrapper, encoder))
}

/// Bits of precision of states and prediction errors relative to the twin's, after some steps.
fn bits_after(layout: &Layout, log_degree: u32, steps: u64) -> f64 {
    let size = layout.samples_per_vector() + 1;
    let plan = StepPlan::new(layout, size, &RATES).unwrap();
    let (owner, server) = set_up(&plan, log_degree);
    let clear = Clear::new(layout.grid().slots());
    let twin = Circuit::new(&clear, layout, RANGES).unwrap();
    let circuit = Circuit::new(&server, layout, RANGES).unwrap();
    let initial = random_matrices(layout.network(), 0.0).unwrap();
    let mut expected = layout.pack_matrices(&initial, RANGES);
    let mut state: Vec<_> = expected.iter().map(|v| owner.encrypt(v, 0)).collect();
    let mut worst: f64 = 0.0;
    for step in 0..steps {
        let batch = Samples::random(layout.network(), size, step).pack(layout);
        let encrypt = |values: &Vec<f64>| Ok(owner.encrypt(values, plan.input_levels()));
        let encrypted = batch.try_map::<_, Infallible>(encrypt).unwrap();
        let in_clear = twin.step(&expected, batch, &RATES).unwrap();
        let output = circuit.step(&state, encrypted, &RATES).unwrap();
        let numbers = in_clear.state.iter().flatten();
        let max_abs = numbers.fold(0.0_f64, |max, v| max.max(v.abs()));
        assert!(max_abs < 1.0, "{max_abs} is too large for a refresh");
        worst = worst.max(owner.distance(&output.errors, &in_clear.errors));
        (state, expected) = (output.state, in_clear.state);
    }
    assert_as_planned(server.operations(), &plan.counts, steps);
    worst = worst.max(owner.distance(&state, &expected));
    -worst.log2()
}

fn assert_as_planned(done: Operations, planned: &Counts, steps: u64) {
    let steps = usize::try_from(steps).unwrap();
    assert_eq!(done.rotations, steps * planned.rotation_count());
    let products: usize = planned.relinearizations.values().sum();
    assert_eq!(done.relinearizations, steps * products);
    let refreshes = planned.refreshes + planned.pair_refreshes;
    assert_eq!(done.refreshes, steps * refreshes);
}

#[test]
fn encrypted_steps_agree_with_the_twin() {
    for (features, hidden, classes, shared) in [
        (4, vec![8], 3, true),
        (30, vec![8], 2, false),
        (12, vec![], 3, true),
        (9, vec![8, 4], 3, false),
    ] {
        let network = NetworkSpec::new(features, hidden, classes).unwrap();
        let layouts = Layout::all(&network, 512).unwrap();
        let layout = layouts
            .iter()
            .find(|layout| layout.shares_vector() == shared);
        let layout = layout.unwrap_or(&layouts[0]);
        let bits = bits_after(layout, 10, 3);
        println!("{network} {:?}: {bits:.1} bits", layout.grid());
        assert!(bits > 13.0, "{network} {:?}: {bits} bits", layout.grid());
    }
}
