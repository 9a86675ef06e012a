//! The owner of the data, who alone has the secret key.

use anyhow::{Context, Result, ensure};
use nearfield_ckks::file::KeyWriter;
use nearfield_ckks::{Ciphertext, Encoder, Params, SecretKey, Stored};
use nearfield_enc::folder::{self, Manifest};
use nearfield_enc::layout::{Form, Role};
use nearfield_enc::task::Planned;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// The file of the secret key in the owner's folder.
const SECRET_KEY: &str = "secret.key";

/// The owner of a training, with the secret key in memory.
pub struct Owner {
    planned: Planned,
    secret: SecretKey,
    encoder: Encoder,
    /// The level of a state: where a bootstrapping takes ciphertexts.
    base: usize,
}

/// Samples in the clear: features from 0 to 1, and classes.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Features of each sample.
    pub features: Vec<Vec<f64>>,
    /// Its class.
    pub labels: Vec<usize>,
}

/// A state in the clear, in units of weights and velocities.
pub type Visit<'a> = dyn FnMut(Role, bool, usize, usize, f64) + 'a;

impl Owner {
    /// Generates the secret key and what the server needs: task and evaluation keys. The secret
    /// key stays in the owner's folder.
    ///
    /// # Errors
    /// If there is a key already, or the system refuses.
    pub fn generate(
        planned: Planned,
        owner: &Path,
        server: &Path,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        ensure!(
            fs::canonicalize(owner).ok() != fs::canonicalize(server).ok() || !owner.exists(),
            "the owner's folder and the server's are the same: the secret key must not be where \
             the server is"
        );
        create_private(owner)?;
        fs::create_dir_all(server).with_context(|| server.display().to_string())?;
        let params = planned.params()?;
        let secret = SecretKey::generate(&params)?;
        secret.save(owner.join(SECRET_KEY))?;
        let encoder = Encoder::new(&params);
        let (bootstrapper, list) = planned.prepare(&encoder)?;
        progress(&format!("generating {} evaluation keys", list.count() + 2));
        let mut writer = KeyWriter::create(server.join(folder::KEYS), &params)?;
        writer.add(&secret, &list)?;
        writer.add_encapsulation(&bootstrapper.generate_encapsulation_keys(&secret)?)?;
        writer.commit()?;
        folder::write_task(server, &planned.task)?;
        let mut manifest = Manifest::default();
        manifest.add(server, folder::TASK)?;
        manifest.add(server, folder::KEYS)?;
        manifest.write(server)?;
        Ok(Owner {
            base: bootstrapper.input_level(),
            planned,
            secret,
            encoder,
        })
    }

    /// An owner with the secret key of a folder, for a task.
    ///
    /// # Errors
    /// If there is no such key, others can read it, or it is of other parameters.
    pub fn open(planned: Planned, owner: &Path) -> Result<Self> {
        let params = planned.params()?;
        let secret = SecretKey::load(owner.join(SECRET_KEY), &params)?;
        Ok(Owner {
            base: planned.bootstrap_spec().slots_to_coeffs_levels,
            encoder: Encoder::new(&params),
            planned,
            secret,
        })
    }

    /// What is trained.
    pub fn planned(&self) -> &Planned {
        &self.planned
    }

    fn params(&self) -> &Params {
        self.secret.params()
    }

    /// Encrypts numbers to a file.
    fn encrypt(&self, values: &[f64], levels: usize, path: &Path) -> Result<()> {
        let (level, scale) = (self.base + levels, self.params().scale());
        let plain = self.encoder.encode_real(values, level, scale)?;
        self.secret.encrypt_fresh(&plain)?.save(path)?;
        Ok(())
    }

    fn decrypt(&self, path: &Path) -> Result<Vec<f64>> {
        let ciphertext = Ciphertext::load(path, self.params())?;
        let plain = self.secret.decrypt_with_noise(&ciphertext)?;
        Ok(self.encoder.decode_real(&plain)?)
    }

