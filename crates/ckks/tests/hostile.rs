//! Hostile bytes are read or refused, without a panic and without large allocations.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "hostile/targets.rs"]
mod targets;

use nearfield_ckks::bootstrap::EncapsulationKeys;
use nearfield_ckks::file::{Description, FreshCiphertext, KeyFile, ServerKeys};
use nearfield_ckks::{
    Ciphertext, Decryptor, Encoder, Error, Evaluator, Galois, Params, PublicKey, SecretKey, Stored,
};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use targets::params;

/// A format: its name, its reader, and a file that can be read.
struct Target {
    name: &'static str,
    read: fn(&[u8]) -> bool,
    valid: &'static [u8],
}

fn targets() -> [Target; 5] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let files = FILES.get_or_init(valid_files);
    let target = |name, read, file: usize| Target {
        name,
        read,
        valid: &files[file],
    };
    [
        target("params", targets::read_params, 0),
        target("secret_key", targets::read_secret_key, 1),
        target("public_key", targets::read_public_key, 2),
        target("evaluation_keys", targets::read_evaluation_keys, 3),
        target("ciphertext", targets::read_ciphertext, 4),
    ]
}

fn corpus(target: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    tests.join("corpus").join(target)
}

fn bytes_of(stored: &impl Stored) -> Vec<u8> {
    let mut bytes = Vec::new();
    stored.write(&mut bytes).unwrap();
    bytes
}

fn encrypt(secret: &SecretKey) -> FreshCiphertext {
    let encoder = Encoder::new(params());
    let plaintext = encoder.encode_real(&[0.5, -0.25], 1, 2_f64.powi(20));
    secret.encrypt_fresh(&plaintext.unwrap()).unwrap()
}

/// The file of a secret key, which is written to a path only.
fn secret_file(secret: &SecretKey) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    secret.save(&path).unwrap();
    fs::read(path).unwrap()
}

fn server_keys(secret: &SecretKey) -> ServerKeys {
    let mut keys = ServerKeys::none(params());
    keys.evaluation.add_relinearization(secret, 1).unwrap();
    let galois = [(Galois::Rotation(1), 1), (Galois::Conjugation, 0)];
    for (galois, level) in galois {
        keys.evaluation.add_galois(secret, galois, level).unwrap();
    }
    keys.encapsulation = Some(EncapsulationKeys::generate(secret).unwrap());
    keys
}

fn valid_files() -> Vec<Vec<u8>> {
    let secret = SecretKey::generate(params()).unwrap();
    let mut parameters = Vec::new();
    params().write(&mut parameters).unwrap();
    vec![
        parameters,
        secret_file(&secret),
        bytes_of(&PublicKey::generate(&secret).unwrap()),
        bytes_of(&server_keys(&secret)),
        bytes_of(encrypt(&secret).ciphertext()),
    ]
}

#[test]
fn the_corpus_of_every_target_is_read_or_refused() {
    for target in targets() {
        let mut files = 0;
        for entry in fs::read_dir(corpus(target.name)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let read = (target.read)(&fs::read(&path).unwrap());
            if name.starts_with("valid") {
                assert!(read, "{}", path.display());
            }
            files += 1;
        }
        assert!(files > 0, "the corpus of {} is empty", target.name);
    }
}

