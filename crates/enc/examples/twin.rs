//! The twin: plan the steps of a training without data, make them in floating point, and read the
//! weights.
//!
//!     cargo run --release -p nearfield-enc --example twin

use nearfield_enc::{
    Circuit, Clear, Layout, Matrices, Matrix, NetworkSpec, Ranges, RateSpec, Stage, StepPlan, naive,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Four features of six samples, and their classes.
const SAMPLES: [[f64; 4]; 6] = [
    [0.2, 0.6, 0.1, 0.1],
    [0.1, 0.4, 0.1, 0.0],
    [0.6, 0.3, 0.6, 0.5],
    [0.5, 0.2, 0.5, 0.5],
    [0.8, 0.5, 0.9, 0.9],
    [0.7, 0.4, 0.8, 1.0],
];
const LABELS: [u16; 6] = [0, 0, 1, 1, 2, 2];

const STEPS: u64 = 20;

pub(crate) fn main() -> Outcome {
    let network = NetworkSpec::new(4, vec![8], 3)?;
    let rates = RateSpec::constant(0.01);

    // Where the numbers lie in 512 slots, and what a step takes: no data is needed for that.
    let layout = &Layout::all(&network, 512)?[0];
    let plan = StepPlan::new(layout, SAMPLES.len(), &rates.at(0))?;
    println!(
        "{network}: {} levels, {} bootstrappings and {} rotations a step",
        plan.levels,
        plan.counts.refreshes + plan.counts.pair_refreshes,
        plan.counts.rotation_count()
    );
    assert_eq!(plan.counts.levels_left[&Stage::Updated], 0);

    // The circuit in floating point. The state is in units of its ranges, since what is refreshed
    // on ciphertexts has to lie between -1 and 1.
    let slots = Clear::new(layout.grid().slots());
    let ranges = Ranges {
        weights: 1.0,
        velocities: 64.0,
    };
    let circuit = Circuit::new(&slots, layout, ranges)?;
    let initial = Matrices::new(&network, 42);
    let inputs: Vec<&[f64]> = SAMPLES.iter().map(<[f64; 4]>::as_slice).collect();
    let labels = LABELS.map(usize::from);
    let batch = layout.pack_batch(&inputs, &labels);
    let mut state = layout.pack_matrices(&initial, ranges);
    for step in 0..STEPS {
        let output = circuit.step(&state, batch.clone(), &rates.at(step))?;
        let errors = layout.unpack_predictions(&output.errors, SAMPLES.len());
        let squared: f64 = errors.iter().flatten().map(|error| error * error).sum();
        println!("step {step}: squared error {squared:.4}");
        state = output.state;
    }
    let trained = layout.unpack_matrices(&state, ranges)?;
    for (name, parameter) in trained.parameters() {
        let (rows, columns) = (parameter.weight.rows(), parameter.weight.columns());
        println!(
            "{name}: [{rows}, {columns}], {:?} …",
            &parameter.weight.row(0)[..3]
        );
    }

    // The same steps formula by formula, on plain matrices.
    let mut expected = initial;
    let inputs = Matrix::new(SAMPLES.len(), 4, SAMPLES.concat())?;
    for step in 0..STEPS {
        naive::step(&mut expected, &inputs, &LABELS, &rates.at(step))?;
    }
    let distance = expected.distance(&trained)?;
    println!("largest relative difference from plain matrices: {distance:.1e}");
    assert!(distance < 1e-12);
    Ok(())
}
