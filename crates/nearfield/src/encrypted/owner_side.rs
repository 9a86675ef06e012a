//! What the owner of the data does: keys, encryption, decryption, comparison with the twin.

use super::comparison::{Comparison, compare};
use super::owner::{Owner, RUN_FILE};
use super::report;
use super::setup::Setup;
use crate::{Error, Result};
use nearfield_enc::{Matrices, folder};
use nearfield_files::write_atomically;
use std::path::{Path, PathBuf};

/// The folders of both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// The owner's: the secret key is in it, and never leaves it.
    pub owner: PathBuf,
    /// What is handed over to the server.
    pub server: PathBuf,
}

/// The owner of an encrypted training, with the run and both folders.
pub struct OwnerSide {
    setup: Setup,
    owner: Owner,
    folders: Folders,
}

/// Samples that were encrypted to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests {
    /// Number of samples.
    pub samples: usize,
    /// Number of vectors that they lie in.
    pub vectors: usize,
}

/// A model that was decrypted to a file.
#[derive(Clone, Debug, PartialEq)]
pub struct DecryptedModel {
    /// The file.
    pub path: PathBuf,
    /// The step after which the model was taken.
    pub step: u64,
    /// The share of test samples that it predicts correctly, if there are any.
    pub test_accuracy: Option<f64>,
}

/// Answers that were decrypted to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecryptedAnswers {
    /// The table (CSV).
    pub path: PathBuf,
    /// Correct predictions.
    pub correct: usize,
    /// Number of samples.
    pub samples: usize,
}

/// A comparison with the twin, and the files that tell of it.
#[derive(Clone, Debug)]
pub struct ComparisonFiles {
    /// The comparison.
    pub comparison: Comparison,
    /// Its table (CSV).
    pub table: PathBuf,
    /// Its page (HTML).
    pub report: PathBuf,
}

