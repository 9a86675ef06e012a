//! What `NEARFIELD_KERNELS` does to a process that uses the library.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nearfield_int::Error;
use nearfield_int::kernel::Isa;
use std::process::Command;

/// What [`child`] prints before its findings.
const MARK: &str = "in this environment:";

/// Not a check by itself: the test below runs it in processes of their own.
#[test]
fn child() {
    let checked = match Isa::check_environment() {
        Ok(()) => "accepted".to_owned(),
        Err(Error::UnknownKernels { found, available }) => format!("{found} of {available:?}"),
        Err(other) => format!("{other:?}"),
    };
    println!("{MARK} {} {checked}", Isa::current().name());
}

/// What [`child`] prints where the variable has a value, or none.
fn child_with(value: Option<&str>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]);
    command.env_remove("NEARFIELD_KERNELS");
    command.envs(value.map(|value| ("NEARFIELD_KERNELS", value)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, found) = text.split_once(MARK).unwrap();
    found.lines().next().unwrap().trim().to_owned()
}

#[test]
fn the_named_kernels_run_and_a_wrong_name_is_an_error_but_no_panic() {
    let names: Vec<&str> = Isa::available().iter().map(|isa| isa.name()).collect();
    let fastest = names[names.len() - 1];
    for name in &names {
        assert_eq!(child_with(Some(name)), format!("{name} accepted"));
    }
    for value in [None, Some("")] {
        assert_eq!(child_with(value), format!("{fastest} accepted"));
    }
    let expected = format!("{fastest} avx9 of {names:?}");
    assert_eq!(child_with(Some("avx9")), expected);
}
