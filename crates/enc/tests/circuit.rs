//! The packed circuit in floating point, compared with the naive step on plain matrices.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Samples, random_matrices};
use nearfield_enc::{
    Circuit, Clear, Layout, NetworkSpec, Part, Ranges, Rates, Stage, StepPlan, naive,
};
use std::collections::BTreeSet;

const RATES: Rates = Rates {
    rate: 1e-4,
    decay: 0.003,
    momentum: 0.9,
};

const RANGES: Ranges = Ranges {
    weights: 2.0,
    velocities: 16.0,
};

/// The largest difference of weights and velocities after some steps of both, relative to the
/// largest of their matrix.
fn distance(network: &NetworkSpec, layout: &Layout, batch_size: usize) -> f64 {
    let clear = Clear::new(layout.grid().slots());
    let circuit = Circuit::new(&clear, layout, RANGES).unwrap();
    let mut expected = random_matrices(network, 0.5).unwrap();
    let mut state = layout.pack_matrices(&expected, RANGES);
    for step in 0..3 {
        let samples = Samples::random(network, batch_size, step);
        let predictions =
            naive::step(&mut expected, &samples.inputs, &samples.labels, &RATES).unwrap();
        let output = circuit.step(&state, samples.pack(layout), &RATES).unwrap();
        state = output.state;
        let errors = layout.unpack_predictions(&output.errors, batch_size);
        for (sample, errors) in errors.iter().enumerate() {
            for (class, error) in errors.iter().enumerate() {
                let expected = predictions.last().unwrap().at(sample, class);
                let label = f64::from(u8::from(usize::from(samples.labels[sample]) == class));
                let tolerance = 1e-9 * expected.abs().max(1.0);
                assert!((error + label - expected).abs() < tolerance, "{error}");
            }
        }
    }
    let found = layout.unpack_matrices(&state, RANGES).unwrap();
    expected.distance(&found).unwrap()
}

#[test]
fn every_layout_steps_as_plain_matrices_do() {
    let mut tested = BTreeSet::new();
    for (features, hidden, classes) in [
        (4, vec![], 3),
        (40, vec![], 2),
        (4, vec![5], 3),
        (30, vec![8], 3),
        (9, vec![4, 2], 3),
        (30, vec![8, 4], 2),
        (20, vec![8, 5, 3], 3),
        (11, vec![3, 6, 4, 2], 2),
    ] {
        let network = NetworkSpec::new(features, hidden, classes).unwrap();
        for layout in Layout::all(&network, 512).unwrap() {
            tested.insert(layout.shares_vector());
            for size in [1, layout.samples_per_vector() + 1] {
                let worst = distance(&network, &layout, size);
                assert!(worst < 1e-12, "{network} {:?}: {worst}", layout.grid());
            }
        }
    }
    assert_eq!(tested.len(), 2, "velocities lie in both ways");
}

#[test]
fn a_matrix_that_exceeds_the_slots_is_split() {
    let network = NetworkSpec::new(50, vec![8], 3).unwrap();
    let layouts = Layout::all(&network, 64).unwrap();
    assert!(layouts.iter().all(|layout| layout.planes() > 1));
    for layout in &layouts {
        let worst = distance(&network, layout, 5);
        assert!(worst < 1e-12, "{:?}: {worst}", layout.grid());
    }
}

#[test]
fn levels_are_those_of_the_paper_and_one_to_unpack() {
    for (hidden, levels) in [
        (vec![], 3),
        (vec![32], 8),
        (vec![64, 32], 11),
        (vec![128, 64, 32], 13),
        (vec![16; 4], 16),
        (vec![16; 5], 18),
    ] {
        let network = NetworkSpec::new(196, hidden, 10).unwrap();
        for layout in Layout::all(&network, 32768).unwrap() {
            let plan = StepPlan::new(&layout, 48, &RATES).unwrap();
            let grid = layout.grid();
            assert_eq!(plan.circuit_levels(), levels, "{network} {grid:?}");
        }
    }
}

#[test]
fn gradients_of_all_blocks_are_formed_on_the_fewest_levels() {
    let network = NetworkSpec::new(196, vec![128, 64, 32], 10).unwrap();
    for layout in Layout::all(&network, 32768).unwrap() {
        let plan = StepPlan::new(&layout, 48, &RATES).unwrap();
        let left = |stage: Stage| plan.counts.levels_left[&stage];
        assert_eq!(left(Stage::Refreshed), plan.levels);
        for block in 0..3 {
            assert_eq!(left(Stage::Block(block, Part::SumsGradient)), 2);
        }
        assert_eq!((left(Stage::Gradient), left(Stage::Updated)), (1, 0));
    }
}
