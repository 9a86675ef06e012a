//! `nearfield demo`: all roles, each as a command of its own.

use crate::cli::{DemoArguments, DemoKind};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Steps of the demonstrations.
const STEPS: u64 = 150;
const SECURE_STEPS: u64 = 6;

pub(in crate::commands) fn run(arguments: &DemoArguments, json: bool) -> Result<ExitCode> {
    let DemoKind::Encrypted = arguments.what;
    let temporary;
    let folder = match &arguments.keep {
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            folder.as_path()
        }
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path()
        }
    };
    encrypted(folder, arguments, json)?;
    Ok(ExitCode::SUCCESS)
}

fn run_file(secure: bool, steps: u64) -> String {
    let security = match secure {
        true => "security = \"128\"",
        false => "security = \"insecure\"\nlog_degree = 11",
    };
    format!(
        "name = \"iris\"\nseed = 7\n\n[data]\nsource = \"iris\"\n\n[network]\nhidden = [32]\n\n\
         [training]\nbatch = 8\nrate = 0.01\nsteps = {steps}\n\n[encryption]\nweight_range = 2.0\n{security}\n"
    )
}

fn encrypted(folder: &Path, arguments: &DemoArguments, json: bool) -> Result<()> {
    let default = if arguments.secure {
        SECURE_STEPS
    } else {
        STEPS
    };
    let steps = arguments.steps.unwrap_or(default);
    let begun = Instant::now();
    if !json {
        println!(
            "Flowers are classified by a network that a server trains without seeing them.{}\n",
            match arguments.secure {
                true => " With 128 bits of security: some minutes.",
                false =>
                    " The ring is so small that this is INSECURE: it shows how it goes, and \
                     hides nothing. With --secure it does.",
            }
        );
    }
    let file = folder.join("iris.toml");
    std::fs::write(&file, run_file(arguments.secure, steps))?;
    let path = |name: &str| folder.join(name).display().to_string();
    let (file, owner, server) = (path("iris.toml"), path("owner"), path("server"));
    let (requests, model) = (path("requests"), path("model.safetensors"));
    let folders = ["--owner", &owner, "--server", &server];
    let with = |first: &[&str], last: &[&str]| -> Vec<String> {
        let all = first.iter().chain(&folders).chain(last);
        all.map(|&word| word.to_owned()).collect()
    };
    let plain = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let acts: [(&str, Vec<String>); 9] = [
        ("owner: what will it cost?", plain(&["plan", &file])),
        ("owner: keys", with(&["keygen", &file], &[])),
        (
            "owner: encrypt samples and initial weights",
            with(&["encrypt"], &[]),
        ),
        (
            "server: train, without the owner's folder",
            plain(&["train", &server]),
        ),
        (
            "owner: decrypt the model",
            with(&["decrypt"], &["--out", &model]),
        ),
        (
            "owner: compare with the same training in the clear",
            with(&["compare"], &[]),
        ),
        (
            "owner: encrypt flowers to be classified",
            with(&["encrypt"], &["--requests", &requests]),
        ),
        ("server: answer", plain(&["infer", &server, &requests])),
        (
            "owner: decrypt the answers",
            with(&["decrypt"], &["--requests", &requests]),
        ),
    ];
    for (title, words) in &acts {
        act(title, words, folder, json)?;
    }
    if !json {
        println!("\nAll of it took {:.0} s.", begun.elapsed().as_secs_f64());
        match &arguments.keep {
            Some(folder) => println!("Everything is in {}.", folder.display()),
            None => println!("Its folder is gone; --keep DIR keeps one."),
        }
    }
    Ok(())
}

fn act(title: &str, words: &[String], folder: &Path, json: bool) -> Result<()> {
    if !json {
        let short: Vec<String> = words
            .iter()
            .map(|word| match Path::new(word).strip_prefix(folder) {
                Ok(name) => name.display().to_string(),
                Err(_) => word.clone(),
            })
            .collect();
        println!("\n== {title}\n$ nearfield {}", short.join(" "));
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(words);
    if json {
        command.arg("--json");
    }
    let status = command
        .status()
        .context("the program could not be started")?;
    ensure!(status.success(), "`nearfield {}` failed", words.join(" "));
    Ok(())
}
