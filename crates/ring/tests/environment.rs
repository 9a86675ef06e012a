//! What `NEARFIELD_KERNELS` does to a process that uses the library.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nearfield_ring::{Error, Isa};
use std::process::Command;

/// What the process of a test says: its instruction set, then whether it accepts its environment.
const MARK: &str = "in this environment:";

/// Not a check by itself: the other tests run it in a process of its own.
#[test]
fn report() {
    let checked = match Isa::check_environment() {
        Ok(()) => "accepted".to_owned(),
        Err(Error::UnknownKernels { found, available }) => {
            format!("unknown {found}, available {}", available.join(" "))
        }
        Err(other) => format!("{other:?}"),
    };
    println!("{MARK} {}, {checked}", Isa::current().name());
}

/// What [`report`] prints where the variable has a value, or none.
fn reported(value: Option<&str>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "report", "--nocapture"]);
    command.env_remove("NEARFIELD_KERNELS");
    if let Some(value) = value {
        command.env("NEARFIELD_KERNELS", value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, said) = text.split_once(MARK).unwrap();
    said.lines().next().unwrap().trim().to_owned()
}

fn fastest() -> &'static str {
    Isa::available().last().unwrap().name()
}

#[test]
fn every_available_name_is_accepted_and_used() {
    for isa in Isa::available() {
        let name = isa.name();
        assert_eq!(reported(Some(name)), format!("{name}, accepted"));
    }
}

#[test]
fn an_unset_and_an_empty_variable_mean_the_fastest() {
    for value in [None, Some("")] {
        assert_eq!(reported(value), format!("{}, accepted", fastest()));
    }
}

#[test]
fn an_unknown_name_is_refused_by_the_check_and_the_fastest_used() {
    let names: Vec<&str> = Isa::available().iter().map(|isa| isa.name()).collect();
    let expected = format!("{}, unknown avx9, available {}", fastest(), names.join(" "));
    assert_eq!(reported(Some("avx9")), expected);
}
