//! A whole training on encrypted data, in both roles, compared with the same one in the clear.
//!
//! The ring is so small that it is INSECURE: it shows how it goes, and hides nothing. With
//! `security = "128"` and without `log_degree` it is secure, and takes some minutes and 5 GB.

use nearfield::encrypted::{
    Folders, OwnerSide, ServerOutcome, ServerSide, TwinOptions, generate_keys, train_twin,
};
use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// What is trained; what it leaves out has defaults.
const RUN: &str = "
name = \"iris\"
seed = 7

[data]
source = \"iris\"

[network]
hidden = [10]

[training]
batch = 8
steps = 3

[encryption]
security = \"insecure\"
log_degree = 9
";

/// The owner of the data: makes keys, and encrypts samples and initial weights.
fn prepare(run_file: &Path, folders: &Folders) -> Result<OwnerSide, Box<dyn Error>> {
    generate_keys(run_file, folders, &mut |keys| {
        println!("owner: {keys} evaluation keys");
    })?;
    let owner = OwnerSide::open(folders.clone())?;
    owner.encrypt_training(None, &|_batch| ())?;
    Ok(owner)
}

/// The server: has its own folder alone, and trains what it cannot read.
fn train(folder: &Path) -> Result<(), Box<dyn Error>> {
    let keep_states = 1;
    let mut server = ServerSide::open(folder, keep_states)?;
    let outcome = server.train(None, &AtomicBool::new(false), |step| {
        println!(
            "server: step {} in {:.2} s",
            step.step,
            step.total().as_secs_f64()
        );
    })?;
    assert_eq!(outcome, ServerOutcome::Ended { step: 3 });
    Ok(())
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let run_file = folder.path().join("iris.toml");
    std::fs::write(&run_file, RUN)?;

    // Beforehand, in the clear: how well will it learn, and do weights stay in their range?
    let twin = folder.path().join("twin.safetensors");
    let summary = train_twin(&run_file, &TwinOptions::default(), &twin, &mut |_| ())?;
    assert!(summary.within_ranges());

    let folders = Folders {
        owner: folder.path().join("owner"),
        server: folder.path().join("server"),
    };
    let owner = prepare(&run_file, &folders)?;
    train(&folders.server)?;

    let model = owner.decrypt_model(None, None)?;
    println!(
        "owner: the model after step {} is in {}",
        model.step,
        model.path.display()
    );
    assert_eq!(model.test_accuracy, summary.test_accuracy);

    let compared = owner.compare(|_step| ())?;
    for step in &compared.comparison.steps {
        for (name, mean, worst) in &step.weights {
            println!(
                "step {}: {name} has {mean:.1} bits, {worst:.1} at worst",
                step.step
            );
            assert!(*worst > 14.0, "{name}: {worst}");
        }
    }
    Ok(())
}
