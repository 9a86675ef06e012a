//! Builds a network, trains it on the exclusive or of two signs, evaluates it, saves it, loads it.
//!
//! `cargo run --release -p nearfield-int --example train_xor`

use nearfield_int::model::{self, MODEL_VERSION, ModelCard};
use nearfield_int::{
    LayerSpec, Network, NetworkSpec, Preprocessing, Reading, Shape, StepSettings, predicted_class,
};
use std::error::Error;

/// Samples of two values near -60 or 60, and the exclusive or of their signs.
fn samples(count: u32, seed: u32) -> (Vec<i8>, Vec<u16>) {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 24
    };
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let signs = [draw() % 2, draw() % 2];
        for sign in signs {
            let near = i8::try_from(draw() % 41).unwrap_or(0) - 20;
            values.push(if sign == 1 { 60 } else { -60 } + near);
        }
        labels.push(if signs[0] == signs[1] { 0 } else { 1 });
    }
    (values, labels)
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    // Two inputs, two blocks of linear layers with a local classifier each, two classes.
    let layers = vec![
        LayerSpec::Linear { units: 32 },
        LayerSpec::Linear { units: 16 },
    ];
    let spec = NetworkSpec::new(Shape::flat(2), 2, layers);
    let mut network = Network::new(&spec, 42)?;

    let (unseen, truth) = samples(500, 7);
    let before = network.evaluate(&unseen, &truth)?;
    for step in 0..300 {
        let (values, labels) = samples(32, 1_000 + step);
        let settings = StepSettings {
            rate_inv: 256,
            amplification: 128,
            step: step.into(),
            ..StepSettings::default()
        };
        network.train_step(&values, &labels, &settings)?;
    }
    let after = network.evaluate(&unseen, &truth)?;
    println!(
        "correct predictions on unseen samples: {} of {} before training, {} after",
        before.output.correct, before.output.seen, after.output.correct
    );
    assert!(after.output.correct > 490, "the network has learned");

    // A model file holds the weights and all that evaluation needs.
    let card = ModelCard {
        version: MODEL_VERSION,
        network: spec,
        preprocessing: Preprocessing::unchanged(Reading::SIGNED, 2),
        classes: vec!["equal".into(), "different".into()],
        decimals: None,
    };
    let mut file = Vec::new();
    model::write(&network, &card, &mut file)?;
    let (loaded, card) = model::from_bytes(&file)?;
    assert!(loaded.tensors().eq(network.tensors()), "the same weights");

    let inputs = card.preprocessing.apply(&[55_i8, -70])?;
    let scores = loaded.scores(&inputs)?;
    let class = predicted_class(&scores.output);
    println!(
        "{inputs:?}: {} (scores {:?})",
        card.classes[class], scores.output
    );
    assert_eq!(class, 1);
    Ok(())
}
