#![no_main]

#[allow(dead_code, reason = "each target uses one")]
#[path = "../../crates/ckks/tests/hostile/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    targets::read_public_key(bytes);
});
