//! `nearfield encrypted eval`

use crate::arguments::EvalModelArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::encrypted::{Evaluation, evaluate};
use nearfield::observer::percent;
use serde_json::json;
use std::io::{self, Write};

pub(super) fn run(arguments: &EvalModelArguments, output: Output) -> Result<()> {
    let model = &arguments.model;
    let found = evaluate(model, &arguments.run_file)?;
    output.notes(&found.notes)?;
    output.show(
        || {
            let correct = found.heads.iter().map(|score| score.tally.correct);
            let correct: Vec<u64> = correct.collect();
            json!({ "model": model, "samples": found.samples, "correct": correct })
        },
        |out| print(&found, out),
    )
}

fn print(found: &Evaluation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} test samples", found.samples)?;
    for (block, score) in found.heads.iter().enumerate() {
        let name = match block + 1 == found.heads.len() {
            true => "output".to_owned(),
            false => format!("block {block}"),
        };
        writeln!(out, "  {name:<10} {:>9}", percent(score.tally))?;
    }
    Ok(())
}
