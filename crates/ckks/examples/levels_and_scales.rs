//! The second chapter: what a product costs, why sums are refused, and how they are made to fit.
//!
//!     cargo run --release -p nearfield-ckks --example levels_and_scales
//!     cargo run --release -p nearfield-ckks --example levels_and_scales -- --secure
//!
//! The first runs in a ring too small to be safe, the second with 128 bits of security: the same
//! primes in a ring of degree 2^14.

use nearfield_ckks::{
    Ciphertext, Encoder, Error, EvaluationKeys, Evaluator, Params, ParamsSpec, SecretKey,
};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let params = params(std::env::args().any(|argument| argument == "--secure"))?;
    let top = params.max_level();
    let encoder = Encoder::new(&params);
    let secret = SecretKey::generate(&params)?;
    let mut keys = EvaluationKeys::none(&params);
    keys.add_relinearization(&secret, top)?;
    let evaluator = Evaluator::new(keys);
    let slots = params.max_slots();
    let numbers: Vec<f64> = (0..slots).map(|slot| (slot as f64 * 0.7).sin()).collect();
    let encrypted = secret.encrypt(&encoder.encode_real(&numbers, top, params.scale())?)?;

    // The modulus is a product of primes. A product of ciphertexts has the product of their
    // scales; rescaling divides it by the last prime, which is gone then. Primes are near the
    // scale, but never equal to it, so the scale moves a little each time.
    println!("the last prime of each level, as a power of two:");
    for level in (1..=top).rev() {
        let prime = params.prime(level).value() as f64;
        println!("  level {level}: 2^{:.9}", prime.log2());
    }
    println!("{:<34} level  log2(scale)", "");
    show("x", &encrypted);
    let unscaled = evaluator.relinearize(&evaluator.tensor(&encrypted, &encrypted)?)?;
    show("x * x, not rescaled", &unscaled);
    let square = evaluator.multiply(&encrypted, &encrypted)?;
    show("x * x, rescaled", &square);

    // Integers at different scales cannot be added: the sum would be wrong by what the scales
    // differ, and nothing would tell. So it is refused.
    let refused = evaluator.add(&square, &encrypted);
    assert!(matches!(refused, Err(Error::Scales(..))));
    if let Err(error) = refused {
        println!("x * x + x: {error}");
    }

    // First way: bring x there. A product with 1, encoded at just the scale that is missing, ends
    // at the level and the scale of the square.
    let prime = params.prime(top).value() as f64;
    let missing = square.scale() * prime / encrypted.scale();
    let brought = evaluator.rescale(&evaluator.multiply_constant(&encrypted, 1.0, missing)?)?;
    show("x, brought to the square's scale", &brought);
    let sum = evaluator.add(&square, &brought)?;
    show("x * x + x", &sum);

    // Second way, for nothing: add before the product is rescaled, with a constant that takes the
    // scale that is missing. x^4 - x/2 + 1/8 takes two levels, as x^4 does.
    let mut fourth = evaluator.tensor(&square, &square)?;
    evaluator.add_scaled_to_product(&mut fourth, &encrypted, -0.5)?;
    evaluator.add_constant_to_product(&mut fourth, 0.125)?;
    let fourth = evaluator.relinearize_rescale(&fourth)?;
    show("x^4 - x/2 + 1/8", &fourth);

    // When the levels are used up there is no further product. Then comes the last chapter.
    let mut power = fourth.clone();
    let error = loop {
        match evaluator.multiply(&power, &power) {
            Ok(next) => power = next,
            Err(error) => break error,
        }
        show("its square", &power);
    };
    println!("once more: {error}");
    assert!(matches!(error, Error::Levels { left: 0, .. }));

    let expected = [
        (&sum, (|x| x * x + x) as fn(f64) -> f64),
        (&fourth, |x| x.powi(4) - x / 2.0 + 0.125),
        (&power, |x| (x.powi(4) - x / 2.0 + 0.125).powi(4)),
    ];
    for (ciphertext, f) in expected {
        let found = encoder.decode_real(&secret.decrypt_with_noise(ciphertext)?)?;
        let errors = numbers.iter().zip(found).map(|(&x, y)| (f(x) - y).abs());
        let bits = -errors.fold(0.0, f64::max).log2();
        println!("at level {}: {bits:.1} bits are right", ciphertext.level());
        assert!(bits > 18.0, "{bits}");
    }
    Ok(())
}

fn show(name: &str, ciphertext: &Ciphertext) {
    let (level, scale) = (ciphertext.level(), ciphertext.scale());
    println!("{name:<34} {level:>5}  {:.9}", scale.log2());
}

/// Four levels.
fn params(secure: bool) -> nearfield_ckks::Result<Params> {
    let spec = ParamsSpec {
        log_degree: if secure { 14 } else { 10 },
        chain_bits: vec![50, 40, 40, 40, 40],
        special_bits: vec![50, 50],
        digits: 3,
        scale_bits: 40,
    };
    if secure {
        Params::new(spec)
    } else {
        Params::insecure(spec)
    }
}
