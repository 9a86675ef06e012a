//! The examples run, and their assertions hold.

#[path = "../examples/encrypted_training.rs"]
mod encrypted_training;
#[path = "../examples/train_table.rs"]
mod train_table;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn train_table_runs() -> Outcome {
    train_table::main()
}

#[test]
fn encrypted_training_runs() -> Outcome {
    encrypted_training::main()
}
