//! Pythons that hold what we are compared with.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python environment that is made when it is first asked for.
pub(super) struct Environment {
    /// The environment variable that names another Python, which has the packages.
    pub(super) variable: &'static str,
    /// Where it is made.
    pub(super) folder: &'static str,
    /// The Python that makes it.
    pub(super) maker: &'static str,
    /// What is installed, as pip names it.
    pub(super) packages: &'static [&'static str],
}

impl Environment {
    /// Its interpreter.
    ///
    /// # Errors
    /// If none is named and none can be made.
    pub(super) fn python(&self) -> Result<PathBuf> {
        if let Some(python) = std::env::var_os(self.variable).filter(|value| !value.is_empty()) {
            return Ok(python.into());
        }
        let folder = Path::new(self.folder);
        let python = folder.join("bin/python");
        if !python.is_file() {
            let packages = self.packages.join(" and ");
            eprintln!("making {} with {packages} in it; once", folder.display());
            self.succeed(Command::new(self.maker).args(["-m", "venv"]).arg(folder))?;
            let mut install = Command::new(&python);
            install.args(["-m", "pip", "install", "--quiet"]);
            self.succeed(install.args(self.packages))?;
        }
        Ok(python)
    }

    fn succeed(&self, command: &mut Command) -> Result<()> {
        let instead = || {
            let packages = self.packages.join(" and ");
            format!("name a Python with {packages} in {} instead", self.variable)
        };
        let status = command
            .status()
            .with_context(|| format!("{command:?} cannot be run: {}", instead()))?;
        ensure!(status.success(), "{command:?} failed: {}", instead());
        Ok(())
    }
}
