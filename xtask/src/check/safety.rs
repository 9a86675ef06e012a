//! SAFETY comments name a bound and who guarantees it; "as promised" names neither.

use super::verdict::Verdict;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Looks through all sources of the workspace.
pub(super) fn comments_name_a_bound() -> Result<Verdict> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask/src"] {
        collect(Path::new(folder), &mut files)?;
    }
    files.sort();
    let mut clean = true;
    for file in &files {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        for line in vague_comments(&text) {
            println!(
                "   {}:{line}: the SAFETY comment names no bound",
                file.display()
            );
            clean = false;
        }
    }
    Ok(Verdict::passed_if(clean))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Line numbers of the SAFETY comments that speak of a promise.
fn vague_comments(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut begin = None;
    for (index, line) in text.lines().enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            begin = None;
            continue;
        };
        if comment.trim_start().starts_with("SAFETY") {
            begin = Some(index + 1);
        }
        if let Some(begin) = begin
            && comment.contains("promised")
            && found.last() != Some(&begin)
        {
            found.push(begin);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::vague_comments;

    #[test]
    fn a_promise_anywhere_in_a_comment_is_found_at_its_first_line() {
        // Each line is a string, so that this file has no such comment itself.
        let text = [
            "// SAFETY: the slices are as long",
            "// as promised.",
            "unsafe { f() }",
            "    // SAFETY: `at + 8 <= len` is checked above.",
            "    unsafe { g() }",
            "// As promised in the module's documentation.",
            "fn h() {}",
        ];
        assert_eq!(vague_comments(&text.join("\n")), [1]);
    }
}
