//! `nearfield encrypted keygen`

use super::show::folders;
use crate::arguments::KeygenArguments;
use crate::output::{Output, tell};
use anyhow::Result;
use nearfield::encrypted::{Folders, generate_keys};
use serde_json::json;

pub(super) fn run(arguments: &KeygenArguments, output: Output) -> Result<()> {
    let folders = folders(&arguments.folders);
    let notes = generate_keys(&arguments.run_file, &folders, &mut |keys| {
        tell(&format!("generating {keys} evaluation keys"));
    })?;
    output.notes(&notes)?;
    show(&folders, output)
}

pub(super) fn show(Folders { owner, server }: &Folders, output: Output) -> Result<()> {
    output.show(
        || json!({ "owner": owner, "server": server }),
        |out| {
            let (owner, server) = (owner.display(), server.display());
            writeln!(
                out,
                "The secret key is in {owner}: keep that folder to yourself, and a copy of it.\n\
                 Without the key, nothing that it encrypts can be read.\n\
                 next: nearfield encrypted encrypt --owner {owner} --server {server}"
            )
        },
    )
}
