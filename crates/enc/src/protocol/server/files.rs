//! The files that the server reads and writes.

use super::StepRecord;
use crate::circuit::StepOutput;
use crate::layout::{Batch, Form, Labels};
use crate::protocol::folder::{self, Manifest};
use crate::protocol::task::TaskPlan;
use crate::slots::Ckks;
use crate::{Error, Result};
use nearfield_ckks::bootstrap::Bootstrapper;
use nearfield_ckks::file::KeyFile;
use nearfield_ckks::{Ciphertext, Encoder, Evaluator, Params, Stored};
use rayon::prelude::*;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// An owner's folder with its task, planned.
pub(super) struct Files {
    folder: PathBuf,
    manifest: Manifest,
    pub(super) planned: TaskPlan,
    params: Params,
    /// The level at which a bootstrapping takes ciphertexts: that of a state.
    base: usize,
    keep_states: u64,
}

/// Number of last steps whose state is kept, beside every `keep_states`-th.
const LAST_STATES: u64 = 2;

const METRICS_HEAD: &str =
    "step,batch,load_seconds,refresh_seconds,learn_seconds,update_seconds,save_seconds\n";

impl Files {
    pub(super) fn open(path: &Path, keep_states: u64) -> Result<Self> {
        let manifest = Manifest::read(path)?;
        manifest.verified(path, folder::TASK)?;
        let planned = folder::read_task(path)?.plan()?;
        Ok(Files {
            folder: path.to_owned(),
            manifest,
            params: planned.params()?,
            base: planned.bootstrap_spec().slots_to_coeffs_levels,
            keep_states: keep_states.max(1),
            planned,
        })
    }

    /// The arithmetic, with the keys of the folder.
    pub(super) fn slots(&self) -> Result<Ckks> {
        let path = self.manifest.verified(&self.folder, folder::KEYS)?;
        let keys = KeyFile::open(&path, &self.params)?.read_all()?;
        let missing = || Error::file(&path, "has no keys for bootstrapping");
        let encapsulation = keys.encapsulation.ok_or_else(missing)?;
        let encoder = Encoder::new(&self.params);
        let (plan, _) = self.planned.prepare(&encoder)?;
        let evaluator = Evaluator::new(keys.evaluation);
        let bootstrapper = Bootstrapper::new(plan, evaluator, encapsulation)?;
        Ok(Ckks::new(bootstrapper, encoder))
    }

    /// The last complete step, and the state after it.
    pub(super) fn latest(&self) -> Result<(u64, Vec<Ciphertext>)> {
        let vectors = 0..self.planned.layout.state_vectors();
        let with_state = |&step: &u64| {
            let folder = self.folder.join(folder::step(step));
            folder.join(folder::state(0)).is_file()
        };
        let steps = folder::steps(&self.folder)?;
        let Some(step) = steps.into_iter().rev().find(with_state) else {
            let initial =
                vectors.map(|v| self.listed(&self.folder, &folder::initial(v), self.base));
            return Ok((0, initial.collect::<Result<_>>()?));
        };
        let folder = self.folder.join(folder::step(step));
        let state = vectors.map(|v| self.ciphertext(&folder.join(folder::state(v)), self.base));
        Ok((step, state.collect::<Result<_>>()?))
    }

    /// A batch of the owner.
    pub(super) fn batch(&self, number: u32) -> Result<Batch<Ciphertext>> {
        let vectors = 0..self.planned.step.vectors;
        let inputs = vectors.clone().into_par_iter();
        let inputs = inputs
            .map(|vector| self.inputs(&self.folder, |part| folder::input(number, vector, part)));
        let labels = vectors
            .into_par_iter()
            .map(|vector| self.labels(number, vector));
        let (inputs, labels) = rayon::join(
            || inputs.collect::<Result<_>>(),
            || labels.collect::<Result<_>>(),
        );
        Ok(Batch {
            inputs: inputs?,
            labels: labels?,
        })
    }

    fn inputs(
        &self,
        folder: &Path,
        name: impl Fn(usize) -> String + Sync,
    ) -> Result<Vec<Ciphertext>> {
        let level = self.base + self.planned.step.input_levels();
        let parts = (0..self.planned.layout.input_vectors()).into_par_iter();
        parts
            .map(|part| self.listed(folder, &name(part), level))
            .collect()
    }

    fn labels(&self, batch: u32, vector: usize) -> Result<Labels<Ciphertext>> {
        let level = self.base + self.planned.step.input_levels();
        let forms = self.planned.layout.label_forms();
        let of = |form| {
            let name = folder::labels(batch, vector, form);
            let needed = forms.contains(&form);
            needed
                .then(|| self.listed(&self.folder, &name, level))
                .transpose()
        };
        Ok(Labels {
            expanded: of(Form::Expanded)?,
            repeated: of(Form::Repeated)?,
        })
    }

