//! `nearfield encrypted decrypt`

use super::show::{folders, percent};
use crate::arguments::DecryptArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::encrypted::{DecryptedAnswers, DecryptedModel, OwnerSide};
use serde_json::json;

pub(super) fn run(arguments: &DecryptArguments, output: Output) -> Result<()> {
    let owner = OwnerSide::open(folders(&arguments.folders))?;
    let out = arguments.out.as_deref();
    match &arguments.requests {
        Some(requests) => show_answers(&owner.decrypt_answers(requests, out)?, output),
        None => show_model(&owner.decrypt_model(arguments.step, out)?, output),
    }
}

pub(super) fn show_model(model: &DecryptedModel, output: Output) -> Result<()> {
    let DecryptedModel {
        path,
        step,
        test_accuracy,
    } = model;
    output.show(
        || json!({ "model": path, "step": step, "test_accuracy": test_accuracy }),
        |out| {
            writeln!(out, "{}: the model after step {step}", path.display())?;
            match test_accuracy {
                Some(accuracy) => writeln!(out, "  test accuracy {}", percent(*accuracy)),
                None => Ok(()),
            }
        },
    )
}

pub(super) fn show_answers(answers: &DecryptedAnswers, output: Output) -> Result<()> {
    let DecryptedAnswers {
        path,
        correct,
        samples,
    } = answers;
    output.show(
        || json!({ "answers": path, "correct": correct, "samples": samples }),
        |out| {
            let path = path.display();
            writeln!(
                out,
                "{path}: {correct} of {samples} predictions are correct"
            )
        },
    )
}
