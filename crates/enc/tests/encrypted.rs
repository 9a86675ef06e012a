//! The circuit on ciphertexts against the same circuit in the clear, in rings so small that
//! nobody should rely on them.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Dense, packed, random_batch};
use nearfield_ckks::bootstrap::{BootstrapPlan, Bootstrapper, Preset};
use nearfield_ckks::{Ciphertext, Encoder, EvaluationKeys, Evaluator, KeyList, Params, SecretKey};
use nearfield_enc::{
    Batch, Circuit, Ckks, Clear, Labels, Layout, NetworkSpec, Ranges, Rates, StepPlan,
};

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

    fn batch(&self, batch: &Batch<Vec<f64>>, plan: &StepPlan) -> Batch<Ciphertext> {
        let labels = |labels: &Option<Vec<f64>>| {
            let labels = labels.as_ref();
            labels.map(|labels| self.encrypt(labels, plan.levels))
        };
        Batch {
            inputs: batch
                .inputs
                .iter()
                .map(|inputs| {
                    let inputs = inputs.iter();
                    inputs
                        .map(|v| self.encrypt(v, plan.input_levels()))
                        .collect()
                })
                .collect(),
            labels: batch
                .labels
                .iter()
                .map(|of| Labels {
                    expanded: labels(&of.expanded),
                    repeated: labels(&of.repeated),
                })
                .collect(),
        }
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

fn bits_after(network: &NetworkSpec, layout: &Layout, log_degree: u32, steps: u64) -> f64 {
    let size = layout.samples() + 1;
    let plan = StepPlan::new(layout, size, &RATES).unwrap();
    let (owner, server) = set_up(&plan, log_degree);
    let clear = Clear::new(layout.grid.slots());
    let twin = Circuit::new(&clear, layout, RANGES).unwrap();
    let circuit = Circuit::new(&server, layout, RANGES).unwrap();
    let dense = Dense::new(network, 7);
    let mut expected = layout.pack(
        |role, i, o| dense.weight(role, i, o) / RANGES.weights,
        |_, _, _| 0.0,
    );
    let mut state: Vec<_> = expected.iter().map(|v| owner.encrypt(v, 0)).collect();
    let mut worst: f64 = 0.0;
    for step in 0..steps {
        let (samples, labels) = random_batch(network, size, step);
        let batch = packed(layout, &samples, &labels);
        let encrypted = owner.batch(&batch, &plan);
        let in_clear = twin.step(&expected, batch, &RATES).unwrap();
        let stepped = circuit.step(&state, encrypted, &RATES).unwrap();
        let largest = in_clear
            .state
            .iter()
            .flatten()
            .fold(0.0_f64, |l, v| l.max(v.abs()));
        assert!(largest < 1.0, "{largest} is no number for a refresh");
        for (found, expected) in stepped.errors.iter().zip(&in_clear.errors) {
            for (found, expected) in owner.decrypt(found).iter().zip(expected) {
                worst = worst.max((found - expected).abs());
            }
        }
        (state, expected) = (stepped.state, in_clear.state);
    }
    let (done, planned) = (server.operations(), &plan.counts);
    let steps = usize::try_from(steps).unwrap();
    assert_eq!(done.rotations, steps * planned.rotation_count());
    let products: usize = planned.relinearizations.values().sum();
    assert_eq!(done.relinearizations, steps * products);
    let refreshes = planned.refreshes + planned.pair_refreshes;
    assert_eq!(done.refreshes, steps * refreshes);
    for (found, expected) in state.iter().zip(&expected) {
        for (found, expected) in owner.decrypt(found).iter().zip(expected) {
            worst = worst.max((found - expected).abs());
        }
    }
    -worst.log2()
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
        let layout = layouts.iter().find(|layout| layout.shared == shared);
        let layout = layout.unwrap_or(&layouts[0]);
        let bits = bits_after(&network, layout, 10, 3);
        println!("{network} {:?}: {bits:.1} bits", layout.grid);
        assert!(bits > 13.0, "{network} {:?}: {bits} bits", layout.grid);
    }
}