/// Generates the secret key in the owner's folder, and task and evaluation keys in the server's.
/// `progress` is told how many evaluation keys are about to be generated. Returns what the person who
/// wrote the run file should know.
///
/// # Errors
/// If the run file is not in order, or a folder holds a training already.
pub fn generate_keys(
    run_file: &Path,
    folders: &Folders,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<String>> {
    let setup = Setup::read(run_file)?;
    let planned = setup.plan()?;
    let Folders { owner, server } = folders;
    if server.join(folder::TASK).exists() {
        return Err(Error::folder(
            server,
            "already holds an encrypted training: choose another folder",
        ));
    }
    Owner::generate(planned, owner, server, progress)?;
    write_atomically(&owner.join(RUN_FILE), setup.text.as_bytes())?;
    Ok(setup.notes)
}

impl OwnerSide {
    /// Opens both folders of a training.
    ///
    /// # Errors
    /// If they do not belong together, or the secret key is not safe.
    pub fn open(folders: Folders) -> Result<Self> {
        let planned = folder::read_task(&folders.server)?.plan()?;
        let owner = Owner::open(planned, &folders.owner)?;
        let setup = Setup::read(&folders.owner.join(RUN_FILE))?;
        if setup.plan()?.task != owner.planned().task {
            return Err(Error::OtherTask {
                owner: folders.owner,
                server: folders.server,
            });
        }
        Ok(OwnerSide {
            setup,
            owner,
            folders,
        })
    }

    /// The run with its data in the clear.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Number of batches.
    pub fn batches(&self) -> u32 {
        self.owner.planned().task.batches
    }

    /// Steps that the server has made.
    ///
    /// # Errors
    /// If its folder cannot be read.
    pub fn steps_made(&self) -> Result<u64> {
        let made = folder::steps(&self.folders.server)?;
        Ok(made.last().copied().unwrap_or(0))
    }

    /// Encrypts the training samples and initial weights: those of a safetensors file, or ones
    /// drawn by the run's seed. `progress` is told of every batch.
    ///
    /// # Errors
    /// If there is encrypted data already, or the weights are of another network.
    pub fn encrypt_training(&self, initial: Option<&Path>, progress: &dyn Fn(u32)) -> Result<()> {
        let weights = match initial {
            Some(path) => Matrices::load(self.setup.weights.spec(), path)?,
            None => self.setup.weights.clone(),
        };
        let server = &self.folders.server;
        self.owner
            .encrypt_training(server, &self.setup.train, &weights, progress)
    }

    /// Encrypts test samples, `limit` of them at most, to be answered by the server.
    ///
    /// # Errors
    /// If the folder is not empty, or the run has no test samples.
    pub fn encrypt_requests(&self, folder: &Path, limit: Option<usize>) -> Result<Requests> {
        let test = &self.setup.test;
        let samples = limit.unwrap_or(usize::MAX).min(test.labels.len());
        if samples == 0 {
            return Err(Error::Samples(
                "the run has no test samples to be answered: give some, or a larger limit".into(),
            ));
        }
        let vectors = self.owner.encrypt_requests(folder, test, samples)?;
        Ok(Requests { samples, vectors })
    }

    /// Decrypts the model after a step, or after the last one whose state was kept, to a file
    /// (`model.safetensors` in the owner's folder where none is named).
    ///
    /// # Errors
    /// If the state of that step was not kept, or is not of this owner.
    pub fn decrypt_model(&self, step: Option<u64>, out: Option<&Path>) -> Result<DecryptedModel> {
        let server = &self.folders.server;
        let step = match step {
            Some(step) => step,
            None => last_kept_state(server)?,
        };
        let matrices = self.owner.decrypt_model(server, step)?;
        let path = self.out(out, "model.safetensors");
        matrices.save(&path)?;
        Ok(DecryptedModel {
            path,
            step,
            test_accuracy: self.setup.accuracy(&matrices)?,
        })
    }

    /// Decrypts the server's answers to a table (`answers.csv` in the owner's folder where none is
    /// named).
    ///
    /// # Errors
    /// If there are none, or they are not of this owner.
    pub fn decrypt_answers(&self, requests: &Path, out: Option<&Path>) -> Result<DecryptedAnswers> {
        let Setup { test, classes, .. } = &self.setup;
        let answers = self.owner.decrypt_answers(requests, test, classes)?;
        let path = self.out(out, "answers.csv");
        write_atomically(&path, answers.text.as_bytes())?;
        Ok(DecryptedAnswers {
            path,
            correct: answers.correct,
            samples: answers.samples,
        })
    }

    /// Compares the training with its twin, and leaves a table and a page in the owner's folder.
    /// `progress` is told of every step.
    ///
    /// # Errors
    /// If the server's files are not of this owner.
    pub fn compare(&self, progress: impl FnMut(u64)) -> Result<ComparisonFiles> {
        let server = &self.folders.server;
        let comparison = compare(&self.setup, &self.owner, server, progress)?;
        let table = self.folders.owner.join("compare.csv");
        write_atomically(&table, comparison.to_csv().as_bytes())?;
        let page = report::of(self.owner.planned(), &comparison, server)?;
        let report = self.folders.owner.join("report.html");
        write_atomically(&report, nearfield_report::render(&page)?.as_bytes())?;
        Ok(ComparisonFiles {
            comparison,
            table,
            report,
        })
    }

    fn out(&self, out: Option<&Path>, name: &str) -> PathBuf {
        out.map_or_else(|| self.folders.owner.join(name), Path::to_path_buf)
    }
}

/// The last step whose state is there; 0 before the first one.
fn last_kept_state(server: &Path) -> Result<u64> {
    let kept = |step: &u64| {
        let path = server.join(folder::step(*step));
        path.join(folder::state(0)).is_file()
    };
    let steps = folder::steps(server)?;
    Ok(steps.into_iter().rev().find(kept).unwrap_or(0))
}
