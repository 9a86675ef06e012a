//! A training step on ciphertexts by an owner and a server, compared with its twin.
//!
//! The ring is too small to be secure, so that it takes seconds: never do so with real data.
//!
//!     cargo run --release -p nearfield-enc --example encrypted_step

use nearfield_ckks::bootstrap::Bootstrapper;
use nearfield_ckks::{
    Ciphertext, Decryptor, Encoder, EvaluationKeys, Evaluator, Precision, SecretKey,
};
use nearfield_enc::{Batch, Circuit, Ckks, Clear, Matrices, RateSpec, Task, TaskPlan};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Two samples of four features, and their classes. A batch may have more than a vector holds.
const SAMPLES: [&[f64]; 2] = [&[0.2, 0.6, 0.1, 0.1], &[0.8, 0.5, 0.9, 0.9]];
const LABELS: [usize; 2] = [0, 2];

pub(crate) fn main() -> Outcome {
    // The task is public: sizes, rates, how it is encrypted. It fixes layout, levels and keys.
    let plan = task().with_best_layout()?;
    let (layout, ranges) = (&plan.layout, plan.task.ranges());
    let initial = Matrices::new(layout.network(), 42);
    let batch = layout.pack_batch(&SAMPLES, &LABELS);

    // The owner generates keys, and encrypts the initial state and the batch.
    let (owner, slots) = generate(&plan)?;
    let state = layout.pack_matrices(&initial, ranges);
    let encrypted = state.iter().map(|values| owner.encrypt(values, 0));
    let encrypted: Vec<Ciphertext> = encrypted.collect::<Outcome<_>>()?;
    let levels = plan.step.input_levels();
    let encrypted_batch = batch.try_map(|values| owner.encrypt(values, levels))?;

    // The server makes a step. It has no secret key.
    let trained = server_step(&plan, &slots, &encrypted, encrypted_batch)?;

    // The owner decrypts the model.
    let found = trained.iter().map(|vector| owner.decrypt(vector));
    let found = found.collect::<Outcome<Vec<_>>>()?;
    let found = layout.unpack_matrices(&found, ranges)?;

    // The twin makes the same step in floating point.
    let rates = plan.task.training.at(0);
    let clear = Clear::new(layout.grid().slots());
    let twin = Circuit::new(&clear, layout, ranges)?.step(&state, batch, &rates)?;
    let expected = layout.unpack_matrices(&twin.state, ranges)?;
    for ((name, found), (_, expected)) in found.parameters().zip(expected.parameters()) {
        let bits = Precision::of_real(found.weight.values(), expected.weight.values());
        println!("{name}: {:.1} bits of precision, mean", bits.mean_bits);
        assert!(bits.mean_bits > 13.0);
    }
    Ok(())
}

fn task() -> Task {
    Task {
        version: Task::VERSION,
        name: "encrypted_step".into(),
        features: 4,
        hidden: vec![8],
        classes: 3,
        batch: SAMPLES.len(),
        batches: 1,
        steps: 1,
        order_seed: 1,
        training: RateSpec::constant(0.01),
        weight_range: 1.0,
        velocity_range: 64.0,
        iterated: false,
        // Filled in by the plan.
        rows: 0,
        levels: 0,
        log_degree: 10,
        insecure: true,
    }
}

/// The owner, who alone has the secret key.
struct Owner {
    secret: SecretKey,
    encoder: Encoder,
    /// The level of a state, above which the levels of the circuit begin.
    base: usize,
}

/// The secret key for the owner, and the arithmetic with evaluation keys for the server.
fn generate(plan: &TaskPlan) -> Outcome<(Owner, Ckks)> {
    let params = plan.params()?;
    let secret = SecretKey::generate(&params)?;
    let encoder = Encoder::new(&params);
    let (bootstrapping, list) = plan.prepare(&encoder)?;
    let base = bootstrapping.input_level();
    let mut keys = EvaluationKeys::none(&params);
    keys.add(&secret, &list)?;
    let encapsulation = bootstrapping.generate_encapsulation_keys(&secret)?;
    let bootstrapper = Bootstrapper::new(bootstrapping, Evaluator::new(keys), encapsulation)?;
    let slots = Ckks::new(bootstrapper, Encoder::new(&params));
    let owner = Owner {
        secret,
        encoder,
        base,
    };
    Ok((owner, slots))
}

impl Owner {
    fn encrypt(&self, values: &[f64], levels: usize) -> Outcome<Ciphertext> {
        let scale = self.secret.params().scale();
        let plain = self
            .encoder
            .encode_real(values, self.base + levels, scale)?;
        Ok(self.secret.encrypt(&plain)?)
    }

    fn decrypt(&self, vector: &Ciphertext) -> Outcome<Vec<f64>> {
        Ok(Decryptor::new(&self.secret).decrypt_real(vector)?)
    }
}

/// What the server does: the state after a step, with everything encrypted.
fn server_step(
    plan: &TaskPlan,
    slots: &Ckks,
    state: &[Ciphertext],
    batch: Batch<Ciphertext>,
) -> Outcome<Vec<Ciphertext>> {
    let circuit = Circuit::new(slots, &plan.layout, plan.task.ranges())?;
    let output = circuit.step(state, batch, &plan.task.training.at(0))?;
    println!(
        "refresh {:.1?}, learn {:.1?}, update {:.1?}",
        output.timings.refresh, output.timings.learn, output.timings.update
    );
    Ok(output.state)
}
