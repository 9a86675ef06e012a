//! `nearfield resume`

use super::train::{go_on, observer};
use crate::cli::ResumeArguments;
use anyhow::Result;
use nearfield::integer::source;
use nearfield::integer::trainer::Trainer;
use nearfield_files::RunFolder;
use std::process::ExitCode;

pub(super) fn run(arguments: &ResumeArguments, json: bool) -> Result<ExitCode> {
    let folder = RunFolder::open(&arguments.folder)?;
    let (run, loaded) = source::load_run(&folder.path().join("run.toml"))?;
    let mut observer = observer(&run, json);
    let (mut trainer, damaged) = Trainer::resume(run, loaded, &folder)?;
    for problem in damaged {
        observer.note(&format!("warning: a checkpoint is passed over: {problem}"));
    }
    observer.note(&format!("resumed after step {}", trainer.state().step));
    go_on(
        &mut trainer,
        &folder,
        &arguments.limits,
        (observer.as_mut(), json),
    )
}