    /// A ciphertext that the owner wrote.
    fn listed(&self, folder: &Path, name: &str, level: usize) -> Result<Ciphertext> {
        let path = match folder == self.folder {
            true => self.manifest.verified(folder, name)?,
            false => folder.join(name),
        };
        self.ciphertext(&path, level)
    }

    /// A ciphertext of this level, with all slots and the default scale.
    fn ciphertext(&self, path: &Path, level: usize) -> Result<Ciphertext> {
        let found = Ciphertext::load(path, &self.params)?;
        let slots = self.planned.layout.grid().slots();
        if (found.level(), found.slots()) != (level, slots) {
            let what = format!(
                "is at level {} with {} slots, where the plan needs level {level} with {slots}",
                found.level(),
                found.slots()
            );
            return Err(Error::file(path, what));
        }
        let scale = found.scale() / self.params.scale();
        if (scale - 1.0).abs() > 1e-6 {
            let what = format!("has {scale} times the scale that the plan needs");
            return Err(Error::file(path, what));
        }
        Ok(found)
    }

    /// Writes the results of a step, whole or not at all, and removes states that are no longer
    /// kept.
    pub(super) fn save(&self, step: u64, stepped: &StepOutput<Ciphertext>) -> Result<()> {
        let path = self.folder.join(folder::step(step));
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        let temporary = tempfile::Builder::new()
            .prefix(".partial-")
            .tempdir_in(parent)
            .map_err(Error::io("create", parent))?;
        for (vector, state) in stepped.state.iter().enumerate() {
            state.save(temporary.path().join(folder::state(vector)))?;
        }
        for (vector, errors) in stepped.errors.iter().enumerate() {
            let mut lowest = errors.clone();
            lowest.drop_to(0)?;
            lowest.save(temporary.path().join(folder::errors(vector)))?;
        }
        if path.exists() {
            fs::remove_dir_all(&path).map_err(Error::io("replace", &path))?;
        }
        let temporary = temporary.keep();
        fs::rename(&temporary, &path).map_err(Error::io("rename", &path))?;
        sync(parent)?;
        self.forget_state(step.saturating_sub(LAST_STATES))
    }

    fn forget_state(&self, step: u64) -> Result<()> {
        if step == 0 || step.is_multiple_of(self.keep_states) {
            return Ok(());
        }
        for vector in 0..self.planned.layout.state_vectors() {
            let path = self
                .folder
                .join(folder::step(step))
                .join(folder::state(vector));
            if path.exists() {
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Adds a line to the table of times.
    pub(super) fn log(&self, record: &StepRecord) -> Result<()> {
        let path = self.folder.join(folder::METRICS);
        let new = !path.exists();
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        let compute = record.compute;
        let parts = [
            record.load,
            compute.refresh,
            compute.learn,
            compute.update,
            record.save,
        ];
        let seconds: Vec<String> = parts
            .iter()
            .map(|part| format!("{:.4}", part.as_secs_f64()))
            .collect();
        let head = if new { METRICS_HEAD } else { "" };
        let line = format!(
            "{head}{},{},{}\n",
            record.step,
            record.batch,
            seconds.join(",")
        );
        file.write_all(line.as_bytes())
            .map_err(Error::io("write", &path))
    }

    /// Answers the requests in a folder of their own, and returns how many there were.
    pub(super) fn answer(
        &self,
        requests: &Path,
        answer: impl Fn(Vec<Vec<Ciphertext>>) -> Result<Vec<Ciphertext>>,
    ) -> Result<usize> {
        folder::refuse_secret_keys(requests)?;
        let mut count = 0;
        while requests.join(folder::request(count, 0)).is_file() {
            let inputs = self.inputs(requests, |part| folder::request(count, part))?;
            for mut answer in answer(vec![inputs])? {
                answer.drop_to(0)?;
                answer.save(requests.join(folder::answer(count)))?;
            }
            count += 1;
        }
        if count == 0 {
            return Err(Error::file(
                requests,
                "holds no encrypted inputs; ask its owner for a folder with requests",
            ));
        }
        Ok(count)
    }
}

/// Makes the name of a step's folder durable, before older states are removed.
fn sync(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        let opened = fs::File::open(folder).map_err(Error::io("open", folder))?;
        opened.sync_all().map_err(Error::io("write", folder))?;
    }
    Ok(())
}
