//! A whole encrypted training in one folder, in all roles.

use super::forecast::Forecast;
use super::owner_side::{
    ComparisonFiles, DecryptedAnswers, DecryptedModel, Folders, OwnerSide, Requests, generate_keys,
};
use super::server_side::{ServerOutcome, ServerSide};
use crate::{Error, Result};
use nearfield_enc::StepRecord;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What is demonstrated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DemoOptions {
    /// Whether with 128 bits of security, which takes minutes and some 5 GB of memory.
    pub secure: bool,
    /// Steps of training; 150 where not given, and 6 with 128 bits of security.
    pub steps: Option<u64>,
}

/// A demonstration: irises are classified by a network that a server trains without seeing them.
#[derive(Clone, Debug)]
pub struct Demo {
    folder: PathBuf,
}

/// An act of the demonstration, by one of both roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The owner asks for the costs.
    Plan,
    /// The owner generates keys.
    GenerateKeys,
    /// The owner encrypts samples and initial weights.
    Encrypt,
    /// The server trains.
    Train,
    /// The owner decrypts the model.
    DecryptModel,
    /// The owner compares it with the twin.
    Compare,
    /// The owner encrypts flowers to be classified.
    EncryptRequests,
    /// The server answers.
    Answer,
    /// The owner decrypts the answers.
    DecryptAnswers,
}

/// What an act came to.
#[derive(Debug)]
pub enum ActResult {
    /// Of [`Act::Plan`].
    Plan(Box<Forecast>),
    /// Of [`Act::GenerateKeys`].
    GenerateKeys,
    /// Of [`Act::Encrypt`]: the number of batches.
    Encrypt(u32),
    /// Of [`Act::Train`].
    Train(ServerOutcome),
    /// Of [`Act::DecryptModel`].
    DecryptModel(DecryptedModel),
    /// Of [`Act::Compare`].
    Compare(Box<ComparisonFiles>),
    /// Of [`Act::EncryptRequests`].
    EncryptRequests(Requests),
    /// Of [`Act::Answer`]: the number of ciphertexts of samples.
    Answer(usize),
    /// Of [`Act::DecryptAnswers`].
    DecryptAnswers(DecryptedAnswers),
}

/// The acts in their order.
pub const ACTS: [Act; 9] = [
    Act::Plan,
    Act::GenerateKeys,
    Act::Encrypt,
    Act::Train,
    Act::DecryptModel,
    Act::Compare,
    Act::EncryptRequests,
    Act::Answer,
    Act::DecryptAnswers,
];

impl Act {
    /// Who does what.
    pub fn title(self) -> &'static str {
        match self {
            Act::Plan => "owner: what will it cost?",
            Act::GenerateKeys => "owner: keys",
            Act::Encrypt => "owner: encrypt samples and initial weights",
            Act::Train => "server: train, without the owner's folder",
            Act::DecryptModel => "owner: decrypt the model",
            Act::Compare => "owner: compare with the same training in the clear",
            Act::EncryptRequests => "owner: encrypt flowers to be classified",
            Act::Answer => "server: answer",
            Act::DecryptAnswers => "owner: decrypt the answers",
        }
    }
}

impl Demo {
    /// Leaves a run file in a folder, in which all acts take place.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn new(folder: &Path, options: DemoOptions) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let demo = Demo {
            folder: folder.to_path_buf(),
        };
        let path = demo.run_file();
        std::fs::write(&path, run_file(options)).map_err(Error::io("write", &path))?;
        Ok(demo)
    }

    /// Its run file.
    pub fn run_file(&self) -> PathBuf {
        self.folder.join("iris.toml")
    }

    /// The folders of both sides.
    pub fn folders(&self) -> Folders {
        Folders {
            owner: self.folder.join("owner"),
            server: self.folder.join("server"),
        }
    }

    /// The folder of flowers to be classified.
    pub fn requests(&self) -> PathBuf {
        self.folder.join("requests")
    }

    /// The file of the decrypted model.
    pub fn model(&self) -> PathBuf {
        self.folder.join("model.safetensors")
    }

    /// Performs an act; those before it must have been performed. `on_step` is told of every step
    /// of training.
    ///
    /// # Errors
    /// If it fails.
    pub fn perform(&self, act: Act, on_step: &mut dyn FnMut(&StepRecord)) -> Result<ActResult> {
        let owner = || OwnerSide::open(self.folders());
        let server = || ServerSide::open(&self.folders().server, 10);
        Ok(match act {
            Act::Plan => ActResult::Plan(Box::new(Forecast::new(&self.run_file(), false)?)),
            Act::GenerateKeys => {
                generate_keys(&self.run_file(), &self.folders(), &mut |_| ())?;
                ActResult::GenerateKeys
            }
            Act::Encrypt => {
                let owner = owner()?;
                owner.encrypt_training(None, &|_| ())?;
                ActResult::Encrypt(owner.batches())
            }
            Act::Train => {
                let stop = AtomicBool::new(false);
                ActResult::Train(server()?.train(None, &stop, on_step)?)
            }
            Act::DecryptModel => {
                let model = owner()?.decrypt_model(None, Some(&self.model()))?;
                ActResult::DecryptModel(model)
            }
            Act::Compare => ActResult::Compare(Box::new(owner()?.compare(|_| ())?)),
            Act::EncryptRequests => {
                ActResult::EncryptRequests(owner()?.encrypt_requests(&self.requests(), None)?)
            }
            Act::Answer => ActResult::Answer(server()?.answer(&self.requests())?),
            Act::DecryptAnswers => {
                ActResult::DecryptAnswers(owner()?.decrypt_answers(&self.requests(), None)?)
            }
        })
    }
}

fn run_file(options: DemoOptions) -> String {
    let (security, steps) = match options.secure {
        true => ("security = \"128\"", 6),
        false => ("security = \"insecure\"\nlog_degree = 11", 150),
    };
    let steps = options.steps.unwrap_or(steps);
    format!(
        "name = \"iris\"\nseed = 7\n\n[data]\nsource = \"iris\"\n\n[network]\nhidden = [32]\n\n\
         [training]\nbatch = 8\nrate = 0.01\nsteps = {steps}\n\n\
         [encryption]\nweight_range = 2.0\n{security}\n"
    )
}
