//! The part of the crate for targets without operating system or FPU: no file, no thread, no float.
//!
//! Trains a small convolutional network and prints a digest of its weights. The digest is the same
//! with and without the crate's default features, on every kernel set, for any number of threads:
//!
//! `cargo run --release -p nearfield-int --example embedded_core --no-default-features`

use nearfield_int::{LayerSpec, Network, NetworkSpec, Result, Shape, StepSettings};

/// The digest of the trained weights.
const EXPECTED: u64 = 0x75b3_6451_600c_74b9;

/// Images of 8 x 8 pixels with a bright row or a bright column.
fn images(step: u32) -> (Vec<i8>, Vec<u16>) {
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for sample in 0..16 {
        let (label, line) = (sample % 2, (sample * 3 + step) % 8);
        for pixel in 0..64 {
            let along = if label == 0 { pixel / 8 } else { pixel % 8 };
            values.push(if along == line { 100 } else { -20 });
        }
        labels.push(if label == 0 { 0 } else { 1 });
    }
    (values, labels)
}

/// FNV-1a of all weights, in the order of the tensors.
fn digest(network: &Network) -> u64 {
    let weights = network.tensors().flat_map(|(_, _, values)| values);
    let bytes = weights.flat_map(i32::to_le_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

pub(crate) fn main() -> Result<()> {
    let layers = vec![
        LayerSpec::Conv2d {
            filters: 8,
            kernel: 3,
            padding: 1,
        },
        LayerSpec::MaxPool { kernel: 2 },
        LayerSpec::Dropout { percent: 5 },
        LayerSpec::Linear { units: 16 },
    ];
    let spec = NetworkSpec::new(Shape::image(1, 8, 8), 2, layers);
    let mut network = Network::new(&spec, 42)?;
    for step in 0..200 {
        let (values, labels) = images(step);
        let settings = StepSettings {
            rate_inv: 128,
            amplification: 64,
            step: step.into(),
            ..StepSettings::default()
        };
        network.train_step(&values, &labels, &settings)?;
    }
    let (values, labels) = images(201);
    let tally = network.evaluate(&values, &labels)?.output;
    let digest = digest(&network);
    println!(
        "{} of {} correct, digest of the weights {digest:016x}",
        tally.correct, tally.seen
    );
    assert_eq!(digest, EXPECTED, "the same bits");
    Ok(())
}