#[test]
#[ignore = "writes the files of the corpus again, which only a new format needs"]
fn write_the_corpus() {
    for (target, bytes) in targets().iter().zip(valid_files_of_one_secret()) {
        let folder = corpus(target.name);
        fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in bytes {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

/// The files of the corpus: all of one secret key, so that they test the format too.
fn valid_files_of_one_secret() -> [Vec<(&'static str, Vec<u8>)>; 5] {
    let secret = SecretKey::generate(params()).unwrap();
    let mut parameters = Vec::new();
    params().write(&mut parameters).unwrap();
    let ciphertext = encrypt(&secret);
    let mut fresh = Vec::new();
    ciphertext.write(&mut fresh).unwrap();
    let whole = bytes_of(ciphertext.ciphertext());
    let keys = server_keys(&secret);
    let none = bytes_of(&ServerKeys::none(params()));
    [
        vec![("valid", parameters)],
        vec![("valid", secret_file(&secret))],
        vec![("valid", bytes_of(&PublicKey::generate(&secret).unwrap()))],
        vec![("valid", bytes_of(&keys)), ("valid-none", none)],
        vec![("valid", whole), ("valid-fresh", fresh)],
    ]
}

#[test]
fn files_of_earlier_builds_decrypt_to_the_same_numbers() {
    let read = |target: &str, name: &str| fs::read(corpus(target).join(name)).unwrap();
    let parameters = Params::read_insecure(&read("params", "valid")[..]).unwrap();
    assert_eq!(parameters, *params());
    let secret = SecretKey::read(&read("secret_key", "valid")[..], params()).unwrap();
    let public = PublicKey::read(&read("public_key", "valid")[..], params()).unwrap();
    let keys = ServerKeys::read(&read("evaluation_keys", "valid")[..], params()).unwrap();
    let whole = Ciphertext::read(&read("ciphertext", "valid")[..], params()).unwrap();
    let fresh = Ciphertext::read(&read("ciphertext", "valid-fresh")[..], params()).unwrap();
    assert_eq!(whole, fresh);
    let decryptor = Decryptor::new(&secret).with_precision(6);
    assert_eq!(decryptor.decrypt_real(&whole).unwrap(), [0.5, -0.25]);
    let evaluator = Evaluator::new(keys.evaluation);
    let rotated = evaluator.rotate(&whole, 1).unwrap();
    assert_eq!(decryptor.decrypt_real(&rotated).unwrap(), [-0.25, 0.5]);
    let plaintext = Encoder::new(params()).encode_real(&[0.75], 0, 2_f64.powi(20));
    let ciphertext = public.encrypt(&plaintext.unwrap()).unwrap();
    let decryptor = decryptor.with_precision(4);
    assert_eq!(decryptor.decrypt_real(&ciphertext).unwrap(), [0.75]);
}

#[test]
fn every_changed_bit_every_cut_and_every_tail_is_refused() {
    for target in targets() {
        let Target { name, read, valid } = target;
        assert!(read(valid), "{name}");
        let mut bytes = valid.to_vec();
        for place in 0..bytes.len() {
            // Every bit of the beginning; one of each byte of the rest.
            let bits = if place < 128 {
                0..8
            } else {
                place % 8..place % 8 + 1
            };
            for bit in bits {
                bytes[place] ^= 1 << bit;
                assert!(!read(&bytes), "{name}: bit {bit} of byte {place}");
                bytes[place] ^= 1 << bit;
            }
        }
        for length in 0..valid.len() {
            assert!(!reads_whole(name, &valid[..length]), "{name}: {length}");
        }
        bytes.push(0);
        assert!(!reads_whole(name, &bytes), "{name}: a tail");
    }
}

/// Whether bytes are one complete file; a description alone is read without what follows it.
fn reads_whole(name: &str, bytes: &[u8]) -> bool {
    if name == "params" {
        return Params::read_insecure(bytes).is_ok();
    }
    let target = targets().into_iter().find(|target| target.name == name);
    (target.unwrap().read)(bytes)
}

#[test]
fn mapped_files_are_refused_as_streams_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let valid = targets()[3].valid;
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let read = KeyFile::open(&path, params()).and_then(|file| file.read_all());
        let Err(Error::InFile { error, .. }) = read else {
            panic!("{} bytes were read", bytes.len());
        };
        let streamed = ServerKeys::read(bytes, params()).unwrap_err();
        (*error, streamed)
    };
    let mut bytes = valid.to_vec();
    for place in (0..bytes.len()).step_by(7) {
        bytes[place] ^= 4;
        refused(&bytes);
        bytes[place] ^= 4;
    }
    for length in (0..bytes.len()).step_by(29) {
        let (mapped, streamed) = refused(&bytes[..length]);
        assert!(matches!(mapped, Error::Truncated { .. }), "{mapped}");
        assert!(matches!(streamed, Error::Truncated { .. }), "{streamed}");
    }
    bytes.push(0);
    let (mapped, streamed) = refused(&bytes);
    assert_eq!(mapped, streamed);
    assert!(matches!(mapped, Error::Trailing { .. }), "{mapped}");
}

#[test]
fn a_description_of_large_parameters_takes_no_memory() {
    // Parameters of the largest ring, by their description alone.
    let mut spec = params().spec().clone();
    spec.log_degree = 17;
    let bytes = targets()[0].valid;
    let mut large = bytes[..bytes.len() - 32].to_vec();
    large[17] = 17;
    large.extend_from_slice(blake3::hash(&large).as_bytes());
    assert_eq!(Description::read(&large[..]).unwrap().spec(), &spec);
    // A description whose length is absurd.
    large[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = Description::read(&large[..]).unwrap_err();
    assert!(error.to_string().contains("4294967295"), "{error}");
}

#[test]
fn a_transparent_ciphertext_and_an_absurd_scale_are_refused() {
    let valid = targets()[4].valid;
    let ciphertext = Ciphertext::read(valid, params()).unwrap();
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
        let scaled = ciphertext.clone().with_scale_times(factor);
        let error = scaled.write(Vec::new()).unwrap_err();
        assert!(matches!(error, Error::Scale(_)), "{error}");
    }
    let shape = head();
    let second = valid.len() - (valid.len() - shape - 80) / 2;
    let mut bytes = valid.to_vec();
    bytes[second..].fill(0);
    let read = nearfield_ckks::file::unchecked::read::<Ciphertext>;
    assert_eq!(read(&bytes, params()).unwrap_err(), Error::Transparent);
    let with = |place: usize, values: &[u8]| {
        let mut bytes = valid.to_vec();
        bytes[shape + place..][..values.len()].copy_from_slice(values);
        read(&bytes, params()).unwrap_err().to_string()
    };
    assert!(with(0, &[3]).contains("3 primes, where the parameters have 2"));
    assert!(with(1, &[5]).contains("2^5 slots"));
    assert!(with(3, &[1]).contains("not 0"));
    assert!(with(8, &f64::NAN.to_le_bytes()).contains("NaN"));
    assert!(with(80, &[255; 8]).contains("its prime is"));
}

/// Bytes of a file before its first chunk.
fn head() -> usize {
    let spec = params().spec();
    16 + 6 + spec.chain_bits.len() + spec.special_bits.len() + 32 + 32
}

#[test]
fn keys_out_of_their_order_or_of_absurd_sizes_are_refused() {
    let secret = SecretKey::generate(params()).unwrap();
    let mut keys = ServerKeys::none(params());
    keys.evaluation.add_relinearization(&secret, 1).unwrap();
    let valid = bytes_of(&keys);
    let end = valid.len() - 80;
    let read = nearfield_ckks::file::unchecked::read::<ServerKeys>;
    assert_eq!(read(&valid, params()).unwrap(), keys);
    let twice = [&valid[..end], &valid[head()..end], &valid[end..]].concat();
    let error = read(&twice, params()).unwrap_err().to_string();
    assert!(error.contains("order"), "{error}");
    let with = |place: usize, value: u8| {
        let mut bytes = valid.clone();
        bytes[head() + place] = value;
        read(&bytes, params()).unwrap_err().to_string()
    };
    assert!(with(0, 4).contains("order"));
    assert!(with(0, 9).contains("no key 9"));
    assert!(with(1, 3).contains("chain: 3"));
    assert!(with(2, 255).contains("special: 255"));
    assert!(with(3, 1).contains("1 digits"));
    assert!(with(4, 5).contains("not 0"));
    assert!(with(end - head() + 4, 2).contains("number of keys"));
}

#[test]
fn a_file_that_is_cut_while_it_is_open_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let valid = targets()[3].valid;
    fs::write(&path, valid).unwrap();
    let file = KeyFile::open(&path, params()).unwrap();
    fs::write(&path, &valid[..valid.len() / 2]).unwrap();
    let error = file.read_all().unwrap_err();
    assert!(error.to_string().contains("copy it again"), "{error}");
}

proptest! {
    #[test]
    fn changed_bytes_cause_no_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        which in 0..5_usize,
    ) {
        let target = &targets()[which];
        let mut bytes = target.valid.to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        (target.read)(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        (target.read)(&bytes);
    }
}
