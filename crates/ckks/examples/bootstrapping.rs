//! The last chapter: new levels for ciphertexts that have used up theirs, and what that costs.
//!
//!     cargo run --release -p nearfield-ckks --example bootstrapping
//!     cargo run --release -p nearfield-ckks --example bootstrapping -- --secure [8|11|13]
//!
//! The first takes seconds, in a ring too small to be secure; the second has 128 bits of security
//! and takes up to 11 GB of memory and about a minute.

use nearfield_ckks::bootstrap::{BootstrapPlan, Bootstrapper, Preset, SlotKind};
use nearfield_ckks::{Encoder, EvaluationKeys, Evaluator, Params, Precision, SecretKey};

use std::time::Instant;

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let preset = match arguments.get(1).map(String::as_str) {
        Some("11") => Preset::LEVELS_11,
        Some("13") => Preset::LEVELS_13,
        _ => Preset::LEVELS_8,
    };
    let secure = arguments.first().is_some_and(|first| first == "--secure");
    let params = if secure {
        Params::new(preset.params())?
    } else {
        Params::insecure(preset.insecure_params(12))?
    };
    println!(
        "N = 2^{}, {} primes of {:.0} bits together, {} levels between bootstrappings",
        params.spec().log_degree,
        params.spec().chain_bits.len() + params.spec().special_bits.len(),
        params.log_modulus(),
        preset.levels(),
    );

    // The owner of the data generates the keys; only the evaluation keys are sent to the server.
    let start = Instant::now();
    let encoder = Encoder::new(&params);
    let secret = SecretKey::generate(&params)?;
    let spec = Preset::bootstrap(params.spec().log_degree, SlotKind::Real);
    let plan = BootstrapPlan::new(&encoder, spec)?;
    println!(
        "matrices: {:.1?}, {} MB",
        start.elapsed(),
        plan.bytes() >> 20
    );
    let start = Instant::now();
    let mut keys = EvaluationKeys::none(&params);
    let encapsulation = plan.generate_keys(&secret, &mut keys)?;
    let megabytes = (keys.bytes() + encapsulation.bytes()) >> 20;
    println!("keys: {:.1?}, {megabytes} MB", start.elapsed());

    // A ciphertext at the lowest level that bootstrapping takes.
    let numbers: Vec<f64> = (0..params.max_slots())
        .map(|slot| (slot as f64 * 0.7).sin())
        .collect();
    let plaintext = encoder.encode_real(&numbers, plan.input_level(), params.scale())?;
    let mut ciphertext = secret.encrypt(&plaintext)?;

    // The server's part: it has the plan and the keys, and computes without the secret key.
    let bootstrapper = Bootstrapper::new(plan, Evaluator::new(keys), encapsulation)?;
    println!("bootstrapping  seconds  level  mean bits  worst bits");
    for round in 1..=10 {
        let start = Instant::now();
        ciphertext = bootstrapper.bootstrap(&ciphertext)?;
        let seconds = start.elapsed().as_secs_f64();
        let found = encoder.decode_real(&secret.decrypt_with_noise(&ciphertext)?)?;
        let precision = Precision::of_real(&found, &numbers);
        println!(
            "{round:>13}  {seconds:>7.3}  {:>5}  {:>9.1}  {:>10.1}",
            ciphertext.level(),
            precision.mean_bits,
            precision.worst_bits
        );
        assert!(
            precision.worst_bits > 14.0,
            "fewer than 14 bits are correct"
        );
    }
    Ok(())
}
