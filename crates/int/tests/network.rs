//! Networks as a whole, through the public API.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nearfield_int::{
    Error, HeadSpec, LayerSpec, Network, NetworkSpec, Shape, StepSettings, count_correct,
};
use nearfield_train::random::{Purpose, Stream};

const IMAGE: Shape = Shape::image(2, 7, 6);

fn conv(filters: usize) -> LayerSpec {
    LayerSpec::Conv2d {
        filters,
        kernel: 3,
        padding: 1,
    }
}

fn linear(units: usize) -> LayerSpec {
    LayerSpec::Linear { units }
}

fn spec(layers: Vec<LayerSpec>) -> NetworkSpec {
    let mut spec = NetworkSpec::new(IMAGE, 3, layers);
    spec.head = HeadSpec {
        features: 40,
        ..HeadSpec::default()
    };
    spec
}

/// Samples of three classes: in two of them a channel is bright, in the third none.
fn samples(count: usize, seed: u64) -> (Vec<i8>, Vec<u16>) {
    let mut stream = Stream::new(seed, Purpose::Split, 0, 0);
    let labels: Vec<u16> = (0..count).map(|i| u16::try_from(i % 3).unwrap()).collect();
    let mut values = Vec::new();
    for &label in &labels {
        for feature in 0..IMAGE.features() {
            let channel = feature / (IMAGE.height * IMAGE.width);
            let level = if channel == usize::from(label) {
                60
            } else {
                -40
            };
            values.push(i8::try_from(level + stream.symmetric(60)).unwrap());
        }
    }
    (values, labels)
}

fn fast() -> StepSettings {
    StepSettings {
        rate_inv: 256,
        amplification: 192,
        ..StepSettings::default()
    }
}

fn weights(network: &Network) -> Vec<(String, Vec<i32>)> {
    network
        .tensors()
        .map(|(name, _, values)| (name, values))
        .collect()
}

#[test]
fn a_network_of_every_kind_of_layer_learns() {
    let layers = vec![
        conv(8),
        LayerSpec::MaxPool { kernel: 2 },
        conv(8),
        LayerSpec::AvgPool { kernel: 1 },
        LayerSpec::Dropout { percent: 5 },
        linear(24),
    ];
    let mut network = Network::new(&spec(layers), 1).unwrap();
    for step in 0..200 {
        let (values, labels) = samples(30, step);
        network
            .train_step(&values, &labels, &StepSettings { step, ..fast() })
            .unwrap();
    }
    let (values, labels) = samples(300, 999);
    let found = network.evaluate(&values, &labels).unwrap();
    for (exit, tally) in found.heads.iter().chain([&found.output]).enumerate() {
        assert!(tally.correct > 285, "exit {exit}: {tally:?}");
    }
}

#[test]
fn a_layer_more_leaves_the_initial_weights_of_the_others_as_they_are() {
    let short = weights(&Network::new(&spec(vec![conv(4), linear(9)]), 5).unwrap());
    let long = weights(&Network::new(&spec(vec![conv(4), linear(9), linear(8)]), 5).unwrap());
    assert_eq!(short[..4], long[..4]);
    assert_ne!(
        short[0].1,
        weights(&Network::new(&spec(vec![conv(4), linear(9)]), 6).unwrap())[0].1
    );
}

#[test]
fn a_block_learns_the_same_whatever_stands_behind_it() {
    let (values, labels) = samples(12, 3);
    let first_block = |layers: Vec<LayerSpec>| {
        let mut network = Network::new(&spec(layers), 5).unwrap();
        for step in 0..5 {
            network
                .train_step(&values, &labels, &StepSettings { step, ..fast() })
                .unwrap();
        }
        weights(&network)[..2].to_vec()
    };
    let alone = first_block(vec![conv(6)]);
    let behind = vec![
        conv(6),
        LayerSpec::Dropout { percent: 50 },
        conv(5),
        linear(7),
    ];
    assert_eq!(alone, first_block(behind));
}

