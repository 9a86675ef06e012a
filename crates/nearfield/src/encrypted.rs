//! Training on encrypted data: what its owner does, and what the server does.

pub mod owner;
