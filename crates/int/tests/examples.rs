//! The examples run, and what they assert holds.

#[path = "../examples/embedded_core.rs"]
mod embedded_core;
#[cfg(feature = "std")]
#[path = "../examples/train_xor.rs"]
mod train_xor;

#[test]
fn embedded_core_gives_its_bits() -> nearfield_int::Result<()> {
    embedded_core::main()
}

#[cfg(feature = "std")]
#[test]
fn train_xor_runs() -> Result<(), Box<dyn std::error::Error>> {
    train_xor::main()
}
