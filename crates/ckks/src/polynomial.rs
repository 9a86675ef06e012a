//! Polynomials of ciphertexts.
