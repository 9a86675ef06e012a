//! Wrong command lines, answered by the command that does it.

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// Words that are no command of `nearfield`, with what to write instead.
const MOVED: [(&str, &str); 8] = [
    ("plan", "nearfield encrypted plan"),
    ("keygen", "nearfield encrypted keygen"),
    ("encrypt", "nearfield encrypted encrypt"),
    ("decrypt", "nearfield encrypted decrypt"),
    ("infer", "nearfield encrypted infer"),
    ("compare", "nearfield encrypted compare"),
    ("twin", "nearfield encrypted twin"),
    ("demo", "nearfield encrypted demo"),
];

/// Options that moved, with what to write instead.
const MOVED_OPTIONS: [(&str, &str); 3] = [
    ("--clear", "nearfield encrypted twin RUN.toml"),
    (
        "--keep-states",
        "nearfield encrypted train FOLDER --keep-states N",
    ),
    ("--run", "nearfield encrypted eval MODEL RUN.toml"),
];

/// Words that are no command of `nearfield encrypted`, with what to write instead.
const NOT_ENCRYPTED: [(&str, &str); 4] = [
    ("resume", "nearfield encrypted train FOLDER"),
    ("predict", "nearfield encrypted infer"),
    ("inspect", "nearfield encrypted plan"),
    ("report", "nearfield encrypted compare"),
];

/// The same error, or one that names the right command where a word or an option is known.
pub(super) fn explain(error: Error, root: &mut Command) -> Error {
    let (kind, table) = match error.kind() {
        ErrorKind::InvalidSubcommand if is_of_encrypted(&error) => {
            (ContextKind::InvalidSubcommand, &NOT_ENCRYPTED[..])
        }
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, &MOVED[..]),
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, &MOVED_OPTIONS[..]),
        _ => return error,
    };
    let Some(ContextValue::String(word)) = error.get(kind) else {
        return error;
    };
    let Some((old, new)) = table.iter().find(|(old, _)| old == word) else {
        return error;
    };
    root.error(
        error.kind(),
        format!("there is no `{old}` here: write `{new}`"),
    )
}

/// Whether a wrong command stands behind `nearfield encrypted`.
fn is_of_encrypted(error: &Error) -> bool {
    match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string().contains("nearfield encrypted"),
        _ => false,
    }
}
