//! Steps of encrypted trainings at full size, through the program, each role a process of its own.

use crate::cargo;
use crate::machine::machine_and_commit;
use crate::page;
use crate::statistics::median;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is measured.
pub struct Options {
    /// The folder of MNIST's files.
    pub data: PathBuf,
    /// Steps of each training.
    pub steps: usize,
    /// Names of the trainings: all of them if there is none.
    pub only: Vec<String>,
    /// Where keys and ciphertexts are kept while it is measured: some 10 GB.
    pub folder: Option<PathBuf>,
}

/// A training to be measured.
struct Case {
    name: &'static str,
    /// Pixels of an image's side.
    side: usize,
    hidden: &'static str,
    batch: usize,
    /// Whether refreshes are iterated bootstrappings.
    iterated: bool,
    /// More steps than these are not made.
    max_steps: usize,
    /// Seconds and gigabytes of the paper, at batch 1 on 48 cores.
    paper: (&'static str, &'static str),
}

const EMLP1: Case = Case {
    name: "emlp1-48",
    side: 14,
    hidden: "32",
    batch: 48,
    iterated: false,
    max_steps: usize::MAX,
    paper: ("190", "76 GB"),
};

const CASES: [Case; 7] = [
    Case {
        name: "emlp1-1",
        batch: 1,
        ..EMLP1
    },
    EMLP1,
    Case {
        name: "emlp1-48-iterated",
        iterated: true,
        ..EMLP1
    },
    Case {
        name: "emlp2-48",
        hidden: "64, 32",
        paper: ("630", "181 GB"),
        ..EMLP1
    },
    Case {
        name: "emlp3-48",
        hidden: "128, 64, 32",
        paper: ("-", "214 GB"),
        ..EMLP1
    },
    Case {
        name: "784-128-32",
        side: 28,
        hidden: "128, 32",
        batch: 4,
        max_steps: 5,
        paper: ("-", "-"),
        ..EMLP1
    },
    Case {
        name: "784-200",
        side: 28,
        hidden: "200",
        batch: 4,
        max_steps: 5,
        paper: ("-", "-"),
        ..EMLP1
    },
];

impl Case {
    fn network(&self) -> String {
        let hidden = self.hidden.replace(", ", "-");
        let iterated = if self.iterated { ", iterated" } else { "" };
        format!("{}-{hidden}-10{iterated}", self.side * self.side)
    }
}

/// What was measured.
struct Row {
    case: &'static Case,
    plan: Value,
    end: Value,
    /// Seconds of each step: all, refresh, learn, update.
    seconds: Vec<[f64; 4]>,
    comparison: Value,
}

/// Measures, and writes a section of `docs/performance.md`.
///
/// # Errors
/// If a command fails.
pub fn write(options: &Options) -> Result<()> {
    let mut rows = Vec::new();
    for case in &CASES {
        let is_chosen =
            options.only.is_empty() || options.only.iter().any(|name| name == case.name);
        if is_chosen {
            rows.push(measure(case, options)?);
        }
    }
    ensure!(!rows.is_empty(), "no training has such a name");
    let section = section(options, &rows);
    println!("{section}");
    page::publish_section(&section)
}

fn measure(case: &'static Case, options: &Options) -> Result<Row> {
    let folder = match &options.folder {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let path = |name: &str| folder.path().join(name).display().to_string();
    let steps = options.steps.min(case.max_steps);
    std::fs::write(path("run.toml"), run_file(case, &options.data, steps)?)?;
    let (run, owner, server) = (path("run.toml"), path("owner"), path("server"));
    let folders = ["--owner", &owner, "--server", &server];
    println!("{}: plan, keys, data", case.name);
    let plan = last_line(&["plan", &run, "--measure"])?;
    last_line(&[&["keygen", &run][..], &folders].concat())?;
    last_line(&[&["encrypt"][..], &folders].concat())?;
    println!("{}: {steps} steps", case.name);
    let lines = lines(&["train", &server, "--keep-states", "1"])?;
    let (end, made) = lines.split_last().context("the server said nothing")?;
    Ok(Row {
        case,
        plan,
        seconds: made.iter().map(seconds).collect(),
        end: end.clone(),
        comparison: last_line(&[&["compare"][..], &folders].concat())?,
    })
}

/// A training of this number of steps, one for each batch.
fn run_file(case: &Case, data: &Path, steps: usize) -> Result<String> {
    let data = std::path::absolute(data)?;
    Ok(format!(
        "name = \"{}\"\nseed = 1\n[data]\nsource = \"idx\"\nfolder = {:?}\nlimit = {}\n[preprocessing]\nimage_size = {}\n\
         [network]\nhidden = [{}]\n[training]\nbatch = {}\nsteps = {}\nrate = 0.0005\n\
         [encryption]\niterated = {}\n",
        case.name,
        data.display().to_string(),
        case.batch * steps,
        case.side,
        case.hidden,
        case.batch,
        steps,
        case.iterated
    ))
}

/// Seconds of a step: all, refresh, learn, update.
fn seconds(step: &Value) -> [f64; 4] {
    let of = |phase: &str| step[phase].as_f64().unwrap_or(f64::NAN);
    let parts = ["refresh_seconds", "learn_seconds", "update_seconds"].map(of);
    let rest = of("load_seconds") + of("save_seconds");
    [
        parts.iter().sum::<f64>() + rest,
        parts[0],
        parts[1],
        parts[2],
    ]
}

/// The last line that `nearfield encrypted` prints.
fn last_line(words: &[&str]) -> Result<Value> {
    let lines = lines(words)?;
    lines.last().cloned().context("the program said nothing")
}

fn lines(words: &[&str]) -> Result<Vec<Value>> {
    let output = Command::new(program()?)
        .arg("encrypted")
        .args(words)
        .arg("--json")
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        output.status.success(),
        "`nearfield encrypted {}` failed",
        words[0]
    );
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .map(|line| serde_json::from_str(line).context("not JSON"))
        .collect()
}

