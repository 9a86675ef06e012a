//! Entry point: parses the command line, runs a command, says what went wrong.
#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these panic where nobody reads; `output` prints"
)]

mod arguments;
mod commands;
mod environment;
mod output;
mod progress;
mod stop;

use arguments::Arguments;
use nearfield::Error;
use output::ReaderLeft;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(Arguments::read()) {
        Ok(code) => code,
        Err(error) if error.is::<ReaderLeft>() => ExitCode::SUCCESS,
        Err(error) => {
            output::tell(&format!("error: {error:#}"));
            if let Some(hint) = hint(&error) {
                output::tell(&hint);
            }
            ExitCode::FAILURE
        }
    }
}

/// The command that helps on, where there is one.
fn hint(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref()? {
        Error::RealWeights { path } => Some(format!(
            "`nearfield encrypted eval {} RUN.toml` reads it",
            path.display()
        )),
        Error::Unfinished { folder } => Some(format!(
            "continue it with `nearfield resume {}`",
            folder.display()
        )),
        _ => None,
    }
}
