//! What several commands of encrypted trainings show in the same way.

use crate::arguments::FolderArguments;
use crate::output::Output;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use nearfield::encrypted::Folders;

/// The folders of both sides.
pub(super) fn folders(arguments: &FolderArguments) -> Folders {
    Folders {
        owner: arguments.owner.clone(),
        server: arguments.server.clone(),
    }
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// A share as per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A bar of this many steps for a person; nothing where a program reads.
pub(super) fn bar(output: Output, template: &str, steps: u64) -> ProgressBar {
    if output.is_json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(steps).with_style(style)
}