/// The program, built if it is not there.
fn program() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let path = Path::new(&target).join("release/nearfield");
    if !path.is_file() {
        let built = cargo::command()
            .args(["build", "--release", "-p", "nearfield-cli"])
            .status()?;
        ensure!(built.success(), "the program could not be built");
    }
    Ok(path)
}

fn section(options: &Options, rows: &[Row]) -> String {
    let only = match options.only.is_empty() {
        true => String::new(),
        false => format!(" --only {}", options.only.join(",")),
    };
    let mut text = format!(
        "## Encrypted training: a step\n\n\
         Generated by `cargo xtask encrypted-steps --steps {}{only}`. {} Kernels: {}.\n\n\
         Images of MNIST at 14x14 or 28x28, 128 bits of security, degree 2^16. Owner and server are \
         processes of their own. Seconds are medians over the steps but the first; *refresh* is \
         bootstrapping, *learn* forward passes, errors and gradients, *update* sums over samples \
         and the update of the state. *Planned* is what `nearfield encrypted plan --measure` predicted. *Bits* are of the weights of the matrix that is farthest from the twin after the \
         last step, mean and worst; *iterated* is every bootstrapping. The paper's are seconds at batch 1 on 48 cores.\n\n\
         | network | batch | steps | seconds a step | planned | refresh | learn | update | peak memory | \
         planned | keys on disk | data a batch | bits | paper: seconds | memory |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        options.steps,
        machine_and_commit(),
        nearfield_ring::Isa::available()
            .last()
            .map_or("", |isa| isa.name()),
    );
    for row in rows {
        text += &line(row);
    }
    text
}

fn line(row: &Row) -> String {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let gigabytes = |value: &Value| number(value) / 1e9;
    let median = |phase: usize| median(row.seconds.iter().skip(1).map(|step| step[phase]));
    let batches = row.seconds.len() as f64;
    format!(
        "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} GB | {:.2} GB | {:.2} GB | \
         {:.0} MB | {} | {} | {} |\n",
        row.case.network(),
        row.case.batch,
        row.seconds.len(),
        median(0),
        number(&row.plan["seconds_a_step"]),
        median(1),
        median(2),
        median(3),
        gigabytes(&row.end["peak_bytes"]),
        gigabytes(&row.plan["peak_bytes"]),
        gigabytes(&row.plan["key_bytes_on_disk"]),
        number(&row.plan["data_bytes"]) / 1e6 / batches,
        bits(&row.comparison),
        row.case.paper.0,
        row.case.paper.1,
    )
}

/// Of the matrix whose worst weight is farthest from the twin's.
fn bits(comparison: &Value) -> String {
    let steps = comparison["steps"].as_array();
    let last = steps.and_then(|steps| steps.last());
    let matrices = last.and_then(|step| step["weights"].as_array());
    let bits = matrices.into_iter().flatten().filter_map(|matrix| {
        let of = |place: usize| matrix[place].as_f64();
        Some((of(2)?, of(1)?))
    });
    let worst = bits.min_by(|a, b| a.0.total_cmp(&b.0));
    worst.map_or("-".to_owned(), |(worst, mean)| {
        format!("{mean:.1}, {worst:.1}")
    })
}
