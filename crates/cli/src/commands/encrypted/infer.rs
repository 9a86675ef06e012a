//! `nearfield encrypted infer`

use crate::arguments::InferArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::encrypted::ServerSide;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn run(arguments: &InferArguments, output: Output) -> Result<()> {
    // Nothing is trained, so no state is kept.
    let server = ServerSide::open(&arguments.server, 1)?;
    let begun = Instant::now();
    let answered = server.answer(&arguments.requests)?;
    show(answered, begun.elapsed(), &arguments.requests, output)
}

pub(super) fn show(answered: usize, time: Duration, requests: &Path, output: Output) -> Result<()> {
    let seconds = time.as_secs_f64();
    output.show(
        || json!({ "answers": requests, "ciphertexts": answered, "seconds": seconds }),
        |out| {
            writeln!(
                out,
                "{answered} ciphertexts of samples answered in {seconds:.1} s, in {}",
                requests.display()
            )
        },
    )
}
