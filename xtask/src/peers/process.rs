//! Candidates as processes of their own, on the same cores.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A command on the first cores, with as many threads.
pub(super) fn on_cores(cores: usize, words: &[OsString]) -> Command {
    let mut command = if cfg!(target_os = "linux") {
        let mut command = Command::new("taskset");
        let cores = format!("0-{}", cores - 1);
        command.arg("-c").arg(cores).args(words);
        command
    } else {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command
    };
    for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
        command.env(variable, cores.to_string());
    }
    command.stderr(Stdio::inherit());
    command
}

/// A process that answers each line with a line of JSON. It is ended when this is dropped.
pub(super) struct Conversation {
    name: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    /// Starts a process.
    ///
    /// # Errors
    /// If that fails.
    pub(super) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?} cannot be run"))?;
        let input = child.stdin.take().context("no way to talk to it")?;
        let output = child.stdout.take().context("no way to listen to it")?;
        Ok(Conversation {
            name: name.to_owned(),
            child,
            input,
            output: BufReader::new(output),
        })
    }

    /// The next line that it says.
    ///
    /// # Errors
    /// If it ends, or says something else.
    pub(super) fn hear<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let line = line.trim();
        serde_json::from_str(line).with_context(|| match line {
            "" => format!("{} ended too early", self.name),
            line => format!("{} said {line}", self.name),
        })
    }

    /// Its answer to a line.
    ///
    /// # Errors
    /// If it ends, or says something else.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, line: &str) -> Result<T> {
        let said = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
        said.with_context(|| format!("{} ended too early", self.name))?;
        self.hear()
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // One that has ended already cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(text: &str) -> Conversation {
        let mut command = Command::new("sh");
        Conversation::start("the shell", command.args(["-c", text])).expect("a shell")
    }

    #[test]
    fn each_line_is_answered() {
        let mut echo = shell("echo 0; while read x; do echo $((x + 1)); done");
        assert_eq!(echo.hear::<u32>().unwrap(), 0);
        assert_eq!(echo.ask::<u32>("1").unwrap(), 2);
        assert_eq!(echo.ask::<u32>("5").unwrap(), 6);
    }

    #[test]
    fn output_that_is_not_json_is_reported() {
        let error = shell("echo what").hear::<u32>().unwrap_err().to_string();
        assert_eq!(error, "the shell said what");
        let error = shell("true").hear::<u32>().unwrap_err().to_string();
        assert!(error.contains("ended too early"));
    }
}
