//! Our side, as a process of its own.

use super::job::{End, Job, Operation, Setup, Timed, Work};
use crate::machine::peak_bytes;
use anyhow::{Context, Result, bail, ensure};
use nearfield_ckks::bootstrap::{BootstrapPlan, Bootstrapper, Preset, SlotKind};
use nearfield_ckks::{
    Ciphertext, Encoder, EvaluationKeys, Evaluator, Galois, Params, ParamsSpec, Plaintext,
    Precision, PublicKey, SecretKey,
};
use nearfield_train::random::{Purpose, Stream};
use std::io::{BufRead, Write};
use std::time::Instant;

/// Bits of the special primes of single operations: one more of them than could do, since there
/// are faster transforms for primes of 46 bits or less.
const SPECIAL_BITS: [u32; 10] = [44; 10];

/// Whatever the job is about, ready to be timed.
trait Worker {
    fn setup(&self) -> Setup;

    /// Does an operation once and checks its result.
    fn time(&mut self, operation: Operation) -> Result<Timed>;
}

/// Sets up, and does what each line asks for, until one asks to end.
///
/// # Errors
/// If the job or a line is not understood, or an operation fails.
pub fn run(job: &str, lines: impl BufRead, mut answers: impl Write) -> Result<()> {
    let begun = Instant::now();
    let job: Job = serde_json::from_str(job).context("the job")?;
    let mut worker: Box<dyn Worker> = match &job.work {
        Work::Operations { .. } => Box::new(Operations::new(&job)?),
        Work::Bootstrap { levels, .. } => {
            Box::new(Bootstrap::new(&job, crate::bootstraps::preset(*levels)?)?)
        }
    };
    let mut answer = |line: String| writeln!(answers, "{line}").and_then(|()| answers.flush());
    let setup = Setup {
        seconds: begun.elapsed().as_secs_f64(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..worker.setup()
    };
    answer(serde_json::to_string(&setup)?)?;
    for line in lines.lines() {
        let line = line?;
        if line == "end" {
            break;
        }
        let operation =
            Operation::parse(&line).with_context(|| format!("unknown operation `{line}`"))?;
        answer(serde_json::to_string(&worker.time(operation)?)?)?;
    }
    let peak_bytes = peak_bytes();
    answer(serde_json::to_string(&End { peak_bytes })?)?;
    Ok(())
}

/// What both kinds of work have.
struct Base {
    params: Params,
    secret: SecretKey,
    public: PublicKey,
    encoder: Encoder,
    /// Random numbers from -1 to 1 in all slots.
    numbers: [Vec<f64>; 2],
}

impl Base {
    fn new(job: &Job, spec: ParamsSpec) -> Result<Self> {
        let params = if job.insecure {
            Params::insecure(spec)?
        } else {
            Params::new(spec)?
        };
        let secret = SecretKey::generate(&params)?;
        Ok(Base {
            public: PublicKey::generate(&secret)?,
            encoder: Encoder::new(&params),
            numbers: [1, 2].map(|seed| numbers(params.max_slots(), seed)),
            secret,
            params,
        })
    }

    fn encode(&self, which: usize, level: usize) -> Result<Plaintext> {
        let numbers = &self.numbers[which];
        let scale = self.params.scale();
        Ok(self.encoder.encode_real(numbers, level, scale)?)
    }

    fn setup(&self) -> Setup {
        let spec = self.params.spec();
        let special: u32 = spec.special_bits.iter().sum();
        Setup {
            primes: spec.chain_bits.len(),
            log_modulus: self.params.log_modulus() - f64::from(special),
            scale_bits: spec.scale_bits,
            digits: spec.digits,
            ..Setup::default()
        }
    }

    /// The time of what makes a ciphertext, and its errors.
    fn time(
        &self,
        work: impl FnOnce() -> nearfield_ckks::Result<Ciphertext>,
        expected: impl Fn(usize) -> f64,
    ) -> Result<Timed> {
        let start = Instant::now();
        let found = work()?;
        let seconds = start.elapsed().as_secs_f64();
        let plaintext = self.secret.decrypt_with_noise(&found)?;
        self.compare(seconds, &plaintext, expected)
    }

    fn compare(
        &self,
        seconds: f64,
        found: &Plaintext,
        expected: impl Fn(usize) -> f64,
    ) -> Result<Timed> {
        let found = self.encoder.decode_real(found)?;
        let expected: Vec<f64> = (0..found.len()).map(expected).collect();
        Ok(Timed::new(seconds, Precision::of_real(&found, &expected)))
    }
}

/// Single operations at the highest level.
struct Operations {
    base: Base,
    evaluator: Evaluator,
    plain: Plaintext,
    encrypted: [Ciphertext; 2],
    key_bytes: [usize; 2],
}

impl Operations {
    fn new(job: &Job) -> Result<Self> {
        let base = Base::new(job, spec(job)?)?;
        let top = base.params.max_level();
        let mut keys = EvaluationKeys::none(&base.params);
        keys.add_galois(&base.secret, Galois::Rotation(1), top)?;
        let rotation = keys.bytes();
        keys.add_relinearization(&base.secret, top)?;
        let [first, second] = [base.encode(0, top)?, base.encode(1, top)?];
        Ok(Operations {
            key_bytes: [rotation, keys.bytes() - rotation],
            evaluator: Evaluator::new(keys),
            encrypted: [base.public.encrypt(&first)?, base.public.encrypt(&second)?],
            plain: second,
            base,
        })
    }
}

impl Worker for Operations {
    fn setup(&self) -> Setup {
        let [rotation, relinearization] = self.key_bytes.map(|bytes| bytes as u64);
        Setup {
            rotation_key_bytes: rotation,
            relinearization_key_bytes: relinearization,
            ..self.base.setup()
        }
    }

    fn time(&mut self, operation: Operation) -> Result<Timed> {
        let (base, evaluator) = (&self.base, &self.evaluator);
        let ([x, y], [a, b]) = (&base.numbers, &self.encrypted);
        let next = |slot: usize| x[(slot + 1) % x.len()];
        match operation {
            Operation::Encode => {
                let start = Instant::now();
                let encoded = base.encode(1, base.params.max_level())?;
                let seconds = start.elapsed().as_secs_f64();
                base.compare(seconds, &encoded, |slot| y[slot])
            }
            Operation::Encrypt => base.time(|| base.public.encrypt(&self.plain), |slot| y[slot]),
            Operation::Add => base.time(|| evaluator.add(a, b), |slot| x[slot] + y[slot]),
            Operation::MultiplyPlain => base.time(
                || evaluator.multiply_plain(a, &self.plain),
                |slot| x[slot] * y[slot],
            ),
            Operation::Multiply => base.time(|| evaluator.multiply(a, b), |slot| x[slot] * y[slot]),
            Operation::Rotate => base.time(|| evaluator.rotate(a, 1), next),
            Operation::Bootstrap => bail!("this process was not set up to bootstrap"),
        }
    }
}

/// Bootstrapping of all slots.
struct Bootstrap {
    base: Base,
    bootstrapper: Bootstrapper,
    encrypted: Ciphertext,
}

impl Bootstrap {
    fn new(job: &Job, preset: Preset) -> Result<Self> {
        let base = Base::new(job, preset.insecure_params(job.log_degree))?;
        let spec = Preset::bootstrap(job.log_degree, SlotKind::Real);
        let plan = BootstrapPlan::new(&base.encoder, spec)?;
        ensure!(
            plan.levels_between() == preset.levels(),
            "{} levels between bootstraps instead of {}",
            plan.levels_between(),
            preset.levels()
        );
        let mut keys = EvaluationKeys::none(&base.params);
        let encapsulation = plan.generate_keys(&base.secret, &mut keys)?;
        let plaintext = base.encode(0, plan.input_level())?;
        Ok(Bootstrap {
            encrypted: base.public.encrypt(&plaintext)?,
            bootstrapper: Bootstrapper::new(plan, Evaluator::new(keys), encapsulation)?,
            base,
        })
    }
}

impl Worker for Bootstrap {
    fn setup(&self) -> Setup {
        let (evaluator, sparse) = (
            self.bootstrapper.evaluator(),
            self.bootstrapper.encapsulation_keys(),
        );
        let keys = evaluator.keys().bytes() + sparse.bytes();
        Setup {
            key_bytes: keys as u64,
            matrix_bytes: self.bootstrapper.plan().bytes() as u64,
            ..self.base.setup()
        }
    }

    fn time(&mut self, operation: Operation) -> Result<Timed> {
        ensure!(
            operation == Operation::Bootstrap,
            "this process was set up to bootstrap"
        );
        let expected = &self.base.numbers[0];
        let work = || self.bootstrapper.bootstrap(&self.encrypted);
        self.base.time(work, |slot| expected[slot])
    }
}

fn spec(job: &Job) -> Result<ParamsSpec> {
    let Work::Operations {
        first_bits,
        scale_bits,
        levels,
        digits,
    } = job.work
    else {
        bail!("the job is not one of operations");
    };
    let mut chain_bits = vec![first_bits];
    chain_bits.extend(vec![scale_bits; levels]);
    Ok(ParamsSpec {
        log_degree: job.log_degree,
        chain_bits,
        special_bits: SPECIAL_BITS.to_vec(),
        digits,
        scale_bits,
    })
}

/// Numbers from -1 to 1.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let limit = 1 << 30;
    let mut stream = Stream::new(seed, Purpose::Split, 0, 0);
    let number = |_| f64::from(stream.symmetric(limit)) / f64::from(limit);
    (0..count).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_sets_up_and_answers_every_line() {
        let work = Work::Operations {
            first_bits: 50,
            scale_bits: 40,
            levels: 3,
            digits: 2,
        };
        let (log_degree, insecure) = (10, true);
        let job = Job {
            log_degree,
            insecure,
            work,
        };
        let words: Vec<&str> = Operation::SINGLE.map(Operation::word).into();
        let lines = words.join("\n") + "\nend\n";
        let mut answers = Vec::new();
        let job = serde_json::to_string(&job).unwrap();
        run(&job, lines.as_bytes(), &mut answers).unwrap();
        let answers = String::from_utf8(answers).unwrap();
        let answers: Vec<&str> = answers.lines().collect();
        let setup: Setup = serde_json::from_str(answers[0]).unwrap();
        assert_eq!((setup.primes, setup.digits), (4, 2));
        assert!((setup.log_modulus - 170.0).abs() < 0.1);
        for answer in &answers[1..7] {
            let timed: Timed = serde_json::from_str(answer).unwrap();
            assert!(timed.worst_bits > 18.0 && timed.mean_bits > timed.worst_bits);
        }
        serde_json::from_str::<End>(answers[7]).unwrap();
        assert!(run(&job, &b"bootstrap\n"[..], Vec::new()).is_err());
    }
}
