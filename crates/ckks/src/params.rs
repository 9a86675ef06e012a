//! Parameters: their description, and the checked parameters with their tables.

use crate::gadget::Gadget;
use crate::primes::{self, MAX_BITS, log2_product};
use crate::{Error, Result, security};
use nearfield_ring::{Modulus, Ring};
use std::sync::Arc;

/// The description of parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamsSpec {
    /// log2 of the ring degree. There are half as many slots.
    pub log_degree: u32,
    /// Bits of the primes of the modulus chain, from the first prime, which remains at level 0, to
    /// that of the highest level. With AVX-512, transforms modulo primes of up to 45 bits are
    /// faster than modulo longer ones.
    pub chain_bits: Vec<u32>,
    /// Bits of the special primes of key switching.
    pub special_bits: Vec<u32>,
    /// Number of digits that a key switch splits a polynomial into, at the highest level.
    pub digits: usize,
    /// Bits of the default scale.
    pub scale_bits: u32,
}

/// Checked parameters with the tables that operations need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Params(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    spec: ParamsSpec,
    insecure: bool,
    ring: Ring,
    gadget: Gadget,
    fingerprint: [u8; 32],
}

/// Minimum of the bits of a prime: there are too few shorter ones for large degrees.
const MIN_BITS: u32 = 20;

/// Maximum number of primes of the chain, and of special primes.
const MAX_PRIMES: usize = 64;

impl Params {
    /// Parameters of at least 128 bits of security.
    ///
    /// # Errors
    /// If they have less, or the description contradicts itself.
    pub fn new(spec: ParamsSpec) -> Result<Self> {
        let params = Self::insecure(spec)?;
        let (log_degree, found) = (params.spec().log_degree, params.log_modulus());
        let limit = security::max_modulus_bits(log_degree);
        if found > f64::from(limit) {
            return Err(Error::Insecure {
                log_degree,
                found,
                limit,
            });
        }
        Ok(params.with_security(false))
    }

    /// Parameters without a check of their security, for tests. Everything made with them is marked
    /// as insecure, files too.
    ///
    /// # Errors
    /// If the description contradicts itself.
    pub fn insecure(spec: ParamsSpec) -> Result<Self> {
        check(&spec)?;
        let degree = 1 << spec.log_degree;
        let (chain, special) = primes::find(&spec.chain_bits, &spec.special_bits, degree)?;
        let ring = Ring::new(degree, &chain, &special)?;
        let gadget = Gadget::new(&ring, ring.limbs(), spec.digits)?;
        Ok(Params(Arc::new(Inner {
            fingerprint: fingerprint(&spec, &chain, &special),
            spec,
            insecure: true,
            ring,
            gadget,
        })))
    }

    fn with_security(self, insecure: bool) -> Self {
        let mut inner = self.0;
        // Nothing else shares it yet.
        if let Some(inner) = Arc::get_mut(&mut inner) {
            inner.insecure = insecure;
        }
        Params(inner)
    }

    /// The description that they were made from.
    pub fn spec(&self) -> &ParamsSpec {
        &self.0.spec
    }

    /// Whether their security was not checked.
    pub fn is_insecure(&self) -> bool {
        self.0.insecure
    }

    /// A digest of the primes and the description. Keys and ciphertexts fit together if it is the
    /// same for their parameters.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
    }

    /// The ring.
    pub fn ring(&self) -> &Ring {
        &self.0.ring
    }

    /// The constants of key switches.
    pub(crate) fn gadget(&self) -> &Gadget {
        &self.0.gadget
    }

    /// Number of coefficients of a polynomial.
    pub fn degree(&self) -> usize {
        self.0.ring.degree()
    }

    /// Maximum number of slots of a ciphertext: half the degree.
    pub fn max_slots(&self) -> usize {
        self.degree() / 2
    }

    /// The highest level, which is the number of rescalings that a fresh ciphertext can take.
    pub fn max_level(&self) -> usize {
        self.0.ring.limbs().chain - 1
    }

    /// The default scale.
    pub fn scale(&self) -> f64 {
        f64::from(self.0.spec.scale_bits).exp2()
    }

    /// The prime that a rescaling at a level divides by.
    pub fn prime(&self, level: usize) -> Modulus {
        self.0.ring.chain_table(level).modulus()
    }

    /// [`Params::prime`] as a float, without rounding: primes have at most 50 bits.
    #[allow(clippy::cast_precision_loss, reason = "primes have at most 50 bits")]
    pub(crate) fn prime_value(&self, level: usize) -> f64 {
        self.prime(level).value() as f64
    }

    /// log2 of the product of all primes, special ones included.
    pub fn log_modulus(&self) -> f64 {
        log2_product(self.0.ring.moduli(self.0.ring.limbs()))
    }
}