#[test]
fn linear_blocks_step_twice_only_behind_convolutions_and_only_if_asked() {
    let (values, labels) = samples(12, 3);
    let changed = |layers: Vec<LayerSpec>| {
        let run = |linear_blocks_step_twice| {
            let mut network = Network::new(&spec(layers.clone()), 5).unwrap();
            let settings = StepSettings {
                linear_blocks_step_twice,
                ..fast()
            };
            network.train_step(&values, &labels, &settings).unwrap();
            weights(&network)
        };
        let (once, twice) = (run(false), run(true));
        once.into_iter()
            .zip(twice)
            .filter(|(a, b)| a != b)
            .map(|(a, _)| a.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(changed(vec![linear(9), linear(8)]), Vec::<String>::new());
    let in_cnn = changed(vec![conv(4), linear(9)]);
    assert_eq!(in_cnn, ["blocks.1.forward.weight", "blocks.1.head.weight"]);
}

#[test]
fn dropout_acts_in_training_alone_and_depends_on_the_step() {
    let layers = vec![linear(30), LayerSpec::Dropout { percent: 50 }, linear(9)];
    let network = Network::new(&spec(layers), 5).unwrap();
    let (values, labels) = samples(12, 3);
    assert_eq!(
        network.scores(&values).unwrap(),
        network.scores(&values).unwrap()
    );
    let stepped = |step| {
        let mut network = network.clone();
        network
            .train_step(&values, &labels, &StepSettings { step, ..fast() })
            .unwrap();
        weights(&network)
    };
    assert_eq!(stepped(1), stepped(1));
    assert_ne!(stepped(1), stepped(2));
}

#[test]
fn results_do_not_depend_on_how_samples_are_batched_for_evaluation() {
    let network = Network::new(&spec(vec![conv(4), linear(9)]), 5).unwrap();
    let (values, labels) = samples(30, 3);
    let whole = network.scores(&values).unwrap().output;
    let parts: Vec<i8> = values
        .chunks(7 * IMAGE.features())
        .flat_map(|part| network.scores(part).unwrap().output)
        .collect();
    assert_eq!(whole, parts);
    assert_eq!(
        network.evaluate(&values, &labels).unwrap().output,
        count_correct(&whole, &labels, 3)
    );
}

#[test]
fn batches_that_do_not_fit_are_refused_and_change_nothing() {
    let mut network = Network::new(&spec(vec![linear(5)]), 5).unwrap();
    let before = weights(&network);
    let (values, mut labels) = samples(4, 3);
    let short = network
        .train_step(&values[1..], &labels, &fast())
        .unwrap_err();
    assert_eq!(
        short,
        Error::BatchSize {
            labels: 4,
            features: 84,
            found: 335
        }
    );
    let empty = network.train_step(&[], &[], &fast()).unwrap_err();
    assert_eq!(empty, Error::EmptyBatch);
    assert_eq!(network.scores(&[]), Err(Error::EmptyBatch));
    labels[2] = 3;
    let label = network.train_step(&values, &labels, &fast()).unwrap_err();
    assert_eq!(
        label,
        Error::Label {
            sample: 2,
            label: 3,
            classes: 3
        }
    );
    assert_eq!(
        network.scores(&values[1..]),
        Err(Error::IncompleteSample {
            values: 335,
            features: 84
        })
    );
    assert_eq!(weights(&network), before);
}

#[test]
fn memory_that_is_given_up_between_steps_changes_nothing() {
    let layers = vec![conv(8), LayerSpec::MaxPool { kernel: 2 }, linear(24)];
    let (values, labels) = samples(12, 3);
    let mut keeps = Network::new(&spec(layers), 5).unwrap();
    let mut releases = keeps.clone();
    for _ in 0..3 {
        keeps.train_step(&values, &labels, &fast()).unwrap();
        releases.train_step(&values, &labels, &fast()).unwrap();
        releases.release_memory();
    }
    assert_eq!(weights(&keeps), weights(&releases));
    let (kept, left) = (keeps.memory(), releases.memory());
    assert_eq!(kept.weights, left.weights);
    assert!(kept.activations > 0 && kept.operands > 0);
    assert_eq!((left.activations, left.operands), (0, 0));
}
