//! Pages that commands write: each replaces its own sections and leaves the others.

pub(crate) mod sections;

use anyhow::Result;
use nearfield_files::write_atomically;
use std::path::Path;

/// The page of measurements.
pub(crate) const PERFORMANCE: &str = "docs/performance.md";

/// Puts a section into the page of measurements, in the place of the one of the same heading.
pub(crate) fn publish_section(section: &str) -> Result<()> {
    let page = std::fs::read_to_string(PERFORMANCE).unwrap_or_else(|_| "# Performance\n".into());
    write_performance(&sections::replace(&page, section))
}

/// Replaces the page of measurements.
pub(crate) fn write_performance(page: &str) -> Result<()> {
    write_atomically(Path::new(PERFORMANCE), page.as_bytes())?;
    println!("written: {PERFORMANCE}");
    Ok(())
}
