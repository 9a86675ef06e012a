use super::*;
use crate::network::NetworkSpec;
use crate::plain::matrices::unit;
use crate::plain::naive;
use crate::schedule::RateSpec;
use nearfield_train::random::{Purpose, Stream};

fn batch(features: usize, classes: u32, samples: usize, step: u64) -> (Matrix, Vec<u16>) {
    let mut stream = Stream::new(11, Purpose::Order, step, 0);
    let values = (0..samples * features).map(|_| unit(&mut stream)).collect();
    let label = |_| u16::try_from(stream.below(classes)).unwrap();
    let labels = (0..samples).map(label).collect();
    (Matrix::new(samples, features, values).unwrap(), labels)
}

fn rates(rate: f64, decay: f64) -> Rates {
    RateSpec {
        decay,
        ..RateSpec::constant(rate)
    }
    .at(0)
}

#[test]
fn steps_are_those_of_the_naive_formulas() {
    for hidden in [vec![], vec![6], vec![7, 5], vec![5, 4, 9]] {
        let spec = NetworkSpec::new(10, hidden, 3).unwrap();
        let mut expected = Matrices::new(&spec, 3);
        let mut dense = Dense::new(expected.clone());
        for step in 0..5 {
            let (inputs, labels) = batch(10, 3, 9, step);
            let predictions = naive::step(&mut expected, &inputs, &labels, &rates(0.01, 0.003));
            let scores = dense.step(&inputs, &labels, &rates(0.01, 0.003)).unwrap();
            for (predictions, score) in predictions.unwrap().iter().zip(&scores) {
                let mut errors = predictions.clone();
                let expected = subtract_labels(&mut errors, &labels);
                assert!((expected.squared_error - score.squared_error).abs() < 1e-12);
                assert_eq!(expected.tally, score.tally);
            }
            let distance = expected.distance(dense.matrices()).unwrap();
            assert!(distance < 1e-13, "{spec}, step {step}: {distance}");
        }
    }
}

/// Half the squared error, as a function of the weights.
fn loss(matrices: &Matrices, inputs: &Matrix, labels: &[u16], head: usize) -> f64 {
    let dense = Dense::new(matrices.clone());
    dense.evaluate(inputs, labels).unwrap()[head].squared_error / 2.0
}

#[test]
fn gradients_are_the_slopes_of_the_block_s_own_loss() {
    let spec = NetworkSpec::new(5, vec![4, 3], 2).unwrap();
    let start = Matrices::new(&spec, 9);
    let (inputs, labels) = batch(5, 2, 6, 1);
    let mut stepped = Dense::new(start.clone());
    // With velocities of zero, the new velocity is the gradient.
    stepped.step(&inputs, &labels, &rates(1e-9, 0.0)).unwrap();
    for block in 0..2 {
        for place in 0..start.blocks[block].forward.weight.values().len() {
            let slope = |change: f64| {
                let mut moved = start.clone();
                moved.blocks[block].forward.weight.values_mut()[place] += change;
                loss(&moved, &inputs, &labels, block)
            };
            let expected = (slope(1e-5) - slope(-1e-5)) / 2e-5;
            let found = stepped.matrices().blocks[block].forward.velocity.values()[place];
            assert!((expected - found).abs() < 1e-8, "block {block}, {place}");
        }
    }
}

#[test]
fn evaluation_is_the_sum_over_samples() {
    let spec = NetworkSpec::new(4, vec![3], 2).unwrap();
    let dense = Dense::new(Matrices::new(&spec, 1));
    let (inputs, labels) = batch(4, 2, EVALUATION_BATCH + 7, 0);
    let all = dense.evaluate(&inputs, &labels).unwrap()[0];
    assert_eq!(all.tally.seen, (EVALUATION_BATCH + 7) as u64);
    let mut squared_error = 0.0;
    let mut tally = Tally::default();
    for sample in 0..labels.len() {
        let one = inputs.gather(&[sample]).unwrap();
        let score = dense.evaluate(&one, &labels[sample..=sample]).unwrap()[0];
        squared_error += score.squared_error;
        tally.add(score.tally);
    }
    assert_eq!(tally, all.tally);
    assert!((squared_error - all.squared_error).abs() < 1e-9);
}

#[test]
fn a_diverged_training_names_step_and_head() {
    let spec = NetworkSpec::new(4, vec![3, 3], 2).unwrap();
    let mut dense = Dense::new(Matrices::new(&spec, 1));
    let (inputs, labels) = batch(4, 2, 8, 0);
    let error = (0..200)
        .find_map(|_| dense.step(&inputs, &labels, &rates(10.0, 0.0)).err())
        .expect("a rate of 10 diverges");
    assert!(
        matches!(error, Error::Diverged { steps: 1.., .. }),
        "{error}"
    );
    assert!(dense.evaluate(&inputs, &labels).is_err());
}

#[test]
fn batches_that_do_not_fit_are_refused() {
    let spec = NetworkSpec::new(4, vec![3], 2).unwrap();
    let mut dense = Dense::new(Matrices::new(&spec, 1));
    let (inputs, mut labels) = batch(4, 2, 8, 0);
    let mut refusal = |inputs: &Matrix, labels: &[u16]| {
        let error = dense.step(inputs, labels, &rates(0.1, 0.0)).unwrap_err();
        error.to_string()
    };
    assert!(refusal(&inputs, &labels[1..]).contains("8 samples of 4 values with 7 labels"));
    assert!(refusal(&batch(5, 2, 8, 0).0, &labels).contains("samples of 4 values"));
    labels[2] = 2;
    assert!(refusal(&inputs, &labels).contains("sample 2 (from 0) has label 2"));
}
