//! The readers of hostile bytes: for the fuzz targets, and for the test that replays their corpus.

use nearfield_ckks::file::{Description, ServerKeys, unchecked};
use nearfield_ckks::{Ciphertext, Params, ParamsSpec, PublicKey, SecretKey, Stored};
use std::sync::OnceLock;

/// The parameters of the corpus: as small as possible.
pub(crate) fn params() -> &'static Params {
    static PARAMS: OnceLock<Params> = OnceLock::new();
    PARAMS.get_or_init(|| {
        Params::insecure(ParamsSpec {
            log_degree: 5,
            chain_bits: vec![30, 25],
            special_bits: vec![31, 24],
            digits: 2,
            scale_bits: 20,
        })
        .unwrap()
    })
}

/// Whether bytes can be read as parameters.
pub(crate) fn read_params(bytes: &[u8]) -> bool {
    if let Ok(Some(params)) = unchecked::params(bytes) {
        let mut again = Vec::new();
        params.write(&mut again).unwrap();
        let read = Params::read_insecure(&again[..]).unwrap();
        assert_eq!(read, params);
    }
    // Parameters of hostile bytes with true digests may take long to build.
    Description::read(bytes).is_ok()
}

/// Whether bytes can be read as a secret key.
pub(crate) fn read_secret_key(bytes: &[u8]) -> bool {
    let _ = unchecked::secret_key(bytes, params());
    SecretKey::read(bytes, params()).is_ok()
}

/// Whether bytes can be read as a public key.
pub(crate) fn read_public_key(bytes: &[u8]) -> bool {
    read::<PublicKey>(bytes, true)
}

/// Whether bytes can be read as evaluation keys.
pub(crate) fn read_evaluation_keys(bytes: &[u8]) -> bool {
    read::<ServerKeys>(bytes, true)
}

/// Whether bytes can be read as a ciphertext.
pub(crate) fn read_ciphertext(bytes: &[u8]) -> bool {
    // Fresh ciphertexts are written again in full.
    read::<Ciphertext>(bytes, false)
}

/// Checks that whatever can be read is the same after it was written and read again, and that files
/// with right digests are written with the same bytes.
fn read<T: Stored + PartialEq + std::fmt::Debug>(bytes: &[u8], canonical: bool) -> bool {
    if let Ok(stored) = unchecked::read::<T>(bytes, params()) {
        let mut again = Vec::new();
        stored.write(&mut again).unwrap();
        assert_eq!(T::read(&again[..], params()).unwrap(), stored);
    }
    let Ok(stored) = T::read(bytes, params()) else {
        return false;
    };
    let mut again = Vec::new();
    stored.write(&mut again).unwrap();
    assert!(
        !canonical || again == bytes,
        "writing again gives other bytes"
    );
    true
}
