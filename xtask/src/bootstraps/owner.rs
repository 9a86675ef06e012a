//! The owner of the data, who alone has the secret key.

use super::job::{INPUT, Job, KEYS, output, preset};
use anyhow::Result;
use nearfield_ckks::bootstrap::{BootstrapPlan, BootstrapSpec, Preset, SlotKind};
use nearfield_ckks::file::KeyWriter;
use nearfield_ckks::{
    Ciphertext, Complex64, Encoder, Galois, KeyList, Params, Precision, SecretKey, Stored,
};
use std::path::Path;

pub(super) struct Owner {
    encoder: Encoder,
    secret: SecretKey,
    numbers: Vec<Complex64>,
    complex: bool,
    rounds: usize,
}

/// Rotations of a training, in addition to those of bootstrapping: at the levels that remain.
const ROTATIONS: u32 = 20;

pub(super) fn params(job: &Job) -> Result<Params> {
    let preset = preset(job.levels)?;
    Ok(match job.insecure_log_degree {
        None => Params::new(preset.params())?,
        Some(log_degree) => Params::insecure(preset.insecure_params(log_degree))?,
    })
}

pub(super) fn plan(encoder: &Encoder, job: &Job) -> Result<BootstrapPlan> {
    let log_degree = encoder.params().spec().log_degree;
    let kind = if job.complex {
        SlotKind::Complex
    } else {
        SlotKind::Real
    };
    let full = Preset::bootstrap(log_degree, kind);
    let spec = BootstrapSpec {
        slots: full.slots >> job.log_gap,
        ..full
    };
    Ok(BootstrapPlan::new(encoder, spec)?)
}

impl Owner {
    /// Writes all keys that a server needs, one at a time, and a ciphertext.
    pub(super) fn prepare(folder: &Path, job: &Job) -> Result<Self> {
        let params = params(job)?;
        let secret = SecretKey::generate(&params)?;
        let encoder = Encoder::new(&params);
        let plan = plan(&encoder, job)?;
        let mut list = KeyList::none(&params);
        plan.list_keys(&mut list);
        for step in 0..ROTATIONS {
            let steps = 3_isize.pow(step / 2) * if step % 2 == 0 { 1 } else { -1 };
            list.add_galois(Galois::Rotation(steps), plan.output_level());
        }
        let mut writer = KeyWriter::create(folder.join(KEYS), &params)?;
        writer.add(&secret, &list)?;
        writer.add_encapsulation(&plan.generate_encapsulation_keys(&secret)?)?;
        writer.commit()?;
        let slots = u32::try_from(plan.spec().slots)?;
        let number = |slot: u32| {
            let angle = f64::from(slot) * 0.7;
            let imaginary = if job.complex {
                (angle * 1.3).cos()
            } else {
                0.0
            };
            Complex64::new(angle.sin(), imaginary)
        };
        let numbers: Vec<Complex64> = (0..slots).map(number).collect();
        let level = plan.input_level();
        let plaintext = encoder.encode(&numbers, level, params.scale())?;
        secret.encrypt_fresh(&plaintext)?.save(folder.join(INPUT))?;
        Ok(Owner {
            encoder,
            secret,
            numbers,
            complex: job.complex,
            rounds: job.rounds,
        })
    }

    /// The precision after each bootstrapping.
    pub(super) fn check(&self, folder: &Path) -> Result<Vec<Precision>> {
        let rounds = 0..self.rounds;
        rounds
            .map(|round| {
                let path = folder.join(output(round));
                let ciphertext = Ciphertext::load(path, self.secret.params())?;
                let plaintext = self.secret.decrypt_with_noise(&ciphertext)?;
                if self.complex {
                    let found = self.encoder.decode(&plaintext)?;
                    return Ok(Precision::of(&found, &self.numbers));
                }
                let real: Vec<f64> = self.numbers.iter().map(|number| number.re).collect();
                let found = self.encoder.decode_real(&plaintext)?;
                Ok(Precision::of_real(&found, &real))
            })
            .collect()
    }
}
