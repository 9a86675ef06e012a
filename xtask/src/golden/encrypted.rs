//! Recorded trainings on plain numbers, repeated by the packed circuit, in floating point and on
//! ciphertexts.

use crate::encrypted_cases;
use crate::encrypted_cases::slots::PackedCase;
use anyhow::{Context, Result};
use nearfield_ckks::bootstrap::Bootstrapper;
use nearfield_ckks::{Ciphertext, Encoder, EvaluationKeys, Evaluator, Precision, SecretKey};
use nearfield_enc::{Circuit, Ckks, Clear, Matrices};
use std::path::Path;
use std::time::Instant;

/// log2 of the degree of rings.
const INSECURE_LOG_DEGREE: u32 = 11;
const SECURE_LOG_DEGREE: u32 = 16;

/// The largest relative difference that passes.
const TOLERANCE: f64 = 1e-9;

/// Minimum of the bits of precision of weights after each recorded step, mean.
const MIN_BITS: f64 = 14.0;

/// How a case is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Encrypted {
    /// In a small ring: seconds.
    Insecure,
    /// With 128 bits of security: some seconds a step, and 6 GB or more.
    Secure,
}

/// Whether a folder has such a case rather than one of integers.
pub fn is_case(folder: &Path) -> bool {
    encrypted_cases::Case::read(folder).is_ok()
}

/// Repeats a case on plain matrices and by the circuit; `false` if either differs.
///
/// # Errors
/// If it cannot be run.
pub fn in_the_clear(folder: &Path) -> Result<bool> {
    let plain = encrypted_cases::run(folder)?;
    let case = PackedCase::read(folder, SECURE_LOG_DEGREE, false)?;
    let packed = case.run_in_the_clear()?;
    for (index, (step, distance)) in plain.steps.iter().zip(&packed).enumerate() {
        println!(
            "{}: after {step} steps weights and velocities differ by {:.1e} on plain matrices, \
             {distance:.1e} in slots",
            folder.display(),
            plain.distances[index]
        );
    }
    Ok(plain.agrees(TOLERANCE) && packed.iter().all(|&distance| distance <= TOLERANCE))
}

/// Repeats a case on ciphertexts, to its last recorded step or for at most `max_steps`.
///
/// # Errors
/// If it cannot be run.
pub fn on_ciphertexts(folder: &Path, encrypted: Encrypted, max_steps: Option<u64>) -> Result<bool> {
    let (log_degree, insecure) = match encrypted {
        Encrypted::Insecure => (INSECURE_LOG_DEGREE, true),
        Encrypted::Secure => (SECURE_LOG_DEGREE, false),
    };
    let case = PackedCase::read(folder, log_degree, insecure)?;
    let mut run = Run::new(&case)?;
    let last = case.recorded().last().copied().unwrap_or(0);
    let last = max_steps.map_or(last, |max| max.min(last));
    println!(
        "{}: {} on ciphertexts, degree 2^{log_degree}, {last} steps",
        folder.display(),
        case.layout().network()
    );
    let mut agrees = true;
    for step in 1..=last {
        run.step()?;
        if case.recorded().contains(&step) {
            let recorded = run.bits(&case.after(step)?)?;
            agrees &= recorded.mean_bits > MIN_BITS;
            println!(
                "  after {step} steps: weights have {:.1} bits (worst {:.1}) of the recorded \
                 ones; {:.2} s a step",
                recorded.mean_bits,
                recorded.worst_bits,
                run.seconds / step as f64
            );
        }
    }
    let twin = case
        .layout()
        .unpack_matrices(&run.expected, case.ranges())?;
    let bits = run.bits(&twin)?;
    println!(
        "  after {last} steps: {:.1} bits (worst {:.1}) of the twin's",
        bits.mean_bits, bits.worst_bits
    );
    Ok(agrees && bits.mean_bits > MIN_BITS)
}

/// Owner, server and twin in one process, for a test alone.
struct Run<'c> {
    case: &'c PackedCase,
    secret: SecretKey,
    encoder: Encoder,
    server: Ckks,
    base: usize,
    state: Vec<Ciphertext>,
    expected: Vec<Vec<f64>>,
    step: u64,
    seconds: f64,
}

impl<'c> Run<'c> {
    fn new(case: &'c PackedCase) -> Result<Self> {
        let params = case.planned.params()?;
        let secret = SecretKey::generate(&params)?;
        let encoder = Encoder::new(&params);
        let (plan, list) = case.planned.prepare(&encoder)?;
        let mut keys = EvaluationKeys::none(&params);
        keys.add(&secret, &list)?;
        let encapsulation = plan.generate_encapsulation_keys(&secret)?;
        let base = plan.input_level();
        let bootstrapper = Bootstrapper::new(plan, Evaluator::new(keys), encapsulation)?;
        let expected = case.layout().pack_matrices(&case.initial, case.ranges());
        let mut run = Run {
            case,
            server: Ckks::new(bootstrapper, Encoder::new(&params)),
            secret,
            encoder,
            base,
            state: Vec::new(),
            expected,
            step: 0,
            seconds: 0.0,
        };
        let state = run.expected.iter().map(|values| run.encrypt(values, 0));
        run.state = state.collect::<Result<_>>()?;
        Ok(run)
    }

    fn encrypt(&self, values: &[f64], levels: usize) -> Result<Ciphertext> {
        let (level, scale) = (self.base + levels, self.secret.params().scale());
        let plain = self.encoder.encode_real(values, level, scale)?;
        Ok(self.secret.encrypt(&plain)?)
    }

    fn step(&mut self) -> Result<()> {
        let (layout, ranges) = (self.case.layout(), self.case.ranges());
        let rates = self.case.planned.task.training.at(self.step);
        let batch = self.case.batch(self.step);
        let levels = self.case.planned.step.input_levels();
        let encrypted = batch.try_map(|values| self.encrypt(values, levels))?;
        let start = Instant::now();
        let circuit = Circuit::new(&self.server, layout, ranges)?;
        self.state = circuit.step(&self.state, encrypted, &rates)?.state;
        self.seconds += start.elapsed().as_secs_f64();
        let slots = Clear::new(layout.grid().slots());
        let twin = Circuit::new(&slots, layout, ranges)?;
        self.expected = twin.step(&self.expected, batch, &rates)?.state;
        self.step += 1;
        Ok(())
    }

    fn bits(&self, expected: &Matrices) -> Result<Precision> {
        let decrypt = |vector: &Ciphertext| -> Result<Vec<f64>> {
            let plain = self.secret.decrypt_with_noise(vector)?;
            Ok(self.encoder.decode_real(&plain)?)
        };
        let state: Vec<_> = self.state.iter().map(decrypt).collect::<Result<_>>()?;
        let ranges = self.case.ranges();
        let found = self.case.layout().unpack_matrices(&state, ranges)?;
        let weights = |matrices: &Matrices| -> Vec<f64> {
            let all = matrices.parameters();
            all.flat_map(|(_, parameter)| parameter.weight.values().to_vec())
                .collect()
        };
        let (found, expected) = (weights(&found), weights(expected));
        (found.len() == expected.len())
            .then(|| Precision::of_real(&found, &expected))
            .context("the recorded weights are of another network")
    }
}
