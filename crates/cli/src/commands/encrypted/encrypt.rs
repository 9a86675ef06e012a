//! `nearfield encrypted encrypt`

use super::show::{bar, folders};
use crate::arguments::EncryptArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::encrypted::{OwnerSide, Requests};
use serde_json::json;
use std::path::Path;

pub(super) fn run(arguments: &EncryptArguments, output: Output) -> Result<()> {
    let owner = OwnerSide::open(folders(&arguments.folders))?;
    if let Some(folder) = &arguments.requests {
        let requests = owner.encrypt_requests(folder, arguments.limit)?;
        return show_requests(requests, folder, output);
    }
    let bar = bar(
        output,
        "batch {pos}/{len} [{bar:24}] {eta}",
        u64::from(owner.batches()),
    );
    let initial = arguments.init_weights.as_deref();
    owner.encrypt_training(initial, &|batches| bar.set_position(u64::from(batches)))?;
    bar.finish_and_clear();
    show_training(owner.batches(), &arguments.folders.server, output)
}

pub(super) fn show_training(batches: u32, server: &Path, output: Output) -> Result<()> {
    output.show(
        || json!({ "server": server, "batches": batches }),
        |out| {
            writeln!(
                out,
                "{batches} batches and the initial state are encrypted.\n\
                 next: send {0} to the server, which runs\n  nearfield encrypted train {0}",
                server.display()
            )
        },
    )
}

pub(super) fn show_requests(requests: Requests, folder: &Path, output: Output) -> Result<()> {
    output.show(
        || json!({ "requests": folder, "samples": requests.samples }),
        |out| {
            writeln!(
                out,
                "{} samples are encrypted in {} vectors.\n\
                 next: send {2} to the server, which runs\n  nearfield encrypted infer FOLDER {2}",
                requests.samples,
                requests.vectors,
                folder.display()
            )
        },
    )
}
