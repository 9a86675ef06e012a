//! Files survive being written and read, and the wrong readers refuse them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{insecure_spec, numbers};
use nearfield_ckks::bootstrap::{BootstrapPlan, Preset, SlotKind};
use nearfield_ckks::file::{Description, FreshCiphertext, KeyFile, KeyWriter, Kind, ServerKeys};
use nearfield_ckks::{
    Ciphertext, Encoder, Error, EvaluationKeys, Evaluator, Galois, KeyList, Params, PublicKey,
    SecretKey, Stored,
};
use std::path::Path;

fn params() -> Params {
    Params::insecure(insecure_spec(5)).unwrap()
}

fn encrypt(secret: &SecretKey) -> FreshCiphertext {
    let encoder = Encoder::new(secret.params());
    let plaintext = encoder.encode(&numbers(8, 1), 3, 2_f64.powi(40)).unwrap();
    secret.encrypt_fresh(&plaintext).unwrap()
}

fn bytes_of(stored: &impl Stored) -> Vec<u8> {
    let mut bytes = Vec::new();
    stored.write(&mut bytes).unwrap();
    bytes
}

fn list(params: &Params) -> KeyList {
    let mut list = KeyList::none(params);
    list.add_relinearization(4);
    for (steps, level) in [(1, 2), (3, 5), (1, 3), (0, 5)] {
        list.add_galois(Galois::Rotation(steps), level);
    }
    list.add_galois(Galois::Conjugation, 0);
    list
}

/// The error within a file.
fn within(error: Error) -> Error {
    match error {
        Error::InFile { error, .. } => *error,
        error => panic!("{error} names no file"),
    }
}

#[test]
fn parameters_public_keys_and_ciphertexts_survive_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    let params = params();
    let secret = SecretKey::generate(&params).unwrap();
    let public = PublicKey::generate(&secret).unwrap();
    let ciphertext = encrypt(&secret).into_ciphertext();
    params.save(path("params")).unwrap();
    public.save(path("public")).unwrap();
    ciphertext.save(path("ciphertext")).unwrap();
    let bytes = std::fs::read(path("params")).unwrap();
    let back = Params::read_insecure(&bytes[..]).unwrap();
    assert_eq!(back, params);
    assert_eq!(PublicKey::load(path("public"), &back).unwrap(), public);
    let read = Ciphertext::load(path("ciphertext"), &back).unwrap();
    assert_eq!(read, ciphertext);
    let description = Description::load(path("ciphertext")).unwrap();
    assert_eq!(description.kind(), Kind::Ciphertext);
    assert_eq!(description.spec(), params.spec());
    assert_eq!(description.insecure_params().unwrap(), params);
}

#[test]
fn reading_and_writing_again_gives_the_same_bytes() {
    let params = params();
    let secret = SecretKey::generate(&params).unwrap();
    let public = bytes_of(&PublicKey::generate(&secret).unwrap());
    let again = PublicKey::read(&public[..], &params).unwrap();
    assert_eq!(bytes_of(&again), public);
    let mut keys = ServerKeys::none(&params);
    keys.evaluation.add(&secret, &list(&params)).unwrap();
    let bytes = bytes_of(&keys);
    let again = ServerKeys::read(&bytes[..], &params).unwrap();
    assert_eq!(again, keys);
    assert_eq!(bytes_of(&again), bytes);
}

#[test]
fn fresh_ciphertexts_and_public_keys_take_half_their_size_and_residues_their_bits() {
    let params = Params::insecure(insecure_spec(12)).unwrap();
    let secret = SecretKey::generate(&params).unwrap();
    let fresh = encrypt(&secret);
    let mut half = Vec::new();
    fresh.write(&mut half).unwrap();
    assert_eq!(
        &Ciphertext::read(&half[..], &params).unwrap(),
        fresh.ciphertext()
    );
    let whole = bytes_of(fresh.ciphertext());
    // Primes of 50, 40, 40 and 40 bits or one more.
    let packed = (170..=173).map(|bits| bits * 4096 / 8);
    let overhead = half.len() as u64 - packed.clone().min().unwrap();
    assert!(overhead < 2048, "{overhead}");
    let doubled = 2 * half.len() - whole.len();
    assert!(doubled < 512, "{} and {}", half.len(), whole.len());
}

#[test]
fn a_secret_key_survives_its_file_which_nobody_else_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let params = params();
    let secret = SecretKey::generate(&params).unwrap();
    secret.save(&path).unwrap();
    let back = SecretKey::load(&path, &params).unwrap();
    // Secret keys cannot be compared: that both decrypt alike must do.
    let ciphertext = encrypt(&secret).into_ciphertext();
    assert_eq!(
        back.decrypt_with_noise(&ciphertext).unwrap(),
        secret.decrypt_with_noise(&ciphertext).unwrap()
    );
    let again = within(secret.save(&path).unwrap_err());
    assert_eq!(again, Error::Exists);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    check_modes(&path, &params);
}

#[cfg(unix)]
fn check_modes(path: &Path, params: &Params) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o640)).unwrap();
    let Err(error) = SecretKey::load(path, params) else {
        panic!("an open secret key was read");
    };
    assert_eq!(within(error), Error::Exposed { mode: 0o640 });
}

#[cfg(not(unix))]
fn check_modes(_: &Path, _: &Params) {}

