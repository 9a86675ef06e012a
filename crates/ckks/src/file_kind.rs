//! The kinds of files.

use std::fmt;

/// What a file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Parameters.
    Params,
    /// A secret key.
    SecretKey,
    /// A public key.
    PublicKey,
    /// Evaluation keys.
    EvaluationKeys,
    /// A ciphertext.
    Ciphertext,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Kind::Params => "a file of parameters",
            Kind::SecretKey => "a secret key",
            Kind::PublicKey => "a public key",
            Kind::EvaluationKeys => "a file of evaluation keys",
            Kind::Ciphertext => "a ciphertext",
        })
    }
}
