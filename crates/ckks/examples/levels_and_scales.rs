//! The second chapter: the cost of a product, and how operands get the same scale for a sum.
//!
//!     cargo run --release -p nearfield-ckks --example levels_and_scales
//!     cargo run --release -p nearfield-ckks --example levels_and_scales -- --secure
//!
//! The first runs in a ring too small to be secure, the second with 128 bits of security: the same
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

    // The modulus is a product of primes. A product of ciphertexts has the product of their scales;
    // rescaling divides it by the last prime, which is dropped. Primes are near the scale but never
    // equal to it, so that the scale changes slightly each time.
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

    // Integers at different scales cannot be added: the sum would be wrong by the difference of the
    // scales, which would not be detectable. It is refused.
    let refused = evaluator.add(&square, &encrypted);
    assert!(matches!(refused, Err(Error::Scales(..))));
    if let Err(error) = refused {
        println!("x * x + x: {error}");
    }

    // The first way adjusts x: a product with 1 at the scale that is missing has, once rescaled,
    // the level and the scale of the square. `Evaluator::adjust` does the same.
    let prime = params.prime(top).value() as f64;
    let missing = square.scale() * prime / encrypted.scale();
    let adjusted = evaluator.rescale(&evaluator.multiply_constant(&encrypted, 1.0, missing)?)?;
    show("x, at the scale of the square", &adjusted);
    let sum = evaluator.add(&square, &adjusted)?;
    show("x * x + x", &sum);

    // The second way is free: add before the product is rescaled, with a constant at the scale that
    // is missing. x^4 - x/2 + 1/8 takes two levels, like x^4.
    let mut fourth = evaluator.tensor(&square, &square)?;
    evaluator.add_scaled_to_product(&mut fourth, &encrypted, -0.5)?;
    evaluator.add_constant_to_product(&mut fourth, 0.125)?;
    let fourth = evaluator.relinearize_rescale(&fourth)?;
    show("x^4 - x/2 + 1/8", &fourth);

    // Without levels there is no further product. The last chapter continues there.
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
        println!("at level {}: {bits:.1} correct bits", ciphertext.level());
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
