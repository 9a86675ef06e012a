//! The beginning of every file: its kind and its parameters.

use crate::file_kind::Kind;
use crate::{Error, Params, ParamsSpec, Result, security};

/// The first bytes of every file. They are not text, and the line feed shows whether a program
/// treated them as text.
const MAGIC: [u8; 8] = *b"\x89NFCKKS\n";

/// The version of the format that is written and read.
const VERSION: u16 = 1;

/// Maximum of the bytes of a description.
const MAX_BYTES: usize = 1024;

const KINDS: [Kind; 5] = [
    Kind::Params,
    Kind::SecretKey,
    Kind::PublicKey,
    Kind::EvaluationKeys,
    Kind::Ciphertext,
];

/// The kind and the parameters of a file, as its beginning says.
///
/// # Format
/// | bytes | what |
/// |---|---|
/// | 1 | 1 if the security of the parameters was not checked, else 0 |
/// | 1, 1, 1 | log2 of the degree, digits, bits of the scale |
/// | 1, 1 | number of primes of the chain, number of special primes |
/// | 1 each | bits of the primes of the chain, then of the special primes |
/// | 32 | [fingerprint](Params::fingerprint) of the parameters |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    kind: Kind,
    spec: ParamsSpec,
    insecure: bool,
    fingerprint: [u8; 32],
}

impl Description {
    /// Bytes before the description itself.
    pub(super) const FIXED: usize = 16;

    pub(super) fn new(kind: Kind, params: &Params) -> Self {
        Description {
            kind,
            spec: params.spec().clone(),
            insecure: params.is_insecure(),
            fingerprint: *params.fingerprint(),
        }
    }

    /// The kind of the file.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The description of its parameters, unchecked.
    pub fn spec(&self) -> &ParamsSpec {
        &self.spec
    }

    /// Whether it was made with parameters whose security was not checked.
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// The fingerprint of its parameters, as the file says.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Its parameters, which must have 128 bits of security.
    ///
    /// # Errors
    /// If they have less, their security was not checked, or they cannot be constructed.
    pub fn params(&self) -> Result<Params> {
        if self.insecure {
            return Err(Error::StampedInsecure);
        }
        // Far from secure parameters are refused before their primes are searched.
        let bits = self.spec.chain_bits.iter().chain(&self.spec.special_bits);
        let found = f64::from(bits.sum::<u32>());
        let log_degree = self.spec.log_degree;
        let limit = security::max_modulus_bits(log_degree);
        if found > f64::from(limit) + 1.0 {
            return Err(Error::Insecure {
                log_degree,
                found,
                limit,
            });
        }
        self.with_fingerprint(Params::new(self.spec.clone())?)
    }

    /// Its parameters, whose security may be unchecked: for tests.
    ///
    /// # Errors
    /// If it says that they are secure and they are not, or they cannot be constructed.
    pub fn insecure_params(&self) -> Result<Params> {
        if !self.insecure {
            return self.params();
        }
        self.with_fingerprint(Params::insecure(self.spec.clone())?)
    }

    /// # Errors
    /// If the file is of another kind.
    pub(super) fn expect_kind(&self, expected: Kind) -> Result<()> {
        if self.kind == expected {
            return Ok(());
        }
        Err(Error::Kind {
            found: self.kind,
            expected,
        })
    }

    /// # Errors
    /// If the file is of another kind or of other parameters.
    pub(super) fn expect(&self, kind: Kind, params: &Params) -> Result<()> {
        self.expect_kind(kind)?;
        if self.insecure && !params.is_insecure() {
            return Err(Error::StampedInsecure);
        }
        if *self == Self::new(kind, params) {
            return Ok(());
        }
        Err(Error::Mismatch {
            what: "the file",
            other: "its reader",
        })
    }

    /// # Errors
    /// If the parameters do not have the fingerprint that the file says.
    fn with_fingerprint(&self, params: Params) -> Result<Params> {
        if *params.fingerprint() == self.fingerprint {
            return Ok(params);
        }
        Err(Error::Fingerprint)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&code_of(self.kind).to_le_bytes());
        head.extend_from_slice(&[byte(body.len()), 0, 0, 0]);
        head.extend_from_slice(&body);
        head
    }

    fn body(&self) -> Vec<u8> {
        let spec = &self.spec;
        let mut body = vec![
            u8::from(self.insecure),
            byte(spec.log_degree as usize),
            byte(spec.digits),
            byte(spec.scale_bits as usize),
            byte(spec.chain_bits.len()),
            byte(spec.special_bits.len()),
        ];
        let bits = spec.chain_bits.iter().chain(&spec.special_bits);
        body.extend(bits.map(|&bits| byte(bits as usize)));
        body.extend_from_slice(&self.fingerprint);
        body
    }

    /// The number of bytes that follow the fixed ones.
    pub(super) fn length(head: &[u8]) -> Result<usize> {
        if head[..8] != MAGIC {
            return Err(Error::Foreign);
        }
        let version = u16::from_le_bytes([head[8], head[9]]);
        if version != VERSION {
            return Err(Error::Version {
                found: version,
                known: VERSION,
            });
        }
        let length = u32::from_le_bytes([head[12], head[13], head[14], head[15]]);
        match usize::try_from(length) {
            Ok(length) if length <= MAX_BYTES => Ok(length),
            _ => Err(malformed(format!("a description of {length} bytes"))),
        }
    }

    pub(super) fn from_bytes(head: &[u8]) -> Result<Self> {
        let code = u16::from_le_bytes([head[10], head[11]]);
        let kind = KINDS.into_iter().find(|&kind| code_of(kind) == code);
        let kind = kind.ok_or_else(|| malformed(format!("there is no kind {code}")))?;
        let body = &head[Self::FIXED..];
        let cut = || malformed(String::from("the description has another length"));
        let (fixed, rest) = body.split_first_chunk::<6>().ok_or_else(cut)?;
        let [insecure, log_degree, digits, scale_bits, chain, special] = *fixed;
        let (chain, special) = (usize::from(chain), usize::from(special));
        let (bits, fingerprint) = rest.split_at_checked(chain + special).ok_or_else(cut)?;
        let fingerprint = fingerprint.try_into().map_err(|_| cut())?;
        if insecure > 1 {
            return Err(malformed(format!(
                "the mark of insecure parameters is {insecure}: it should be 0 or 1"
            )));
        }
        let (chain_bits, special_bits) = bits.split_at(chain);
        Ok(Description {
            kind,
            spec: ParamsSpec {
                log_degree: log_degree.into(),
                chain_bits: chain_bits.iter().map(|&bits| bits.into()).collect(),
                special_bits: special_bits.iter().map(|&bits| bits.into()).collect(),
                digits: digits.into(),
                scale_bits: scale_bits.into(),
            },
            insecure: insecure == 1,
            fingerprint,
        })
    }
}

/// The number that stands for a kind in a file.
fn code_of(kind: Kind) -> u16 {
    match kind {
        Kind::Params => 1,
        Kind::SecretKey => 2,
        Kind::PublicKey => 3,
        Kind::EvaluationKeys => 4,
        Kind::Ciphertext => 5,
    }
}

fn malformed(what: String) -> Error {
    let before = Description::FIXED as u64;
    Error::Malformed { what, before }
}

/// A number of a description as a byte: numbers of parameters are below 256.
fn byte(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