    /// Encrypts batches of samples, whose composition is then fixed, and the initial state.
    ///
    /// # Errors
    /// If there are not as many samples as the task has, or the system refuses.
    pub fn encrypt_training(
        &self,
        server: &Path,
        samples: &Samples,
        weight: impl Fn(Role, usize, usize) -> f64,
        progress: &(dyn Fn(u32) + Sync),
    ) -> Result<()> {
        let task = &self.planned.task;
        let expected = task.batch * task.batches as usize;
        ensure!(
            samples.labels.len() == expected && samples.features.len() == expected,
            "{} samples where the task has {} batches of {}",
            samples.labels.len(),
            task.batches,
            task.batch
        );
        let mut manifest = Manifest::read(server)?;
        let initial = self.planned.layout.pack(
            |role, input, output| weight(role, input, output) / task.weight_range,
            |_, _, _| 0.0,
        );
        let mut names = Vec::new();
        fs::create_dir_all(server.join("initial"))?;
        for (vector, values) in initial.iter().enumerate() {
            let name = folder::initial(vector);
            self.encrypt(values, 0, &server.join(&name))?;
            names.push(name);
        }
        for batch in 0..task.batches {
            names.extend(self.encrypt_batch(server, samples, batch)?);
            progress(batch + 1);
        }
        for name in names {
            manifest.add(server, &name)?;
        }
        manifest.write(server)?;
        Ok(())
    }

    fn encrypt_batch(&self, server: &Path, samples: &Samples, batch: u32) -> Result<Vec<String>> {
        let (task, layout) = (&self.planned.task, &self.planned.layout);
        let levels = self.planned.step.input_levels();
        let first = batch as usize * task.batch;
        let features = &samples.features[first..first + task.batch];
        let labels = &samples.labels[first..first + task.batch];
        fs::create_dir_all(server.join(format!("data/{batch:06}")))?;
        let mut jobs = Vec::new();
        let pieces = features.chunks(layout.samples());
        let pieces = pieces.zip(labels.chunks(layout.samples()));
        for (vector, (features, labels)) in pieces.enumerate() {
            for part in 0..layout.input_vectors() {
                let name = folder::input(batch, vector, part);
                jobs.push((name, Piece::Inputs(features, part)));
            }
            for form in layout.label_forms() {
                let name = folder::labels(batch, vector, form);
                jobs.push((name, Piece::Labels(labels, form)));
            }
        }
        let done = jobs.into_par_iter().map(|(name, piece)| {
            let values = match piece {
                Piece::Inputs(features, part) => {
                    let samples: Vec<&[f64]> = features.iter().map(Vec::as_slice).collect();
                    layout.inputs(&samples, part)
                }
                Piece::Labels(labels, form) => layout.labels(labels, form),
            };
            self.encrypt(&values, levels, &server.join(&name))?;
            Ok(name)
        });
        done.collect()
    }

    /// Decrypts the state after a step, or the initial one for step 0: matrix, whether it is a
    /// velocity, input, output, value.
    ///
    /// # Errors
    /// If the state of that step was not kept, or is not of this owner.
    pub fn decrypt_state(&self, server: &Path, step: u64, visit: &mut Visit<'_>) -> Result<()> {
        let layout = &self.planned.layout;
        let path = |vector| -> PathBuf {
            match step {
                0 => server.join(folder::initial(vector)),
                _ => server.join(folder::step(step)).join(folder::state(vector)),
            }
        };
        let vectors = 0..layout.state_vectors();
        let state: Vec<Vec<f64>> = vectors
            .map(|vector| self.decrypt(&path(vector)))
            .collect::<Result<_>>()?;
        let ranges = self.planned.task.ranges();
        layout.unpack(&state, |role, velocity, input, output, value| {
            let range = if velocity { ranges.velocities } else { ranges.weights };
            visit(role, velocity, input, output, value * range);
        })?;
        Ok(())
    }

    /// Decrypts by how much the answers to a step's batch exceeded the labels: for each sample
    /// and class.
    ///
    /// # Errors
    /// If they are not there, or not of this owner.
    pub fn decrypt_errors(&self, server: &Path, step: u64) -> Result<Vec<Vec<f64>>> {
        let (task, layout) = (&self.planned.task, &self.planned.layout);
        let mut all = Vec::new();
        for vector in 0..self.planned.step.vectors {
            let path = server.join(folder::step(step)).join(folder::errors(vector));
            let slots = self.decrypt(&path)?;
            let left = task.batch - all.len();
            for sample in 0..layout.samples().min(left) {
                let form = layout.answer_form();
                let classes = 0..task.classes;
                all.push(
                    classes
                        .map(|class| slots[layout.answer_slot(sample, class, form)])
                        .collect(),
                );
            }
        }
        Ok(all)
    }
}

enum Piece<'a> {
    Inputs(&'a [Vec<f64>], usize),
    Labels(&'a [usize], Form),
}

/// Makes a folder that its owner alone can enter.
fn create_private(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| path.display().to_string())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}
