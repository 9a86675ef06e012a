//! The first chapter: numbers become a polynomial, the polynomial becomes a ciphertext, and the
//! results are decrypted.
//!
//!     cargo run --release -p nearfield-ckks --example encode_and_encrypt
//!     cargo run --release -p nearfield-ckks --example encode_and_encrypt -- --secure
//!
//! The first runs in a ring too small to be secure, the second with 128 bits of security: the same
//! primes in a ring of degree 2^13.

use nearfield_ckks::{
    Decryptor, Encoder, EvaluationKeys, Evaluator, Params, ParamsSpec, PublicKey, SecretKey,
};
use std::error::Error;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let params = params(std::env::args().any(|argument| argument == "--secure"))?;
    let (top, scale) = (params.max_level(), params.scale());

    // A polynomial of N coefficients carries N / 2 numbers, one a slot, as integers: each number
    // times the scale, rounded. These numbers have 8 bits after the point.
    let encoder = Encoder::new(&params);
    let in_slots = |of: fn(usize) -> usize| -> Vec<f64> {
        let slots = 0..params.max_slots();
        slots.map(|slot| (of(slot) % 256) as f64 / 256.0).collect()
    };
    let (x, y) = (in_slots(|slot| slot), in_slots(|slot| slot * slot + 128));
    let x_encoded = encoder.encode_real(&x, top, scale)?;
    let y_encoded = encoder.encode_real(&y, top, scale)?;

    // The owner keeps the secret key. Whoever has the public key can encrypt, and so can whoever
    // has the secret key, with less noise.
    let secret = SecretKey::generate(&params)?;
    let public = PublicKey::generate(&secret)?;
    let (a, b) = (public.encrypt(&x_encoded)?, public.encrypt(&y_encoded)?);

    // A server computes on all slots at once. Sums need no key; products need one, which the owner
    // generates and which does not reveal the secret key.
    let mut keys = EvaluationKeys::none(&params);
    keys.add_relinearization(&secret, top)?;
    let evaluator = Evaluator::new(keys);
    let (sum, product) = (evaluator.add(&a, &b)?, evaluator.multiply(&a, &b)?);

    // Every step adds noise. The owner alone may see it: the noise of decrypted values reveals the
    // secret key.
    let sums: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
    let products: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x * y).collect();
    let noise_of = |ciphertext, expected: &[f64]| -> Result<f64, Box<dyn Error>> {
        let found = encoder.decode_real(&secret.decrypt_with_noise(ciphertext)?)?;
        Ok(exact_bits(&found, expected))
    };
    println!("correct bits after the point in the worst slot:");
    let encoded = encoder.decode_real(&x_encoded)?;
    println!("  encoded    {:>5.1}", exact_bits(&encoded, &x));
    println!("  encrypted  {:>5.1}", noise_of(&a, &x)?);
    println!("  sum        {:>5.1}", noise_of(&sum, &sums)?);
    println!("  product    {:>5.1}", noise_of(&product, &products)?);

    // Results for others are therefore rounded, here to 16 bits after the point. Products of
    // numbers with 8 bits have that many, so that they are exact.
    let decryptor = Decryptor::new(&secret);
    let found = decryptor.decrypt_real(&product)?;
    println!("rounded to {} bits after the point:", decryptor.precision());
    for slot in [1, 3, 200] {
        println!("  {} * {} = {}", x[slot], y[slot], found[slot]);
    }
    assert_eq!(decryptor.decrypt_real(&sum)?, sums);
    assert_eq!(found, products);
    println!("all {} sums and products are correct", found.len());
    Ok(())
}

/// Three primes: two levels.
fn params(secure: bool) -> nearfield_ckks::Result<Params> {
    let spec = ParamsSpec {
        log_degree: if secure { 13 } else { 10 },
        chain_bits: vec![50, 40, 40],
        special_bits: vec![50, 33],
        digits: 3,
        scale_bits: 40,
    };
    // `new` takes secure parameters only.
    match Params::new(spec.clone()) {
        Err(error) if !secure => {
            println!("Params::new refuses: {error}");
            println!("The insecure ones are for this demonstration, not for secrets.");
            Params::insecure(spec)
        }
        checked => checked,
    }
}

/// Correct bits after the point in the worst place.
fn exact_bits(found: &[f64], expected: &[f64]) -> f64 {
    let errors = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    -errors.fold(0.0, f64::max).log2()
}
