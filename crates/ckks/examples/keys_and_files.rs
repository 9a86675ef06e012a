//! The fourth chapter: the owner of the data writes files, a server reads them, computes and
//! writes one back. Only files pass between the two.
//!
//!     cargo run --release -p nearfield-ckks --example keys_and_files
//!     cargo run --release -p nearfield-ckks --example keys_and_files -- --secure
//!
//! The first runs in a ring too small to be secure, the second with 128 bits of security: the same
//! primes in a ring of degree 2^13.

use nearfield_ckks::file::{Description, KeyFile, KeyWriter};
use nearfield_ckks::{
    Ciphertext, Decryptor, Encoder, Error, Evaluator, Galois, KeyList, Params, ParamsSpec,
    SecretKey, Stored,
};
use std::fs;
use std::path::Path;

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secure = std::env::args().any(|argument| argument == "--secure");
    let folder = tempfile::tempdir()?;
    let (home, shared) = (folder.path().join("home"), folder.path().join("shared"));
    fs::create_dir(&home)?;
    fs::create_dir(&shared)?;

    let readings: Vec<f64> = (0..64)
        .map(|hour| ((hour * 7 + 1) % 24) as f64 / 8.0)
        .collect();
    send(&home, &shared, &readings, secure)?;
    serve(&shared)?;
    let found = receive(&home, &shared)?;

    println!("the shared files:");
    for name in ["params", "keys", "readings", "products"] {
        let path = shared.join(name);
        let (kind, bytes) = (Description::load(&path)?.kind(), fs::metadata(&path)?.len());
        println!("  {name}: {kind}, {bytes} bytes");
    }
    // Where files are mixed up, the kind of the secret key's file is recognised and refused.
    let params = read_params(&shared)?;
    match Ciphertext::load(home.join("secret"), &params) {
        Err(error) => println!("the secret key read as a ciphertext: {error}"),
        Ok(_) => return Err("a secret key was taken for a ciphertext".into()),
    }
    let expected: Vec<f64> = (0..64)
        .map(|hour| readings[hour] * readings[(hour + 1) % 64])
        .collect();
    println!("reading times the next one: {:?} …", &found[..4]);
    assert_eq!(found, expected);
    Ok(())
}

/// The owner's part: the secret key stays at home, everything else is shared.
fn send(home: &Path, shared: &Path, readings: &[f64], secure: bool) -> nearfield_ckks::Result<()> {
    let params = params(secure)?;
    let top = params.max_level();
    params.save(shared.join("params"))?;
    let secret = SecretKey::generate(&params)?;
    // Only the owner can read this file, and saving never replaces another.
    secret.save(home.join("secret"))?;

    // The list of all keys that the server will need comes first; then each is generated and
    // written before the next, so that no more than one is ever in memory.
    let mut list = KeyList::none(&params);
    list.add_relinearization(top);
    list.add_galois(Galois::Rotation(1), top);
    let mut writer = KeyWriter::create(shared.join("keys"), &params)?;
    writer.add(&secret, &list)?;
    writer.commit()?;

    // A fresh ciphertext is half random: a seed of 32 bytes stands for that half in the file.
    let encoded = Encoder::new(&params).encode_real(readings, top, params.scale())?;
    let ciphertext = secret.encrypt_fresh(&encoded)?;
    ciphertext.save(shared.join("readings"))
}

/// The server's part: it has the shared files only.
fn serve(shared: &Path) -> nearfield_ckks::Result<()> {
    let params = read_params(shared)?;
    let readings = Ciphertext::load(shared.join("readings"), &params)?;
    let keys = KeyFile::open(shared.join("keys"), &params)?.read_all()?;
    let evaluator = Evaluator::new(keys.evaluation);
    let next = evaluator.rotate(&readings, 1)?;
    let product = evaluator.multiply(&readings, &next)?;
    product.save(shared.join("products"))
}

/// The owner's part, some time later. Nobody else may learn whether this succeeds: from such
/// answers to changed ciphertexts, a server can compute the secret key.
fn receive(home: &Path, shared: &Path) -> nearfield_ckks::Result<Vec<f64>> {
    let params = read_params(shared)?;
    let secret = SecretKey::load(home.join("secret"), &params)?;
    let products = Ciphertext::load(shared.join("products"), &params)?;
    Decryptor::new(&secret).decrypt_real(&products)
}

/// Unchecked parameters are marked in every file, and `load` refuses them: a test has to ask for
/// them explicitly.
fn read_params(shared: &Path) -> nearfield_ckks::Result<Params> {
    let path = shared.join("params");
    Params::load(&path).or_else(|error| match error {
        Error::InFile { error, .. } if *error == Error::StampedInsecure => {
            Description::load(&path)?.insecure_params()
        }
        other => Err(other),
    })
}

/// Two levels.
fn params(secure: bool) -> nearfield_ckks::Result<Params> {
    let spec = ParamsSpec {
        log_degree: if secure { 13 } else { 10 },
        chain_bits: vec![50, 40, 40],
        special_bits: vec![50, 33],
        digits: 3,
        scale_bits: 40,
    };
    if secure {
        Params::new(spec)
    } else {
        Params::insecure(spec)
    }
}