#[test]
fn keys_are_written_and_read_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let params = params();
    let secret = SecretKey::generate(&params).unwrap();
    let list = list(&params);
    assert_eq!(list.count(), 4);
    let mut writer = KeyWriter::create(&path, &params).unwrap();
    writer.add(&secret, &list).unwrap();
    let again = writer.add(&secret, &list).unwrap_err();
    assert!(again.to_string().contains("order"), "{again}");
    assert!(!path.exists());
    writer.commit().unwrap();

    let file = KeyFile::open(&path, &params).unwrap();
    assert_eq!(file.relinearization_level(), Some(4));
    assert_eq!(file.galois_level(Galois::Rotation(1)), Some(3));
    assert_eq!(file.galois_level(Galois::Rotation(2)), None);
    let all = file.read_all().unwrap();
    assert_eq!(all, ServerKeys::load(&path, &params).unwrap());
    let mut one = EvaluationKeys::none(&params);
    file.add_galois(&mut one, Galois::Rotation(3)).unwrap();
    let missing = file.add_galois(&mut one, Galois::Rotation(2)).unwrap_err();
    assert!(matches!(missing, Error::MissingKey(_)));
    assert!(one.bytes() < all.evaluation.bytes());
    let evaluator = Evaluator::new(one);
    let ciphertext = encrypt(&secret).into_ciphertext();
    let rotated = evaluator.rotate(&ciphertext, 3).unwrap();
    assert_eq!(
        rotated,
        Evaluator::new(all.evaluation)
            .rotate(&ciphertext, 3)
            .unwrap()
    );
}

#[test]
fn keys_of_a_bootstrapping_survive_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let params = Params::insecure(Preset::LEVELS_8.insecure_params(6)).unwrap();
    let secret = SecretKey::generate(&params).unwrap();
    let spec = Preset::bootstrap(6, SlotKind::Real);
    let plan = BootstrapPlan::new(&Encoder::new(&params), spec).unwrap();
    let mut list = KeyList::none(&params);
    plan.list_keys(&mut list);
    let encapsulation = plan.generate_encapsulation_keys(&secret).unwrap();
    let mut writer = KeyWriter::create(&path, &params).unwrap();
    writer.add(&secret, &list).unwrap();
    writer.add_encapsulation(&encapsulation).unwrap();
    writer.commit().unwrap();
    let file = KeyFile::open(&path, &params).unwrap();
    assert_eq!(file.encapsulation().unwrap().as_ref(), Some(&encapsulation));
    let keys = ServerKeys::load(&path, &params).unwrap();
    assert_eq!(keys, file.read_all().unwrap());
    assert_eq!(keys.encapsulation, Some(encapsulation));
}

#[test]
fn a_secret_key_is_refused_wherever_it_is_not_expected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let params = params();
    SecretKey::generate(&params).unwrap().save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let refusals = [
        Params::read_insecure(&bytes[..]).map(drop),
        PublicKey::read(&bytes[..], &params).map(drop),
        Ciphertext::read(&bytes[..], &params).map(drop),
        ServerKeys::read(&bytes[..], &params).map(drop),
        KeyFile::open(&path, &params).map(drop).map_err(within),
    ];
    for refusal in refusals {
        let error = refusal.unwrap_err();
        let found = Kind::SecretKey;
        assert!(
            matches!(error, Error::Kind { found: kind, .. } if kind == found),
            "{error}"
        );
        assert!(error.to_string().contains("to its owner alone"), "{error}");
    }
    assert_eq!(
        Description::load(&path).unwrap().kind(),
        Kind::SecretKey,
        "its kind is public"
    );
}

#[test]
fn files_of_insecure_or_other_parameters_are_refused() {
    let mut spec = insecure_spec(13);
    spec.chain_bits = vec![40, 40];
    spec.special_bits = vec![50];
    let (secure, insecure) = (Params::new(spec.clone()), Params::insecure(spec));
    let (secure, insecure) = (secure.unwrap(), insecure.unwrap());
    let mut bytes = Vec::new();
    insecure.write(&mut bytes).unwrap();
    assert_eq!(
        Params::read(&bytes[..]).unwrap_err(),
        Error::StampedInsecure
    );
    let secret = SecretKey::generate(&insecure).unwrap();
    let key = bytes_of(&PublicKey::generate(&secret).unwrap());
    let refusal = PublicKey::read(&key[..], &secure).unwrap_err();
    assert_eq!(refusal, Error::StampedInsecure);
    let refusal = PublicKey::read(&key[..], &params()).unwrap_err();
    assert!(matches!(refusal, Error::Mismatch { .. }), "{refusal}");
    let mut bytes = Vec::new();
    secure.write(&mut bytes).unwrap();
    assert_eq!(Params::read(&bytes[..]).unwrap(), secure);
    // The stamp taken off parameters that are not secure.
    let mut bytes = Vec::new();
    params().write(&mut bytes).unwrap();
    assert_eq!(bytes[16], 1);
    bytes[16] = 0;
    let digest = *blake3::hash(&bytes[..bytes.len() - 32]).as_bytes();
    let head = bytes.len() - 32;
    bytes[head..].copy_from_slice(&digest);
    let refusal = Params::read(&bytes[..]).unwrap_err();
    assert!(matches!(refusal, Error::Insecure { .. }), "{refusal}");
}

#[test]
fn nothing_is_left_of_a_file_that_is_not_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    std::fs::write(&path, "old").unwrap();
    let params = params();
    let secret = SecretKey::generate(&params).unwrap();
    let mut writer = KeyWriter::create(&path, &params).unwrap();
    writer.add(&secret, &list(&params)).unwrap();
    drop(writer);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
