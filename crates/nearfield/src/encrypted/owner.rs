//! The owner of the data, who alone has the secret key.

use super::setup::Samples;
use crate::{Error, Result};
use nearfield_ckks::file::KeyWriter;
use nearfield_ckks::{Ciphertext, Decryptor, Encoder, Params, SecretKey, Stored};
use nearfield_enc::{
    Form, Matrices, Matrix, TaskPlan,
    folder::{self, Manifest},
};
use rayon::prelude::*;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The file of the secret key in the owner's folder.
const SECRET_KEY: &str = "secret.key";

/// The owner of a training, with the secret key in memory.
pub struct Owner {
    planned: TaskPlan,
    secret: SecretKey,
    encoder: Encoder,
    /// The level of a state: where a bootstrapping takes ciphertexts.
    base: usize,
}

/// The run file that the owner keeps, with nothing left open.
pub const RUN_FILE: &str = "run.toml";

/// Answers as a table.
pub struct Answers {
    /// CSV: sample, class, score of every class.
    pub text: String,
    /// Correct predictions.
    pub correct: usize,
    /// Number of samples.
    pub samples: usize,
}

impl Owner {
    /// Generates the secret key and what the server needs: task and evaluation keys. The secret
    /// key stays in the owner's folder. `progress` is told how many keys are about to be
    /// generated.
    ///
    /// # Errors
    /// If there is a key already, or the system refuses.
    pub fn generate(
        planned: TaskPlan,
        owner: &Path,
        server: &Path,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Self> {
        create_private(owner)?;
        create(server)?;
        if canonical(owner)?.starts_with(canonical(server)?) {
            return Err(Error::OwnerInServer {
                owner: owner.to_path_buf(),
            });
        }
        let params = planned.params()?;
        let secret = SecretKey::generate(&params)?;
        secret.save(owner.join(SECRET_KEY))?;
        let encoder = Encoder::new(&params);
        let (bootstrapping, list) = planned.prepare(&encoder)?;
        progress(list.count() + 2);
        let mut writer = KeyWriter::create(server.join(folder::KEYS), &params)?;
        writer.add(&secret, &list)?;
        writer.add_encapsulation(&bootstrapping.generate_encapsulation_keys(&secret)?)?;
        writer.commit()?;
        folder::write_task(server, &planned.task)?;
        let mut manifest = Manifest::default();
        manifest.add(server, folder::TASK)?;
        manifest.add(server, folder::KEYS)?;
        manifest.write(server)?;
        Ok(Owner {
            base: bootstrapping.input_level(),
            planned,
            secret,
            encoder,
        })
    }

    /// An owner with the secret key of a folder, for a task.
    ///
    /// # Errors
    /// If there is no such key, others can read it, or it is of other parameters.
    pub fn open(planned: TaskPlan, owner: &Path) -> Result<Self> {
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
    pub fn planned(&self) -> &TaskPlan {
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
        weights: &Matrices,
        progress: &dyn Fn(u32),
    ) -> Result<()> {
        let task = &self.planned.task;
        let expected = task.batch * task.batches as usize;
        if samples.labels.len() != expected || samples.inputs.rows() != expected {
            return Err(Error::Samples(format!(
                "{} samples where the task has {} batches of {}",
                samples.labels.len(),
                task.batches,
                task.batch
            )));
        }
        let mut manifest = Manifest::read(server)?;
        if manifest.files.contains_key(&folder::initial(0)) {
            return Err(Error::folder(
                server,
                "has encrypted data already: a training on other data needs keys and a folder of \
                 its own",
            ));
        }
        let layout = &self.planned.layout;
        if weights.spec() != layout.network() {
            return Err(Error::setting(
                "network",
                format!(
                    "the initial weights are of {}, the task is of {}; give weights of the \
                     same network",
                    weights.spec(),
                    layout.network()
                ),
            ));
        }
        let initial = layout.pack_matrices(weights, task.ranges());
        let mut names = Vec::new();
        create(&server.join("initial"))?;
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
        create(&server.join(format!("data/{batch:06}")))?;
        let mut jobs = Vec::new();
        for vector in 0..self.planned.step.vectors {
            let begin = first + vector * layout.samples_per_vector();
            let end = (begin + layout.samples_per_vector()).min(first + task.batch);
            for part in 0..layout.input_vectors() {
                let name = folder::input(batch, vector, part);
                jobs.push((name, Piece::Inputs(begin..end, part)));
            }
            for form in layout.label_forms() {
                let name = folder::labels(batch, vector, form);
                jobs.push((name, Piece::Labels(begin..end, form)));
            }
        }
        let done = jobs.into_par_iter().map(|(name, piece)| {
            let values = match piece {
                Piece::Inputs(range, part) => {
                    layout.pack_inputs(&rows(&samples.inputs, range), part)
                }
                Piece::Labels(range, form) => {
                    let labels = samples.labels[range].iter();
                    let labels: Vec<usize> = labels.map(|&label| usize::from(label)).collect();
                    layout.pack_labels(&labels, form)
                }
            };
            self.encrypt(&values, levels, &server.join(&name))?;
            Ok(name)
        });
        done.collect()
    }

    /// Encrypts samples to be answered, and returns in how many vectors they are.
    ///
    /// # Errors
    /// If the folder holds something already, or the system refuses.
    pub fn encrypt_requests(
        &self,
        folder: &Path,
        samples: &Samples,
        count: usize,
    ) -> Result<usize> {
        let layout = &self.planned.layout;
        create(folder)?;
        let mut entries = fs::read_dir(folder).map_err(Error::io("list", folder))?;
        if entries.next().is_some() {
            return Err(Error::folder(folder, "is not empty: choose a new folder"));
        }
        let levels = self.planned.step.input_levels();
        let vectors = count.div_ceil(layout.samples_per_vector());
        for vector in 0..vectors {
            let begin = vector * layout.samples_per_vector();
            let end = (begin + layout.samples_per_vector()).min(count);
            let parts = (0..layout.input_vectors()).into_par_iter();
            parts
                .map(|part| {
                    let values = layout.pack_inputs(&rows(&samples.inputs, begin..end), part);
                    self.encrypt(&values, levels, &folder.join(folder::request(vector, part)))
                })
                .collect::<Result<()>>()?;
        }
        Ok(vectors)
    }

    /// Decrypts answers to samples.
    ///
    /// # Errors
    /// If there are none, or they are not of this owner.
    pub fn decrypt_answers(
        &self,
        folder: &Path,
        samples: &Samples,
        classes: &[String],
    ) -> Result<Answers> {
        let layout = &self.planned.layout;
        let decryptor = Decryptor::new(&self.secret);
        let mut text = format!("sample,class,{}\n", classes.join(","));
        let (mut correct, mut count) = (0, 0);
        for vector in 0.. {
            if !folder.join(folder::request(vector, 0)).is_file() {
                break;
            }
            let path = folder.join(folder::answer(vector));
            let slots = decryptor.decrypt_real(&Ciphertext::load(&path, self.params())?)?;
            let left = samples.labels.len() - count;
            for scores in layout.unpack_predictions(&[slots], left) {
                let class = largest(&scores);
                correct += usize::from(usize::from(samples.labels[count]) == class);
                let scores: Vec<String> = scores.iter().map(f64::to_string).collect();
                let name = classes.get(class).map_or("", String::as_str);
                text += &format!("{count},{name},{}\n", scores.join(","));
                count += 1;
            }
        }
        if count == 0 {
            return Err(Error::folder(folder, "holds no requests"));
        }
        Ok(Answers {
            text,
            correct,
            samples: count,
        })
    }

    /// Decrypts weights and velocities after a step, or the initial ones for step 0, and rounds
    /// them as [`Decryptor`] does: what others may see of them.
    ///
    /// # Errors
    /// If the state of that step was not kept, or is not of this owner.
    pub fn decrypt_model(&self, server: &Path, step: u64) -> Result<Matrices> {
        let decryptor = Decryptor::new(&self.secret);
        self.state(server, step, |path| {
            let ciphertext = Ciphertext::load(path, self.params())?;
            Ok(decryptor.decrypt_real(&ciphertext)?)
        })
    }

    /// [`Owner::decrypt_model`] with the noise of the encryption, for the owner's eyes alone.
    ///
    /// # Errors
    /// As [`Owner::decrypt_model`].
    pub fn decrypt_with_noise(&self, server: &Path, step: u64) -> Result<Matrices> {
        self.state(server, step, |path| self.decrypt(path))
    }

    fn state(
        &self,
        server: &Path,
        step: u64,
        decrypt: impl Fn(&Path) -> Result<Vec<f64>>,
    ) -> Result<Matrices> {
        let layout = &self.planned.layout;
        let path = |vector| -> PathBuf {
            match step {
                0 => server.join(folder::initial(vector)),
                _ => server.join(folder::step(step)).join(folder::state(vector)),
            }
        };
        let vectors = 0..layout.state_vectors();
        let state: Vec<Vec<f64>> = vectors
            .map(|vector| decrypt(&path(vector)))
            .collect::<Result<_>>()?;
        Ok(layout.unpack_matrices(&state, self.planned.task.ranges())?)
    }

    /// Decrypts by how much the answers to a step's batch exceeded the labels: for each sample
    /// and class.
    ///
    /// # Errors
    /// If they are not there, or not of this owner.
    pub fn decrypt_errors(&self, server: &Path, step: u64) -> Result<Vec<Vec<f64>>> {
        let paths = (0..self.planned.step.vectors).map(|vector| {
            let folder = server.join(folder::step(step));
            self.decrypt(&folder.join(folder::errors(vector)))
        });
        let vectors: Vec<Vec<f64>> = paths.collect::<Result<_>>()?;
        let (task, layout) = (&self.planned.task, &self.planned.layout);
        Ok(layout.unpack_predictions(&vectors, task.batch))
    }
}

/// What is encrypted of some samples.
enum Piece {
    Inputs(Range<usize>, usize),
    Labels(Range<usize>, Form),
}

fn rows(matrix: &Matrix, range: Range<usize>) -> Vec<&[f64]> {
    range.map(|row| matrix.row(row)).collect()
}

/// The place of the largest number, the first one if there are several.
pub fn largest(numbers: &[f64]) -> usize {
    let mut best = 0;
    for (place, number) in numbers.iter().enumerate() {
        if *number > numbers[best] {
            best = place;
        }
    }
    best
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::io("create", folder))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(Error::io("find", path))
}

/// Makes a folder that its owner alone can enter.
fn create_private(path: &Path) -> Result<()> {
    create(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(Error::io("protect", path))?;
    }
    Ok(())
}
