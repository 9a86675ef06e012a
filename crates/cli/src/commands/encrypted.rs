//! Commands of encrypted trainings, by role.

pub(super) mod compare;
pub(super) mod demo;
pub(super) mod eval;
pub(super) mod owner;
pub(super) mod plan;
pub(super) mod server;
pub(super) mod twin;

use indicatif::HumanBytes;

/// A number of bytes for people.
fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}
