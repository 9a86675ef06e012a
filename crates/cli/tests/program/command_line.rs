//! Help, wrong command lines, the environment.

use super::{errors, folder_with, nearfield, output, refusal, run};

const INTEGERS: [&str; 6] = ["train", "resume", "eval", "predict", "inspect", "report"];
const ENCRYPTED: [&str; 10] = [
    "plan", "keygen", "encrypt", "train", "infer", "decrypt", "compare", "twin", "eval", "demo",
];

/// What the program says of a command line that it does not understand.
fn misuse(words: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = output(folder.path(), words);
    assert_eq!(output.status.code(), Some(2), "`{words}`");
    errors(&output)
}

#[test]
fn every_command_has_help_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let of_encrypted = ENCRYPTED.map(|command| format!("encrypted {command}"));
    let all = INTEGERS.map(str::to_owned).into_iter().chain(of_encrypted);
    for command in all {
        let help = run(folder.path(), &format!("{command} --help"));
        assert!(help.contains(&format!("  nearfield {command} ")), "{help}");
        assert!(help.contains("Example"), "{help}");
    }
    for words in ["--help", "encrypted --help"] {
        let help = run(folder.path(), words);
        assert!(help.contains("nearfield encrypted"), "{help}");
    }
    assert!(run(folder.path(), "--help").contains("Exit codes"));
}

#[test]
fn help_fits_eighty_columns() {
    let folder = tempfile::tempdir().unwrap();
    let of_encrypted = ENCRYPTED.map(|command| format!("encrypted {command} "));
    let of_integers = INTEGERS.map(|command| format!("{command} "));
    let groups = ["", "encrypted "].map(str::to_owned);
    for command in groups.into_iter().chain(of_integers).chain(of_encrypted) {
        for option in ["-h", "--help"] {
            let words = format!("{command}{option}");
            let mut program = nearfield(folder.path());
            program.env("COLUMNS", "80").args(words.split_whitespace());
            let help = String::from_utf8(program.output().unwrap().stdout).unwrap();
            // Usage lines name every required argument, and are not wrapped.
            for line in help.lines().filter(|line| !line.starts_with("Usage:")) {
                assert!(line.chars().count() <= 80, "{words}: {line}");
            }
        }
    }
}

#[test]
fn no_option_is_shown_where_it_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let help = |command: &str| run(folder.path(), &format!("{command} --help"));
    for option in ["--clear", "--keep-states"] {
        assert!(!help("train").contains(option));
    }
    assert!(!help("eval").contains("--run"));
    assert!(help("encrypted train").contains("--keep-states"));
    assert!(!help("encrypted train").contains("--audit-ranges"));
    for command in ["inspect", "report"] {
        assert!(!help(command).contains("--threads"));
    }
}

#[test]
fn a_missing_or_misspelt_command_is_answered_by_what_there_is() {
    assert!(misuse("").contains("encrypted"));
    assert!(misuse("encrypted").contains("keygen"));
    assert!(misuse("trian").contains("'train'"));
    assert!(misuse("encrypted keygne").contains("'keygen'"));
    assert!(misuse("train --sed 3").contains("'--seed'"));
    assert!(misuse("train --profile referense").contains("did you mean `reference`"));
}

#[test]
fn a_command_that_moved_is_refused_with_its_new_name() {
    for command in [
        "plan", "keygen", "encrypt", "decrypt", "infer", "compare", "demo",
    ] {
        let text = misuse(&format!("{command} anything --owner a"));
        let name = format!("`nearfield encrypted {command}`");
        assert!(text.contains(&name), "{text}");
    }
    for (words, name) in [
        ("train run.toml --clear", "nearfield encrypted twin"),
        ("train folder --keep-states 2", "nearfield encrypted train"),
        ("eval model --run run.toml", "nearfield encrypted eval"),
        ("encrypted resume folder", "nearfield encrypted train"),
        ("encrypted predict folder", "nearfield encrypted infer"),
    ] {
        let text = misuse(words);
        assert!(text.contains(name), "{words}: {text}");
    }
}

#[test]
fn train_refuses_a_folder_with_the_command_that_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::create_dir(path.join("handed-over")).unwrap();
    std::fs::write(path.join("handed-over/task.toml"), "").unwrap();
    let text = refusal(path, "train handed-over");
    assert!(
        text.contains("`nearfield encrypted train handed-over`"),
        "{text}"
    );
    run(path, "train --max-steps 1 --out run");
    let text = refusal(path, "train run");
    assert!(text.contains("`nearfield resume run`"), "{text}");
}

#[test]
fn an_old_profile_name_is_accepted_with_a_note() {
    let folder = folder_with(&[("old.toml", "profile = \"published\"\n")]);
    for (out, words) in [("a", "--profile published"), ("b", "old.toml")] {
        let words = format!("train {words} --max-steps 1 --out {out}");
        let output = output(folder.path(), &words);
        assert!(output.status.success());
        let text = errors(&output);
        assert_eq!(text.matches("`reference`").count(), 1, "{text}");
    }
    let printed = run(
        folder.path(),
        "train --profile honest --max-steps 1 --out c --json",
    );
    let first: serde_json::Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    assert_eq!(first["event"], "note");
    assert!(first["text"].as_str().unwrap().contains("`strict`"));
}

#[test]
fn old_profile_names_of_encrypted_run_files_are_noted_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "profile = \"honest\"\n[data]\nsource = \"iris\"\n[training]\nsteps = 1\n";
    std::fs::write(folder.path().join("old.toml"), text).unwrap();
    for command in [
        "plan old.toml",
        "twin old.toml --out model.safetensors",
        "eval model.safetensors old.toml",
    ] {
        let output = output(folder.path(), &format!("encrypted {command}"));
        let text = errors(&output);
        assert!(output.status.success(), "{command}: {text}");
        assert_eq!(text.matches("`strict`").count(), 1, "{command}: {text}");
    }
}

#[test]
fn unknown_kernels_are_refused_with_those_of_this_processor() {
    let folder = tempfile::tempdir().unwrap();
    let inspect = |kernels: &str| {
        let mut command = nearfield(folder.path());
        command.env("NEARFIELD_KERNELS", kernels);
        command.args(["inspect", "mlp1"]).output().unwrap()
    };
    let output = inspect("avx9");
    assert_eq!(output.status.code(), Some(1));
    let text = errors(&output);
    for isa in nearfield_ring::Isa::available() {
        assert!(text.contains(isa.name()), "{text}");
    }
    assert!(text.contains("avx9") && !text.contains("panic"), "{text}");
    assert!(inspect("").status.success());
}
