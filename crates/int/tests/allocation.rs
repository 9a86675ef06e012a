//! Training steps ask for no memory once the first ones are made.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nearfield_int::{LayerSpec, Network, NetworkSpec, Shape, StepSettings, presets};

/// Bytes and blocks of memory that three steps ask for, after four others.
fn asked_for(spec: &NetworkSpec) -> (u64, u64) {
    let mut network = Network::new(spec, 1).unwrap();
    let samples = 20;
    let values: Vec<i8> = (0..samples * spec.input.features())
        .map(|index| i8::try_from(index * 7 % 241).unwrap_or(-60))
        .collect();
    let labels: Vec<u16> = (0..samples)
        .map(|i| u16::try_from(i % 10).unwrap())
        .collect();
    let mut steps = |steps: core::ops::Range<u64>| {
        for step in steps {
            let settings = StepSettings {
                step,
                linear_blocks_step_twice: true,
                ..StepSettings::default()
            };
            network.train_step(&values, &labels, &settings).unwrap();
        }
    };
    steps(0..4);
    let info = allocation_counter::measure(|| steps(4..7));
    (info.bytes_total, info.count_total)
}

#[test]
fn steps_of_every_kind_of_layer_ask_for_no_memory() {
    let conv = |filters| LayerSpec::Conv2d {
        filters,
        kernel: 3,
        padding: 1,
    };
    let image = Shape::image(3, 12, 11);
    let every = vec![
        conv(20),
        LayerSpec::MaxPool { kernel: 2 },
        conv(36),
        LayerSpec::Dropout { percent: 10 },
        LayerSpec::AvgPool { kernel: 2 },
        LayerSpec::Linear { units: 70 },
        LayerSpec::Dropout { percent: 20 },
        LayerSpec::Linear { units: 30 },
    ];
    let mut pooled = NetworkSpec::new(image, 10, every.clone());
    pooled.head.features = 100;
    for (name, spec) in [
        ("every layer", NetworkSpec::new(image, 10, every)),
        ("pooled heads", pooled),
        (
            "mlp2",
            NetworkSpec::new(Shape::flat(784), 10, presets::layers("mlp2", 10).unwrap()),
        ),
    ] {
        assert_eq!(asked_for(&spec), (0, 0), "{name}");
    }
}
