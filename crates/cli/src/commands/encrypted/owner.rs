//! `nearfield keygen`, `encrypt` and `decrypt`: what the owner of the data does.

use crate::cli::{DecryptArguments, EncryptArguments, FolderArguments, OwnerRunArguments};
use anyhow::{Context, Result, ensure};
use indicatif::ProgressBar;
use nearfield::encrypted::owner::{Owner, RUN_FILE};
use nearfield::encrypted::setup::Setup;
use nearfield_enc::{Matrices, folder};
use nearfield_files::write_atomically;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(in crate::commands) fn keygen(arguments: &OwnerRunArguments, json: bool) -> Result<ExitCode> {
    let setup = Setup::read(&arguments.run_file)?;
    let planned = setup.plan()?;
    let FolderArguments { owner, server } = &arguments.folders;
    ensure!(
        !server.join(folder::TASK).exists(),
        "{} already holds an encrypted training: choose another folder",
        server.display()
    );
    Owner::generate(planned, owner, server, &mut |keys| {
        eprintln!("generating {keys} evaluation keys");
    })?;
    write_atomically(&owner.join(RUN_FILE), setup.text.as_bytes())?;
    match json {
        true => println!("{}", json!({ "owner": owner, "server": server })),
        false => println!(
            "the secret key is in {0}: keep that folder to yourself, and a copy of it; what it \
             encrypts is lost without it.\nnext: nearfield encrypt --owner {0} --server {1}",
            owner.display(),
            server.display()
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// The owner's run and the owner, of both folders.
pub(super) fn open(folders: &FolderArguments) -> Result<(Setup, Owner)> {
    let planned = folder::read_task(&folders.server)?.plan()?;
    let owner = Owner::open(planned, &folders.owner)?;
    let setup = Setup::read(&folders.owner.join(RUN_FILE))?;
    ensure!(
        setup.plan()?.task == owner.planned().task,
        "the run of {} is another one than the task of {}",
        folders.owner.display(),
        folders.server.display()
    );
    Ok((setup, owner))
}

pub(in crate::commands) fn encrypt(arguments: &EncryptArguments, json: bool) -> Result<ExitCode> {
    let (setup, owner) = open(&arguments.folders)?;
    let server = &arguments.folders.server;
    if let Some(requests) = &arguments.requests {
        return encrypt_requests(&setup, &owner, requests, arguments.limit, json);
    }
    let weights = match &arguments.init_weights {
        Some(path) => Matrices::load(setup.weights.spec(), path)?,
        None => setup.weights.clone(),
    };
    let batches = owner.planned().task.batches;
    let bar = match json {
        true => ProgressBar::hidden(),
        false => ProgressBar::new(u64::from(batches)),
    };
    owner.encrypt_training(server, &setup.train, &weights, &|done| {
        bar.set_position(u64::from(done));
    })?;
    bar.finish_and_clear();
    match json {
        true => println!("{}", json!({ "server": server, "batches": batches })),
        false => println!(
            "{batches} batches and the initial state are encrypted: hand {0} over to the server, \
             which runs\n  nearfield train {0}",
            server.display()
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn encrypt_requests(
    setup: &Setup,
    owner: &Owner,
    requests: &Path,
    limit: Option<usize>,
    json: bool,
) -> Result<ExitCode> {
    let count = limit.unwrap_or(usize::MAX).min(setup.test.labels.len());
    ensure!(count > 0, "the run has no test samples to be answered");
    let vectors = owner.encrypt_requests(requests, &setup.test, count)?;
    match json {
        true => println!("{}", json!({ "requests": requests, "samples": count })),
        false => println!(
            "{count} samples are encrypted in {vectors} vectors: the server answers with\n  \
             nearfield infer FOLDER {}",
            requests.display()
        ),
    }
    Ok(ExitCode::SUCCESS)
}

pub(in crate::commands) fn decrypt(arguments: &DecryptArguments, json: bool) -> Result<ExitCode> {
    let (setup, owner) = open(&arguments.folders)?;
    let FolderArguments {
        owner: mine,
        server,
    } = &arguments.folders;
    let out = |name: &str| arguments.out.clone().unwrap_or_else(|| mine.join(name));
    if let Some(requests) = &arguments.requests {
        let path = out("answers.csv");
        let table = owner.decrypt_answers(requests, &setup.test, &setup.classes)?;
        write_atomically(&path, table.text.as_bytes())?;
        match json {
            true => println!(
                "{}",
                json!({ "answers": path, "right": table.correct, "of": table.samples })
            ),
            false => println!(
                "{}: {} of {} are right",
                path.display(),
                table.correct,
                table.samples
            ),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let step = match arguments.step {
        Some(step) => step,
        None => last_state(server)?,
    };
    let matrices = owner.decrypt_model(server, step)?;
    let path = out("model.safetensors");
    matrices.save(&path)?;
    let accuracy = setup.accuracy(&matrices)?;
    match json {
        true => println!(
            "{}",
            json!({ "model": path, "step": step, "test_accuracy": accuracy })
        ),
        false => {
            println!("{}: the model after step {step}", path.display());
            if let Some(accuracy) = accuracy {
                println!("  test accuracy {:.2} %", 100.0 * accuracy);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The last step whose state is there; 0 before the first one.
fn last_state(server: &Path) -> Result<u64> {
    let steps = folder::steps(server).context("the steps of the server")?;
    let kept = |step: &u64| {
        let path = server.join(folder::step(*step));
        path.join(folder::state(0)).is_file()
    };
    Ok(steps.into_iter().rev().find(kept).unwrap_or(0))
}
