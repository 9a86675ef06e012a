//! Everything that CI checks. A check that fails does not keep the others from running.

mod cargo_check;
mod dependencies;
mod fuzz;
mod golden_cases;
mod packages;
mod safety;
mod verdict;

use crate::{bootstraps, circles};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use verdict::Verdict;

/// One check, with its name on the command line.
struct Step {
    name: &'static str,
    run: fn() -> Result<Verdict>,
}

/// The fastest first.
const STEPS: [Step; 14] = [
    Step {
        name: "format",
        run: format,
    },
    Step {
        name: "circles",
        run: no_circles,
    },
    Step {
        name: "safety-comments",
        run: safety::comments_name_a_bound,
    },
    Step {
        name: "dependencies",
        run: dependencies::go_one_way,
    },
    Step {
        name: "licences",
        run: dependencies::licences,
    },
    Step {
        name: "packages",
        run: packages::can_be_made,
    },
    Step {
        name: "lints",
        run: lints,
    },
    Step {
        name: "lints-without-std",
        run: lints_without_std,
    },
    Step {
        name: "documents",
        run: documents,
    },
    Step {
        name: "fuzz",
        run: fuzz::targets_build,
    },
    Step {
        name: "tests",
        run: tests,
    },
    Step {
        name: "kernels",
        run: golden_cases::on_every_kernel_set,
    },
    Step {
        name: "bootstraps",
        run: same_bootstraps,
    },
    Step {
        name: "mnist",
        run: golden_cases::on_mnist,
    },
];

/// Runs the checks of these names, or all; `false` if one failed. Prints what each took.
///
/// # Errors
/// If a name is unknown.
pub fn run(only: &[String]) -> Result<bool> {
    for name in only {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        ensure!(
            names.contains(&name.as_str()),
            "there is no check `{name}`: the checks are {}",
            names.join(", ")
        );
    }
    let mut done = Vec::new();
    for step in &STEPS {
        if !only.is_empty() && !only.iter().any(|name| name == step.name) {
            continue;
        }
        println!("== {}", step.name);
        let begun = Instant::now();
        let verdict = (step.run)().unwrap_or_else(|error| {
            println!("   cannot be run: {error:#}");
            Verdict::Failed
        });
        println!("== {}: {verdict}", step.name);
        done.push((step.name, verdict, begun.elapsed()));
    }
    print_table(&done);
    Ok(done
        .iter()
        .all(|(_, verdict, _)| *verdict != Verdict::Failed))
}

fn print_table(done: &[(&str, Verdict, Duration)]) {
    println!("\n{:<20}{:>8}  outcome", "check", "seconds");
    for (name, verdict, time) in done {
        println!("{name:<20}{:>8.1}  {verdict}", time.as_secs_f64());
    }
    let total: Duration = done.iter().map(|(_, _, time)| time).sum();
    println!("{:<20}{:>8.1}", "together", total.as_secs_f64());
}

fn format() -> Result<Verdict> {
    let fuzz = ["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"];
    Ok(cargo_check::passes(&["fmt", "--all", "--check"])?.and(cargo_check::passes(&fuzz)?))
}

fn no_circles() -> Result<Verdict> {
    let clean = circles::run(&circles::Options::default())?;
    Ok(Verdict::passed_if(clean))
}

fn lints() -> Result<Verdict> {
    let denied = ["--", "-D", "warnings"];
    cargo_check::passes(&[&["clippy", "--workspace", "--all-targets"][..], &denied].concat())
}

fn lints_without_std() -> Result<Verdict> {
    let denied = ["--", "-D", "warnings"];
    let core = ["clippy", "-p", "nearfield-int", "--no-default-features"];
    cargo_check::passes(&[&core[..], &denied].concat())
}

fn documents() -> Result<Verdict> {
    cargo_check::passes(&["doc", "--workspace", "--no-deps", "--quiet"])
}

fn tests() -> Result<Verdict> {
    cargo_check::passes(&["test", "--workspace"])
}

fn same_bootstraps() -> Result<Verdict> {
    Ok(Verdict::passed_if(bootstraps::same_bits()?))
}
