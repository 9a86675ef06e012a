//! The one place that prints: results on standard output, notes on standard error.
//!
//! Nobody has to read to the end. Where the reader of standard output has left, as with `| head -1`, a
//! command ends quietly with [`ReaderLeft`], which the program answers with exit code 0. A closed
//! standard error changes nothing.

use anyhow::Result;
use serde_json::{Value, json};
use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Write};

/// Shows what commands have to say, as text or as one JSON object a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

/// The reader of standard output has left.
#[derive(Debug)]
pub(crate) struct ReaderLeft;

impl fmt::Display for ReaderLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads standard output any more")
    }
}

impl std::error::Error for ReaderLeft {}

impl Output {
    /// Text, or JSON.
    pub(crate) fn new(json: bool) -> Self {
        Output { json }
    }

    /// Whether a program reads, not a person.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Shows a result, in the form that is asked for.
    ///
    /// # Errors
    /// [`ReaderLeft`], or what the system says.
    pub(crate) fn show(
        self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        if self.json {
            return self.event(&json());
        }
        self.write(text)
    }

    /// Shows a line of JSON.
    ///
    /// # Errors
    /// [`ReaderLeft`], or what the system says.
    pub(crate) fn event(self, event: &Value) -> Result<()> {
        self.write(|out| writeln!(out, "{event}"))
    }

    /// Writes to standard output.
    ///
    /// # Errors
    /// [`ReaderLeft`], or what the system says.
    pub(crate) fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                // What is left in the buffer must not be tried again.
                let (_, _) = out.into_parts();
                Err(ReaderLeft.into())
            }
            other => Ok(other?),
        }
    }

    /// [`Output::note`], for each of several.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn notes(self, notes: &[String]) -> Result<()> {
        notes.iter().try_for_each(|note| self.note(note))
    }

    /// Tells a person on standard error; a program gets an event on standard output.
    ///
    /// # Errors
    /// [`ReaderLeft`], or what the system says of standard output.
    pub(crate) fn note(self, text: &str) -> Result<()> {
        if self.json {
            return self.event(&json!({ "event": "note", "text": text }));
        }
        tell(text);
        Ok(())
    }
}

/// Says something on standard error, where anyone listens.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
