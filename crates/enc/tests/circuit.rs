//! The packed circuit against plain matrices.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Dense, packed, random_batch};
use nearfield_enc::{Circuit, Clear, Layout, NetworkSpec, Part, Ranges, Rates, Stage, StepPlan};

const RATES: Rates = Rates {
    rate: 1e-4,
    decay: 0.003,
    momentum: 0.9,
};

const RANGES: Ranges = Ranges {
    weights: 2.0,
    velocities: 16.0,
};

/// Some steps of the circuit and of plain matrices; how far they are apart.
fn difference(network: &NetworkSpec, layout: &Layout, batch_size: usize) -> f64 {
    let clear = Clear::new(layout.grid.slots());
    let circuit = Circuit::new(&clear, layout, RANGES).unwrap();
    let mut dense = Dense::new(network, 7);
    let mut state = layout.pack(
        |role, i, o| dense.weight(role, i, o) / RANGES.weights,
        |role, i, o| dense.velocity(role, i, o) / RANGES.velocities,
    );
    for step in 0..3 {
        let (samples, labels) = random_batch(network, batch_size, step);
        let expected = dense.step(&samples, &labels, &RATES);
        let stepped = circuit
            .step(&state, packed(layout, &samples, &labels), &RATES)
            .unwrap();
        state = stepped.state;
        for (sample, answers) in expected.iter().enumerate() {
            for (class, answer) in answers.iter().enumerate() {
                let form = layout.answer_form();
                let slot = layout.answer_slot(sample % layout.samples(), class, form);
                let found = stepped.errors[sample / layout.samples()][slot];
                let label = f64::from(u8::from(labels[sample] == class));
                assert!(
                    (found + label - answer).abs() < 1e-9 * answer.abs().max(1.0),
                    "{found} {answer}"
                );
            }
        }
    }
    let mut worst: f64 = 0.0;
    let mut visited = 0;
    layout
        .unpack(&state, |role, velocity, i, o, value| {
            let (value, expected) = match velocity {
                false => (value * RANGES.weights, dense.weight(role, i, o)),
                true => (value * RANGES.velocities, dense.velocity(role, i, o)),
            };
            visited += 1;
            worst = worst.max((value - expected).abs() / expected.abs().max(1.0));
        })
        .unwrap();
    assert!(visited >= 2 * dense.numbers());
    worst
}

#[test]
fn every_layout_steps_as_plain_matrices_do() {
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
        let mut shared = [false; 2];
        for layout in Layout::all(&network, 512).unwrap() {
            shared[usize::from(layout.shared)] = true;
            for size in [1, layout.samples() + 1] {
                let worst = difference(&network, &layout, size);
                assert!(worst < 1e-12, "{network} {:?}: {worst}", layout.grid);
            }
        }
        assert!(shared[0] || shared[1]);
    }
}

#[test]
fn a_matrix_that_exceeds_the_slots_is_split() {
    let network = NetworkSpec::new(50, vec![8], 3).unwrap();
    let layouts = Layout::all(&network, 64).unwrap();
    assert!(layouts.iter().all(|layout| layout.planes > 1));
    for layout in &layouts {
        let worst = difference(&network, layout, 5);
        assert!(worst < 1e-12, "{:?}: {worst}", layout.grid);
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
            assert_eq!(plan.circuit_levels(), levels, "{network} {:?}", layout.grid);
        }
    }
}

#[test]
fn lessons_of_all_blocks_end_on_the_fewest_levels() {
    let network = NetworkSpec::new(196, vec![128, 64, 32], 10).unwrap();
    for layout in Layout::all(&network, 32768).unwrap() {
        let plan = StepPlan::new(&layout, 48, &RATES).unwrap();
        let left = |stage: Stage| plan.counts.stages[&stage];
        assert_eq!(left(Stage::Refreshed), plan.levels);
        for block in 0..3 {
            assert_eq!(left(Stage::Block(block, Part::ErrorOfSums)), 2);
        }
        assert_eq!((left(Stage::Gradient), left(Stage::Corrected)), (1, 0));
    }
}
