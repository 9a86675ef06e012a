//! The examples run, and what they assert holds.

#[path = "../examples/encrypted_step.rs"]
mod encrypted_step;
#[path = "../examples/twin.rs"]
mod twin;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn twin_runs() -> Outcome {
    twin::main()
}

#[test]
fn encrypted_step_runs() -> Outcome {
    encrypted_step::main()
}
