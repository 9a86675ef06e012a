//! RNS-CKKS with bootstrapping: approximate arithmetic on encrypted vectors of real or complex
//! numbers.
