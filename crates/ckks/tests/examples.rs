//! The chapters run, and their assertions hold.

#[path = "../examples/bootstrapping.rs"]
mod bootstrapping;
#[path = "../examples/encode_and_encrypt.rs"]
mod encode_and_encrypt;
#[path = "../examples/keys_and_files.rs"]
mod keys_and_files;
#[path = "../examples/levels_and_scales.rs"]
mod levels_and_scales;
#[path = "../examples/matrix_product.rs"]
mod matrix_product;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn encode_and_encrypt_runs() -> Outcome {
    encode_and_encrypt::main()
}

#[test]
fn levels_and_scales_runs() -> Outcome {
    levels_and_scales::main()
}

#[test]
fn matrix_product_runs() -> Outcome {
    matrix_product::main()
}

#[test]
fn keys_and_files_runs() -> Outcome {
    keys_and_files::main()
}

#[test]
fn bootstrapping_runs() -> Outcome {
    bootstrapping::main()
}
