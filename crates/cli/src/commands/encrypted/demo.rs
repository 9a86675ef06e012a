//! `nearfield encrypted demo`: all roles, one after the other.

use super::{compare, decrypt, encrypt, infer, keygen, plan, train};
use crate::arguments::DemoArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::encrypted::{ACTS, Act, ActResult, Demo, DemoOptions, ServerOutcome};
use std::time::{Duration, Instant};

pub(super) fn run(arguments: &DemoArguments, output: Output) -> Result<()> {
    let temporary;
    let folder = match &arguments.keep {
        Some(folder) => folder.as_path(),
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path()
        }
    };
    let options = DemoOptions {
        secure: arguments.secure,
        steps: arguments.steps,
    };
    let demo = Demo::new(folder, options)?;
    text(output, introduction(arguments.secure))?;
    let begun = Instant::now();
    let mut steps = 0;
    for act in ACTS {
        text(
            output,
            &format!("\n== {}\n$ {}", act.title(), command_line(act)),
        )?;
        perform(&demo, act, &mut steps, output)?;
    }
    let place = match &arguments.keep {
        Some(folder) => format!("Everything is in {}.", folder.display()),
        None => "Its folder is gone; --keep DIR keeps one.".to_owned(),
    };
    let seconds = begun.elapsed().as_secs_f64();
    text(
        output,
        &format!("\nAll of it took {seconds:.0} s.\n{place}"),
    )
}

fn introduction(secure: bool) -> &'static str {
    match secure {
        true => {
            "Flowers are classified by a network that a server trains without seeing them.\n\
             With 128 bits of security: this takes some minutes."
        }
        false => {
            "Flowers are classified by a network that a server trains without seeing them.\n\
             The ring is so small that this is INSECURE: it shows the steps and hides nothing.\n\
             `--secure` takes a ring that does hide."
        }
    }
}

/// The command that does the same as an act.
fn command_line(act: Act) -> &'static str {
    match act {
        Act::Plan => "nearfield encrypted plan iris.toml",
        Act::GenerateKeys => "nearfield encrypted keygen iris.toml --owner owner --server server",
        Act::Encrypt => "nearfield encrypted encrypt --owner owner --server server",
        Act::Train => "nearfield encrypted train server",
        Act::DecryptModel => {
            "nearfield encrypted decrypt --owner owner --server server --out model.safetensors"
        }
        Act::Compare => "nearfield encrypted compare --owner owner --server server",
        Act::EncryptRequests => {
            "nearfield encrypted encrypt --owner owner --server server --requests requests"
        }
        Act::Answer => "nearfield encrypted infer server requests",
        Act::DecryptAnswers => {
            "nearfield encrypted decrypt --owner owner --server server --requests requests"
        }
    }
}

/// Performs an act and shows its result; the plan tells how many steps the training has.
fn perform(demo: &Demo, act: Act, steps: &mut u64, output: Output) -> Result<()> {
    let begun = Instant::now();
    let mut progress = None;
    let mut shown = Ok(());
    let result = demo.perform(act, &mut |times| {
        let progress = progress.get_or_insert_with(|| train::Progress::new(0, *steps, output));
        if shown.is_ok() {
            shown = progress.step(times);
        }
    })?;
    if let Some(progress) = progress {
        progress.finish();
    }
    shown?;
    if let ActResult::Plan(forecast) = &result {
        *steps = forecast.planned.task.steps;
    }
    show(demo, &result, begun.elapsed(), *steps, output)
}

fn show(demo: &Demo, result: &ActResult, time: Duration, steps: u64, output: Output) -> Result<()> {
    let folders = demo.folders();
    match result {
        ActResult::Plan(forecast) => plan::show(forecast, output),
        ActResult::GenerateKeys => keygen::show(&folders, output),
        ActResult::Encrypt(batches) => encrypt::show_training(*batches, &folders.server, output),
        ActResult::Train(ServerOutcome::Ended { step } | ServerOutcome::Interrupted { step }) => {
            train::show(*step, steps, &folders.server, output)
        }
        ActResult::DecryptModel(model) => decrypt::show_model(model, output),
        ActResult::Compare(files) => compare::show(files, output),
        ActResult::EncryptRequests(requests) => {
            encrypt::show_requests(*requests, &demo.requests(), output)
        }
        ActResult::Answer(answered) => infer::show(*answered, time, &demo.requests(), output),
        ActResult::DecryptAnswers(answers) => decrypt::show_answers(answers, output),
    }
}

/// A text for a person; nothing where a program reads.
fn text(output: Output, text: &str) -> Result<()> {
    match output.is_json() {
        true => Ok(()),
        false => output.write(|out| writeln!(out, "{text}")),
    }
}
