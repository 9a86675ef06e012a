//! `docs/paper-map.md` names files, functions and tests that exist.
//!
//! In the column "here", names belong to the file before them. In the column "tested by", they
//! belong to the file that is named between the same semicolons, or else to one of the files of the
//! row's second column, or to that file's `tests.rs`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A row of a table that has a column "tested by".
struct Row {
    line: usize,
    here: String,
    tests: String,
}

fn rows(page: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut in_map = false;
    for (index, line) in page.lines().enumerate() {
        let Some(inner) = line.trim().strip_prefix('|') else {
            in_map = false;
            continue;
        };
        let cells: Vec<_> = inner.trim_end_matches('|').split('|').collect();
        let [_, here, tests] = cells[..] else {
            continue;
        };
        if tests.trim() == "tested by" {
            in_map = true;
        } else if in_map && !tests.starts_with("---") {
            rows.push(Row {
                line: index + 1,
                here: here.into(),
                tests: tests.into(),
            });
        }
    }
    rows
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn is_path(quoted: &str) -> bool {
    quoted.ends_with(".rs") || quoted.ends_with(".md") || quoted.ends_with('/')
}

/// A path as the page has it: below `crates/` or the root.
fn file(path: &str) -> Option<PathBuf> {
    let places = [root().join("crates").join(path), root().join(path)];
    places.into_iter().find(|place| place.exists())
}

/// The sources that may define what a row says is in a file: itself, and its module of tests.
fn text_of(path: &str) -> String {
    let Some(file) = file(path) else {
        return String::new();
    };
    let tests = file.with_extension("").join("tests.rs");
    [file, tests]
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .collect()
}

/// Whether a source defines an item or a public field `name`, or each part of `Type::function`.
fn defines(text: &str, name: &str) -> bool {
    const KINDS: [&str; 10] = [
        "fn", "struct", "enum", "trait", "type", "const", "static", "mod", "impl", "pub",
    ];
    name.split("::").all(|part| {
        KINDS.iter().any(|kind| {
            let definition = format!("{kind} {part}");
            text.match_indices(&definition).any(|(at, _)| {
                let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
                let after = text[at + definition.len()..].chars().next();
                let before = text[..at].chars().next_back();
                !after.is_some_and(is_word) && !before.is_some_and(is_word)
            })
        })
    })
}

/// Whether the page's `cargo xtask name` is a command.
fn is_command(call: &str) -> bool {
    let Some(name) = call.strip_prefix("cargo xtask ") else {
        return true;
    };
    let name = name.split(' ').next().unwrap_or_default();
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    let variant: String = words.collect();
    let main = std::fs::read_to_string(root().join("xtask/src/main.rs")).unwrap();
    main.contains(&format!("Command::{variant}"))
}

fn faults(row: &Row) -> Vec<String> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for name in quoted(&row.here) {
        if is_path(name) {
            files.push(name);
            if file(name).is_none() {
                faults.push(format!("there is no {name}"));
            }
        } else if let Some(last) = files.last()
            && !defines(&text_of(last), name)
        {
            faults.push(format!("{last} defines no {name}"));
        }
    }
    for part in row.tests.split(';') {
        let names = quoted(part);
        let (own, names): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| is_path(name));
        for path in &own {
            if file(path).is_none() {
                faults.push(format!("there is no {path}"));
            }
        }
        let searched = if own.is_empty() { &files } else { &own };
        for name in names {
            if name.starts_with("cargo ") {
                if !is_command(name) {
                    faults.push(format!("there is no command {name}"));
                }
            } else if !searched.iter().any(|path| defines(&text_of(path), name)) {
                faults.push(format!("no test {name} in {}", searched.join(", ")));
            }
        }
    }
    faults
}

#[test]
fn every_file_function_and_test_of_the_paper_map_exists() {
    let page = std::fs::read_to_string(root().join("docs/paper-map.md")).unwrap();
    let rows = rows(&page);
    assert!(rows.len() > 40, "only {} rows were found", rows.len());
    let faults: Vec<_> = rows
        .iter()
        .flat_map(|row| {
            let line = row.line;
            let faults = faults(row).into_iter();
            faults.map(move |fault| format!("docs/paper-map.md:{line}: {fault}"))
        })
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_row_that_names_what_is_not_there_is_found() {
    let page = "
| in the paper | here | tested by |
|---|---|---|
| right | `train/src/local_loss.rs` | `xtask/tests/paper_map.rs` |
| wrong file | `train/src/nothing.rs` | none |
| wrong function | `train/src/local_loss.rs` `no_such_function` | none |
| wrong test | `train/src/local_loss.rs` | `no_such_test`; `cargo xtask nothing` |
";
    let found: Vec<_> = rows(page).iter().map(faults).collect();
    let expected: [&[&str]; 4] = [
        &[],
        &["there is no train/src/nothing.rs"],
        &["train/src/local_loss.rs defines no no_such_function"],
        &[
            "no test no_such_test in train/src/local_loss.rs",
            "there is no command cargo xtask nothing",
        ],
    ];
    assert_eq!(found, expected);
}