impl PartialEq for Params {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.insecure, self.0.fingerprint) == (other.0.insecure, other.0.fingerprint)
    }
}

impl Eq for Params {}

fn check(spec: &ParamsSpec) -> Result<()> {
    let refuse = |text: String| Err(Error::Params(text));
    if !(4..=17).contains(&spec.log_degree) {
        let log_degree = spec.log_degree;
        return refuse(format!("degree 2^{log_degree}: take 2^4 to 2^17"));
    }
    for (name, bits) in [("chain", &spec.chain_bits), ("special", &spec.special_bits)] {
        if bits.is_empty() || bits.len() > MAX_PRIMES {
            let count = bits.len();
            return refuse(format!("{count} {name} primes: take 1 to {MAX_PRIMES}"));
        }
        let wrong = |bits: &&u32| !(MIN_BITS..=MAX_BITS).contains(*bits);
        if let Some(bits) = bits.iter().find(wrong) {
            return refuse(format!(
                "a {name} prime of {bits} bits: take {MIN_BITS} to {MAX_BITS}"
            ));
        }
    }
    if spec.digits == 0 || spec.digits > spec.chain_bits.len() {
        let (digits, primes) = (spec.digits, spec.chain_bits.len());
        return refuse(format!(
            "{digits} digits of {primes} primes: take 1 to {primes} digits"
        ));
    }
    if !(10..=60).contains(&spec.scale_bits) {
        let bits = spec.scale_bits;
        return refuse(format!("a scale of 2^{bits}: take 2^10 to 2^60"));
    }
    Ok(())
}

fn fingerprint(spec: &ParamsSpec, chain: &[Modulus], special: &[Modulus]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let sizes = [
        u64::from(spec.log_degree),
        spec.digits as u64,
        u64::from(spec.scale_bits),
        chain.len() as u64,
    ];
    let primes = chain.iter().chain(special).map(|prime| prime.value());
    for word in sizes.into_iter().chain(primes) {
        hasher.update(&word.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> ParamsSpec {
        ParamsSpec {
            log_degree: 13,
            chain_bits: vec![50, 40, 40],
            special_bits: vec![50, 33],
            digits: 3,
            scale_bits: 40,
        }
    }

    #[test]
    fn parameters_within_the_table_are_secure() {
        let params = Params::new(spec()).unwrap();
        assert!(!params.is_insecure());
        assert!((params.log_modulus() - 213.0).abs() < 0.01);
        assert_eq!((params.max_level(), params.max_slots()), (2, 4096));
        assert!(Params::insecure(spec()).unwrap().is_insecure());
    }

    #[test]
    fn parameters_beyond_the_table_are_refused() {
        let mut spec = spec();
        spec.special_bits = vec![50, 35];
        let error = Params::new(spec.clone()).unwrap_err();
        assert!(matches!(error, Error::Insecure { limit: 214, .. }));
        assert!(Params::insecure(spec).is_ok());
    }

    #[test]
    fn special_primes_must_exceed_every_digit() {
        let mut spec = spec();
        spec.special_bits = vec![50];
        let error = Params::insecure(spec.clone()).unwrap_err();
        assert!(matches!(error, Error::SpecialTooSmall { .. }), "{error}");
        spec.special_bits = vec![50, 50];
        spec.digits = 1;
        let error = Params::insecure(spec).unwrap_err();
        assert!(error.to_string().contains("digit has 130"), "{error}");
    }

    #[test]
    fn descriptions_that_contradict_themselves_are_refused() {
        let with = |change: fn(&mut ParamsSpec)| {
            let mut spec = spec();
            change(&mut spec);
            Params::insecure(spec).unwrap_err().to_string()
        };
        assert!(with(|spec| spec.log_degree = 30).contains("2^30"));
        assert!(with(|spec| spec.chain_bits.clear()).contains("0 chain primes"));
        assert!(with(|spec| spec.chain_bits[1] = 51).contains("51 bits"));
        assert!(with(|spec| spec.digits = 4).contains("4 digits of 3 primes"));
        assert!(with(|spec| spec.scale_bits = 3).contains("2^3"));
    }

    #[test]
    fn primes_of_fifty_bits_are_below_the_power() {
        let params = Params::insecure(spec()).unwrap();
        let limbs = params.ring().limbs();
        assert!(params.ring().moduli(limbs).all(|q| q.value() < 1 << 50));
    }
}
